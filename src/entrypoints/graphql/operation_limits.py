"""Limits of parsed documents, looked at before validation, whose cost they bound (D33)."""

from collections.abc import Iterator

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, OperationDefinitionNode

from entrypoints.graphql.extents import Extent, ExtentFinder
from entrypoints.graphql.limits import GraphQLLimits, limit_error


def refusals(document: DocumentNode, limits: GraphQLLimits) -> list[GraphQLError]:
    """One error for each limit that an operation of the document exceeds."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    if len(fragments) > limits.fragments:
        return [limit_error(f"The document has {len(fragments)} fragments; {limits.fragments} are allowed.")]
    finder = ExtentFinder(fragments, limits.nesting)
    try:
        return [
            limit_error(sentence, operation)
            for operation in document.definitions
            if isinstance(operation, OperationDefinitionNode)
            for sentence in _excesses(_extent(operation, finder), limits)
        ]
    except GraphQLError as too_deep:
        return [too_deep]


def _extent(operation: OperationDefinitionNode, finder: ExtentFinder) -> Extent:
    own = Extent(directives=len(operation.directives or ()))
    return finder.of(operation.selection_set).beside(own)


def _excesses(extent: Extent, limits: GraphQLLimits) -> Iterator[str]:
    if extent.introspection_depth and not limits.introspection:
        yield "Introspection is switched off."
    for what, found, allowed in (
        ("is {} levels deep", extent.depth, limits.depth),
        ("introspects {} levels deep", extent.introspection_depth, limits.introspection_depth),
        ("selects {} root fields", extent.width, limits.root_fields),
        ("selects {} fields", extent.fields, limits.fields),
        ("uses {} aliases", extent.aliases, limits.aliases),
        ("uses {} directives", extent.directives, limits.directives),
    ):
        if found > allowed:
            yield f"The operation {what.format(found)}; {allowed} are allowed."
