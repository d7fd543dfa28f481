"""A local OpenID Connect issuer in the place of Auth0, for the demo and the tests: it asks for no password."""
