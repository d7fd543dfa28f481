"""A NoETL stand-in that costs next to nothing: python -m benchmarks.upstream PORT."""

import asyncio
import sys

import httptools
import uvloop

_BIG = b"x" * (1 << 20)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_OK = b'{"status":"ok"}'
_number = 700_000_000_000_000_000


def _answer(path: bytes) -> bytes:
    global _number
    if path.startswith(b"/api/big"):
        return _HEAD % len(_BIG) + _BIG
    if path == b"/api/execute":
        _number += 1
        body = b'{"execution_id":"%d","status":"started","commands_generated":1}' % _number
        return _HEAD % len(body) + body
    if path == b"/api/auth/check-playbook-access":
        body = b'{"status":"success","data":{"allowed":true,"message":"ok"}}'
        return _HEAD % len(body) + body
    return _HEAD % len(_OK) + _OK


class Upstream(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url.partition(b"?")[0]

    def on_message_complete(self) -> None:
        self._transport.write(_answer(self._path))  # type: ignore[attr-defined]


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
