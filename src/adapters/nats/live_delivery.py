"""Live frames on their way to the open streams of this process."""

import asyncio
import logging
from collections import deque

from nats.aio.msg import Msg

from adapters.nats.attachments import Attachment, Attachments
from adapters.nats.client_history import ClientHistory
from adapters.nats.frame_messages import RESULT, SEQUENCE, stored_frame
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)


class LiveDelivery:
    """In order: what comes behind a frame whose text has to be fetched waits for it."""

    def __init__(self, history: ClientHistory, attachments: Attachments) -> None:
        self._history = history
        self._attachments = attachments
        self._fetching: set[asyncio.Task[None]] = set()

    def take(self, attachment: Attachment, message: Msg) -> None:
        headers, epoch = message.headers or {}, self._history.epoch
        if SEQUENCE not in headers:
            log.debug("something that is no frame came in on a client's subject")
        elif epoch is None:
            attachment.listener.on_gap()
        elif attachment.backlog is not None:
            attachment.backlog.append(message)
        elif RESULT in headers:
            attachment.backlog = deque((message,))
            task = asyncio.create_task(self._work_off(attachment, epoch))
            self._fetching.add(task)
            task.add_done_callback(self._fetching.discard)
        else:
            attachment.listener.on_frame(stored_frame(headers, message.data, epoch, live=True))

    async def _work_off(self, attachment: Attachment, epoch: str) -> None:
        backlog = attachment.backlog
        try:
            while backlog and self._attachments.holds(attachment):
                message = backlog.popleft()
                frame = await self._history.whole(message.headers or {}, message.data, epoch, live=True)
                if not self._attachments.holds(attachment):
                    return
                if frame is None:
                    attachment.listener.on_gap()  # its replay says that something is missing
                    return
                attachment.listener.on_frame(frame)
        except StoreUnavailable:
            attachment.listener.on_gap()
        finally:
            attachment.backlog = None

    async def close(self) -> None:
        tasks = tuple(self._fetching)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
