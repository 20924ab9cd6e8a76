"""SQL stands only where the database is kept and where it is read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("cityflux", "core", "plugins", "scrapers", "storage")
#: Where the database is kept and read; the examples on the page of the web where people write SQL
#: of their own, and what carries it out; and what hands on the SQL of a test's author.
HOMES = (
    *("storage/", "core/reading/", "core/web/metadata.py", "core/web/carrying_out.py"),
    "cityflux/testing/database.py",
)
SQL = re.compile(
    r"\bSELECT\b.+\bFROM\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bUPDATE\b.+\bSET\b|\bDELETE\s+FROM\b"
    r"|\bPRAGMA\s|\bCREATE\s+(TEMP\w*\s+)?(TABLE|VIEW|INDEX|TRIGGER|VIRTUAL)\b|\bWITH\s+RECURSIVE\b",
    re.S,
)
CALLS = {"execute", "executemany", "executescript"}


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    """A text with an x for each value in it; nothing where it is none."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(each) if isinstance(each, ast.Constant) else "x" for each in node.values
        )
    return node.value if isinstance(node.value, str) else ""


def _places(code: str) -> Iterator[int]:
    """The lines of a module in which SQL is written or run; texts that only describe are none."""
    tree = ast.parse(code)
    parts = {id(part) for node in ast.walk(tree) for part in getattr(node, "values", ())}
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            if id(node) not in described | parts and SQL.search(_text(node)):
                yield node.lineno
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            yield node.lineno


def _with_sql() -> dict[str, list[int]]:
    """Each module with SQL, and the lines."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if path.resolve() == path and (lines := sorted(_places(path.read_text("utf-8")))):
                found[name] = lines
    return found


def test_sql_stands_only_in_storage_and_in_the_read_model() -> None:
    astray = {name: at for name, at in _with_sql().items() if not name.startswith(HOMES)}
    assert astray == {}


def test_the_search_for_sql_finds_it() -> None:
    assert list(_places("def f(c):\n    c.execute(q)\nq = 'SELECT a FROM b'")) == [3, 2]
    assert list(_places('q = f"""\nDELETE FROM {t}"""')) == [1]
    assert list(_places('q = f"SELECT {a}" f" FROM {b}"')) == [1]
    assert not list(_places('"""It takes what SELECT gives FROM a table."""\nx = "Select a city"'))
    assert {name.split("/")[0] for name in _with_sql()} >= {"storage", "core"}
