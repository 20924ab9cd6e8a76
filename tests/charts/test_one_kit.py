"""There is one kit of charts: nothing else draws."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "plugins", "scrapers", "storage", "benchmarks", "cityflux")
#: What draws, and who may import it.
DRAWING = {"altair", "vl_convert", "matplotlib", "plotly"}
KIT = ROOT / "core" / "charts"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def test_only_the_kit_imports_what_draws() -> None:
    modules = {path.resolve() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    drawing = {path for path in modules if DRAWING & set(_imported(path))}
    assert {path.relative_to(ROOT) for path in drawing if path.parent != KIT} == set()
    assert drawing  # the kit itself
