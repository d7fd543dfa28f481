import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from entrypoints.graphql.json_scalar import JSON, json_scalar
from entrypoints.graphql.mutation_root import MutationRoot
from entrypoints.graphql.query_root import QueryRoot


def build_schema() -> GraphQLSchema:
    """The schema of wire 6, as graphql-core executes it: strawberry's own `execute` costs twice as much."""
    schema = strawberry.Schema(
        query=QueryRoot,
        mutation=MutationRoot,
        config=StrawberryConfig(scalar_map={JSON: json_scalar()}),
    )
    return schema._schema
