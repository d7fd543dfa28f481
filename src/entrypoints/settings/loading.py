"""All sections together, read from file and environment, with every mistake reported at once."""

import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path

from pydantic import Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from entrypoints.settings.access import Auth0, AuthPlaybooks, ProxyPolicySection
from entrypoints.settings.back_ends import Nats, Noetl
from entrypoints.settings.kinds import OptionalSecret, Section
from entrypoints.settings.limits import Limits
from entrypoints.settings.listening import Cors, Server, Transport
from entrypoints.settings.problems import SettingsInvalid
from entrypoints.settings.rust_log import level_of_filter
from entrypoints.settings.sources import environment, file_settings
from entrypoints.settings.variables import Variables

_INTERNAL_API_TOKEN = Variables("Token of NoETL's internal API; enables /ingress", ("NOETL_INTERNAL_API_TOKEN",))


class Settings(BaseSettings):
    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    server: Server = Field(default_factory=Server)
    noetl: Noetl = Field(default_factory=Noetl)
    nats: Nats = Field(default_factory=Nats)
    transport: Transport = Field(default_factory=Transport)
    cors: Cors = Field(default_factory=Cors)
    auth_playbooks: AuthPlaybooks = Field(default_factory=AuthPlaybooks)
    auth0: Auth0 = Field(default_factory=Auth0)
    proxy_policy: ProxyPolicySection = Field(default_factory=ProxyPolicySection)
    limits: Limits = Field(default_factory=Limits)
    internal_api_token: OptionalSecret = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The merged mapping is given to the constructor; variables are found by their old names there."""
        return (init_settings,)

    @property
    def gateway_url(self) -> str:
        """Where workers post their answers: the Service of the chart has always listened on port 80 (D49)."""
        return (self.server.public_url or "http://gateway.gateway.svc.cluster.local").rstrip("/")

    @property
    def bound_to_loopback(self) -> bool:
        if self.server.bind == "localhost":
            return True
        try:
            return ip_address(self.server.bind).is_loopback
        except ValueError:
            return False

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        problems = [*self._dangers(), *self._collisions()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _dangers(self) -> Iterator[str]:
        open_to_others = not self.bound_to_loopback and self.server.environment != "development"
        if self.proxy_policy.auth_bypass and open_to_others:
            yield "GATEWAY_AUTH_BYPASS lets anybody in; it needs GATEWAY_BIND=127.0.0.1 or GATEWAY_ENV=development"

    def _collisions(self) -> Iterator[str]:
        if self.server.internal_port == self.server.port:
            yield "GATEWAY_INTERNAL_PORT must differ from ROUTER_PORT"
        if self.nats.session_bucket == self.nats.request_bucket:
            yield "NATS_REQUEST_BUCKET must differ from NATS_SESSION_BUCKET"


def fields() -> Iterator[tuple[str, str, FieldInfo, Variables]]:
    """Each setting as (section, key, field, variables); the section is empty at the top level."""
    for name, outer in Settings.model_fields.items():
        if isinstance(outer.annotation, type) and issubclass(outer.annotation, Section):
            for key, field in outer.annotation.model_fields.items():
                found = next(item for item in field.metadata if isinstance(item, Variables))
                yield name, key, field, found
        else:
            yield "", name, outer, _INTERNAL_API_TOKEN


def load(process: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """Raises SettingsInvalid naming every mistake."""
    variables = environment(os.environ if process is None else process, directory or Path.cwd())
    merged, problems = _from_file(variables)
    _overlay(merged, variables)
    try:
        settings = Settings(**merged)  # type: ignore[arg-type] # pydantic checks what the file holds
    except ValidationError as error:
        raise SettingsInvalid(sorted({*problems, *_problems(error, variables)})) from None
    if problems:
        raise SettingsInvalid(sorted(problems))
    return settings


def _from_file(variables: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
    """The sections of the file and what is wrong with it as a whole.

    A stray key is looked for here, for the constructor takes some names (`_env_file`) to be its own options.
    """
    try:
        content = file_settings(variables.get("GATEWAY_CONFIG"))
    except SettingsInvalid as error:
        return {}, error.problems
    known = {key: value for key, value in content.items() if key in Settings.model_fields}
    return known, [f"{key}: there is no such setting" for key in content if key not in known]


def _overlay(merged: dict[str, object], variables: Mapping[str, str]) -> None:
    for section, key, _, known in fields():
        name = _set_name(known, variables)
        if name is None:
            continue
        value = level_of_filter(variables[name]) if name == "RUST_LOG" else variables[name]
        target = merged.setdefault(section, {}) if section else merged
        if isinstance(target, dict):
            target[key] = value


def _set_name(known: Variables, variables: Mapping[str, str]) -> str | None:
    return next((name for name in known.names if variables.get(name, "").strip()), None)


def _problems(error: ValidationError, variables: Mapping[str, str]) -> Iterator[str]:
    names = {(section, key): _set_name(known, variables) for section, key, _, known in fields()}
    for problem in error.errors(include_input=False, include_url=False):
        where = [str(part) for part in problem["loc"]]
        message = problem["msg"].removeprefix("Value error, ")
        if not where:
            yield from message.splitlines()
            continue
        key = (where[0], where[1]) if len(where) > 1 else ("", where[0])
        name = names.get(key)
        if problem["type"] == "extra_forbidden":
            yield f"{'.'.join(where)}: there is no such setting"
        else:
            yield f"{name or '.'.join(where)}: {message}"
