"""Files for browsers."""

from collections.abc import Iterator

from entrypoints.assembly.shared import Shared
from entrypoints.graphql.graphiql import GraphiQL
from entrypoints.http.asgi import AsgiApp, Receive, Scope, Send
from entrypoints.http.static_files import StaticFiles

ASSETS = "/graphql/assets/"
_CLIENT = "/client/"
_UI = "/ui/"


def pages(shared: Shared, graphiql: GraphiQL) -> Iterator[tuple[str, AsgiApp]]:
    """Each as (prefix, application)."""
    yield ASSETS, _assets(graphiql)
    yield _CLIENT, StaticFiles(_CLIENT, "entrypoints.browser")
    if shared.settings.server.ui:
        yield _UI, StaticFiles(_UI, "entrypoints.browser.ui", policy=_ui_policy(shared.settings.auth0.domain or ""))


def _ui_policy(domain: str) -> str:
    """The login page talks to the issuer itself, so its policy has to name it."""
    issuer = domain if "://" in domain else f"https://{domain}" if domain else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {issuer}; "
        "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _assets(page: GraphiQL) -> AsgiApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await page.asset(scope["path"].removeprefix(ASSETS), scope, receive, send)

    return serve
