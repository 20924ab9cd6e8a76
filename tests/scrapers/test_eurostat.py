from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Failed, Unexpected
from cityflux.scrapers import eurostat
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, reply, serve
from tests.scrapers.plugin_examples import example, run


def cube(value: Any, times: list[str], status: Any = None) -> dict[str, Any]:
    """Population of two cities, laid out as urb_cpop1 is."""
    dimensions = {
        "freq": ["A"],
        "indic_ur": ["DE1001V"],
        "cities": ["FR001C", "DE001C"],
        "time": times,
    }
    return {
        "version": "2.0",
        "class": "dataset",
        "label": "Population on 1 January by age groups and sex - cities",
        "source": "ESTAT",
        "value": value,
        **({"status": status} if status else {}),
        "id": list(dimensions),
        "size": [len(codes) for codes in dimensions.values()],
        "dimension": {
            name: {
                "label": name,
                "category": {
                    "index": {code: n for n, code in enumerate(codes)},
                    "label": {code: code for code in codes},
                },
            }
            for name, codes in dimensions.items()
        },
    }


def fetched(answer: Reply, **filters: Any) -> tuple[Document, Asked]:
    with serve(lambda asked: answer) as site:
        document = eurostat.fetch(LoopbackClient(), "urb_cpop1", filters, address=site.address)
    return document, site.asked[0]


def test_a_sparse_cube_becomes_rows() -> None:
    answer = reply(cube({"0": 2161000, "3": 3669491}, ["2019", "2020"], {"3": "p", "2": ":"}))
    document, asked = fetched(answer, cities=["FR001C", "DE001C"], indic_ur="DE1001V")
    assert asked.path == "/urb_cpop1"
    assert asked.query["cities"] == ["FR001C", "DE001C"]
    assert asked.one("format") == "JSON"
    frame = eurostat.parse(document)
    assert frame.columns == ["freq", "indic_ur", "cities", "period", "value", "flag"]
    assert frame.select("cities", "period", "value", "flag").rows() == [
        ("FR001C", "2019", 2161000.0, None),
        ("DE001C", "2020", 3669491.0, "p"),
    ]


def test_periods_are_iso() -> None:
    document, _ = fetched(reply(cube({"0": 1, "1": 2, "2": 3}, ["2020-Q1", "2020-S2", "2020-M07"])))
    periods = eurostat.parse(document)["period"].to_list()
    assert periods == ["2020-Q1", "2020-07/2020-12", "2020-07"]


def test_a_code_that_does_not_exist_comes_back_empty() -> None:
    document, _ = fetched(reply(cube({}, ["2020"])))
    frame = eurostat.parse(document)
    assert frame.is_empty()
    assert "period" in frame.columns


def test_an_extraction_that_is_too_big_says_what_to_do() -> None:
    too_big = {"error": [{"status": 413, "id": 413, "label": "EXTRACTION_TOO_BIG: 9 rows"}]}
    with pytest.raises(Unexpected, match=r"EXTRACTION_TOO_BIG.*year by year") as caught:
        fetched(reply(too_big, 413))
    assert caught.value.status == 413


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(Failed):
        fetched(reply({}, 503))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (
            reply({"warning": {"status": 413, "label": "ASYNCHRONOUS_RESPONSE. Try later."}}),
            "expected a cube of figures, got warning: ASYNCHRONOUS_RESPONSE",
        ),
        (reply({"error": [{"status": 400, "label": "No such dataset"}]}), "error: No such dataset"),
        (reply({"label": "x", "dimensions": {}}), "expected the key 'dimension', got .*dimensions"),
        (reply({"dimension": {"geo": {}}}), "expected the key 'dimension.time'"),
        (reply(cube({"0": 1}, ["soon"])), "periods of time, got period 'soon'"),
        (reply([]), "expected the key 'dimension'"),
        (HTML, "expected JSON"),
        (Reply(b'{"dimension": {"ti'), "expected JSON"),
    ],
)
def test_what_is_no_cube_is_unexpected(answer: Reply, complaint: str) -> None:
    document, _ = fetched(answer)
    with pytest.raises(Unexpected, match=complaint):
        eurostat.parse(document)


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    answer = reply(cube({"0": 2161000, "1": 2145906}, ["2019", "2020"], {"1": "p"}))
    with serve(lambda asked: answer) as site:
        frame = run(example("eurostat", tmp_path), LoopbackClient(), site.address)
    assert frame.rows() == [
        ("paris", "2019", 2161000.0, "ok"),
        ("paris", "2020", 2145906.0, "provisional"),
    ]
