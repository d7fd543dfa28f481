from functools import cache

from uvicorn.config import Config

from entrypoints.http.asgi import AsgiApp, Receive, Scope, Send
from entrypoints.http.server.protocol import GatewayProtocol


def config_for(app: AsgiApp) -> Config:
    """What a connection gets from uvicorn, with WebSockets off. One for all: it takes long to make."""
    config = _config()
    config.loaded_app = app
    return config


@cache
def _config() -> Config:
    config = Config(
        f"{__name__}:nowhere",
        http=GatewayProtocol,
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        workers=1,
    )
    config.load()
    return config


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """In the place of each application until it comes."""
