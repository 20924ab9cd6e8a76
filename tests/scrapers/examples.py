"""Runs the worked examples of docs/sources, so that the pages cannot go stale."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs" / "sources"


def example(page: str, number: int = 1) -> str:
    """A Python block of a documentation page, counted from 1."""
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return blocks[number - 1]


def run_example(page: str, number: int = 1) -> dict[str, Any]:
    """Execute a Python block of a documentation page and return what it defines."""
    names: dict[str, Any] = {"__name__": f"example_{page.removesuffix('.md')}"}
    exec(compile(example(page, number), f"docs/sources/{page}", "exec"), names)
    return names
