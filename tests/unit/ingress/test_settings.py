"""What the settings of push ingress come to."""

from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.ingress import MemoryIngressAudit, MemoryIngressListeners, MemoryPushTokens
from adapters.memory.playbook_runner import MemoryPlaybookRunner
from domain.use_cases.accept_delivery import AcceptDelivery
from entrypoints.observability.metrics import Metrics
from entrypoints.pushed import accept_delivery
from entrypoints.settings.loading import load


def accepting(directory: Path, **variables: str) -> AcceptDelivery:
    made = accept_delivery(
        load(variables, directory),
        MemoryIngressListeners(),
        MemoryPlaybookRunner(),
        MemoryIngressAudit(),
        MemoryPushTokens(),
        ManualClock(),
        Metrics(),
    )
    assert made is not None
    return made


@pytest.mark.parametrize(("window", "remembered"), [("300", 600), ("0.3", 1), ("1.8", 4)])
def test_a_message_is_remembered_for_as_long_as_its_signature_may_be_shown(
    tmp_path: Path, window: str, remembered: int
) -> None:
    accept = accepting(tmp_path, GATEWAY_INGRESS_REPLAY_WINDOW_SECS=window)
    assert accept.verify.replay_window == float(window)
    assert accept.dispatch.window_secs == remembered
