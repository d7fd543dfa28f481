from tests.unit.graphql.fakes import CLIENT_ID, REQUEST_ID, Client, refused_with

from domain.errors import PlaybookDenied

RUN = f'executePlaybook(name: "p", clientId: "{CLIENT_ID}") {{ id }}'
WRITTEN = ["sent http.response.start", "sent http.response.body"]


async def test_a_run_is_announced_once_its_response_has_been_written() -> None:
    client = Client()
    await client.run(f"mutation {{ {RUN} }}")
    assert client.noetl.happened == [*WRITTEN, f"announced {REQUEST_ID}"]


async def test_every_run_of_a_request_is_announced() -> None:
    client = Client()
    await client.post([{"query": f"mutation {{ a: {RUN} b: {RUN} }}"}, {"query": f"mutation {{ {RUN} }}"}])
    assert client.noetl.happened == [*WRITTEN, *[f"announced {REQUEST_ID}"] * 3]


async def test_a_rerun_is_announced_too() -> None:
    client = Client()
    await client.run(f'mutation {{ rerunExecution(executionId: "1", clientId: "{CLIENT_ID}") {{ id }} }}')
    assert client.noetl.happened == [*WRITTEN, f"announced {REQUEST_ID}"]


async def test_a_run_beside_a_failed_one_is_announced_all_the_same() -> None:
    client = Client()
    failing = f'mutation {{ a: {RUN} b: proxyRequest(input: {{method: "GET", endpoint: "x"}}) {{ success }} }}'
    client.noetl.reply = PlaybookDenied()
    answer = await client.run(failing)
    assert answer.json["data"] is None
    assert client.noetl.happened == [*WRITTEN, f"announced {REQUEST_ID}"]


async def test_nothing_is_announced_when_nothing_was_started() -> None:
    client = Client(noetl=refused_with(PlaybookDenied()))
    await client.run(f"mutation {{ {RUN} }}")
    assert client.noetl.happened == WRITTEN
