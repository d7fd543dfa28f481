import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from entrypoints.graphql.frame_types import HistoryLost, PlaybookProgress, PlaybookResult, PlaybookState
from entrypoints.graphql.json_scalar import JSON, json_scalar
from entrypoints.graphql.mutation_root import MutationRoot
from entrypoints.graphql.query_root import QueryRoot
from entrypoints.graphql.subscription_root import SubscriptionRoot


def build_schema() -> GraphQLSchema:
    """The schema of wire 6, as graphql-core executes it: strawberry's own `execute` costs twice as much."""
    schema = strawberry.Schema(
        query=QueryRoot,
        mutation=MutationRoot,
        subscription=SubscriptionRoot,
        types=[PlaybookState, PlaybookResult, PlaybookProgress, HistoryLost],
        config=StrawberryConfig(scalar_map={JSON: json_scalar()}),
    )
    return schema._schema
