"""Prose and core read the same units: what one converts, the other converts to the same value."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cityflux import convert
from cityflux.core.model.errors import UnitError
from cityflux.core.model.numerals import NUMBER_WORDS
from cityflux.core.model.units import NAMES, dimension
from cityflux.scrapers.communique import figures, load
from tests.scrapers.communique.texts import document

#: Dates and the names of things (5G, 10M) are no units in a sentence, 由3升至5 is no volume, and
#: points say by how much a share changed.
UNREAD = {"年", "月", "日", "升", "h", "m", "t", "百分点", "个百分点"}


def read_in_prose(folder: Path, unit: str, wanted: list[str]) -> dict[str, float | None]:
    """What each of some rules, which differ in their unit only, makes of 12.5 of a unit."""
    path = folder / f"{hash(tuple(wanted))}.toml"
    if not path.exists():
        rule = '[[rule]]\nid = "{0}"\nunit = "{0}"\naccept = ["{0}"]\nlabels = ["茶叶产量"]\n'
        path.write_text("".join(rule.format(each) for each in wanted), encoding="utf-8")
    found = figures(document(f"全年茶叶产量12.5{unit}。"), rules=load(path))
    return {figure.rule_id: figure.converted for figure in found}


def in_core(unit: str, wanted: list[str]) -> dict[str, float]:
    """What the core makes of it, where it converts."""
    found = {}
    for each in wanted:
        try:
            found[each] = convert(12.5, unit, each)
        except UnitError:
            continue
    return found


@pytest.mark.parametrize(
    ("unit", "to", "value"),
    [
        ("平方公里", "公顷", 1250),
        ("万亩", "公顷", 12.5e4 / 15),
        ("千克", "吨", 0.0125),
        ("‰", "%", 1.25),
        ("万公顷", "平方公里", 1250),
    ],
)
def test_units_of_one_kind_convert_at_both_doors(
    tmp_path: Path, unit: str, to: str, value: float
) -> None:
    assert convert(12.5, unit, to) == pytest.approx(value, rel=1e-15)
    assert read_in_prose(tmp_path, unit, [to]) == {to: pytest.approx(value, rel=1e-15)}


@pytest.mark.parametrize(("unit", "to"), [("万人次", "万人"), ("万人", "万人次"), ("家", "个")])
def test_people_and_trips_convert_at_neither_door(tmp_path: Path, unit: str, to: str) -> None:
    with pytest.raises(UnitError, match=f"cannot turn {unit} into {to}"):
        convert(12.5, unit, to)
    assert read_in_prose(tmp_path, unit, [to]) == {}


def test_both_doors_agree_on_every_pair_of_units(tmp_path: Path) -> None:
    chance = random.Random(12)
    words = ["", *(word for word in NUMBER_WORDS if word != "十")]
    wanted = [name for name in NAMES if "(" not in name]
    for name in sorted(set(wanted) - UNREAD):
        for unit in (name, f"{chance.choice(words)}{name}"):
            assert read_in_prose(tmp_path, unit, wanted) == in_core(unit, wanted), unit


@pytest.mark.parametrize("name", sorted(UNREAD))
def test_dates_names_of_things_and_changes_are_no_units_in_prose(tmp_path: Path, name: str) -> None:
    assert dimension(name)
    assert read_in_prose(tmp_path, name, [name]) == {}
