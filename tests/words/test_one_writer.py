"""There is one catalogue of words and one writer of numbers: no face writes its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[\u3400-\u9fff]")
#: Chinese that no reader is told, by the file that holds it.
NO_WORDS = {
    "core/cli/charts.py": "a letter that is encoded, to see whether a terminal can show any",
    "core/cli/add.py": "names in an example",
    "core/cli/cities.py": "a name in an example",
    "core/engine/flows/series.py": "the end of units that are read",
    "core/model/numerals.py": "numerals that are read",
    "core/model/units.py": "units that are read",
    "core/model/written_period.py": "periods that are read",
    "core/plugin/declaration.py": "the end of names that are compared",
    "core/refresh/importing/columns.py": "heads of tables that are read",
    "core/refresh/importing/declared.py": "words of a sheet that are read",
    "core/refresh/importing/editions.py": "what an edition of the yearbook is called",
    "core/refresh/importing/listed.py": "heads of sheets that are read",
    "core/refresh/importing/names.py": "names that are read",
    "core/refresh/importing/periods.py": "periods that are read",
    "core/refresh/importing/od.py": "heads of tables that are read",
    "core/refresh/importing/reading.py": "heads of tables that are read",
    "core/refresh/importing/table_reader.py": "periods and places that are read",
}
#: The rooms that write for readers, and a number with a fixed count of digits.
FACES = ("report", "web", "cli", "charts")
DIGITS = re.compile(r"\.\d+[efg%]|,")


def _modules(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def _literals(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module without its docstrings, each with its line."""
    tree = ast.parse(path.read_text("utf-8"))
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in statements:
            yield node.lineno, node.value if isinstance(node.value, str) else ""


def test_chinese_for_readers_stands_in_the_catalogue() -> None:
    """Names and definitions of indicators are declared by plugins; `core` holds no other words."""
    found = {
        f"{name}:{line}"
        for path in _modules("core", "storage")
        if (name := str(path.relative_to(ROOT))) not in NO_WORDS
        for line, text in _literals(path)
        if CHINESE.search(text)
    }
    assert found == set()


def test_an_exception_still_has_its_reason() -> None:
    for name in NO_WORDS:
        assert any(CHINESE.search(text) for _, text in _literals(ROOT / name)), name


def test_templates_hold_no_words_and_no_form_of_numbers_of_their_own() -> None:
    templates = {path: path.read_text("utf-8") for path in (ROOT / "core").rglob("*.html*")}
    assert len(templates) > 10
    own = [path.name for path, text in templates.items() if CHINESE.search(text) or "{:" in text]
    assert own == []


def test_no_face_writes_numbers_by_itself() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _modules(*(f"core/{face}" for face in FACES))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FormattedValue)
        and node.format_spec is not None
        and DIGITS.search(ast.unparse(node.format_spec))
    ]
    assert found == []
