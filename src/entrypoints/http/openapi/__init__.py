"""The OpenAPI document: every route, every error, every stream."""
