from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest
import xlrd
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells, Refused, SourceError, Unexpected
from cityflux.scrapers import files
from tests.scrapers.examples import run_example
from tests.scrapers.loopback import Answer, PlainHttp, serve

CITIES = {"上海": "shanghai", "北京": "beijing"}
ROWS = [
    ["城市", "年份", "客运量（万人次）"],
    ["上海", "2019年", "1,234.5"],
    ["北京", "2019年", "—"],
]


def document(body: bytes | str, name: str = "figures.csv") -> Document:
    return Document(f"file:///{name}", body.encode() if isinstance(body, str) else body)


def workbook(*sheets: tuple[str, list[list[Any]]], top: int = 0) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows, start=top):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, column, cell, day)
                    elif cell is not None:
                        sheet.write(number, column, cell)
    return buffer.getvalue()


def delimited(mark: str) -> Callable[[list[list[str]]], bytes]:
    def write(rows: list[list[str]]) -> bytes:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=mark).writerows(rows)
        return buffer.getvalue().encode()

    return write


def as_json(rows: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def as_parquet(rows: list[list[str]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(as_json(rows)).write_parquet(buffer)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[list[list[str]]], bytes]] = {
    "csv": delimited(","),
    "semicolons": delimited(";"),
    "pipes": delimited("|"),
    "tsv": delimited("\t"),
    "bom": lambda rows: b"\xef\xbb\xbf" + delimited(",")(rows),
    "gbk": lambda rows: delimited(",")(rows).decode().encode("gb18030"),
    "utf16": lambda rows: delimited("\t")(rows).decode().encode("utf-16"),
    "xlsx": lambda rows: workbook(("数据", rows)),
    "parquet": as_parquet,
    "records": lambda rows: json.dumps(as_json(rows)).encode(),
    "columns": lambda rows: json.dumps(
        {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}
    ).encode(),
    "labelled columns": lambda rows: json.dumps(
        {name: {str(n): row[i] for n, row in enumerate(rows[1:])} for i, name in enumerate(rows[0])}
    ).encode(),
    "lines": lambda rows: "\n".join(json.dumps(row) for row in as_json(rows)).encode(),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_figures_whatever_its_name(form: str) -> None:
    frame = files.read_table(document(FORMATS[form](ROWS), name="figures.dat"))
    assert frame.columns[-1:] == [files.ROW] or frame.columns[0] == files.ROW
    assert frame["城市"].to_list() == ["上海", "北京"]
    tidy = files.tidy(
        frame, city="城市", period="年份", value="客运量", unit="万人次", cities=CITIES
    )
    assert tidy.rows() == [("shanghai", "2019", 1234.5)]
    assert tidy.schema == {"city": pl.String, "period": pl.String, "value": pl.Float64}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_path_is_read_and_rows_keep_their_number(form: str, tmp_path: Path) -> None:
    rows = [["分地区客运量"], [], *ROWS[:2], [], ROWS[2]]
    path = tmp_path / "figures"
    path.write_bytes(FORMATS[form](rows))
    frame = files.read_table(path)
    assert frame[files.ROW].to_list() == [4, 6]
    assert frame.columns == ["城市", "年份", "客运量（万人次）", files.ROW]


def test_an_address_is_fetched_and_read() -> None:
    body = FORMATS["gbk"](ROWS)
    with serve({"/open/data": Answer(body, media_type="application/octet-stream")}) as site:
        fetched = PlainHttp().get(f"{site.address}/open/data")
    assert files.read_table(fetched)["城市"].to_list() == ["上海", "北京"]


def test_excel_numbers_dates_and_leading_blank_rows() -> None:
    rows: list[list[Any]]
    rows = [["城市", "日期", "值"], ["上海", date(2020, 7, 14), 0.1 + 0.2], ["北京", None, None]]
    frame = files.read_table(document(workbook(("a", rows), ("empty", []), top=3)))
    assert frame[files.ROW].to_list() == [5, 6]
    tidy = files.tidy(frame, city="城市", period="日期", value="值")
    assert tidy.rows() == [("上海", "2020-07-14", 0.3)]


def test_the_sheet_must_be_named_where_several_hold_something() -> None:
    book = document(workbook(("甲", ROWS), ("乙", [["城市", "值"], ["深圳", 1]])), "f.xlsx")
    with pytest.raises(
        Unexpected, match=r"2 sheets hold something \(甲, 乙\); name one with sheet="
    ):
        files.read_table(book)
    assert files.read_table(book, sheet="乙")["城市"].to_list() == ["深圳"]
    with pytest.raises(Unexpected, match="no sheet '丙'; it has 甲, 乙"):
        files.read_table(book, sheet="丙")


def test_biff_xls_is_read_like_xlrd_reads_it(shared: Path) -> None:
    path = shared / "samples" / "nbs_download" / "nbs_city_sh.xls"
    frame = files.read_table(path, header_row=4).head(13).drop(files.ROW)
    sheet = xlrd.open_workbook(str(path)).sheet_by_index(0)
    assert frame.columns == sheet.row_values(3)
    expected = [sheet.row_values(row) for row in range(4, 17)]
    assert [row[0] for row in frame.iter_rows()] == [row[0] for row in expected]
    for got, wanted in zip(frame.iter_rows(), expected, strict=True):
        assert [cell and float(cell) for cell in got[1:]] == [cell or None for cell in wanted[1:]]


def test_excel_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(Unexpected, match=r"pip install 'cityflux\[excel\]'"):
        files.read_table(document(workbook(("a", ROWS)), "f.xlsx"))


def test_years_as_columns() -> None:
    text = "地区,2020年,2019年,备注\n上海市,2489,2481,x\n北京市,,2190,\n"
    frame = files.read_table(document(text))
    tidy = files.tidy(frame, city="地区", period=None, cities={"上海市": "shanghai"})
    assert tidy.rows() == [("shanghai", "2020", 2489.0), ("shanghai", "2019", 2481.0)]
    assert files.tidy(frame, city="地区", period=None).height == 3


def test_cities_as_columns() -> None:
    frame = files.read_table(document("年份,北京,上海\n2019,1,2\n2020,3,...\n"))
    tidy = files.tidy(frame, city=None, period="年份", cities=CITIES)
    assert tidy.rows() == [
        ("beijing", "2019", 1.0),
        ("shanghai", "2019", 2.0),
        ("beijing", "2020", 3.0),
    ]


def test_one_period_for_the_whole_file() -> None:
    frame = files.read_table(document("city,stores\nshanghai,12\n"))
    tidy = files.tidy(frame, city="city", period="2020", value="stores")
    assert tidy.rows() == [("shanghai", "2020", 12.0)]


def test_numbers_as_people_type_them() -> None:
    cells = ['"1,234"', "１２３", "12.5%", "1.2万", "(3)", "—", "...", "", "-", "空", "0"]
    text = "city,year,v\n" + "\n".join(f"c{i},2020,{cell}" for i, cell in enumerate(cells))
    tidy = files.tidy(files.read_table(document(text)), city="city", period="year", value="v")
    assert dict(zip(tidy["city"], tidy["value"], strict=True)) == {
        **{"c0": 1234.0, "c1": 123.0, "c2": 12.5, "c3": 12000.0, "c4": -3.0},
        "c10": 0.0,
    }


def test_decimal_commas() -> None:
    frame = files.read_table(document("Stadt;2020\nBerlin;1.234,5\n"))
    tidy = files.tidy(frame, city="Stadt", period=None, decimal=",")
    assert tidy["value"].to_list() == [1234.5]


def test_typed_columns_of_parquet_and_json() -> None:
    frame = pl.DataFrame(
        {
            "city": ["a", "b", "c"],
            "day": [date(2020, 7, 14), date(2020, 7, 15), date(2020, 7, 16)],
            "value": [1.5, float("nan"), None],
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    tidy = files.tidy(
        files.read_table(document(buffer.getvalue())), city="city", period="day", value="value"
    )
    assert tidy.rows() == [("a", "2020-07-14", 1.5)]
    mixed = files.read_table(
        document('[{"city": "a", "y": 2020, "v": 1}, {"city": "b", "v": "2,000"}]')
    )
    assert files.tidy(mixed, city="city", period="2020", value="v")["value"].to_list() == [1, 2000]


def test_a_header_of_two_rows_must_be_named_and_is_joined() -> None:
    text = "城市,2020年,,2021年,\n,GDP,人口,GDP,人口\n上海,1,2,3,4\n"
    with pytest.raises(Unexpected, match=r"column 3 is headed ''; .* header_row=\(1, 2\)"):
        files.read_table(document(text))
    frame = files.read_table(document(text), header_row=(1, 2))
    assert frame.columns[:-1] == [
        "城市",
        "2020年 > GDP",
        "2020年 > 人口",
        "2021年 > GDP",
        "2021年 > 人口",
    ]
    assert frame[files.ROW].to_list() == [3]


def test_bad_cells_are_all_named_and_nothing_is_taken() -> None:
    text = "city,year,v\na,2020,12\na,2020.10,13\nb,2020,1O\nc,2020,1,5\n"
    with pytest.raises(BadCells, match="row 5: 4 cells under 3 headings"):
        files.read_table(document(text))
    frame = files.read_table(document(text.replace("1,5", "15") + "a,2020,14\n"))
    with pytest.raises(BadCells, match=r"figures\.csv: 3 cells cannot be read, nothing") as caught:
        files.tidy(frame, city="city", period="year", value="v", name="figures.csv")
    assert caught.value.reasons == [
        "row 3, column 'v': '2020.10' is not a period; write 2020, 2020-Q3, 2020-07 or 2020-07-14",
        "row 4, column 'v': '1O' is not a number",
        "row 6, column 'v': a second figure for a in 2020",
    ]


def test_a_figure_without_a_city_is_a_bad_cell() -> None:
    frame = files.read_table(document("city,year,v\n,2020,12\n"))
    with pytest.raises(BadCells, match="row 2, column 'v': no city beside the figure"):
        files.tidy(frame, city="city", period="year", value="v")


def test_a_renamed_column_is_named_with_what_is_similar() -> None:
    frame = files.read_table(document("城市,年份,旅客运输量\n上海,2020,1\n"))
    with pytest.raises(Unexpected, match="f: no column '客运量'; similar: '旅客运输量'"):
        files.tidy(frame, city="城市", period="年份", value="客运量", name="f")


def test_a_city_that_vanished_is_named() -> None:
    frame = files.read_table(document("城市,年份,v\n上海市,2020,1\n北京,2020,2\n"))
    with pytest.raises(Unexpected, match="no city '上海'; similar: '上海市'"):
        files.tidy(frame, city="城市", period="年份", value="v", cities=CITIES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("城市,年份,GDP(亿元)\n上海,2020,1\n", r"in 万元, got 亿元 \(the heading 'GDP\(亿元\)'\)"),
        ("城市,年份,单位,GDP\n上海,2020,亿元,1\n", r"in 万元, got 亿元 \(column '单位'\)"),
        ("城市,年份,GDP\n上海,2020,1\n", "in 万元, the table names no unit"),
    ],
)
def test_a_changed_unit_is_told(text: str, told: str) -> None:
    frame = files.read_table(document(text))
    with pytest.raises(Unexpected, match=told):
        files.tidy(frame, city="城市", period="年份", value="GDP", unit="万元")


def test_an_empty_table_is_told() -> None:
    with pytest.raises(Unexpected, match="the file is empty"):
        files.read_table(document(" \n"))
    with pytest.raises(Unexpected, match="no row has two filled cells"):
        files.read_table(document("title\n\n"))
    frame = files.read_table(document("city,year,v\n"))
    with pytest.raises(Unexpected, match="not one figure among 0 rows"):
        files.tidy(frame, city="city", period="year", value="v")


def test_a_page_where_a_file_was_due() -> None:
    page = "<!DOCTYPE html><html><head><title>系统维护</title></head><body>x</body></html>"
    forms: tuple[Literal["json"] | None, ...] = (None, "json")
    for form in forms:
        with pytest.raises(Unexpected, match=r"expected a table file, got an HTML page .*系统维护"):
            files.read_table(document(page, "figures.json"), format=form)
    login = "<html><form>请登录<input type='password' name='p'></form></html>"
    with pytest.raises(Refused, match="asks for a login"):
        files.read_table(document(login))


def test_a_wrong_charset_is_told_and_can_be_set_right() -> None:
    body = "city,year,v\nZürich,2020,1\n".encode("cp1252")
    assert files.read_table(document(body), encoding="cp1252")["city"].to_list() == ["Zürich"]
    with pytest.raises(Unexpected, match="is not in the charset utf-8"):
        files.read_table(document(body), encoding="utf-8")
    with pytest.raises(Unexpected, match="is not in the charset klingon"):
        files.read_table(document(body), encoding="klingon")
    with pytest.raises(Unexpected, match="line 2 is in no charset that is known here"):
        files.read_table(document(b"city,year,v\n\xff\xff\xff,2020,1\n"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"PK\x03\x04 and nothing", "cannot be read as XLSX or ZIP, it seems damaged"),
        (b"PAR1 and nothing", "cannot be read as Parquet, it seems damaged"),
        (b"\xd0\xcf\x11\xe0 and nothing", "cannot be read as Excel, it seems damaged"),
        (b"\x00\x01\x02\x03", "got binary data"),
        (b'{"a": [1, 2', "cannot be read as JSON, it seems damaged"),
        (b"[" * 100_000, "cannot be read as JSON, it seems damaged"),
        (b'a,b\n"' + b"x" * 200_000, "cannot be read as delimited text, it seems damaged"),
        (b'{"data": [1], "total": 1}', "expected a list of records .* data, total"),
        (b"[1, 2]", "expected a list of records .* list"),
    ],
)
def test_damaged_files_are_told(body: bytes, told: str) -> None:
    with pytest.raises(Unexpected, match=told):
        files.read_table(document(body))


def test_a_download_cut_short_is_told_and_never_a_panic(shared: Path) -> None:
    whole = (shared / "samples" / "nbs_download" / "nbs_city_sh.xls").read_bytes()
    expected = files.read_table(document(whole), header_row=4)
    for end in range(700, 9_700, 1_800):  # the last pages of the file hold no cells
        with pytest.raises(Unexpected, match="cannot be read as Excel, it seems damaged"):
            files.read_table(document(whole[:end]), header_row=4)
    assert files.read_table(document(whole[:9_900]), header_row=4).equals(expected)


@cache
def whole(form: str) -> bytes:
    """A file, made once: a workbook holds the time at which it was made, and its length varies."""
    return FORMATS[form](ROWS)


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_bytes_give_a_table_or_one_of_our_errors(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(sorted(FORMATS)))
    body = bytearray(whole(form))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        files.read_table(document(bytes(body[data.draw(st.integers(0, 3)) :])))
    except SourceError as error:
        assert "\n" not in str(error)


def test_a_format_that_the_content_belies() -> None:
    with pytest.raises(Unexpected, match="expected parquet, got csv"):
        files.read_table(document("a,b\n1,2\n"), format="parquet")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unexpected, match="cannot be read"):
        files.read_table(tmp_path / "gone.csv")


def test_a_layout_must_be_named_fully() -> None:
    frame = files.read_table(document("city,year,v\na,2020,1\n"))
    for arguments in ({"city": "city", "period": "year"}, {"city": None, "period": None}):
        with pytest.raises(ValueError, match="name the columns"):
            files.tidy(frame, **arguments)
    with pytest.raises(Unexpected, match="no column is a period; columns: city, year, v"):
        files.tidy(frame, city="city", period=None)
    frame = files.read_table(document('city,"two\nlines"\na,1\n'))
    with pytest.raises(Unexpected, match="columns: city, two lines"):
        files.tidy(frame, city="city", period=None)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(1990, 2030), st.none() | st.integers()),
        unique_by=lambda row: row[:2],
        min_size=1,
    ).filter(lambda rows: any(row[2] is not None for row in rows)),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_was_written_is_read_back(rows: list[tuple[str, int, int | None]], mark: str) -> None:
    lines = [["city", "year", "v"]]
    lines += [[city, str(year), "" if v is None else str(v)] for city, year, v in rows]
    frame = files.read_table(document(delimited(mark)(lines)))
    tidy = files.tidy(frame, city="city", period="year", value="v")
    assert tidy.rows() == [(city, str(year), float(v)) for city, year, v in rows if v is not None]


