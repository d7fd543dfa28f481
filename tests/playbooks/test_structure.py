"""What must hold of the files themselves, whatever they do."""

import ast
import re

import pytest
import yaml
from tests.playbooks.catalog import DIRECTORY, NAMES, QUOTED, Playbook, arcs_of, load, source, texts, tools_of

_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# What else may be a template. Workload set by the operator; a column that our own SQL made or the sentence that our
# own code made, where nothing that starts a template is left; text that can start none once its braces are gone.
_OPERATORS_OWN = {"db_credential", "nats_credential", "session_bucket", "callback_credential"}
_MADE_BY_US = re.compile(r"(start|create_session)\.rows\[0\]\.(answer|cached|sess_ref)|start\.failure \| trim")
_WITHOUT_BRACES = re.compile(r"(gateway_url|request_id) \| replace\('\{', ''\)")
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_ENCODED = re.compile(r"[a-z0-9_]+ \| b64encode")


@pytest.fixture(params=NAMES)
def playbook(request: pytest.FixtureRequest) -> Playbook:
    return load(request.param)


def test_every_file_of_the_folder_is_looked_at() -> None:
    assert sorted(path.stem for path in DIRECTORY.glob("*.yaml")) == sorted(NAMES)


def test_a_playbook_has_the_path_that_the_gateway_runs(playbook: Playbook) -> None:
    assert playbook.document["apiVersion"] == "noetl.io/v2"
    assert playbook.document["kind"] == "Playbook"
    metadata = playbook.document["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["name"] == playbook.name
    assert metadata["path"] == f"api_integration/auth0/{playbook.name}"


def test_no_key_is_there_twice(playbook: Playbook) -> None:
    class Strict(yaml.SafeLoader):
        pass

    def no_doubles(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[object, object]:
        keys = [loader.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"{keys} at {node.start_mark}"
        return dict(loader.construct_pairs(node, deep=True))

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, no_doubles)
    assert yaml.load(source(playbook.name), Strict) == playbook.document


def test_steps_start_lead_on_and_end(playbook: Playbook) -> None:
    names = [str(step["step"]) for step in playbook.steps]
    assert names[0] == "start"
    assert names[-1] == "end"
    assert len(names) == len(set(names))
    reached = {"start"} | {arc["step"] for step in playbook.steps for arc in arcs_of(step)}
    assert reached == set(names)
    assert [step["step"] for step in playbook.steps if not arcs_of(step)] == ["end"]


def test_only_the_end_is_reached_from_several_steps(playbook: Playbook) -> None:
    """A server holds a step with several predecessors back until all of them are settled."""
    targets = [arc["step"] for step in playbook.steps for arc in arcs_of(step) if arc["step"] != "end"]
    assert len(targets) == len(set(targets))


def test_conditions_name_nothing_unknown(playbook: Playbook) -> None:
    known = {str(step["step"]) for step in playbook.steps} | set(playbook.workload) | {"output"}
    words = {"is", "not", "defined", "and", "or", "replace", "b64encode", "tojson", "trim"}
    for path, text in texts(playbook.document):
        for expression in _EXPRESSION.findall(text):
            plain = re.sub(r"'[^']*'", "", expression)
            names = set(re.findall(r"(?<![.\w])[a-z_][a-z0-9_]*", plain)) - words
            assert names <= known, f"{path}: {names - known}"


def test_sql_takes_values_through_the_quoting_construct_only(playbook: Playbook) -> None:
    for task in playbook.tasks():
        if task.kind != "postgres":
            continue
        rest = QUOTED.sub("", str(task.config["command"]))
        assert not re.search(r"\{\{|\{%|\{#|\}\}", rest), f"{task.path}: a raw template in SQL"


def test_sql_needs_no_luck_with_splitting_and_comments(playbook: Playbook) -> None:
    """Workers cut SQL at semicolons, each in its own way, and one reads results only of SELECT and WITH."""
    for task in playbook.tasks():
        if task.kind != "postgres":
            continue
        sql = str(task.config["command"])
        assert not re.search(r"--|/\*|\$\$|\\", sql), f"{task.path}: comment, dollar quotes or backslash"
        statements = [part.strip() for part in sql.split(";") if part.strip()]
        assert len(statements) == 1 or playbook.name == "provision_auth_schema"
        assert re.match(r"(SELECT|WITH)\b", statements[-1]), task.path
        assert all(part.count("'") % 2 == 0 for part in statements), f"{task.path}: a semicolon in a literal"


def test_text_from_outside_is_nowhere_a_raw_template(playbook: Playbook) -> None:
    """Whatever one rendering puts into a text is template source for the next one."""
    for task in playbook.tasks():
        for path, text in texts({key: value for key, value in task.config.items() if key not in ("spec", "command")}):
            for expression in _EXPRESSION.findall(text):
                inside = expression.strip()
                allowed = (
                    inside in _OPERATORS_OWN
                    or _MADE_BY_US.fullmatch(inside)
                    or _WITHOUT_BRACES.fullmatch(inside)
                    or (task.kind == "python" and path.startswith(".input.") and _ENCODED.fullmatch(inside))
                )
                assert allowed, f"{task.path}{path}: {text}"


def test_python_steps_hold_no_templates_and_compile(playbook: Playbook) -> None:
    for task in playbook.tasks():
        if task.kind == "python":
            code = str(task.config["code"])
            assert not re.search(r"\{\{|\{%|\{#", code), task.path
            scopes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, _SCOPES)]
            assert not scopes, f"{task.path}, line {scopes[0].lineno}: one kind of worker hides other names in there"


def test_callbacks_send_their_body_as_json(playbook: Playbook) -> None:
    """`data:` would be an empty body from the Rust worker (D58)."""
    for task in playbook.tasks():
        if task.kind == "http":
            assert task.config["method"] == "POST"
            assert "data" not in task.config
            body = task.config["json"]
            assert isinstance(body, dict)
            assert "request_id" in body
            assert "status" in body


def test_columns_of_results_have_names_that_no_worker_redacts(playbook: Playbook) -> None:
    """Results lose what is under a key such as `session_token` before the next step can read it."""
    secretive = re.compile(r"token|auth|secret|passw|pwd|bearer|key|credential|jwt|cert|pem", re.IGNORECASE)
    for step in playbook.steps:
        for tool in tools_of(step):
            if tool["kind"] == "postgres":
                names = re.findall(r"\bAS (sess_ref|answer|cached|verdict)\b", str(tool["command"]))
                assert not [name for name in names if secretive.search(name)]
            for name in tool.get("input", {}):  # type: ignore[union-attr]
                assert not secretive.search(str(name)), name
