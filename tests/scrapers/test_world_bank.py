from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers import world_bank
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, reply, serve
from tests.scrapers.plugin_examples import example, run


def entry(country: str, date: str, value: Any, iso3: str | None = None) -> dict[str, Any]:
    return {
        "indicator": {"id": "NY.GDP.MKTP.CD", "value": "GDP (current US$)"},
        "country": {"id": country[:2], "value": f"Name of {country}"},
        "countryiso3code": country if iso3 is None else iso3,
        "date": date,
        "value": value,
        "unit": "",
        "obs_status": "",
        "decimal": 0,
    }


def page(number: int, pages: int, *entries: dict[str, Any]) -> Reply:
    header = {"page": number, "pages": pages, "per_page": 2, "total": 2 * pages}
    return reply([header, list(entries)])


def fetched(answer: Reply) -> Document:
    with serve(lambda asked: answer) as site:
        (document,) = world_bank.fetch(
            LoopbackClient(), ["SGP"], "NY.GDP.MKTP.CD", 2011, 2020, address=site.address
        )
    return document


def test_all_pages_are_fetched_and_read() -> None:
    def answer(asked: Asked) -> Reply:
        number = int(asked.one("page"))
        return page(number, 3, entry("SGP", f"{2010 + number}", 100 + number))

    with serve(answer) as site:
        documents = world_bank.fetch(
            LoopbackClient(), ["SGP", "HKG"], "NY.GDP.MKTP.CD", 2011, 2020, address=site.address
        )
    assert [asked.path for asked in site.asked] == ["/country/SGP;HKG/indicator/NY.GDP.MKTP.CD"] * 3
    assert site.asked[0].one("date") == "2011:2020"
    frame = pl.concat([world_bank.parse(document) for document in documents])
    assert frame.select("country", "period", "value").rows() == [
        ("SGP", "2011", 101.0),
        ("SGP", "2012", 102.0),
        ("SGP", "2013", 103.0),
    ]


def test_missing_stays_missing_and_periods_are_iso() -> None:
    document = fetched(
        page(
            1,
            1,
            entry("SGP", "2011", None),
            entry("HKG", "2011Q2", 0),
            entry("1W", "2011M07", 3, ""),
        )
    )
    assert world_bank.parse(document).select("country", "period", "value").rows() == [
        ("SGP", "2011", None),
        ("HKG", "2011-Q2", 0.0),
        ("1W", "2011-07", 3.0),
    ]


def test_nothing_that_fits_has_no_rows() -> None:
    header = {"page": 0, "pages": 0, "per_page": 0, "total": 0, "lastupdated": None}
    assert world_bank.parse(fetched(reply([header, None]))).is_empty()


def test_an_error_comes_under_http_200_as_a_list_of_one() -> None:
    said = {"id": "120", "key": "Invalid value", "value": "The provided value is not valid"}
    with pytest.raises(Unexpected, match="the error Invalid value: The provided value"):
        fetched(reply([{"message": [said]}]))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (HTML, "expected JSON"),
        (Reply(b'[{"page":1,"pages":1},[{"indi'), "expected JSON"),
        (reply({"data": []}), "expected a list of a header and figures, got {'data'"),
        (reply([{"page": 1}, []]), "expected the key 'pages', got the keys 'page'"),
    ],
)
def test_an_answer_that_is_none_is_unexpected(answer: Reply, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint):
        fetched(answer)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"value": "lots"}, "expected a number, got lots"),
        ({"date": "YTD"}, "expected a period of time, got period 'YTD'"),
        ({"country": "Singapore"}, "expected the key 'country.value', got Singapore"),
    ],
)
def test_an_entry_that_changed_is_unexpected(change: dict[str, Any], complaint: str) -> None:
    document = fetched(page(1, 1, entry("SGP", "2011", 1) | change))
    with pytest.raises(Unexpected, match=complaint):
        world_bank.parse(document)


def test_a_renamed_key_says_expected_and_got() -> None:
    changed = entry("SGP", "2011", 1)
    changed["val"] = changed.pop("value")
    with pytest.raises(Unexpected, match=r"expected the key 'value', got .*'val'"):
        world_bank.parse(fetched(page(1, 1, changed)))


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    answer = page(1, 1, entry("SGP", "2019", 3.77e11), entry("HKG", "2019", None))
    with serve(lambda asked: answer) as site:
        frame = run(example("world_bank", tmp_path), LoopbackClient(), site.address)
    assert frame.rows() == [("singapore", "2019", 3770.0)]
