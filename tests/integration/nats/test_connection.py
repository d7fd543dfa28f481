import asyncio
from collections.abc import Awaitable, Callable

import pytest
from nats.aio.msg import Msg
from tests.integration.nats.fake_server import FakeServer, fake_server
from tests.integration.nats.servers import NatsServer, eventually, free_port

from adapters.nats.connection import NatsConnection
from adapters.nats.health import NatsHealth
from adapters.nats.options import NatsOptions
from domain.errors import StoreUnavailable

Connect = Callable[[str], Awaitable[NatsConnection]]


async def test_a_connected_gateway_has_no_trouble(connection: NatsConnection) -> None:
    assert NatsHealth(connection).name == "nats"
    assert NatsHealth(connection).trouble() is None
    assert connection.is_connected


async def test_opening_without_a_server_does_not_fail_and_says_what_is_wrong() -> None:
    port = free_port()
    async with (
        asyncio.timeout(4),
        NatsConnection(NatsOptions(url=f"nats://me:secret@127.0.0.1:{port}")) as connection,
    ):
        trouble = NatsHealth(connection).trouble()
        assert trouble is not None and f"127.0.0.1:{port}" in trouble and "refused" in trouble
        assert "secret" not in trouble
        for call in (connection.request("anything"), connection.publish("anything")):
            with pytest.raises(StoreUnavailable):
                await call


async def test_a_server_that_never_speaks_does_not_hold_up_opening() -> None:
    async with (
        asyncio.timeout(4),
        fake_server(FakeServer(silent=True)) as server,
        NatsConnection(NatsOptions(url=server.url, connect_timeout=0.2)) as connection,
    ):
        assert "no answer in time" in str(connection.trouble())


async def test_a_server_that_comes_later_is_found(make_server: Callable[..., NatsServer], connect: Connect) -> None:
    server = make_server()
    server.kill()
    connection = await connect(server.url)
    assert connection.trouble() is not None

    server.start()

    await eventually(lambda: connection.trouble() is None)


async def test_a_killed_server_fails_open_requests_at_once_and_is_found_again(
    server: NatsServer, connection: NatsConnection
) -> None:
    heard: list[bytes] = []
    await connection.subscribe("echo", lambda message: heard.append(message.data))
    await connection.subscribe("never.answered", lambda message: None)
    waiting = asyncio.ensure_future(connection.request("never.answered", timeout=60))
    await connection.link.settle()

    server.kill()

    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(waiting, 5)
    await eventually(lambda: not connection.is_connected)
    with pytest.raises(StoreUnavailable):
        await connection.publish("echo", b"while away")
    server.start()
    await eventually(lambda: connection.trouble() is None)
    await connection.publish("echo", b"back again")
    await eventually(lambda: heard)
    assert heard == [b"back again"]


async def test_a_half_open_connection_is_given_up_even_with_unsent_bytes(
    server: NatsServer, connection: NatsConnection
) -> None:
    server.freeze()
    for _ in range(20):  # more than the sockets hold
        await connection.publish("nobody", bytes(900_000))

    await eventually(lambda: not connection.is_connected, 5.0)
    with pytest.raises(StoreUnavailable):
        await connection.request("anything")

    server.thaw()
    await eventually(lambda: connection.trouble() is None)


async def test_an_answer_that_does_not_come_is_store_unavailable(connection: NatsConnection) -> None:
    await connection.subscribe("never.answered", lambda message: None)

    with pytest.raises(StoreUnavailable):
        await connection.request("never.answered", timeout=0.05)
    assert connection.is_connected


async def test_an_error_of_the_server_ends_one_connection_and_not_the_gateway() -> None:
    async with (
        fake_server(FakeServer(error="Maximum Connections Exceeded")) as server,
        NatsConnection(NatsOptions(url=server.url, longest_backoff=0.05)),
    ):
        await eventually(lambda: server.connected >= 3)


