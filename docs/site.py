"""What the site needs beyond its pages: the documents that stand at the top of the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

TOP = ("SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")


def on_files(files: Any, config: Any) -> Any:
    """Take in the documents at the top, as if they stood beside the others."""
    root = Path(config.config_file_path).parent
    for name in TOP:
        files.append(File.generated(config, name, abs_src_path=str(root / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let their links, and those to them, lead to where they stand on the site."""
    if page.file.src_uri in TOP:
        return re.sub(r"\]\(docs/", "](", markdown)
    return re.sub(rf"\]\((?:\.\./)+({'|'.join(map(re.escape, TOP))})", _from(page), markdown)


def _from(page: Any) -> str:
    return "](" + "../" * page.file.src_uri.count("/") + r"\1"
