"""Serves the diagrams' script from the site itself where npm has fetched it (`make docs` does).

Without it Material for MkDocs would make each reader's browser fetch it from a CDN; this says so while building.
"""

import logging
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_SCRIPT = Path(__file__).parent / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
_PLACE = "assets/mermaid.min.js"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    if not _SCRIPT.exists():
        logging.getLogger("mkdocs.hooks.mermaid").info("no npm: browsers will fetch the diagrams' script from a CDN")
        return files
    files.append(File.generated(config, _PLACE, abs_src_path=str(_SCRIPT)))
    config.extra_javascript.append(_PLACE)
    return files
