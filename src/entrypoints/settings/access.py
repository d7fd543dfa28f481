"""Who may come in, and what they may do."""

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from entrypoints.settings.kinds import OptionalText, Seconds, Section, Texts
from entrypoints.settings.variables import variables


class AuthPlaybooks(Section):
    login: Annotated[str, variables("Login playbook", "AUTH_PLAYBOOK_LOGIN")] = "api_integration/auth0/auth0_login"
    validate_session: Annotated[str, variables("Session validation playbook", "AUTH_PLAYBOOK_VALIDATE_SESSION")] = (
        "api_integration/auth0/auth0_validate_session"
    )
    check_access: Annotated[str, variables("Access check playbook", "AUTH_PLAYBOOK_CHECK_ACCESS")] = (
        "api_integration/auth0/check_playbook_access"
    )
    session_db_credential: Annotated[
        str, variables("NoETL credential of the session database", "AUTH_SESSION_DB_CREDENTIAL")
    ] = "pg_auth"
    timeout_secs: Annotated[
        Seconds, variables("Deadline of an auth playbook, all in all", "AUTH_PLAYBOOK_TIMEOUT_SECS")
    ] = 12
    max_concurrent: Annotated[
        int, Field(ge=1), variables("Auth playbooks at a time and process", "GATEWAY_AUTH_PLAYBOOKS_AT_A_TIME")
    ] = 64
    auth_sync: Annotated[bool, variables("Log in and validate by NoETL's synchronous API", "NOETL_AUTH_SYNC")] = False
    authz_sync: Annotated[bool, variables("Check access by NoETL's synchronous API", "NOETL_AUTHZ_SYNC")] = False
    validate_via_playbook: Annotated[
        bool,
        variables(
            "Validate sessions by playbook, else by the synchronous API", "GATEWAY_SESSION_VALIDATE_VIA_PLAYBOOK"
        ),
    ] = True


class VerifyMode(Enum):
    ENFORCE = "enforce"
    SHADOW = "shadow"
    OFF = "off"


class Auth0(Section):
    domain: Annotated[OptionalText, variables("Auth0 domain that may log users in", "GATEWAY_AUTH0_DOMAIN")] = None
    allowed_domains: Annotated[
        Texts, variables("Further domains that may log users in", "GATEWAY_AUTH0_ALLOWED_DOMAINS")
    ] = ()
    client_id: Annotated[
        OptionalText, variables("Auth0 client id; checked as audience", "GATEWAY_AUTH0_CLIENT_ID")
    ] = None
    redirect_uri: Annotated[
        OptionalText, variables("Redirect URI for clients that bootstrap here", "GATEWAY_AUTH0_REDIRECT_URI")
    ] = None
    audience: Annotated[OptionalText, variables("API audience; checked as audience", "GATEWAY_AUTH0_AUDIENCE")] = None
    verify: Annotated[
        VerifyMode, variables("`enforce`, `shadow` (log and let pass) or `off`", "GATEWAY_AUTH0_VERIFY")
    ] = VerifyMode.ENFORCE


class PolicyRule(Section):
    """`need`: `nobody`, `session`, or `role` with `roles`. `path`: segments below /noetl/, `*` and `**` allowed."""

    path: str
    need: Literal["nobody", "session", "role"]
    roles: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


class ProxyPolicySection(Section):
    mode: Annotated[
        Literal["guarded", "open"], variables("`guarded` or `open` (as the original)", "GATEWAY_PROXY_POLICY")
    ] = "guarded"
    rules: Annotated[tuple[PolicyRule, ...], variables("Own rules, tried first; in the file only")] = ()
    authz_mode: Annotated[
        Literal["enforce", "client"],
        variables("`enforce` checks every execution; `client` leaves it to clients", "GATEWAY_AUTHZ_MODE"),
    ] = "enforce"
    auth_bypass: Annotated[
        bool, variables("DANGER: any token passes as the development user", "GATEWAY_AUTH_BYPASS")
    ] = False
