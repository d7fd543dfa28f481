from typing import Any

import pytest
from tests.unit.graphql.fakes import CLIENT_ID, EXECUTION_ID, REQUEST_ID, Client, FakeNoetl

from domain.playbooks import ExecutionOrder, ResourceKind

ALL = "id executionId requestId name status textOutput position"


async def test_execute_answers_with_everything_that_is_known_about_the_run() -> None:
    client = Client()
    answer = await client.run(f'mutation {{ executePlaybook(name: "a/b", clientId: "{CLIENT_ID}") {{ {ALL} }} }}')
    assert answer.json == {
        "data": {
            "executePlaybook": {
                "id": EXECUTION_ID,
                "executionId": EXECUTION_ID,
                "requestId": REQUEST_ID,
                "name": "a/b",
                "status": "started",
                "textOutput": None,
                "position": "epoch1_home1_abcdefghijklmnop-42",
            }
        }
    }
    assert client.noetl.orders == [(ExecutionOrder(path="a/b", workload={}), CLIENT_ID)]


async def test_without_a_client_nothing_is_waited_for() -> None:
    client = Client()
    answer = await client.run('mutation { executePlaybook(name: "a/b") { requestId position } }')
    assert answer.json == {"data": {"executePlaybook": {"requestId": None, "position": None}}}
    assert client.noetl.orders[0][1] is None


@pytest.mark.parametrize(
    ("arguments", "workload", "kind", "client_id"),
    [
        ("", {}, ResourceKind.PLAYBOOK, None),
        ("variables: null", {}, ResourceKind.PLAYBOOK, None),
        ("variables: {}", {}, ResourceKind.PLAYBOOK, None),
        ("variables: [1, 2]", [1, 2], ResourceKind.PLAYBOOK, None),
        ("variables: 0", 0, ResourceKind.PLAYBOOK, None),
        ("resourceKind: agent", {}, ResourceKind.AGENT, None),
        ("resourceKind: playbook", {}, ResourceKind.PLAYBOOK, None),
        ("resourceKind: null", {}, ResourceKind.PLAYBOOK, None),
        ("clientId: null", {}, ResourceKind.PLAYBOOK, None),
        ('clientId: ""', {}, ResourceKind.PLAYBOOK, ""),
    ],
)
async def test_arguments_reach_the_use_case(
    arguments: str, workload: Any, kind: ResourceKind, client_id: str | None
) -> None:
    client = Client()
    separator = ", " if arguments else ""
    answer = await client.run(f'mutation {{ executePlaybook(name: "p"{separator}{arguments}) {{ id }} }}')
    assert "errors" not in answer.json
    assert client.noetl.orders == [(ExecutionOrder(path="p", workload=workload, resource_kind=kind), client_id)]


@pytest.mark.parametrize(
    "declaration",
    [
        "$vars: JSON, $clientId: String",
        "$vars: JSON!, $clientId: String!",
        '$vars: JSON = {a: 1}, $clientId: String = "x"',
    ],
)
async def test_clients_may_declare_their_variables_in_any_way(declaration: str) -> None:
    client = Client()
    answer = await client.run(
        f"mutation Run({declaration}) {{"
        '  executePlaybook(name: "p", variables: $vars, clientId: $clientId) { id }'
        "}",
        variables={"vars": {"request": {"n": 1}}, "clientId": CLIENT_ID},
        operationName="Run",
    )
    assert "errors" not in answer.json
    assert client.noetl.orders == [(ExecutionOrder(path="p", workload={"request": {"n": 1}}), CLIENT_ID)]


async def test_the_name_that_noetl_gives_is_shown() -> None:
    answer = await Client(noetl=FakeNoetl(name="Hello", status=None)).run(
        'mutation { executePlaybook(name: "a/b") { name status } }'
    )
    assert answer.json["data"]["executePlaybook"] == {"name": "Hello", "status": None}


async def test_rerun_passes_the_execution_on_and_has_no_name_of_its_own() -> None:
    client = Client()
    answer = await client.run(
        f'mutation {{ rerunExecution(executionId: "12", variables: {{a: 1}}, clientId: "{CLIENT_ID}") {{ {ALL} }} }}'
    )
    assert client.noetl.reruns == [("12", {"a": 1}, CLIENT_ID)]
    result = answer.json["data"]["rerunExecution"]
    assert (result["id"], result["requestId"], result["name"]) == (EXECUTION_ID, REQUEST_ID, None)


async def test_a_batch_is_answered_by_a_list_in_its_order() -> None:
    client = Client()
    answer = await client.post(
        [
            {"query": "{ health }"},
            {"query": 'mutation { executePlaybook(name: "a") { name } }'},
            {"query": "{ nothing }"},
        ]
    )
    assert answer.status == 200
    health, run, wrong = answer.json
    assert health == {"data": {"health": "ok"}}
    assert run == {"data": {"executePlaybook": {"name": "a"}}}
    assert wrong["data"] is None
    assert len(wrong["errors"]) == 1
