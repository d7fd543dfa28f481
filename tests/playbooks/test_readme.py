"""The page beside the playbooks says what is so."""

import json
import re

import pytest
from tests.playbooks.catalog import DIRECTORY, NAMES, load

_PAGE = (DIRECTORY / "README.md").read_text()


def test_it_names_every_playbook_and_registers_them_all() -> None:
    [registered] = re.findall(r"for name in ([a-z0-9_ ]+); do", _PAGE)
    assert sorted(registered.split()) == sorted(NAMES)
    assert all(f"| `{name}` |" in _PAGE for name in NAMES)


@pytest.mark.parametrize("example", re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL))
def test_its_credentials_are_json_that_the_playbooks_ask_for(example: str) -> None:
    credential = json.loads(example)
    wanted = {str(load(name).workload.get(key)) for name in NAMES for key in ("db_credential", "nats_credential")}
    assert credential["name"] in wanted | {"gateway_internal"}


def test_it_lists_every_action_of_user_management() -> None:
    sql = load("user_management").sql("start")
    [actions] = re.findall(r"action NOT IN \(([^)]*)\)", sql)
    table = _PAGE[_PAGE.index("| action | |") : _PAGE.index("## How values")]
    listed = {
        name for cell in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for name in re.findall(r"\w+", cell)
    }
    assert set(re.findall(r"'(\w+)'", actions)) == listed


def test_the_variables_it_speaks_of_exist() -> None:
    for name, variable in (
        ("auth0_login", "max_session_hours"),
        ("check_playbook_access", "guarded_folder"),
        ("auth0_validate_session", "callback_credential"),
    ):
        assert variable in _PAGE
        assert variable in load(name).workload
