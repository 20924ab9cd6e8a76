"""The model is the one place for nouns: told from the source of the whole house."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import cityflux.core.model
from cityflux.core.model import errors
from cityflux.core.model.numerals import NUMBER_WORDS
from cityflux.core.model.units import is_known

HOUSE = Path(cityflux.core.model.__file__).resolve().parents[2]
ROOMS = ("cityflux", "core", "plugins", "scrapers", "storage")

#: Errors that are no part of the tree, because they never leave their room.
PRIVATE = {
    "core/web/asked.py: NotHere": "the web turns it into a page that says 404",
    "core/plugin/dispatch.py: Pressed": "a real Ctrl-C, which no plugin can play",
    "core/plugin/record.py: TooLong": "cuts a plugin off, and is noted as its slip",
}


@cache
def house() -> Mapping[str, ast.Module]:
    """Every module of ours, by its path."""
    paths = {path for room in ROOMS for path in (HOUSE / room).rglob("*.py")}
    return {
        path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(path for path in paths if path == path.resolve())
    }


@cache
def classes() -> list[tuple[str, ast.ClassDef]]:
    """Every class of ours, with the path of its module."""
    return [
        (path, node)
        for path, module in house().items()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
    ]


def imported(module: ast.Module) -> Iterator[str]:
    """The modules of ours that a module imports, anywhere in it."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            yield "." if node.level else node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_the_whole_house_is_looked_at() -> None:
    assert len(house()) > 300
    assert {path.split("/")[0] for path in house()} == set(ROOMS)


def test_the_model_imports_no_other_room() -> None:
    other = {
        f"{path}: {name}"
        for path, module in house().items()
        if path.startswith("core/model/")
        for name in imported(module)
        if re.match(rf"\.|(?:{'|'.join(ROOMS)})\b", name)
        and not f"{name}.".startswith("cityflux.core.model.")
    }
    assert not other


def test_there_is_one_figure() -> None:
    found = [path for path, each in classes() if each.name.strip("_") == "Figure"]
    assert found == ["core/model/figure.py"]


def words_of(node: ast.AST) -> list[str]:
    """The texts that stand side by side in a literal, or as alternatives in a pattern."""
    if isinstance(node, ast.Dict):
        members = [each for each in node.keys if each]
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        members = node.elts
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.split(r"[|()?:\s]+", node.value) if "|" in node.value else []
    else:
        return []
    texts = (each.value for each in members if isinstance(each, ast.Constant))
    return [text for text in texts if isinstance(text, str)]


#: Patterns that see whether some unit follows a number, and know of none what it means.
PATTERNS = {"scrapers/communique/body.py", "scrapers/communique/wrapped.py"}


def test_there_is_one_table_of_units_and_one_of_number_words() -> None:
    tables: dict[str, set[str]] = {"units": set(), "words": set()}
    for path, module in house().items():
        for node in ast.walk(module):
            words = set(words_of(node))
            if sum(map(is_known, words)) > 4:
                tables["units"].add(path)
            if len(words & {"万", "亿", "万亿", "million", "billion"}) > 1:
                tables["words"].add(path)
    assert tables["units"] - PATTERNS == {"core/model/units.py"}
    assert tables["words"] - PATTERNS == {"core/model/units.py", "core/model/numerals.py"}
    assert len(NUMBER_WORDS) == 15


@cache
def known_errors() -> dict[str, str]:
    """Every class of ours that is an exception, however far from Python's own: path and name."""
    names = {
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    found: dict[str, str] = {}
    while True:
        more = {
            f"{path}: {each.name}": each.name
            for path, each in classes()
            if {ast.unparse(base).split(".")[-1] for base in each.bases} & names
        }
        if more == found:
            return found
        found = more
        names |= set(found.values())


def test_every_error_of_ours_stands_in_the_tree() -> None:
    elsewhere = {each for each in known_errors() if not each.startswith("core/model/errors.py: ")}
    assert elsewhere == set(PRIVATE)
    for name in set(known_errors().values()) - {each.split(": ")[1] for each in PRIVATE}:
        assert issubclass(getattr(errors, name), errors.CityfluxError)


def test_the_drawing_of_the_errors_shows_exactly_those_that_exist() -> None:
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").partition("::")[2].splitlines():
        if match := re.match(r"    ([│ ├└─]*)(\w+)(?:  |$)", line):
            depth, name = len(match[1]), match[2]
            above = [each for each in above if each[0] < depth]
            drawn[name] = above[-1][1] if above else "Exception"
            above.append((depth, name))
    assert drawn == {
        name: each.__bases__[0].__name__
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, errors.CityfluxError)
    }


@pytest.mark.parametrize("name", sorted(PRIVATE))
def test_a_private_error_has_a_reason(name: str) -> None:
    assert PRIVATE[name]
