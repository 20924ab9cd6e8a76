from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.errors import BadCells
from cityflux.core.model.numerals import parse_number

FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("0.0", 0.0),
        ("1234", 1234.0),
        ("1,234", 1234.0),
        ("1,234,567.89", 1234567.89),
        ("1 234 567", 1234567.0),
        ("1\u00a0234", 1234.0),
        ("1\u2009234", 1234.0),
        ("1\u202f234.5", 1234.5),
        ("1'234'567.5", 1234567.5),
        ("1’234", 1234.0),
        ("１２，３４５．６", 12345.6),
        (".5", 0.5),
        ("+3.2", 3.2),
        ("-3.2", -3.2),
        ("−3.2", -3.2),
        ("–3.2", -3.2),
        ("－３．２", -3.2),
        ("—16.6", -16.6),
        ("(1,234)", -1234.0),
        ("（3.2）", -3.2),
        ("12.5%", 12.5),
        ("12.5 ％", 12.5),
        ("3‰", 3.0),
        ("1.2万", 12000.0),
        ("1.2 万", 12000.0),
        ("49843.1亿", 4984310000000.0),
        ("3.4万亿", 3400000000000.0),
        ("3百万", 3000000.0),
        ("1.5E+05", 150000.0),
        ("　　2189　", 2189.0),
        ("\ufeff7", 7.0),
    ],
)
def test_numbers_as_people_publish_them(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "  ",
            "　",
            "-",
            "--",
            "—",
            "——",
            "－",
            "–",
            "…",
            "……",
            "...",
            "..",
            "/",
            "\\",
            "N/A",
        ),
        *("n.a.", "NaN", "null", "None", "空", "暂无", "无数据", "#N/A", "\\N", "\u00a0"),
    ],
)
def test_no_figure_is_missing_and_never_zero(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "abc",
            "1,23",
            "12,34,567",
            "1,234 567",
            "12 34",
            "1.2.3",
            "1,2345",
            "约3",
            "3亿元",
            "inf",
        ),
        *("1e999", "(3", "1234①", "1234²", "1234*", "2020年", "3..", "- -", "1-2", "%", "万", ",5"),
    ],
)
def test_what_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a number|too large"):
        parse_number(text)


def test_a_footnote_mark_never_joins_the_figure() -> None:
    for marked in ("1234①", "1234²", "1234¹"):
        with pytest.raises(ValueError, match="not a number"):
            parse_number(marked)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.234,5", 1234.5), ("0,5", 0.5), ("1 234,5", 1234.5), ("12", 12.0), ("-3,2%", -3.2)],
)
def test_decimal_comma(text: str, value: float) -> None:
    assert parse_number(text, decimal=",") == value


def test_decimal_comma_refuses_the_other_style() -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_number("1,234.5", decimal=",")


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=3))
def test_every_way_to_write_a_number_reads_the_same(number: object) -> None:
    plain = f"{number:.3f}"
    grouped = f"{number:,.3f}"
    written = [
        plain,
        grouped,
        grouped.replace(",", " "),
        grouped.replace(",", "\u202f"),
        grouped.translate(FULL_WIDTH),
        plain.replace("-", "−"),
        f" {plain}% ",
    ]
    assert {parse_number(text) for text in written} == {float(plain)}
    swapped = grouped.translate(str.maketrans(",.", ".,"))
    assert parse_number(swapped, decimal=",") == float(plain)


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(["万", "亿", "万亿", "百万"]))
def test_scales_are_exact(number: int, scale: str) -> None:
    factor = {"万": 10**4, "亿": 10**8, "万亿": 10**12, "百万": 10**6}[scale]
    assert parse_number(f"{number / 100:.2f}{scale}") == number * factor / 100


@given(st.text(max_size=12))
def test_any_text_gives_a_finite_number_nothing_or_a_value_error(text: str) -> None:
    try:
        value = parse_number(text)
    except ValueError:
        return
    assert value is None or abs(value) < float("inf")


def test_bad_cells_name_the_first_and_keep_all() -> None:
    error = BadCells("f.csv", [f"row {i}" for i in range(5)], address="file:///f.csv")
    assert str(error) == (
        "f.csv: 5 cells cannot be read, nothing was taken: row 0; row 1; row 2; and 2 more"
    )
    assert len(error.reasons) == 5
    assert error.address == "file:///f.csv"


@pytest.mark.parametrize(
    ("text", "unit"),
    [("0.3万", "万人"), ("12‰", "%"), ("7.5%", "亿元"), ("2亿", "千人"), ("3%", "‰")],
)
def test_a_cell_that_speaks_against_the_unit_of_its_column_is_refused(text: str, unit: str) -> None:
    with pytest.raises(ValueError, match="of its own under the unit"):
        parse_number(text, unit=unit)


@pytest.mark.parametrize(
    ("text", "unit", "value"), [("3%", "%", 3.0), ("3‰", "‰", 3.0), ("0.3万", "人", 3000.0)]
)
def test_a_cell_that_agrees_with_the_unit_of_its_column(text: str, unit: str, value: float) -> None:
    assert parse_number(text, unit=unit) == value
