"""What a table by hand may not say: one cell, two values; rows that are cut or swallowed."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ImportRefused
from cityflux.core.refresh.importing.formats import frame_figures
from cityflux.core.refresh.importing.names import names_of
from cityflux.core.refresh.importing.reading import read_figures
from cityflux.core.refresh.importing.series import Choice

KNOWN = names_of([("shanghai", "上海")], [("x", "某数")], {"x": "个"}, {"x": "annual"}, ())


def table(*values: float) -> pl.DataFrame:
    cities = ["shanghai", "上海"][: len(values)]
    return pl.DataFrame(
        {"city": cities, "period": "2020", "value": values, "unit": None, "note": ""}
    )


def test_a_city_that_stands_twice_with_two_values_is_refused() -> None:
    with pytest.raises(CityfluxError, match="shanghai 2020 has two values, 4 and 5; keep one"):
        frame_figures(table(4.0, 5.0), KNOWN, "x", "s", "nbs")
    found = frame_figures(table(4.0, 4.0), KNOWN, "x", "s", "nbs")
    assert [row.figure.value for row in found.rows] == [4.0]


HEAD = "indicator,city,period,value,note\n"


def read(text: str | bytes) -> list[tuple[str, str, float, str]]:
    names = replace(KNOWN, _hints=[100])
    body = text.encode() if isinstance(text, str) else text
    reading = read_figures(Document("file:a.csv", body), names, "s", Choice())
    figures = [row.figure for row in reading.rows]
    return [(each.city_id, each.period, each.value, each.note) for each in figures]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            HEAD + "x,上海,2020,1,234,a\n",
            "line 2: 6 cells under 5 headings; put what",
        ),
        (
            HEAD + 'x,上海,2020,1,"a\nx,上海,2021,2,b\n',
            "line 2: a quote is opened and never",
        ),
        (HEAD + "x,上海,2020,1," + "a" * 200_000, r"line 2: field larger than field limit"),
        (HEAD + "," * 1_000_001, "line 2: 100000. cells under 5 headings"),
        (HEAD + "x,上海,2020,١٢,\n", "value '١٢' is not a number"),
        (HEAD + "x,上海,2020," + "9" * 1_000 + ",\n", "is too long for a number"),
        (b"PK\x03\x04", "cannot be read as XLSX or ZIP"),
    ],
)
def test_a_file_that_would_be_taken_in_by_half_or_never_is_refused(
    text: str | bytes, told: str
) -> None:
    with pytest.raises(ImportRefused, match=rf"^file:a\.csv: .*{told}"):
        read(text)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_any_mark_may_part_the_cells_and_rows_without_any_are_passed_over(mark: str) -> None:
    text = HEAD + 'x,上海,2020,"1.5","a\nb"\n,,,,\n\n'
    found = [("shanghai", "2020", 1.5, "a\nb")]
    assert read(text.replace(",", mark)) == read(text.replace(",", mark).encode("utf-16")) == found


def test_thousands_of_unknown_cities_are_told_without_looking_for_thousands_of_near_ones() -> None:
    rows = "".join(f"x,shanghia{number},2020,1,\n" for number in range(120))
    with pytest.raises(ImportRefused) as caught:
        read(HEAD + rows)
    assert caught.value.reasons[0].endswith("did you mean shanghai?")
    assert caught.value.reasons[119].endswith("list them with: cityflux cities")