def test_the_worked_example_of_the_documentation() -> None:
    names = run_example("files.md")
    bought = document('城市,2019,2020\n上海,"1,234",1.3万\n北京,—,15\n')
    assert names["normalize"]([bought]).rows() == [
        ("shanghai", "2019", 1234.0),
        ("shanghai", "2020", 13000.0),
        ("beijing", "2020", 15.0),
    ]


def test_a_charset_that_makes_no_sense_is_told() -> None:
    text = "縣市,年份,人數\n臺中,2021,5\n高雄,2021,6\n"
    for body in (text.encode("big5"), text.encode() + "臺".encode()[:2]):
        with pytest.raises(Unexpected, match="is in no charset that is known here; name it with"):
            files.read_table(document(body))
    assert files.read_table(document(text.encode("big5")), encoding="big5").height == 2


def as_excel_shows(rows: list[list[tuple[Any, str | None]]]) -> bytes:
    """A workbook of cells with their formats; a text that begins with = is a formula."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("表")
        for number, row in enumerate(rows):
            for column, (value, form) in enumerate(row):
                shape = book.add_format({"num_format": form or "General"})
                sheet.write(number, column, value, shape)
    return buffer.getvalue()


def tidied(cell: tuple[Any, str | None], year: tuple[Any, str | None] = (2021, None)) -> Any:
    rows: list[list[tuple[Any, str | None]]] = [
        [("城市", None), ("时间", None), ("值", None)],
        [("甲", None), year, cell],
        [("乙", None), (2021, None), (1, None)],
    ]
    frame = files.read_table(document(as_excel_shows(rows), "book.xlsx"))
    return files.tidy(frame, city="城市", period="时间", value="值").row(0)[1:]


@pytest.mark.parametrize(
    ("cell", "value"),
    [((0.615, "0.0%"), 61.5), ((0.07, "0%"), 7.0), ((0.615, None), 0.615), ((1.1, "0.0"), 1.1)],
)
def test_a_share_is_read_as_excel_shows_it(cell: tuple[Any, str], value: float) -> None:
    assert tidied(cell) == ("2021", value)


@pytest.mark.parametrize(
    ("form", "period"),
    [
        ("yyyy-mm", "2021-03"),
        ('yyyy"年"m"月"', "2021-03"),
        ("yyyy", "2021"),
        ("yyyy/m/d", "2021-03-05"),
        ("mmm-yy", "2021-03"),
    ],
)
def test_a_date_is_of_the_precision_that_excel_shows(form: str, period: str) -> None:
    assert tidied((5, None), (date(2021, 3, 5).toordinal() - 693594, form)) == (period, 5.0)


@pytest.mark.parametrize("error", ["=1/0", "=NoSuchName()"])
def test_a_formula_without_a_figure_is_no_missing_figure(error: str) -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook_:
        sheet = workbook_.add_worksheet()
        sheet.write_row(0, 0, ["城市", "2021"])
        sheet.write_row(1, 0, ["甲", 1])
        sheet.write(2, 0, "乙")
        sheet.write_formula(2, 1, error, None, "#REF!" if error == "=1/0" else "")
    frame = files.read_table(document(book.getvalue(), "book.xlsx"))
    with pytest.raises(BadCells, match="row 3, column '2021'"):
        files.tidy(frame, city="城市", period=None)


def test_a_raised_mark_is_no_digit() -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook_:
        raised = workbook_.add_format({"font_script": 1})
        sheet = workbook_.add_worksheet()
        sheet.write_row(1, 2, ["城市", "2021"])
        sheet.write_rich_string(2, 2, "杭州", raised, "2)")
        sheet.write_rich_string(2, 3, "1234", raised, "1")
    frame = files.read_table(document(book.getvalue(), "book.xlsx"))
    assert files.tidy(frame, city="城市", period=None).rows() == [("杭州", "2021", 1234.0)]


def test_lines_of_a_publisher_above_a_wide_table_are_no_headings() -> None:
    text = '"Data Source","Indicators",\n\n"Last","2025",\n\n"Name","Code","2020","2021",\n'
    frame = files.read_table(document(f'{text}"Aland","AAA","11",":",\n"B","BBB","7.5 p","",\n'))
    rows = files.tidy(frame, city="Code", period=None).rows()
    assert rows == [("AAA", "2020", 11.0), ("BBB", "2020", 7.5)]


def test_a_column_that_begins_with_a_year_is_not_passed_over() -> None:
    frame = files.read_table(document("城市,2019,2020p,2021年初,备注\n甲,1,2,3,x\n"))
    with pytest.raises(Unexpected, match="column '2021年初' begins with a year"):
        files.tidy(frame, city="城市", period=None)
    frame = files.read_table(document("城市,2019,2020p,备注\n甲,1,2,x\n"))
    assert len(files.tidy(frame, city="城市", period=None)) == 2
