"""The files of TLS: renewed while the gateway runs, or not what they should be."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.nats.authorities import Authority, Identity
from tests.integration.nats.servers import eventually
from tests.integration.nats.tls_servers import StartTlsServer, options, trouble, wants_certificates_of

from adapters.nats.connection import NatsConnection

_PASSWORD = b"the word of the key"


async def test_a_renewed_certificate_is_taken_at_the_next_connection(
    start_tls_server: StartTlsServer, authority: Authority, foreign: Authority
) -> None:
    """As Kubernetes does it: new content under the old names."""
    server = await start_tls_server(*wants_certificates_of(authority))
    mine = foreign.issue("gateway")

    async with NatsConnection(options(server, authority, mine)) as connection:
        assert "certificate" in str(connection.trouble())
        authority.issue("gateway")
        await eventually(lambda: connection.trouble() is None)


async def test_a_renewed_authority_is_taken_at_the_next_connection(
    start_tls_server: StartTlsServer, authority: Authority, tmp_path: Path
) -> None:
    server = await start_tls_server()

    async with NatsConnection(options(server, authority)) as connection:
        assert connection.trouble() is None
        server.kill()
        Authority(tmp_path).issue("server")
        server.start()
        await eventually(lambda: not connection.is_connected)
        await eventually(lambda: connection.trouble() is None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the TLS client certificate or its key cannot be read (No such file or directory)"),
        (b"nothing of the kind: s3cret", "the TLS client certificate or its key cannot be used"),
    ],
)
async def test_a_client_certificate_that_is_none_shows_and_is_tried_again(
    start_tls_server: StartTlsServer, authority: Authority, content: bytes | None, said: str
) -> None:
    server = await start_tls_server(*wants_certificates_of(authority))
    mine = authority.issue("gateway")
    mine.certificate.unlink()
    if content is not None:
        mine.certificate.write_bytes(content)

    async with NatsConnection(options(server, authority, mine)) as connection:
        assert said in str(connection.trouble())
        assert "s3cret" not in str(connection.trouble())
        authority.issue("gateway")
        await eventually(lambda: connection.trouble() is None)


async def test_a_certificate_without_its_key_shows(start_tls_server: StartTlsServer, authority: Authority) -> None:
    server = await start_tls_server()
    mine, other = authority.issue("gateway"), authority.issue("other")

    said = await trouble(options(server, authority, Identity(mine.certificate, other.key)))

    assert "the TLS client certificate or its key cannot be used (KEY_VALUES_MISMATCH)" in said


async def test_an_encrypted_key_is_refused_instead_of_asked_about(
    start_tls_server: StartTlsServer, authority: Authority
) -> None:
    server = await start_tls_server()

    said = await trouble(options(server, authority, authority.issue("gateway", key_password=_PASSWORD)))

    assert "the TLS client certificate or its key cannot be used" in said
    assert _PASSWORD.decode() not in said


async def test_authorities_that_cannot_be_read_show(start_tls_server: StartTlsServer, authority: Authority) -> None:
    server = await start_tls_server()
    authority.file.unlink()

    said = await trouble(options(server, authority))

    assert f"the file of TLS authorities cannot be read ({os.strerror(2)})" in said


async def test_a_certificate_and_its_key_may_be_in_one_file(
    start_tls_server: StartTlsServer, authority: Authority
) -> None:
    server = await start_tls_server(*wants_certificates_of(authority))
    mine = authority.issue("gateway")
    mine.certificate.write_bytes(mine.certificate.read_bytes() + mine.key.read_bytes())
    both = replace(options(server, authority), tls_certificate_file=str(mine.certificate))

    async with NatsConnection(both) as connection:
        assert connection.trouble() is None
