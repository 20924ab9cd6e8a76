"""A text with more cells than are read one by one gives the same figures, or is refused alike."""

from __future__ import annotations

from operator import attrgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ImportRefused
from cityflux.core.refresh.importing.reading import read_figures
from cityflux.core.refresh.importing.series import Choice
from cityflux.core.refresh.importing.table_reader import Reading
from cityflux.scrapers.handed import large
from cityflux.scrapers.tables.delimited import MOST_CELLS
from tests.imports.shapes import GDP, PEOPLE, SHAPES, Shape, names

NAMES = names()


def read(body: bytes, **options: str) -> Reading | list[str]:
    try:
        return read_figures(Document("file:///a.csv", body), NAMES, "import.a", Choice(**options))
    except ImportRefused as error:
        return error.reasons
    except CityfluxError as error:
        return [str(error)]


def read_as_large(body: bytes, **options: str) -> Reading | list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "MOST_CELLS", 1)
        return read(body, **options)


def told(found: Reading | list[str]) -> tuple[object, ...]:
    """All that is said of a file but for the reasons, of which not all are named."""
    if isinstance(found, list):
        return (True,)
    places, series = (+each for each in (found.places, found.series))
    rows = sorted(found.rows, key=attrgetter("line"))
    return rows, found.missing, places, series, found.said[1:]


TEXTS = [shape for shape in SHAPES if shape.body[:2] not in (b"PK", b"PA")]


@pytest.mark.parametrize("shape", TEXTS, ids=lambda shape: shape.what)
def test_every_shape_is_understood_as_a_small_one(shape: Shape) -> None:
    found = read_as_large(shape.body, **dict(shape.options))
    rows = [] if isinstance(found, list) else found.rows
    assert {(row.indicator_id, *row.figure[:3]) for row in rows} == {*shape.rows}, found


GOOD = ("1", "-2.5", "1e3", "+7", ".5", '"1,234.5"', "(3)", "—", "", "…", "12*", "１２")
CELLS: dict[str, tuple[str, ...]] = {
    "城市": ("杭州", "上海市", " hangzhou ", "330100", "吉林", "合计", "杭洲", ""),
    "年份": ("2020", "2021年", "2021年3月", "2020p", "2020①", "44197", "1—6月", "x", ""),
    "指标": ("地区生产总值", GDP, "常住人口", PEOPLE, "人均GDP", ""),
    "单位": ("", "亿元", "亿元", "万元", "万人", "吨"),
    "数值": (*GOOD, *GOOD, "5.", "inf", "nan", "12%", "0.3万", "1_0", "0x1"),
    "备注": ("", "初步数"),
}
LINES = st.lists(st.tuples(*map(st.sampled_from, CELLS.values())), min_size=1, max_size=9)


@given(lines=LINES, sound=st.booleans())
@settings(max_examples=40)
def test_no_figure_differs_from_that_of_the_reader_of_small_files(
    lines: list[tuple[str, ...]], sound: bool
) -> None:
    if sound:  # most lines of hazard are refused
        good = [line for line in lines if line[0] and line[3].endswith("元") and line[4] in GOOD]
        lines = [(each[0], f"{2000 + at}", GDP, *each[3:]) for at, each in enumerate(good)]
    body = "\n".join([",".join(CELLS), *map(",".join, lines), ""]).encode()
    assert told(read_as_large(body)) == told(read(body))


def test_a_file_of_more_than_a_million_cells_is_read() -> None:
    days = [
        f"{year}-{month:02d}-{day:02d}"
        for year in range(1900, 1905)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    lines = [f"{GDP},杭州,{day},{at}.5\n" for at, day in enumerate(days)]
    blank = "\n" * (MOST_CELLS - 3 * len(lines))
    body = "".join(["indicator,city,period,value\n", *lines, blank]).encode()
    found = read(body)
    assert isinstance(found, Reading), found
    assert [row.figure[1:3] for row in found.rows[-2:]] == [
        (days[-2], len(days) - 1.5),
        (days[-1], len(days) - 0.5),
    ]
    wrong = read(body + f"{GDP},杭州,1900-01-01,7,8\n".encode())
    assert isinstance(wrong, list)
    assert "5 cells under 4 headings" in wrong[0]