async def test_the_next_server_is_tried_when_one_is_gone(
    make_server: Callable[..., NatsServer], connect: Connect
) -> None:
    first, second = make_server(), make_server()
    await first.answering()
    await second.answering()
    connection = await connect(f"{first.url},{second.url}")
    assert connection.trouble() is None

    (first if str(first.port) in connection.link.client.connected_url.netloc else second).kill()  # type: ignore[union-attr]

    await eventually(lambda: not connection.is_connected)
    await eventually(lambda: connection.trouble() is None)


async def test_an_old_server_is_named_as_the_trouble() -> None:
    async with (
        fake_server(FakeServer(version="2.10.29")) as server,
        NatsConnection(NatsOptions(url=server.url, request_timeout=0.1)) as connection,
    ):
        await eventually(lambda: "2.10" in str(connection.trouble()) and "2.11" in str(connection.trouble()))


async def test_a_server_without_jetstream_is_named_as_the_trouble(
    make_server: Callable[..., NatsServer], connect: Connect
) -> None:
    server = make_server(jetstream=False)
    await server.answering()
    connection = await connect(server.url)

    await eventually(lambda: "JetStream is not available" in str(connection.trouble()))


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("nats://us%40er:p%2Fw%3A%20x@127.0.0.1:{port}", {}),
        ("nats://127.0.0.1:{port}", {"username": "us@er", "password": "p/w: x"}),
        ("nats://other:wrong@127.0.0.1:{port}", {"username": "us@er", "password": "p/w: x"}),
        ("127.0.0.1:{port}", {"username": "us@er", "password": "p/w: x"}),
    ],
)
async def test_credentials_come_from_the_url_or_the_settings(
    make_server: Callable[..., NatsServer], url: str, settings: dict[str, str]
) -> None:
    server = make_server("--user", "us@er", "--pass", "p/w: x")
    await server.answering()

    name, word = settings.get("username"), settings.get("password")
    options = NatsOptions(url=url.format(port=server.port), username=name, password=word)
    async with NatsConnection(options) as connection:
        assert connection.trouble() is None


async def test_a_token_in_the_url_is_used(make_server: Callable[..., NatsServer], connect: Connect) -> None:
    server = make_server("--auth", "s3cret")
    await server.answering()

    connection = await connect(f"nats://s3cret@127.0.0.1:{server.port}")

    assert connection.trouble() is None


async def test_refused_credentials_show_without_being_shown(
    make_server: Callable[..., NatsServer], connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = make_server("--user", "me", "--pass", "right")
    await server.answering()

    connection = await connect(f"nats://me:wr0ng@127.0.0.1:{server.port}")

    assert "refuses the credentials" in str(connection.trouble())
    assert "wr0ng" not in str(connection.trouble()) + caplog.text


async def test_work_that_fails_shows_in_the_health(connection: NatsConnection) -> None:
    async def failing() -> None:
        raise RuntimeError

    connection.supervisor.start("a feed", failing)

    await eventually(lambda: "a feed" in str(NatsHealth(connection).trouble()))


async def test_what_comes_in_a_burst_is_taken_whole_and_in_order(connection: NatsConnection) -> None:
    taken: list[int] = []
    await connection.subscribe("flood", lambda message: taken.append(int(message.data)))

    for number in range(20_000):
        await connection.publish("flood", b"%d" % number)

    await eventually(lambda: len(taken) == 20_000)
    assert taken == sorted(taken)


async def test_a_handler_that_fails_ends_neither_its_subscription_nor_the_connection(
    connection: NatsConnection, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[bytes] = []

    def take(message: Msg) -> None:
        taken.append(message.data)
        raise RuntimeError

    subscription = await connection.subscribe("odd", take)
    await connection.publish("odd", b"1")
    await connection.publish("odd", b"2")

    await eventually(lambda: taken == [b"1", b"2"])
    assert "the handler of a message failed" in caplog.text
    await subscription.close()
    await connection.publish("odd", b"3")
    await connection.link.settle()
    assert taken == [b"1", b"2"]
    assert connection.is_connected
