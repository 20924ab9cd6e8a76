"""The catalogue: both languages say the same things, nothing is missing, nothing is in vain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.nouns import Access, Frequency
from cityflux.core.model.units import is_known
from cityflux.core.words.catalogue import CODES, Code, formulas, section, term, text, texts

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"
#: Sections whose keys are what the database or a definition says; other tests hold them complete.
LOOKED_UP = ("units.", "methods.", "terms.", "tables.", "columns.", "columns_of.", "about.")
#: The rooms that declare what a definition or the database may say.
NOUNS = ("model", "engine/definition")


def _values(found: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(found) if name}


@cache
def _strings(path: Path) -> list[str]:
    """The texts in a module or a template; ``*`` stands for what is filled in."""
    content = path.read_text("utf-8")
    if path.suffix != ".py":
        joined = re.sub(r"""(["'])\s*~\s*\w+""", r"*\1", content)
        return [text for _, text in re.findall(r"""(["'])([\w.*]+)\1""", joined)]
    found = []
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "*" for p in node.values)
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def _sources() -> list[Path]:
    return [path for pattern in ("*.py", "*.html*") for path in CORE.rglob(pattern)]


def _said() -> Iterator[str]:
    """Every key that a module or a page names, written out or put together from its own words."""
    nouns = {
        word for room in NOUNS for path in (CORE / room).glob("*.py") for word in _strings(path)
    }
    months_and_quarters = {str(n) for n in range(1, 13)}
    for path in _sources():
        strings = _strings(path)
        yield from strings
        words = {word for word in {*strings, *nouns} if word.isidentifier()} | months_and_quarters
        for pattern in strings:
            if pattern.count("*") == 1 and re.fullmatch(r"[a-z]+\.[a-z_*]+", pattern):
                yield from (pattern.replace("*", word) for word in words)


def _asked(path: Path) -> Iterator[str]:
    """The keys that stand as they are in a call of ``text`` or of ``t``."""
    content = path.read_text("utf-8")
    if path.suffix != ".py":
        for inside in re.findall(r"\bt(?:ext)?\(([^()]*)", content):
            yield from (key for _, key in re.findall(r"""(["'])([\w.]+)\1(?!\s*~)""", inside))
        return
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "text":
            texts_given = (a.value for a in node.args if isinstance(a, ast.Constant))
            yield from (str(given) for given in texts_given if "." in str(given))


def test_both_languages_have_the_same_keys_with_the_same_values() -> None:
    chinese, english = texts("zh"), texts("en")
    plain = {key for key in english if not key.startswith("units.") and not key.endswith("_one")}
    assert plain == set(chinese)
    for key in plain:
        assert chinese[key], key
        assert english[key], key
        assert _values(chinese[key]) == _values(english[key]), key


def test_a_singular_has_the_values_of_its_plural() -> None:
    english = texts("en")
    singulars = [key for key in english if key.endswith("_one")]
    assert singulars
    for key in singulars:
        plural = _values(english[key.removesuffix("_one")])
        assert plural - {"n"} <= _values(english[key]) <= plural, key


def test_no_text_is_there_in_vain() -> None:
    said = set(_said())
    vain = [
        key
        for key in texts("en")
        if not key.startswith(LOOKED_UP) and key.removesuffix("_one") not in said
    ]
    assert vain == []


def test_what_modules_and_pages_say_is_there() -> None:
    asked = {key for path in _sources() for key in _asked(path)}
    assert len(asked) > 300
    assert asked - set(texts("en")) == set()


@pytest.mark.parametrize("code", CODES)
def test_a_missing_text_and_a_missing_value_are_named(code: Code) -> None:
    with pytest.raises(LookupError, match=rf"^summary.none: not in core/words/{code}.toml; write"):
        text(code, "summary.none")
    with pytest.raises(LookupError, match=rf"^web.page_of: core/words/{code}.toml wants .*page"):
        text(code, "web.page_of")


def test_a_singular_is_used_for_one() -> None:
    assert "1 indicator," in text("en", "group.share", share="5%", n=1, known=0)
    assert "2 indicators," in text("en", "group.share", share="5%", n=2, known=0)


@pytest.mark.parametrize("kind", ["standardization", "weighting", "aggregation", "imputation"])
def test_every_built_in_method_has_a_name_and_a_formula(kind: str) -> None:
    built_in = set(getattr(Methods(), kind))
    for code in CODES:
        assert built_in == set(section(code, f"methods.{kind}"))
    described = formulas()[kind]
    assert set(described) <= set(section("en", f"methods.{kind}"))
    assert kind == "imputation" or all(described[name]["formula"] for name in built_in)


def test_words_of_the_database_are_translated_and_others_stand_as_they_are() -> None:
    assert set(get_args(Frequency)) == set(section("zh", "terms.frequency"))
    assert set(get_args(Access)) <= set(section("zh", "terms.access"))
    assert term("zh", "status", "suspect") == "存疑"
    assert term("zh", "status", "strange") == "strange"


def test_every_unit_with_an_english_word_is_one_that_is_known() -> None:
    assert [unit for unit in section("en", "units") if not is_known(unit)] == []
