"""The kinds of values that settings have, and what a section of them is."""

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

_BASE_URL = re.compile(
    r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*"
)


def _parts(value: object) -> object:
    """Lists come as lists from the file and comma-separated from the environment."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _base_url(value: str) -> str:
    """Without the trailing slash, and without user information: it would end up in logs and print-outs."""
    url = value.strip().rstrip("/")
    match = _BASE_URL.fullmatch(url)
    if match is None or not 1 <= int(match[1] or 1) <= 65535:
        raise ValueError("must be http(s)://host[:port][/path] without user, query and fragment")
    return url


Texts = Annotated[tuple[str, ...], BeforeValidator(_parts)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_parts)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
OptionalBaseUrl = Annotated[BaseUrl | None, BeforeValidator(_blank_is_none)]
BucketName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
SubjectPrefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9_$-]+(\.[A-Za-z0-9_$-]+)*\.?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
OptionalPort = Annotated[Port | None, BeforeValidator(_blank_is_none)]
Seconds = Annotated[float, Field(gt=0, le=31_536_000)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
