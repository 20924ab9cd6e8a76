"""Any Chinese city can be imported by name: Chinese, with 市, in English, and by its code."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cityflux.core.refresh.importing.names import Names, names_of

TABLE = Path(__file__).parents[2] / "plugins" / "cities.csv"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["country"] == "CN"]


@pytest.fixture(scope="module")
def names(rows: list[dict[str, str]]) -> Names:
    cities = [(row["id"], row["name_zh"], row["name_en"], row["admin_code"]) for row in rows]
    return names_of(cities, [], {}, {}, [])


def test_each_is_found_by_each_of_its_names(names: Names, rows: list[dict[str, str]]) -> None:
    assert len(rows) >= 300
    for row in rows:
        spaced = " ".join(row["name_zh"])
        for name in (row["id"], row["name_zh"], spaced, row["name_en"], row["admin_code"]):
            assert names.city(name) == row["id"], name
        if not row["name_zh"].endswith(("州", "地区", "盟")):
            assert names.city(f"{row['name_zh']}市") == row["id"]


def test_two_cities_of_one_sound_are_two(names: Names) -> None:
    assert (names.city("泰州市"), names.city("台州市")) == ("taizhou_jiangsu", "taizhou")
    assert names.city("苏州市") != names.city("宿州市")
    assert names.city("宜春市") != names.city("伊春市")
    assert names.city("福州市") != names.city("抚州市")
