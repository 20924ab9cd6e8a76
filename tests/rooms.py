"""The rooms of the house and what they import, read from the code.

``python -m tests.rooms`` draws them into docs/architecture.md. Every import counts, also those
inside a function and those for types alone.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
_BEGIN, _END = "<!-- rooms: python -m tests.rooms -->\n", "<!-- end of rooms -->"
_FACES = ("core.report", "core.web", "core.daemon", "core.cli")
_BELOW = ("core.model", "storage", "core.engine", "core.reading", "core.charts", "core.words")
_WORKS = (*_BELOW, "core.plugin", "core.refresh", "core.app", "scrapers")

#: Each room, and what it may import.
MAY_IMPORT: Mapping[str, tuple[str, ...]] = {
    "core.model": (),
    "storage": ("core.model",),
    "scrapers": ("core.model",),
    "core.words": ("core.model",),
    "core.charts": ("core.model", "core.words"),
    "core.plugin": ("core.model",),
    "core.refresh": ("core.model", "core.plugin", "storage", "scrapers"),
    "core.engine": ("core.model", "storage"),
    "core.reading": ("core.model", "core.engine", "storage"),
    "core.app": (
        "core.model",
        "core.plugin",
        "core.refresh",
        "core.engine",
        "core.reading",
        "storage",
        "scrapers",
    ),
    "core.report": _WORKS,
    "core.web": _WORKS,
    "core.daemon": _WORKS,
    "core.cli": (*_WORKS, "core.report", "core.web", "core.daemon"),
    "": (
        "core.model",
        "core.plugin",
        "core.refresh",
        "core.engine",
        "core.report",
        "core.cli",
        "scrapers",
        "storage",
    ),
    "plugins": ("", "scrapers"),
}


def modules() -> dict[str, Path]:
    """Every module of the package, by its name without ``cityflux.``."""
    found = {}
    for path in (*ROOT.glob("cityflux/*.py"), *ROOT.glob("[cps]*/**/*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if (top := name.split(".")[0]) == "cityflux":
            found[name.removeprefix("cityflux").lstrip(".")] = path
        elif top in MAY_IMPORT or top == "core":
            found[name] = path
    return found


def imports(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules of ours that a module imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name == "cityflux" or name.startswith("cityflux."):
                inside = name.removeprefix("cityflux").lstrip(".")
                yield inside if inside in known else inside.rpartition(".")[0]


def module_graph() -> dict[str, set[str]]:
    """For each module the modules that it imports."""
    known = modules()
    return {name: {*imports(path, known)} - {name} for name, path in known.items()}


def room_of(module: str) -> str:
    """The room in which a module stands; the public face is ``""``."""
    inside = (room for room in MAY_IMPORT if room and f"{module}.".startswith(f"{room}."))
    return max(inside, key=len, default="")


def room_graph() -> dict[str, set[str]]:
    """For each room the rooms that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, others in module_graph().items():
        found[room_of(module)] |= {room_of(other) for other in others} - {room_of(module)}
    return dict(found)


def drawing(graph: Mapping[str, set[str]]) -> str:
    """The rooms as a diagram in Mermaid; an arrow that a longer way implies is left out."""
    lines = ["```mermaid", "flowchart TD"]
    ordered = TopologicalSorter({room: sorted(graph[room]) for room in sorted(graph)})
    for room in reversed([*ordered.static_order()]):
        lines.append(f'    {_id(room)}["{_label(room)}"]')
    for room, others in sorted(graph.items()):
        implied = {far for other in others for far in _reach(graph, other)}
        lines += [f"    {_id(room)} --> {_id(other)}" for other in sorted(others - implied)]
    return "\n".join([*lines, "```", ""])


def _reach(graph: Mapping[str, set[str]], room: str) -> set[str]:
    return {far for other in graph.get(room, ()) for far in (other, *_reach(graph, other))}


def _id(room: str) -> str:
    return room.replace(".", "_") or "cityflux"


def _label(room: str) -> str:
    return f"{room.replace('.', '/') or 'cityflux'}/"


def page(graph: Mapping[str, set[str]]) -> str:
    """The page of the architecture, with the rooms as they are now."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    return f"{head}{_BEGIN}{drawing(graph)}{_END}{rest.partition(_END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(room_graph()), encoding="utf-8")
