"""The bounded form of the fuzzing; ``make fuzz`` is the long one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cityflux.core.app.config import load_config
from cityflux.core.engine.definition.index import read_definition
from cityflux.core.model.document import Document
from cityflux.core.model.errors import ConfigError, IndexDefinitionError, Unexpected
from cityflux.plugins.communiques import rules
from cityflux.scrapers import eurostat, files
from cityflux.scrapers.communique import figures, listing
from cityflux.scrapers.tables import grids, html
from tests.fuzzing import bombs
from tests.fuzzing.runs import Inputs
from tests.fuzzing.targets import TARGETS, Target, failure

RUNS = 40


HERE = [target for target in TARGETS.values() if not target.apart]


@pytest.mark.parametrize("target", HERE, ids=[target.name for target in HERE])
def test_a_parser_has_one_kind_of_error(target: Target) -> None:
    inputs = Inputs(target, seed=1, bombs=False)
    for number in range(RUNS):
        error = failure(target, inputs[number])
        assert error is None, f"{inputs[number]!r} of {target.name} raised {error!r}"


PAGES = {
    "merged far": ("<table><tr>" + "<td colspan=1000>1" * 6_000, "6,000,000 cells"),
    "merged down": ("<table><tr><td rowspan=0 colspan=999>1" + "<tr><td>1" * 900, "cells, merged"),
    "one wide row": ("<table><tr>" + "<td>1" * 400 + "<tr><td>1" * 300, "120,400 cells"),
    "elements": ("<p>" * 100_001, "100,001 tags, more than the 100,000"),
    "depth": ("<b>" * 20_001, "more than 20,000 elements in one another"),
    "tables": ("<table><tr><td>1<td>2</table>" * 1_001, "1,001 tables"),
    "deep tables": ("<b>" * 10_000 + "<table></table>" * 51, "steps from its tables"),
    "open tags": ("<p>" + "<a a='" * 51, "never closed"),
    "open comments": ("<p>" + "<!--" * 51 + "<p>", "never closed"),
    "length": ("<p>" + "x" * 10_000_000, "10,000,003 characters"),
}


@pytest.mark.parametrize(("page", "told"), PAGES.values(), ids=PAGES)
def test_a_page_that_would_take_gigabytes_or_minutes_is_refused(page: str, told: str) -> None:
    with pytest.raises(Unexpected, match=rf"^https://a\.test/: .*{told}"):
        html.read_tables(Document("https://a.test/", page.encode()))


JSONS = {
    "depth": ("[" * 100_000, "nested too deeply"),
    "digits": ("1" * 5_000, "digits"),
    "values": ("[" + "{}," * 1_000_001 + "{}]", "more than the 2,000,000 that are read"),
    "half of a character": (r'{"a": "\ud800"}', "half of a character"),
}


@pytest.mark.parametrize(("text", "told"), JSONS.values(), ids=JSONS)
def test_json_that_would_end_a_reader_is_refused(text: str, told: str) -> None:
    with pytest.raises(Unexpected, match=rf"^https://a\.test/: expected JSON.*{told}"):
        Document("https://a.test/", text.encode()).json()


def test_one_flag_for_a_cube_of_a_trillion_cells_is_not_multiplied() -> None:
    many = {"category": {"index": [str(year) for year in range(1_000, 3_000)]}}
    names = ["a", "b", "c", "d"]
    cube = {
        "id": [*names, "time"],
        "size": [2_000] * 4 + [1],
        "dimension": {**dict.fromkeys(names, many), "time": {"category": {"index": ["2020"]}}},
        "value": {"15999999999999": 1},
        "status": "p",
    }
    assert eurostat.parse(_json(cube)).rows() == [("2999",) * 4 + ("2020", 1.0, "p")]


@pytest.mark.parametrize("position", ["²", "1_0", "a", "-1", "9" * 30])
def test_a_position_that_is_none_is_named(position: str) -> None:
    cube = {
        "id": ["time"],
        "size": [1],
        "dimension": {"time": {"category": {"index": ["2020"]}}},
        "value": {position: 1},
    }
    with pytest.raises(Unexpected, match=f"expected cells 0 to 0, got cell {position}$"):
        eurostat.parse(_json(cube))


def test_a_link_that_is_none_is_passed_over() -> None:
    text = "<a href='http://['>2019年统计公报</a><a href=/b>2020年国民经济和社会发展统计公报</a>"
    found = listing.find(Document("https://a.test/", text.encode()), listing.Site(), 2020)
    assert found == "https://a.test/b"


_ROW = '<row r="{}"><c r="{}"><v>1</v></c></row>'
_FAR = _ROW.format(1, "A1") + _ROW.format(1048576, "XFD1048576")
WORKBOOKS = {
    "a cell far away": (_FAR, "its cells reach to row 1,048,576 and column 16,384, and make 17,1"),
    "by another name": (
        _FAR.replace("<c r", "<x:c s='>' r").replace("</c", "</x:c"),
        "row 1,048,5",
    ),
    "without places": ('<row r="1048576"><c><v>1</v></c></row>', "make 1,048,577 cells"),
    "many cells": ("<row>" + "<c></c>" * 500_001 + "</row>", "500,001"),
    "many empty cells": ("<row>" + '<c r="A1"/>' * 2_000_001 + "</row>", "tags, more than"),
    "too long": ("<row>" + " " * (49 * 2**20), "bytes once unpacked, more than the 50,331,648"),
}


@pytest.mark.parametrize(("rows", "told"), WORKBOOKS.values(), ids=WORKBOOKS)
def test_a_workbook_that_would_take_gigabytes_is_refused(rows: str, told: str) -> None:
    with pytest.raises(Unexpected, match=rf"^file:a\.xlsx: .*{told}"):
        files.read_table(Document("file:a.xlsx", bombs.book(rows)))


def test_a_text_that_a_million_cells_share_is_refused() -> None:
    with pytest.raises(Unexpected, match="characters of text in its cells"):
        files.read_table(Document("file:a.xlsx", bombs.shared_text(100_000, 1_000)))


def test_empty_cells_far_away_do_no_harm() -> None:
    rows = _ROW.format(1, "A1").replace("</row>", '<c r="B1"><v>2</v></c></row>')
    rows += (
        '<row r="2"><c r="A2"><v>3</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    )
    frame = files.read_table(Document("file:a.xlsx", bombs.book(rows)))
    assert frame.rows() == [("3", None, 2)]


@pytest.mark.parametrize("column", [255, 65_535])
def test_an_old_workbook_is_read_where_it_can_be_cut_off(column: int) -> None:
    near = grids.read_grid(Document("file:a.xls", bombs.old_book(2, 1)), "xls")
    assert near == [["1", ""], ["", ""], ["", "1"]]
    with pytest.raises(Unexpected, match=r"^file:a\.xls: takes over 768 MB or 20 s|^file.* cells,"):
        files.read_table(Document("file:a.xls", bombs.old_book(65_535, column)))


def test_parquet_that_unpacks_to_millions_of_cells_is_refused() -> None:
    told = "has 20,000,000 cells, more than the 500,000 that are read"
    with pytest.raises(Unexpected, match=rf"^file:a\.parquet: {told}"):
        files.read_table(Document("file:a.parquet", bombs.parquets()[0]))


TOMLS = {
    "depth": ("a = " + "[" * 50_000, "nested too deeply"),
    "a long key": ("a" + ".a" * 20_000 + " = 1", "nested too deeply"),
    "digits": ("a = " + "9" * 10_000, "digits"),
    "length": ("# " + "a" * 2**20, "1,048,578 bytes, more than the 1,048,576 that are read"),
}


@pytest.mark.parametrize(("text", "told"), TOMLS.values(), ids=TOMLS)
def test_toml_that_would_end_its_reader_is_refused(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"is no valid TOML .*{told}"):
        load_config(file)
    with pytest.raises(IndexDefinitionError, match=f"is no valid TOML .*{told}"):
        read_definition(file)


def communique(text: str) -> list[tuple[str, float]]:
    """The figures of a communiqué with some words in it."""
    head = "2020年江城市国民经济和社会发展统计公报\n" + "全市上下同心协力，经济运行平稳。" * 12
    found = Document("file:a.txt", f"{head}\n{text}".encode())
    return [(each.rule_id, each.value) for each in figures(found, rules=rules())]


WORDS = {
    "times": "截至" * 20 + "年末常住人口1268.4万人。",
    "verbs": "达到" * 29 + "100亿元。",
    "bases": "按一计算据一核算" * 7 + "生产100亿元。",
    "trends": "突破突元突元" * 60 + "。",
    "nested": "（" * 20_000 + "）" * 20_000 + "。",
    "numerals": "一百" * 30_000 + "亿元。",
    "digits": "9" * 60_000 + "亿元。",
    "names": "甲、乙、丙、丁、戊、己、庚、辛、壬、癸和" * 7
    + "客运量分别为1、2、3、4、5、6万人次。",
    "numbers": "1%、2%和" * 60 + "3%。",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_with_very_many_readings_do_no_harm_to_the_next_sentence(words: str) -> None:
    found = communique(f"{words}全年地区生产总值8321.5亿元。")
    assert ("overall_economy.gdp", 8321.5) in found


COMMUNIQUES = {
    "length": ("经济平稳。" * 20_000, "characters of text, more than the 80,000"),
    "phrases": (
        "".join(f"甲{n}乙1元，" + "。" * (n % 9 == 0) for n in range(9_000)),
        "more than 20,000 phrases|characters of text",
    ),
    "merged": ("<p>x<table>" + "<td rowspan=50 colspan=50>1" * 9, "22,500 cells, merged ones"),
    "depth": ("<div>" * 801, "more than 800 elements in one another"),
}


@pytest.mark.parametrize(("text", "told"), COMMUNIQUES.values(), ids=COMMUNIQUES)
def test_a_communique_that_would_take_minutes_is_refused(text: str, told: str) -> None:
    start = "<html>" if "<" in text else ""
    found = Document("file:a.htm", f"{start}{'全市经济平稳。' * 20}{text}".encode())
    with pytest.raises(Unexpected, match=rf"^file:a\.htm: .*(?:{told})"):
        figures(found, rules=rules())


def test_one_wide_row_of_a_file_does_not_widen_all() -> None:
    text = ",".join(f"c{number}" for number in range(2_000)) + "\n1\n" * 600
    with pytest.raises(Unexpected, match="cells under its headings, more than the 1,000,000"):
        files.read_table(Document("file:a.csv", text.encode()))


def _json(content: object) -> Document:
    return Document("https://a.test/", json.dumps(content).encode())
