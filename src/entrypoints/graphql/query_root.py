import strawberry

from domain.version import __version__


def _health() -> str:
    return "ok"


def _version() -> str:
    return __version__


@strawberry.type
class QueryRoot:
    health: str = strawberry.field(resolver=_health, description='"ok" whenever the gateway answers.')
    version: str = strawberry.field(resolver=_version, description="The version of the gateway.")
