"""Any message at all."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from entrypoints.http.websocket import json_rpc
from entrypoints.http.websocket.json_rpc import Call, Fault

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | json_values,
        "method": st.sampled_from(["ping", "initialize", "playbook/execute"]) | json_values,
        "id": json_values,
        "params": json_values,
    },
)
messages = st.binary(max_size=40) | st.text(max_size=40) | (members | st.lists(members | json_values)).map(json.dumps)


@given(messages)
def test_every_message_is_calls_or_a_fault(message: bytes | str) -> None:
    try:
        taken = json_rpc.decoded(message)
    except Fault as fault:
        assert json.loads(json_rpc.error(None, fault))["error"]["code"] in (-32700, -32600)
        return
    for each in [taken] if isinstance(taken, Call) else taken:
        if isinstance(each, Call):
            assert each.jsonrpc == "2.0"
            assert json.loads(json_rpc.result(each, {})) if each.wants_answer else True
        else:
            assert each.code == -32600


def leaves(family: type[errors.GatewayError] = errors.GatewayError) -> Iterator[type[errors.GatewayError]]:
    if not family.__subclasses__():
        yield family
    for child in family.__subclasses__():
        yield from leaves(child)


@pytest.mark.parametrize("kind", list(leaves()), ids=lambda kind: kind.code)
def test_every_gateway_error_keeps_its_sentence_and_code(kind: type[errors.GatewayError]) -> None:
    fault = json_rpc.fault_of(kind())
    assert (fault.message, (fault.details or {})["code"]) == (str(kind()), kind.code)
    unauthorized = issubclass(kind, errors.NotAuthenticated)
    assert (fault.code == json_rpc.UNAUTHORIZED) == unauthorized
    assert (fault.code == json_rpc.PERMISSION_DENIED) == issubclass(kind, errors.NotPermitted)
