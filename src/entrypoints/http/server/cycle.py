"""One request and its response, as uvicorn runs it, with the ends tied that uvicorn leaves loose."""

import asyncio

from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

_ERROR = b'{"error":"Internal server error"}'


class ConnectionCut(Exception):
    """An application raises it (or a subclass) to break off a response that must not be taken for a whole one."""


class GatewayCycle(RequestResponseCycle):
    until_close = False
    """The end of the connection is the end of the response: HTTP/1.0 knows no chunks."""

    async def run_asgi(self, app: ASGI3Application) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            self.transport.abort()
            raise
        except ConnectionCut:
            self.cut()
        except Exception:
            self.logger.exception("the application failed")
            await self._fail()
        else:
            if not self.response_complete and not self.disconnected:
                self.logger.error("the application returned without completing its response")
                await self._fail()
        finally:
            self.on_response = _nothing

    def cut(self) -> None:
        if self.until_close:
            self.transport.abort()
        else:
            self.transport.close()

    async def _fail(self) -> None:
        if self.response_started:
            self.cut()
        else:
            await self.send_500_response()

    async def send_500_response(self) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(_ERROR)),
            (b"connection", b"close"),
        ]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": _ERROR, "more_body": False})

    def complete(self) -> None:
        """What `send` does after the last byte."""
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class Http10Cycle(GatewayCycle):
    """uvicorn answers HTTP/1.0 in chunks when the length is not known; here the response ends with the connection."""

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start":
            names = [name.lower() for name, _ in message.get("headers", ())]
            if b"content-length" not in names:
                self.until_close = True
                self.chunked_encoding = False
        elif self.until_close and message["type"] == "http.response.body":
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


def _nothing() -> None:
    return None
