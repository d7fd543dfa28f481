from collections.abc import Sequence
from dataclasses import dataclass

from domain import lenient
from domain.errors import PlaybookDenied, RequestMalformed
from domain.identity import Session
from domain.paths import ProxyPath
from domain.playbooks import checked_execution_id
from domain.strict_json import strict_object
from domain.use_cases.authorize_playbook import AuthorizePlaybook


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
            raise PlaybookDenied("Executions are started by their plain path only.")
        segments = tuple(part.casefold() for part in path.segments)
        if segments == ("execute",):
            await self._authorize_body(session, body)
        else:
            await self.authorize.by_execution(session, checked_execution_id(segments[1]))

    async def _authorize_body(self, session: Session, body: bytes) -> None:
        order = strict_object(body)
        path, catalog_id = order.get("path"), lenient.text(order.get("catalog_id"))
        if path is not None and not isinstance(path, str):
            raise RequestMalformed("path must be text.")
        if not path and catalog_id is None:
            raise RequestMalformed("Either 'path' or 'catalog_id' must be provided.")
        # Servers differ in which of the two wins, so both must be allowed.
        if path:
            await self.authorize(session, path)
        if catalog_id is not None:
            await self.authorize.by_catalog_id(session, catalog_id)


def _starts_something(segments: Sequence[str]) -> bool:
    plain = tuple(part.split(";", 1)[0].casefold() for part in segments)
    return plain[:1] == ("execute",) or (len(plain) == 3 and plain[0] == "executions" and plain[2] == "rerun")
