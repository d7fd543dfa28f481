"""What processes tell and ask each other about clients."""

import logging

from nats.aio.msg import Msg

from adapters.nats.attachments import Attachment, Attachments
from adapters.nats.connection import NatsConnection
from adapters.nats.control_messages import NO, YES, Control, headers_of, taken_in
from adapters.nats.replies import NO_RESPONDERS, status_of
from adapters.nats.streams import LIVE
from adapters.nats.takeovers import Takeovers
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_PRESENCE_TIMEOUT = 0.25


class Controls:
    """`client` is `<home>.<name>`, checked."""

    def __init__(self, connection: NatsConnection, attachments: Attachments, takeovers: Takeovers) -> None:
        self._connection = connection
        self._attachments = attachments
        self._takeovers = takeovers

    async def announce(self, client: str, request_id: str) -> None:
        attachment = self._attachments.get(client)
        if attachment is not None:
            attachment.listener.on_announced(request_id)
            return
        try:
            await self._connection.publish(
                f"{LIVE}.{client}", request_id.encode(), headers=headers_of(Control.ANNOUNCED)
            )
        except StoreUnavailable:
            log.info("an announcement was not sent; the frames of the request go a little later")

    async def is_connected(self, client: str) -> bool:
        if self._attachments.get(client) is not None:
            return True
        try:
            answer = await self._connection.request(
                f"{LIVE}.{client}", headers=headers_of(Control.PRESENCE), timeout=_PRESENCE_TIMEOUT
            )
        except StoreUnavailable:
            return False
        return status_of(answer) != NO_RESPONDERS and answer.data == YES

    def take(self, kind: Control, client: str, attachment: Attachment | None, message: Msg) -> None:
        """`attachment`: the client's connection here, if there is one."""
        if kind is Control.PRESENCE:
            self._answer(client, attachment, message)
        elif kind is Control.TAKEN:
            taken = taken_in(message.data)
            if taken is not None:
                self._takeovers.heard_taken(client, taken)
        elif kind is Control.LEFT:
            self._takeovers.heard_left(client)
        elif attachment is not None:
            attachment.listener.on_announced(message.data.decode("utf-8", "replace"))

    def _answer(self, client: str, attachment: Attachment | None, question: Msg) -> None:
        if attachment is not None:
            self._connection.answer(question, YES)
        elif not self._takeovers.served_elsewhere(client):  # else whoever serves it answers
            self._connection.answer(question, NO)
