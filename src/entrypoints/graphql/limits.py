"""How much one GraphQL request may ask for (D33)."""

from dataclasses import dataclass

from graphql import GraphQLError, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLLimits:
    """Of a document: `characters`, `tokens` and bracket `nesting`; of an operation, fragments expanded: the rest.

    `introspection_depth` counts below `__schema` and `__type`, where `depth` does not.
    `batch`: operations of one request. `value_nesting`: how deep the JSON of a request may nest.
    """

    characters: int = 100_000
    tokens: int = 2_000
    nesting: int = 100
    depth: int = 10
    introspection: bool = True
    introspection_depth: int = 20
    root_fields: int = 10
    fields: int = 400
    aliases: int = 15
    directives: int = 10
    fragments: int = 30
    batch: int = 10
    value_nesting: int = 100


LIMIT_CODE = "graphql_limit"


def limit_error(sentence: str, node: Node | None = None) -> GraphQLError:
    return GraphQLError(sentence, node, extensions={"code": LIMIT_CODE})
