"""Documents, parsed and validated once for each text."""

from collections import OrderedDict
from collections.abc import Sequence

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate

from entrypoints.graphql.limits import GraphQLLimits
from entrypoints.graphql.operation_limits import refusals
from entrypoints.graphql.tokens import check_text

_MOST_ERRORS = 20


class DocumentRefused(Exception):
    """The errors of a document that cannot be executed."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class Documents:
    """Remembers the documents used last, `remembered` characters of text at most: parsed, one takes up to
    a kilobyte for each of them. What was refused is not remembered.
    """

    def __init__(self, schema: GraphQLSchema, limits: GraphQLLimits, remembered: int = 200_000) -> None:
        self._schema = schema
        self._limits = limits
        self._remembered = remembered
        self._known: OrderedDict[str, DocumentNode] = OrderedDict()
        self._characters = 0

    def __call__(self, text: str) -> DocumentNode:
        """Raises DocumentRefused."""
        document = self._known.get(text)
        if document is None:
            document = self._read(text)
            self._remember(text, document)
        else:
            self._known.move_to_end(text)
        return document

    def _read(self, text: str) -> DocumentNode:
        try:
            check_text(text, self._limits)
            document = parse(text)
        except GraphQLError as error:
            raise DocumentRefused([error]) from error
        errors = refusals(document, self._limits) or self._mistakes(document)
        if errors:
            raise DocumentRefused(errors)
        return document

    def _mistakes(self, document: DocumentNode) -> list[GraphQLError]:
        # Suggested names would tell what introspection may not.
        hidden = not self._limits.introspection
        return validate(self._schema, document, max_errors=_MOST_ERRORS, hide_suggestions=hidden)

    def _remember(self, text: str, document: DocumentNode) -> None:
        self._known[text] = document
        self._characters += len(text)
        while self._characters > self._remembered:
            oldest, _ = self._known.popitem(last=False)
            self._characters -= len(oldest)
