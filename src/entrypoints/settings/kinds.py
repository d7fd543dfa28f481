"""The kinds of values that settings have, and what a section of them is."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def _parts(value: object) -> object:
    """Lists come as lists from the file and comma-separated from the environment."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_parts)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_parts)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]
Port = Annotated[int, Field(ge=1, le=65535)]
OptionalPort = Annotated[Port | None, BeforeValidator(_blank_is_none)]
Seconds = Annotated[float, Field(gt=0, le=31_536_000)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
