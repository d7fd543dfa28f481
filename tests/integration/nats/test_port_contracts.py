"""The contracts of the ports, on a real NATS: the suites are those of tests/contracts, `replicas` is this folder's."""

# ruff: noqa: F403
from tests.contracts.test_callback_inbox import *
from tests.contracts.test_client_registry import *
from tests.contracts.test_client_streams_history import *
from tests.contracts.test_client_streams_live import *
from tests.contracts.test_event_feed import *
from tests.contracts.test_pending_requests import *
from tests.contracts.test_revocations import *
from tests.contracts.test_session_ends import *
from tests.contracts.test_session_store import *
from tests.contracts.test_started_requests import *
