"""Why a result is in brackets, in words: the database has a code with its numbers."""

from __future__ import annotations

from cityflux.core.words.catalogue import Code, text

#: The codes, each a key of the section ``bracket``.
CODES = (
    "periods",
    "cities",
    "equal",
    "children",
    "score",
    "missing",
    "figures",
    "basis",
    "imputed",
    "weight",
    "failed",
    "unchecked",
)


def reason(code: Code, bracket: str) -> str:
    """Say why a result does not compare.

    Args:
        code: the language.
        bracket: as it is stored: one reason, or that of the node and that of the city.
    """
    return text(code, "common.semicolon").join(_one(code, each) for each in bracket.split("; "))


def _one(code: Code, bracket: str) -> str:
    kind, _, numbers = bracket.partition(" ")
    if kind not in CODES:
        return bracket
    if kind == "weight":
        return text(code, f"bracket.{kind}", a=f"{float(numbers):.0%}")
    a, _, b = numbers.partition("/")
    if kind == "cities" and a == b:
        return text(code, "bracket.few", a=a)
    return text(code, f"bracket.{kind}", a=a, b=b)


def place(code: Code, rank: int, n: int) -> str:
    """A rank, and of how many."""
    return text(code, "bracket.rank", rank=rank, n=n)


def ceiling(code: Code, n: int, most: float) -> str:
    """Say that a z-score stands where it says nothing of a distance.

    Args:
        code: the language.
        n: among how many cities.
        most: how far from zero one can be among them.
    """
    if n == 2:
        return text(code, "bracket.two")
    return text(code, "bracket.ceiling", n=n, most=f"{most:.2f}")


def in_brackets(shown: str) -> str:
    """A score as it is shown where it does not compare."""
    return f"({shown})"
