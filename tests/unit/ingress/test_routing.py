"""Which requests are deliveries at all, and what the metrics say about the others."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.ingress.edge import Edge, call, http_scope, listener, raw, signature, signed

BODY = b"{}"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_only_post_delivers(edge: Edge, method: str) -> None:
    edge.add(listener())
    answer = await edge.send(b"/ingress/orders", b"", [], method)
    assert (answer.status, answer.headers["allow"], answer.body) == (405, "POST", b"")


@pytest.mark.parametrize("path", [b"/ingress/", b"/ingress/a/b", b"/ingress/orders/", b"/%69ngress/orders"])
async def test_the_route_is_exact(edge: Edge, path: bytes) -> None:
    edge.add(listener())
    answer = await edge.send(path, BODY, raw(signed(BODY)))
    assert (answer.status, answer.body) == (404, b"")
    assert not edge.counter.counts


async def test_without_the_internal_token_there_is_no_ingress() -> None:
    edge = Edge.create(listener(), enabled=False)
    answer = await edge.post("orders", BODY, signed(BODY))
    assert answer.status == 503
    assert answer.body == b"push-ingress not configured (NOETL_INTERNAL_API_TOKEN unset)"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("name", ["Kraków", "注文", "a b", "a%2e", "a.b-c_d~e", "a+b"])
async def test_a_listener_may_have_any_name_that_fits_a_segment(edge: Edge, name: str) -> None:
    edge.add(listener(name=name))
    assert (await edge.post(quote(name), BODY, signed(BODY))).status == 202
    assert edge.listeners.asked == [name]
    assert edge.counter.counts["dispatched", name, ""] == 1


@pytest.mark.parametrize(
    "segment",
    [
        "%2e%2e",
        ".",
        "..",
        "a%2Fb",
        "a%5Cb",
        "%00",
        "a%0d%0ab",
        "a%7f",
        "%ff",
        "%c3",
        "a" * 129,
        "%20",
        "%20a",
        "%e2%80%8b",
    ],
)
async def test_what_cannot_be_a_listener_is_not_asked_for(edge: Edge, segment: str) -> None:
    answer = await edge.post(segment, BODY)
    assert (answer.status, answer.reason) == (404, "unknown_listener")
    assert edge.listeners.asked == []


async def test_unknown_listeners_share_one_label(edge: Edge) -> None:
    for number in range(5):
        await edge.post(f"invented-{number}", BODY)
    await edge.post("%ff", BODY)
    assert edge.counter.counts == {
        ("received", "unknown", ""): 6,
        ("rejected", "unknown", "unknown_listener"): 6,
    }


async def test_the_label_is_the_name_that_noetl_gives(edge: Edge) -> None:
    """Else a server that ignores case would let callers choose labels."""
    edge.listeners.listeners["OrDeRs"] = listener()
    await edge.post("OrDeRs", BODY, signed(BODY))
    assert {label for _, label, _ in edge.counter.counts} == {"orders"}


async def test_the_body_of_an_unknown_listener_is_not_read(edge: Edge) -> None:
    scope = http_scope(b"/ingress/nobody", [])
    scope["headers"] = [(b"content-length", b"10")]

    async def receive() -> Any:
        raise AssertionError("nobody wants to know")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await edge.app(scope, receive, send)
    assert sent[0]["status"] == 404


async def test_a_body_over_the_limit_is_refused_and_counted() -> None:
    edge = Edge.create(listener(), body_limit=10)
    body = b"x" * 11
    answer = await edge.post("orders", body, signed(body))
    assert (answer.status, answer.body) == (413, b"Failed to buffer the request body: length limit exceeded")
    assert edge.counter.counts["rejected", "orders", "body_too_large"] == 1
    assert (await edge.post("orders", b"x" * 10, signed(b"x" * 10))).status == 202


@pytest.mark.parametrize("announced", ["11", "9" * 5000])
async def test_an_announced_body_over_the_limit_is_refused_before_it_comes(announced: str) -> None:
    edge = Edge.create(listener(), body_limit=10)
    answer = await edge.post("orders", b"", {"content-length": announced})
    assert answer.status == 413


async def test_a_body_may_come_in_pieces(edge: Edge) -> None:
    edge.add(listener())
    scope = http_scope(b"/ingress/orders", raw({"x-signature": signature(b"[1,2]")}))
    assert (await call(edge.app, scope, [b"[1", b",", b"2]"])).status == 202
    assert edge.envelope["data"] == [1, 2]


async def test_a_sender_that_leaves_starts_nothing(edge: Edge) -> None:
    edge.add(listener())
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await edge.app(http_scope(b"/ingress/orders", raw(signed(b""))), receive, send)
    assert not sent
    assert not edge.runner.orders


async def test_strangers_are_slowed_down() -> None:
    edge = Edge.create(listener(), rate=1)
    answers = [await edge.post("orders", BODY) for _ in range(5)]
    assert [answer.status for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert len(edge.limited) == 2
    assert len(edge.listeners.asked) == 3


async def test_a_busy_sender_is_not_a_stranger() -> None:
    edge = Edge.create(listener(), rate=1)
    answers = [await edge.post("orders", BODY, signed(BODY)) for _ in range(20)]
    assert {answer.status for answer in answers} == {202}


async def test_a_web_socket_is_closed(edge: Edge) -> None:
    scope = {"type": "websocket", "path": "/ingress/orders", "raw_path": b"/ingress/orders", "headers": []}
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("not needed")

    async def send(message: Any) -> None:
        sent.append(message)

    await edge.app(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]
