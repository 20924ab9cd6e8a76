from __future__ import annotations

from pathlib import Path

import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Missing, Unexpected
from cityflux.scrapers import oecd
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, serve
from tests.scrapers.plugin_examples import example, run

HEADER = (
    "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,REF_AREA,Reference area,FREQ,"
    "Frequency of observation,MEASURE,Measure,UNIT_MEASURE,Unit of measure,TIME_PERIOD,"
    "Time period,OBS_VALUE,Observation value,OBS_STATUS,Observation status,UNIT_MULT,"
    "Unit multiplier"
)


def line(area: str, period: str, value: str, name: str = "London", status: str = "A") -> str:
    return (
        f'dataflow,OECD.CFE.EDS:DSD_FUA@DF(1.0),"Cities, functional areas",I,{area},"{name}",A,'
        f"Annual,POP,Population,PS,Persons,{period},,{value},,{status},Normal value,3,Thousands"
    )


def table(*lines: str) -> Reply:
    return Reply("\r\n".join([HEADER, *lines, ""]).encode(), "text/csv")


def fetched(answer: Reply) -> tuple[Document, Asked]:
    with serve(lambda asked: answer) as site:
        document = oecd.fetch(
            LoopbackClient(), "OECD.CFE.EDS,DSD_FUA@DF,", "GBR+FRA.A..", start="2019",
            address=site.address,
        )  # fmt: skip
    return document, site.asked[0]


def test_the_request_names_flow_key_and_format() -> None:
    _, asked = fetched(table())
    assert asked.path == "/OECD.CFE.EDS,DSD_FUA@DF,/GBR+FRA.A.."
    assert asked.query == {
        "startPeriod": ["2019"],
        "dimensionAtObservation": ["AllDimensions"],
        "format": ["csvfilewithlabels"],
    }


def test_observations_keep_their_columns_and_gain_period_and_value() -> None:
    answer = table(
        line("UKF01", "2019", "12000.5"),
        line("UKF01", "2020-Q3", "", status="M"),
        line("FRF01", "2020-07", "NaN", name='Paris, "Métropole"'.replace('"', '""')),
    )
    frame = oecd.parse(fetched(answer)[0])
    assert frame.select("REF_AREA", "Reference area", "period", "value", "UNIT_MULT").rows() == [
        ("UKF01", "London", "2019", 12000.5, "3"),
        ("UKF01", "London", "2020-Q3", None, "3"),
        ("FRF01", 'Paris, "Métropole"', "2020-07", None, "3"),
    ]


def test_labels_that_are_missing_or_repeated_do_no_harm() -> None:
    body = "REF_AREA,,FREQ,,TIME_PERIOD,,OBS_VALUE,Label,Label\nGBR,x,A,y,2020,,1.5,,\n"
    frame = oecd.parse(fetched(Reply(body.encode(), "text/csv"))[0])
    assert frame.select("REF_AREA", "period", "value").rows() == [("GBR", "2020", 1.5)]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    body = b"\xef\xbb\xbf" + table(line("GBR", "2020", "1")).body
    assert "STRUCTURE" in oecd.parse(fetched(Reply(body, "text/csv"))[0]).columns


def test_a_header_alone_has_no_rows() -> None:
    assert oecd.parse(fetched(table())[0]).is_empty()


def test_no_records_is_missing_and_says_what_to_check() -> None:
    with pytest.raises(Missing, match="number of dots"):
        fetched(Reply(b"NoRecordsFound", "text/plain", 404))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (HTML, "expected the column 'TIME_PERIOD', got <!DOCTYPE"),
        (Reply(b"", "text/csv"), "expected a CSV, got a broken one"),
        (Reply(b"REF_AREA,TIME_PERIOD\nGBR,2020\n"), "the column 'OBS_VALUE', got REF_AREA"),
        (table(line("GBR", "2020", "Yes")), "expected a number, got Yes"),
        (table(line("GBR", "lately", "1")), "periods of time, got period 'lately'"),
        (table(line("GBR", "2020", "1") + ",more,fields"), "expected a CSV, got a broken one"),
    ],
)
def test_what_is_no_such_csv_is_unexpected(answer: Reply, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint) as caught:
        oecd.parse(fetched(answer)[0])
    assert "\n" not in str(caught.value)


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    answer = table(line("GBR", "2019", "6.5"), line("GBR", "2020", ""), line("JPN", "2019", "7"))
    with serve(lambda asked: answer) as site:
        frame = run(example("oecd", tmp_path), LoopbackClient(), site.address)
    assert frame.rows() == [("london", "2019", 6500.0)]
