"""TLS on a real nats-server: who proves what to whom, which side begins, and what an operator is told."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.nats.authorities import Authority
from tests.integration.nats.servers import eventually
from tests.integration.nats.tls_servers import StartTlsServer, options, trouble, wants_certificates_of

from adapters.nats.connection import NatsConnection
from adapters.nats.options import NatsOptions
from entrypoints.container import Container
from entrypoints.settings.loading import load


@pytest.mark.parametrize("scheme", ["tls", "nats"])
async def test_a_server_is_trusted_by_its_authority(
    start_tls_server: StartTlsServer, authority: Authority, scheme: str
) -> None:
    server = await start_tls_server()

    async with NatsConnection(options(server, authority, scheme=scheme)) as connection:
        assert connection.trouble() is None
        assert connection.link.client.is_encrypted


async def test_a_server_of_a_foreign_authority_is_refused_and_hears_no_credentials(
    start_tls_server: StartTlsServer, foreign: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = await start_tls_server()

    said = await trouble(options(server, foreign, user="me", password="s3cret"))

    assert "the server's certificate is not accepted (unable to get local issuer certificate)" in said
    assert "s3cret" not in said + caplog.text


async def test_a_refused_handshake_is_not_waited_for_to_end(
    start_tls_server: StartTlsServer, foreign: Authority
) -> None:
    server = await start_tls_server()
    patient = replace(options(server, foreign), opening_patience=60.0, closing_patience=60.0)

    async with asyncio.timeout(10):
        assert "not accepted" in await trouble(patient)


async def test_the_settings_bring_about_mutual_tls_that_begins_with_the_handshake(
    start_tls_server: StartTlsServer, authority: Authority, tmp_path: Path
) -> None:
    server = await start_tls_server(*wants_certificates_of(authority), "handshake_first: true")
    mine = authority.issue("gateway")
    variables = {
        "NATS_URL": f"tls://127.0.0.1:{server.port}",
        "NATS_CA_FILE": str(authority.file),
        "NATS_CERTIFICATE_FILE": str(mine.certificate),
        "NATS_KEY_FILE": str(mine.key),
        "NATS_TLS_HANDSHAKE_FIRST": "true",
    }

    async with Container(settings=load(variables, tmp_path)).nats() as connection:
        assert connection.trouble() is None


async def test_an_authority_that_the_system_does_not_know_is_refused(start_tls_server: StartTlsServer) -> None:
    server = await start_tls_server()

    said = await trouble(NatsOptions(url=f"tls://127.0.0.1:{server.port}"))

    assert "the server's certificate is not accepted" in said


async def test_a_server_under_another_name_than_its_certificates_is_refused(
    start_tls_server: StartTlsServer, authority: Authority
) -> None:
    server = await start_tls_server()

    said = await trouble(options(server, authority, host="localhost"))

    assert "NATS at localhost:" in said
    assert "certificate is not valid for 'localhost'" in said


@pytest.mark.parametrize("first", [False, True])
async def test_a_client_proves_itself_by_its_certificate(
    start_tls_server: StartTlsServer, authority: Authority, first: bool
) -> None:
    server = await start_tls_server(*wants_certificates_of(authority), f"handshake_first: {str(first).lower()}")
    mine = authority.issue("gateway")

    async with NatsConnection(options(server, authority, mine, handshake_first=first)) as connection:
        heard: list[bytes] = []
        await connection.subscribe("echo", lambda message: heard.append(message.data))
        await connection.publish("echo", b"hello")
        await eventually(lambda: heard == [b"hello"])
        assert connection.trouble() is None


@pytest.mark.parametrize("first", [False, True])
async def test_a_client_without_a_certificate_is_told_that_one_is_wanted(
    start_tls_server: StartTlsServer, authority: Authority, first: bool
) -> None:
    server = await start_tls_server(*wants_certificates_of(authority), f"handshake_first: {str(first).lower()}")

    said = await trouble(options(server, authority, user="me", password="s3cret", handshake_first=first))

    assert "wants a client certificate" in said
    assert "s3cret" not in said


async def test_a_client_with_a_foreign_certificate_is_told_so(
    start_tls_server: StartTlsServer, authority: Authority, foreign: Authority
) -> None:
    server = await start_tls_server(*wants_certificates_of(authority))

    said = await trouble(options(server, authority, foreign.issue("gateway")))

    # The server's reason gets lost where its connection is reset before that is read.
    assert "does not accept the client certificate" in said or "client certificate, or another one" in said


async def test_a_certificate_may_stand_for_a_user_of_the_server(
    start_tls_server: StartTlsServer, authority: Authority
) -> None:
    server = await start_tls_server(
        f"ca_file: '{authority.file}'",
        "verify_and_map: true",
        users='authorization { users = [{ user: "CN=gateway" }] }',
    )

    async with NatsConnection(options(server, authority, authority.issue("gateway"))) as connection:
        assert connection.trouble() is None
    assert "refuses the credentials" in await trouble(options(server, authority, authority.issue("stranger")))


async def test_a_connection_begins_with_tls_where_both_sides_want_it(
    start_tls_server: StartTlsServer, authority: Authority
) -> None:
    server = await start_tls_server("handshake_first: true")

    for scheme in ("tls", "nats"):
        async with NatsConnection(options(server, authority, handshake_first=True, scheme=scheme)) as connection:
            assert connection.trouble() is None


@pytest.mark.parametrize("server_first", [False, True])
async def test_a_handshake_that_one_side_alone_begins_with_fails_in_time_and_says_why(
    start_tls_server: StartTlsServer, authority: Authority, server_first: bool
) -> None:
    server = await start_tls_server(f"handshake_first: {str(server_first).lower()}")
    one_sided = options(server, authority, handshake_first=not server_first)

    async with NatsConnection(one_sided) as connection:
        said = str(connection.trouble())

    assert said.endswith("begins with the TLS handshake") or "does not begin with the TLS handshake" in said
