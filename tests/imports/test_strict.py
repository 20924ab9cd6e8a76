"""No number differs from that of a second reader, and nothing is stored by half."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import ImportRefused
from cityflux.core.refresh.importing.reading import read_figures
from cityflux.core.refresh.importing.series import Choice
from tests.conftest import Cityflux
from tests.imports.shapes import GDP, names

NAMES = names()
#: What a cell of text means under 亿元, written down by hand; None is no figure.
CELLS: dict[str, float | None] = {
    "1": 1.0,
    "-2.50": -2.5,
    "0": 0.0,
    "1,234.5": 1234.5,
    "12,345,678": 12345678.0,
    "1 234": 1234.0,
    "(3.2)": -3.2,
    "−7": -7.0,
    "１２.５": 12.5,
    "15①": 15.0,
    "16*": 16.0,
    "1e3": 1000.0,
    "": None,
    "—": None,
    "...": None,
    "N/A": None,
    "暂无": None,
}
BAD = (
    "1,23",
    "1.234.5",
    "12 / 13",
    "3-5",
    "约5",
    "5万",
    "5%",
    "#REF!",
    "１,２",
    "abc",
    "1e999",
    "٣",
)
YEARS = [str(year) for year in range(2001, 2006)]
CITIES = {"杭州": "hangzhou", "上海市": "shanghai", "Xi'an": "xian"}
PLACES = st.sampled_from([(city, year) for city in CITIES for year in YEARS])


def read(body: bytes) -> dict[tuple[str, str], float] | None:
    try:
        reading = read_figures(
            Document("file:///a.csv", body), NAMES, "import.a", Choice(GDP, unit="亿元")
        )
    except ImportRefused:
        return None
    return {row.figure[:2]: row.figure.value for row in reading.rows}


@given(
    cells=st.dictionaries(PLACES, st.sampled_from([*CELLS])),
    bad=st.none() | st.tuples(PLACES, st.sampled_from(BAD)),
    down=st.booleans(),
    mark=st.sampled_from(",;\t"),
)
@settings(max_examples=40)
def test_a_table_gives_what_its_cells_say_or_nothing(
    cells: dict[tuple[str, str], str],
    bad: tuple[tuple[str, str], str] | None,
    down: bool,
    mark: str,
) -> None:
    written = {**cells, bad[0]: bad[1]} if bad else cells
    if down:
        rows = [[year, *(written.get((city, year), "") for city in CITIES)] for year in YEARS]
    else:
        rows = [[city, *(written.get((city, year), "") for year in YEARS)] for city in CITIES]
    grid = [["年份", *CITIES] if down else ["城市", *YEARS], *rows]
    text = "\n".join(mark.join(f'"{cell}"' for cell in row) for row in grid)
    meant = {
        (CITIES[city], year): value
        for (city, year), cell in cells.items()
        if (value := CELLS[cell]) is not None
    }
    assert read(text.encode()) == (None if bad or not meant else meant), text


ROWS = ("杭州,2031,1200", "上海,2031,2480", "杭州,2032,1201")
DAMAGE = st.sampled_from(
    ("杭州,2031,9", "杭州,2033,1 / 2", "杭州,x,3", '"杭州,2033,4', "杭州,1,2,3,4")
)


@given(at=st.integers(0, len(ROWS)), line=DAMAGE)
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_one_bad_line_stores_nothing(
    home: Path, cityflux: Cityflux, at: int, line: str
) -> None:
    lines = ["单位：万人", "城市,年份,常住人口", *ROWS[:at], line, *ROWS[at:]]
    (home / "a.csv").write_text("\n".join(lines), "utf-8")
    done = cityflux("import", "a.csv")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    with closing(sqlite3.connect(home / "data" / "cityflux.db")) as connection:
        for table, where in (
            ("sources", "id LIKE 'import.%'"),
            ("observations", "source_id LIKE 'import.%'"),
            ("fetches", "source_id LIKE 'import.%'"),
        ):
            (count,) = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()
            assert count == 0
