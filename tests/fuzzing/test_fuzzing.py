"""The bounded form of the fuzzing; ``make fuzz`` is the long one."""

from __future__ import annotations

import json

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers import eurostat
from cityflux.scrapers.communique import listing
from cityflux.scrapers.tables import html
from tests.fuzzing.runs import Inputs
from tests.fuzzing.targets import TARGETS, Target, failure

RUNS = 40


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_parser_has_one_kind_of_error(target: Target) -> None:
    inputs = Inputs(target, seed=1, bombs=False)
    for number in range(RUNS):
        error = failure(target, inputs[number])
        assert error is None, f"{inputs[number]!r} of {target.name} raised {error!r}"


PAGES = {
    "merged far": ("<table><tr>" + "<td colspan=1000>1" * 6_000, "6,000,000 cells"),
    "merged down": ("<table><tr><td rowspan=0 colspan=999>1" + "<tr><td>1" * 900, "cells, merged"),
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


def _json(content: object) -> Document:
    return Document("https://a.test/", json.dumps(content).encode())
