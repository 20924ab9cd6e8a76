"""Runs the worked examples of docs/sources, so that the pages cannot go stale."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs" / "sources"


def example(page: str) -> str:
    """The first Python block of a documentation page."""
    found = re.search(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S)
    assert found is not None, f"{page} has no worked example"
    return found[1]


def run_example(page: str) -> dict[str, Any]:
    """Execute the first Python block of a documentation page and return what it defines."""
    names: dict[str, Any] = {"__name__": f"example_{page.removesuffix('.md')}"}
    exec(compile(example(page), f"docs/sources/{page}", "exec"), names)
    return names
