import ssl

import pytest
from nats import errors

from adapters.nats.failed_dials import reason_of


def of_tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "quoted from the network")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "the server wants a client certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "the server does not accept the client certificate"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "the server does not accept the client certificate"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "the server does not accept the client certificate"),
        ("WRONG_VERSION_NUMBER", "the server does not begin with the TLS handshake"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ],
)
def test_what_tls_says_is_put_into_words_and_kept(reason: str, said: str) -> None:
    text = reason_of(of_tls(reason))
    assert text.startswith(f"TLS failed: {said}") and reason in text
    assert "quoted" not in text


def test_a_connection_that_ends_behind_the_handshake_hints_at_the_certificate() -> None:
    assert reason_of(ConnectionResetError("Connection lost")) == "the server ended the connection"
    assert "client certificate" in reason_of(ConnectionResetError("Connection lost"), encrypted=True)


@pytest.mark.parametrize(
    "error", [TimeoutError(), errors.Error("nats: empty response from server when expecting INFO")]
)
def test_a_server_without_a_word_hints_at_who_begins(error: Exception) -> None:
    assert "begins with the TLS handshake" in reason_of(error, silent=True)
    assert "TLS" not in reason_of(error)


def test_an_error_that_is_not_known_is_named_by_its_kind_alone() -> None:
    assert reason_of(errors.Error("nats: s3cret")) == "Error"
