"""Who the bearer of a signed token is: OpenID Connect as Auth0 speaks it, checked before anything is passed on."""
