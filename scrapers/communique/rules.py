"""The rules, read from TOML: which figures are wanted, how they are named, in which units."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from cityflux.core.model import units
from cityflux.core.model.errors import Unexpected, UnitError
from cityflux.core.model.toml import read_toml
from cityflux.scrapers.communique.numbers import meaning

_COUNTED = ("人", "件", "户", "家")


@dataclass(frozen=True, slots=True)
class Family:
    """Figures that are named in full once and by a word afterwards: 旅客运输量 … 铁路 … 公路.

    Attributes:
        mention: a pattern that recognises a phrase about the family.
        whole: patterns of phrases about the whole city; other mentions are sub-totals.
        free: whether a short name may stand without a mention before it.
    """

    mention: str
    whole: tuple[str, ...]
    free: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One wanted figure; docs/sources/communique.md says where the fields are explained."""

    id: str
    unit: str
    accept: tuple[str, ...]
    alike: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    family: str = ""
    before: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    not_near: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    share_of: str = ""
    growth: bool = True
    real: bool = False
    total: bool = False
    same_as: tuple[str, ...] = ()

    def accepts(self, unit: str) -> bool:
        """Whether the figure may be printed in a unit: what it counts decides, not its size."""
        return meaning(unit).what in _kinds(self.accept)

    @property
    def counted(self) -> str:
        """The unit of a count that is printed without one: 人, 件; ``""`` for what is measured."""
        return self.accept[0] if self.accept[0] in _COUNTED else ""

    def convert(self, value: float, unit: str) -> float | None:
        """A value in the unit of the rule, or None where it counts something else.

        Yuan do not convert to dollars: that needs a rate and a date.
        """
        printed, wanted = meaning(unit), meaning(self.unit)
        alike = printed.what == wanted.what or printed.what in _kinds(self.alike)
        return printed.turn(value, wanted) if alike else None


@cache
def _kinds(units: tuple[str, ...]) -> frozenset[str]:
    return frozenset(meaning(unit).what for unit in units)


@dataclass(frozen=True, eq=False)
class Rules:
    """All rules and the families that they refer to."""

    rules: tuple[Rule, ...]
    families: dict[str, Family]

    @property
    def ids(self) -> list[str]:
        """Every id that a figure can have, growth rates included."""
        levels = [(name, rule) for rule in self.rules for name in (rule.id, *rule.same_as)]
        return [name for name, _ in levels] + [
            f"{name}@growth" for name, rule in levels if rule.growth
        ]


@cache
def load(path: Path) -> Rules:
    """Read a rule file.

    Args:
        path: the file.

    Raises:
        Unexpected: when the file has an unknown key, a rule without id or unit, a pattern that
            does not compile, or names a family that is not there.
    """
    try:
        data = read_toml(path)
        families = {name: Family(**_tuples(raw)) for name, raw in data.get("family", {}).items()}
        rules = tuple(Rule(**_tuples(raw)) for raw in data.get("rule", []))
        if not rules:
            raise ValueError("no [[rule]] in it")
        for rule in rules:
            _check(rule, families)
    except (OSError, TypeError, UnitError, ValueError) as error:
        raise Unexpected(
            f"{path}: not a rule file ({error}); see docs/sources/communique.md"
        ) from error
    return Rules(rules, families)


def _tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}


def _check(rule: Rule, families: dict[str, Family]) -> None:
    if rule.family and rule.family not in families:
        raise ValueError(f"{rule.id}: unknown family {rule.family!r}")
    for unit in (rule.unit, *rule.accept):
        units.read(unit)
    if not set(rule.alike) <= set(rule.accept):
        raise ValueError(f"{rule.id}: what is alike must be accepted too")
    for field in fields(Rule):
        value = getattr(rule, field.name)
        if field.name in ("labels", "short", "before", "tail", "not_near"):
            for pattern in value:
                try:
                    re.compile(pattern.replace("{place}", ""))
                except re.error as error:
                    raise ValueError(f"{rule.id}: {field.name} {pattern!r}: {error}") from error
