"""What every way to GraphQL shares: one document cache, the use cases, the limits."""

from dataclasses import dataclass

from domain.identity import Session
from entrypoints.graphql.context import GraphQLUseCases, RequestContext
from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.operations import Operations
from entrypoints.http.asgi import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLEngine:
    """`buffer_bytes`: frames of one subscription that may wait to be sent."""

    operations: Operations
    use_cases: GraphQLUseCases
    limits: GraphQLLimits
    buffer_bytes: int = 4_194_304

    def context(self, session: Session, scope: Scope, last_event_id: str | None = None) -> RequestContext:
        return RequestContext(
            session=session,
            scope=scope,
            use_cases=self.use_cases,
            buffer_bytes=self.buffer_bytes,
            last_event_id=last_event_id,
        )

    async def announce(self, context: RequestContext) -> None:
        """To be called when the response is out: frames of the runs that it names wait for it (wire 4.6)."""
        for started in context.started:
            await self.use_cases.announce_started(started)
