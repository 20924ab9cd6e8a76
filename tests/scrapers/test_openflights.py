from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from cityflux.core.model.document import Document, read_file
from cityflux.core.model.errors import Missing, Unexpected
from cityflux.scrapers import openflights
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, serve
from tests.scrapers.plugin_examples import example, run

METROS = {
    "上海": ["SHA", "PVG"],
    "北京": ["PEK", "NAY"],
    "深圳": ["SZX"],
    "广州": ["CAN"],
    "杭州": ["HGH"],
    "香港": ["HKG"],
    "新加坡": ["SIN"],
    "东京": ["NRT", "HND"],
    "伦敦": ["LHR", "LGW", "STN", "LTN", "LCY", "SEN"],
    "纽约": ["JFK", "EWR", "LGA"],
}
ROUTES = """\
X1,11,JFK,3,LHR,1,,0,777\r
X1,11,LGW,2,EWR,4,Y,0,777\r
X2,12,LHR,1,JFK,3,,0,777 744\r
X2,12,LHR,1,EWR,4,,0,777\r
X3,13,LHR,1,JFK,3,Y,1,333\r
X4,\\N,LHR,1,LGW,2,,0,\r
X5,15,LHR,1,TGK,\\N,,0,CR2\r
"""


def airport(number: int, city: str, iata: str) -> str:
    """A line as in airports.dat: text in quotes, nulls without them."""
    code = f'"{iata}"' if iata else "\\N"
    return (
        f'{number},"{city}, main field","{city}","A country",{code},"ZZZ{number}",34.25,109.5,'
        '0,8,"U","Etc/UTC","airport","made up"'
    )


AIRPORTS = "\r\n".join(
    [
        airport(1, "London", "LHR"),
        airport(2, "London", "LGW"),
        airport(3, "New York", "JFK"),
        airport(4, "Newark", "EWR"),
        airport(5, "Xi\\'an", ""),
    ]
)


def files(asked: Asked) -> Reply:
    text = {"/routes.dat": ROUTES, "/airports.dat": AIRPORTS}[asked.path]
    return Reply(text.encode(), "text/plain")


def fetched() -> tuple[pl.DataFrame, pl.DataFrame]:
    with serve(files) as site:
        routes, airports = openflights.fetch(LoopbackClient(), address=site.address)
    return openflights.parse_routes(routes), openflights.parse_airports(airports)


@pytest.fixture(scope="module")
def world(shared: Path) -> tuple[pl.DataFrame, dict[str, str]]:
    folder = shared / "samples" / "openflights"
    airports = openflights.parse_airports(read_file(folder / "airports.dat"))
    routes = openflights.parse_routes(read_file(folder / "routes.dat"))
    assert (routes.height, airports.height) == (67_663, 7_698)
    return routes, openflights.metro_of(airports, METROS)


def test_the_routes_among_ten_cities_are_those_of_the_sample(
    world: tuple[pl.DataFrame, dict[str, str]], shared: Path
) -> None:
    sample = shared / "samples" / "openflights" / "od_airline_routes_10cities.csv"
    with sample.open(encoding="utf-8", newline="") as lines:
        expected = {
            (kind, row["origin"], row["destination"]): float(row[column])
            for row in csv.DictReader(lines)
            for kind, column in (
                ("air_routes", "airline_route_records"),
                ("airlines", "distinct_airlines"),
            )
        }
    frame = openflights.flows(*world)
    got = {row[:3]: row[4] for row in frame.iter_rows()}
    assert len(expected) == 140
    assert got == expected
    assert set(frame["period"]) == {"2014-06"}


def test_the_distinct_destinations_are_those_of_the_notes(
    world: tuple[pl.DataFrame, dict[str, str]],
) -> None:
    frame = openflights.destinations(*world)
    assert dict(frame.select("origin", "value").iter_rows()) == {
        "伦敦": 357,
        "北京": 215,
        "纽约": 215,
        "上海": 180,
        "广州": 150,
        "东京": 143,
        "香港": 133,
        "新加坡": 125,
        "深圳": 86,
        "杭州": 72,
    }


def test_records_and_airlines_are_counted_non_stop_and_between_areas() -> None:
    routes, airports = fetched()
    metros = openflights.metro_of(airports, {"london": ["LHR", "LGW"], "new_york": ["JFK", "EWR"]})
    assert openflights.flows(routes, metros, "2014").rows() == [
        ("air_routes", "london", "new_york", "2014", 3.0, "条"),
        ("air_routes", "new_york", "london", "2014", 1.0, "条"),
        ("airlines", "london", "new_york", "2014", 2.0, "家"),
        ("airlines", "new_york", "london", "2014", 1.0, "家"),
    ]


def test_destinations_are_airports_known_or_not() -> None:
    routes, _ = fetched()
    frame = openflights.destinations(routes, {"LHR": "london", "LGW": "london"})
    assert frame.rows() == [("london", "2014-06", 4.0)]  # JFK, EWR, LGW, TGK


def test_nulls_are_null_and_escapes_are_undone() -> None:
    routes, airports = fetched()
    assert routes["airline_id"].to_list().count(None) == 1
    assert routes["destination_id"].to_list()[-1] is None
    xian = airports.row(4, named=True)
    assert (xian["city"], xian["iata"], xian["latitude"]) == ("Xi'an", None, 34.25)


def test_a_grouping_with_a_wrong_or_a_double_code_is_refused() -> None:
    _, airports = fetched()
    with pytest.raises(ValueError, match="no airport LHX"):
        openflights.metro_of(airports, {"london": ["LHR", "LHX"]})
    with pytest.raises(ValueError, match="two metro areas"):
        openflights.metro_of(airports, {"london": ["LHR"], "heathrow": ["LHR"]})


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (HTML.body, "table of 9 columns, got <!DOCTYPE"),
        (b"AA,24,JFK,3797,LHR,507,,0\n", "table of 9 columns, got 8 columns"),
        (b"AA,24,JFK,3797,LHR,507,,none,777\n", "table of 9 columns, got a broken one"),
        (b"", "table of 9 columns, got a broken one"),
    ],
)
def test_a_file_that_changed_is_unexpected(body: bytes, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint) as caught:
        openflights.parse_routes(Document("http://site/routes.dat", body))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_gone_is_missing() -> None:
    with serve(lambda asked: Reply(b"404", status=404)) as site, pytest.raises(Missing):
        openflights.fetch(LoopbackClient(), address=site.address)


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    with serve(files) as site:
        frame = run(example("openflights", tmp_path), LoopbackClient(), site.address)
    assert frame.sort("city").rows() == [("london", "2014-06", 4.0), ("new_york", "2014-06", 1.0)]
