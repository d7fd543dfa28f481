"""Limits that hold before anything is parsed: the parser recurses and allocates for each token."""

from graphql import Lexer, Source, TokenKind

from entrypoints.graphql.limits import GraphQLLimits, limit_error

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


def check_text(text: str, limits: GraphQLLimits) -> None:
    """Comments count as tokens.

    Raises GraphQLError: a refusal, or a syntax error for characters that belong to no token.
    """
    if len(text) > limits.characters:
        raise limit_error(f"The document has more than {limits.characters} characters.")
    lexer = Lexer(Source(text))
    token = lexer.token
    count = nesting = 0
    while (token := lexer.read_next_token(token.end)).kind is not TokenKind.EOF:
        count += 1
        if count > limits.tokens:
            raise limit_error(f"The document has more than {limits.tokens} tokens.")
        nesting += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if nesting > limits.nesting:
            raise limit_error(f"The document nests brackets more than {limits.nesting} deep.")
