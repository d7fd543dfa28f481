"""Everything that is fuzzed, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

_HERE = Path(__file__).parent
CORPUS = _HERE / "corpus"


@dataclass(frozen=True, kw_only=True)
class Target:
    """`instrumented`: modules whose branches guide the search. `longest`: bytes of an input."""

    name: str
    instrumented: tuple[str, ...]
    words: Path
    longest: int = 1024

    @property
    def seeds(self) -> Path:
        return CORPUS / self.name

    def load(self) -> Callable[[bytes], None]:
        """What raises for an input that shows a fault."""
        check: Callable[[bytes], None] = import_module(f"tests.fuzz.{self.name}").check
        return check


_HTTP, _PATHS, _JSON = (_HERE / "words" / name for name in ("http.dict", "paths.dict", "json.dict"))
_UPSTREAM, _SERVER = "adapters.noetl.http1", "entrypoints.http"

TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target(name="upstream_answers", instrumented=(_UPSTREAM,), words=_HTTP),
        Target(name="chunked_bodies", instrumented=(_UPSTREAM,), words=_HTTP, longest=256),
        Target(name="relayed_answers", instrumented=(_UPSTREAM, _SERVER), words=_HTTP),
        Target(name="client_requests", instrumented=(_SERVER,), words=_HTTP),
        Target(name="proxy_paths", instrumented=("domain",), words=_PATHS, longest=256),
        Target(name="nats_messages", instrumented=("domain", "adapters.nats"), words=_JSON, longest=2048),
        Target(name="lenient_values", instrumented=("domain", "adapters.nats"), words=_JSON, longest=4096),
    )
}
