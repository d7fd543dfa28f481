"""Whatever a value is, it stays a value."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.playbooks import hostile
from tests.playbooks.catalog import NAMES, QUOTED, load
from tests.playbooks.database import Database, StatementFailed
from tests.playbooks.python_worker import PythonWorker
from tests.playbooks.worker import Value, Worker

_CONSTRUCT = "decode('{{ %s | b64encode }}', 'base64')"
_QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

BENIGN: dict[str, str] = {
    "start.sub": "auth0|bob",
    "start.email": "bob@example.com",
    "start.name": "Bob",
    "start.agent": "curl",
    "start.address": "192.0.2.1",
    "start.hours": "8",
    "session_token": "s0123456789abcdef",
    "playbook_path": "data/report",
    "action": "execute",
    "guarded_folder": "api_integration/auth0/",
    "user_id": "1",
    "email": "alice@example.com",
    "role_names": "viewer",
}
PLACES = [
    (name, str(step["step"]), variable)
    for name in NAMES
    for step in load(name).steps
    if "postgres" in str(step["tool"])
    for variable, _ in QUOTED.findall(load(name).sql(str(step["step"])))
]


def _context(values: dict[str, str]) -> dict[str, Value]:
    context: dict[str, Value] = {}
    for name, value in values.items():
        step, _, column = name.rpartition(".")
        if step:
            inner = context.setdefault(step, {})
            assert isinstance(inner, dict)
            inner[column] = value
        else:
            context[name] = [value] if name == "role_names" else value
    return context


def test_all_values_of_all_statements_are_known_here() -> None:
    assert {variable for _, _, variable in PLACES} == set(BENIGN)


@settings(max_examples=40, deadline=None, suppress_health_check=_QUIET)
@given(values=st.lists(hostile.texts, min_size=1, max_size=60))
def test_every_text_comes_out_of_postgresql_as_it_went_in(
    worker: Worker, database: Database, values: list[str]
) -> None:
    assert _through_postgresql(worker, database, values) == values


def test_every_known_trick_comes_out_of_postgresql_as_it_went_in(worker: Worker, database: Database) -> None:
    assert _through_postgresql(worker, database, list(hostile.EXAMPLES)) == list(hostile.EXAMPLES)


def _through_postgresql(worker: Worker, database: Database, values: list[str]) -> list[str]:
    context: dict[str, Value] = {f"value_{number}": value for number, value in enumerate(values)}
    columns = ", ".join(f"encode({_CONSTRUCT % name}, 'hex') AS {name}" for name in context)
    [row] = database.rows(str(worker.rendered(f"SELECT {columns}", context)))
    return [bytes.fromhex(text).decode() for text in row.values()]


def test_what_is_rendered_has_no_character_that_could_end_the_literal(worker: Worker) -> None:
    for value in hostile.EXAMPLES:
        text = str(worker.rendered(f"SELECT {_CONSTRUCT % 'value'}", {"value": value}))
        assert re.fullmatch(r"SELECT decode\('[A-Za-z0-9+/=]*', 'base64'\)", text)


def test_doubled_quotes_alone_would_not_do(database: Database) -> None:
    """What is written inside a literal is rendered once more, so text can run as a template: hence base64."""
    doubled = "SELECT ('{{ value | tojson | replace(\"'\", \"''\") }}'::jsonb #>> '{}') AS value"
    sql = PythonWorker().rendered(doubled, {"value": "{{ 7 * 7 }}"})
    assert database.value(str(sql)) == "49"


def test_a_lone_surrogate_is_refused_and_not_misread(database: Database) -> None:
    """Only Python lets one through its JSON parser; what cannot be encoded stays a template, which is no base64."""
    try:
        sql = PythonWorker().rendered(f"SELECT {_CONSTRUCT % 'value'}", {"value": "\ud800'"})
    except UnicodeError:
        return
    with pytest.raises(StatementFailed):
        database.rows(str(sql))


@pytest.fixture
def populated(database: Database) -> Database:
    """Alice is an administrator with a session, Carol a viewer."""
    database.rows(
        """
        INSERT INTO auth.users (auth0_id, email, display_name)
        VALUES ('auth0|alice', 'alice@example.com', 'Alice'), ('auth0|carol', 'carol@example.com', 'Carol');
        INSERT INTO auth.user_roles (user_id, role_id) SELECT 1, role_id FROM auth.roles WHERE role_name = 'admin';
        INSERT INTO auth.user_roles (user_id, role_id) SELECT 2, role_id FROM auth.roles WHERE role_name = 'viewer';
        INSERT INTO auth.sessions (user_id, session_token, expires_at)
        VALUES (1, 's0123456789abcdef', now() + interval '1 hour')
        """
    )
    return database


MAY_GROW = {"create_session": ("users", "sessions")}
"""The tables to which a step adds rows. Everything else is as it was, whatever was asked."""


@pytest.mark.parametrize(("name", "step", "variable"), PLACES, ids=str)
def test_a_hostile_value_changes_nothing_but_what_it_is_a_value_of(
    name: str, step: str, variable: str, worker: Worker, populated: Database
) -> None:
    values = [{**BENIGN, "action": _harmless_action(name), variable: value} for value in _ALL_EXAMPLES]
    _assert_only_values(populated, worker, name, step, values)


_ALL_EXAMPLES = (*hostile.EXAMPLES, "\x00", "a\x00'b")


def _assert_only_values(
    database: Database, worker: Worker, name: str, step: str, values: list[dict[str, str]]
) -> None:
    """What PostgreSQL refuses is a value that does not fit, never a statement that it cannot read."""
    before = database.contents()
    sql = load(name).sql(step)
    for outcome in database.each([str(worker.rendered(sql, _context(each))) for each in values]):
        if isinstance(outcome, StatementFailed):
            assert _UNFIT.search(str(outcome)), outcome
        else:
            assert len(outcome) == 1
    after = database.contents()
    for table in before:
        assert before[table] <= after[table]
        if table not in MAY_GROW.get(step, ()):
            assert after[table] == before[table]


_UNFIT = re.compile(
    "invalid input syntax for type (inet|integer)|value too long for type|out of range for type integer"
    '|invalid byte sequence for encoding|unsupported Unicode escape sequence|invalid value "" for'
)


def _harmless_action(name: str) -> str:
    return "get_user" if name == "user_management" else "execute"


@settings(max_examples=15, deadline=None, suppress_health_check=_QUIET)
@given(data=st.data())
def test_any_text_in_any_place_is_only_a_value(worker: Worker, populated: Database, data: st.DataObject) -> None:
    name, step, _ = data.draw(st.sampled_from(PLACES))
    drawn = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(BENIGN, hostile.texts)), min_size=1, max_size=20))
    _assert_only_values(
        populated, worker, name, step, [{**values, "action": _harmless_action(name)} for values in drawn]
    )


@settings(max_examples=30, deadline=None, suppress_health_check=_QUIET)
@given(data=st.data())
def test_what_a_login_stores_is_exactly_what_it_was_told(
    worker: Worker, database: Database, data: st.DataObject
) -> None:
    """The statement alone, without the step that looks at the claims before."""
    text = hostile.texts.filter(lambda value: value and len(value) <= 255 and "\x00" not in value)
    wanted = {"start.sub": data.draw(text), "start.email": data.draw(text), "start.name": data.draw(text)}
    agent = data.draw(hostile.texts.filter(lambda value: "\x00" not in value))
    values = {**BENIGN, **wanted, "start.agent": agent}
    database.rows("TRUNCATE auth.users RESTART IDENTITY CASCADE")
    database.rows(str(worker.rendered(load("auth0_login").sql("create_session"), _context(values))))
    [stored] = database.rows(
        "SELECT encode(convert_to(auth0_id, 'UTF8'), 'hex') AS a, encode(convert_to(email, 'UTF8'), 'hex') AS b,"
        " encode(convert_to(display_name, 'UTF8'), 'hex') AS c, encode(convert_to(user_agent, 'UTF8'), 'hex') AS d,"
        " ip_address FROM auth.users JOIN auth.sessions USING (user_id)"
    )
    assert [bytes.fromhex(stored[column]).decode() for column in "abcd"] == [*wanted.values(), agent]
    assert stored["ip_address"] == "192.0.2.1"
