import pytest
from tests.unit.settings.conftest import Load


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("info", "info"),
        ("INFO", "info"),
        ("warn", "warning"),
        ("trace", "debug"),
        ("off", "error"),
        ("info,gateway=debug", "info"),
        ("gateway=debug,warn", "warning"),
        ("gateway=debug", "info"),
        ("noetl_gateway", "info"),
        ("debug,hyper::client=info,tower_http=warn", "debug"),
        ("[request{path=/health}]=trace,error", "error"),
        (" debug , x ", "debug"),
        (",,", "info"),
        ("nonsense", "info"),
    ],
)
def test_the_general_level_of_an_old_filter_counts(loaded: Load, text: str, level: str) -> None:
    assert loaded({"RUST_LOG": text}).server.log_level == level


@pytest.mark.parametrize(("text", "level"), [("DEBUG", "debug"), ("warn", "warning"), (" error ", "error")])
def test_a_level_may_be_called_by_any_of_its_names(loaded: Load, text: str, level: str) -> None:
    assert loaded({"GATEWAY_LOG_LEVEL": text}).server.log_level == level
    assert loaded(file=f"[server]\nlog_level = '{text}'\n").server.log_level == level


def test_the_gateways_own_variable_beats_the_old_one(loaded: Load) -> None:
    assert loaded({"RUST_LOG": "trace", "GATEWAY_LOG_LEVEL": "error"}).server.log_level == "error"
