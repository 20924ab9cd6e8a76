"""The offices that publish communiqués are rows of a data file, and of your own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cityflux import CityfluxError, Document, Source
from cityflux.plugins import communiques
from tests.conftest import run_process
from tests.scrapers.communique.texts import FILLER

HEAD = "city,publisher,year,address,title,body\n"
RIVER = (
    "river,江城市统计局,,https://river.example/tjgb/,{year}年江城,#text\n"
    "river,,2020,https://river.example/tjgb/1.html,,\n"
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "offices.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_city_is_a_row_and_replaces_ours(tmp_path: Path) -> None:
    shanghai = "shanghai,我自己,,https://mirror.example/tjgb/,,\n"
    path = written(tmp_path, HEAD + RIVER + shanghai)
    found = {each.city: each for each in communiques.offices(communiques.OFFICES, path)}
    assert {"beijing", "shenzhen", "guangzhou", "hangzhou"} <= found.keys()
    assert found["river"].publisher == "江城市统计局"
    assert found["river"].site == {
        "listings": ("https://river.example/tjgb/",),
        "title": "{year}年江城",
        "body": "#text",
        "known": {2020: "https://river.example/tjgb/1.html"},
    }
    assert found["shanghai"].site == {"listings": ("https://mirror.example/tjgb/",)}


def test_the_file_of_ones_own_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(communiques.OWN_FILE, str(written(tmp_path, HEAD + RIVER)))
    assert [each.city for each in communiques.all_offices()][-1] == "river"
    monkeypatch.delenv(communiques.OWN_FILE)
    assert "river" not in {each.city for each in communiques.all_offices()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("city,address\nriver,https://x/\n", "no column body"),
        (HEAD + "river,,20,https://x/,,\n", "line 2: a city, an address, and a year"),
        (HEAD + "river,江城,,,,\n", "line 2: a city, an address, and a year"),
        (HEAD + "river,,2020,https://x/,,\n", "no row without a year for river"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_in_one_line(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(CityfluxError, match=said) as raised:
        communiques.offices(written(tmp_path, text))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"city,address\nriver,https://x/\n", b"city\0\n", None])
def test_a_bad_file_of_ones_own_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "offices.csv"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(communiques.OWN_FILE, str(path))
    done = run_process("cityflux", "plugins", "list", "--json", cwd=tmp_path)
    broken = [each for each in json.loads(done.stdout) if each["state"] == "broken"]
    assert [each["name"] for each in broken] == ["plugins.communiques"]
    assert str(path) in broken[0]["error"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CityfluxError, match=r"gone\.csv: cannot be read"):
        communiques.offices(tmp_path / "gone.csv")


def test_a_bound_and_what_governs_it_stand_in_the_note() -> None:
    source = Source(
        "river.communique",
        "江城市统计局",
        "https://river.example/",
        params={"city": "river", "site": {}},
    )
    text = (
        f"2021年江城市国民经济和社会发展统计公报\n{FILLER}\n"
        "全年社会消费品零售总额突破1100亿元。\n全年进出口总额98.4亿元。其中，出口70.2亿元。"
    )
    page = Document("https://river.example/1.html", text.encode(), period="2021")
    rows = {row["place"]: row for row in communiques.read(source, [page]).iter_rows(named=True)}
    retail, exports = rows["goods_commerce.retail_sales"], rows["goods_commerce.goods_exports"]
    assert (retail["status"], retail["value"]) == ("bound", 1100)
    assert retail["note"].startswith("> 1100 亿元: 全年社会消费品零售总额突破1100亿元。")
    assert exports["status"] == "ok"
    assert exports["note"] == "其中，出口70.2亿元。 (under: 全年进出口总额)"
