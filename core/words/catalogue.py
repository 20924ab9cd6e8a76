"""The catalogue: every text for readers, under one key in ``zh.toml`` and in ``en.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Code = Literal["zh", "en"]
CODES: tuple[Code, ...] = ("zh", "en")


def codes_of(language: Code | None) -> tuple[Code, ...]:
    """The languages in which something is told: the one that was asked for, or both."""
    return (language,) if language else CODES


def text(code: Code, key: str, /, **values: Any) -> str:
    """Look a text up and fill its values in.

    Args:
        code: the language.
        key: the section and the name in it, such as ``summary.title``.
        values: what stands in braces; ``n = 1`` chooses the singular, ``summary.title_one``,
            where there is one.

    Raises:
        LookupError: there is no such text, or it needs a value that is not given.
    """
    known = texts(code)
    one = known.get(f"{key}_one") if values.get("n") == 1 else None
    found = one or known.get(key)
    if found is None:
        raise LookupError(f"{key}: not in core/words/{code}.toml; write it there, in each language")
    try:
        return found.format(**values)
    except (KeyError, IndexError) as error:
        raise LookupError(f"{key}: core/words/{code}.toml wants the value {error}") from error


def term(code: Code, kind: str, value: str) -> str:
    """A word of the database; as it stands where nobody has translated it.

    Args:
        code: the language.
        kind: what it is a word for: ``frequency``, ``access``, ``outcome``, ``status``, …
        value: as it is stored.
    """
    return texts(code).get(f"terms.{kind}.{value}", value)


def section(code: Code, name: str) -> dict[str, str]:
    """The texts of a section by the names that they have in it."""
    start = f"{name}."
    return {
        key.removeprefix(start): found
        for key, found in texts(code).items()
        if key.startswith(start) and "." not in key.removeprefix(start)
    }


@cache
def texts(code: Code) -> Mapping[str, str]:
    """Every text of a language by its key."""
    return dict(_flat(tomllib.loads(_file(f"{code}.toml")), ""))


@cache
def formulas() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Formula and source of the built-in methods, by kind and name; either may be missing."""
    return tomllib.loads(_file("formulas.toml"))


def _file(name: str) -> str:
    return files("cityflux.core.words").joinpath(name).read_text(encoding="utf-8")


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield above + name, value
        else:
            yield from _flat(value, f"{above}{name}.")
