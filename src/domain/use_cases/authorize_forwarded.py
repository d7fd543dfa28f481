import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import PlaybookDenied, RequestMalformed
from domain.identity import Session
from domain.json_values import JsonValue
from domain.paths import ProxyPath, tolerant_reading
from domain.playbooks import checked_execution_id
from domain.strict_json import strict_object
from domain.use_cases.authorize_playbook import AuthorizePlaybook

_CATALOG_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_PATH_ONLY = "Executions are started by their plain path only."


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeForwarded:
    """Whether a forwarded request may start what it would start (D10): `execute` by path or by catalog id,
    `executions/<id>/rerun`. All other requests pass.
    """

    authorize: AuthorizePlaybook

    def concerns(self, method: str, path: ProxyPath) -> bool:
        """Whether the call is needed for this request."""
        return method not in ("GET", "HEAD", "OPTIONS") and any(
            _starts_something(reading) for reading in (path.segments, *path.deeper)
        )

    async def __call__(self, session: Session, path: ProxyPath, body: bytes) -> None:
        """`body`: the whole request body.

        Raises RequestMalformed when it cannot be told what would be started, and like AuthorizePlaybook.
        """
        if not self.authorize.enforced:
            return
        if path.deeper:
            raise PlaybookDenied(_PLAIN_PATH_ONLY)
        segments = tuple(part.casefold() for part in path.segments)
        if segments == ("execute",):
            await self._authorize_body(session, body)
        elif _reruns(segments):
            await self.authorize.by_execution(session, checked_execution_id(segments[1]))
        else:
            raise PlaybookDenied(_PLAIN_PATH_ONLY)

    async def _authorize_body(self, session: Session, body: bytes) -> None:
        order = strict_object(body)
        path, catalog_id = _path(order.get("path")), _catalog_id(order.get("catalog_id"))
        if not path and catalog_id is None:
            raise RequestMalformed("Either 'path' or 'catalog_id' must be provided.")
        # Servers differ in which of the two wins, so both must be allowed.
        if path:
            await self.authorize(session, path)
        if catalog_id is not None:
            await self.authorize.by_catalog_id(session, catalog_id)


def _path(value: JsonValue) -> str | None:
    if value is None or (isinstance(value, str) and not _SURROGATE.search(value)):
        return value
    raise RequestMalformed("path must be text.")


def _catalog_id(value: JsonValue) -> str | None:
    """Strict: what is overlooked here, as a kind of null, is perhaps an id for the server that runs it."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise RequestMalformed("catalog_id must be a decimal number.")
    digits = str(value)
    if not _CATALOG_ID.fullmatch(digits):
        raise RequestMalformed("catalog_id must be a decimal number.")
    return digits


def _starts_something(segments: Sequence[str]) -> bool:
    plain = tolerant_reading(segments)
    return plain[:1] == ("execute",) or _reruns(plain)


def _reruns(segments: Sequence[str]) -> bool:
    return len(segments) == 3 and segments[0] == "executions" and segments[2] == "rerun"
