from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.errors import PeriodError
from cityflux.core.model.period import Period, part_of


@pytest.mark.parametrize(
    ("text", "precision", "start", "end"),
    [
        ("2020", "year", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020-Q3", "quarter", date(2020, 7, 1), date(2020, 9, 30)),
        ("2020-Q4", "quarter", date(2020, 10, 1), date(2020, 12, 31)),
        ("2020-02", "month", date(2020, 2, 1), date(2020, 2, 29)),
        ("2020-12", "month", date(2020, 12, 1), date(2020, 12, 31)),
        ("2020-07-14", "day", date(2020, 7, 14), date(2020, 7, 14)),
        ("2011/2020", "span", date(2011, 1, 1), date(2020, 12, 31)),
        ("2011-Q2/2011-Q3", "span", date(2011, 4, 1), date(2011, 9, 30)),
    ],
)
def test_the_five_forms(text: str, precision: str, start: date, end: date) -> None:
    period = Period.parse(text)
    assert (period.precision, period.start, period.end) == (precision, start, end)
    assert str(period) == text


@pytest.mark.parametrize(
    "text",
    ["", "20", "2020-13", "2020-Q5", "2020-02-30", "2020/2011", "2020/", "2020 ", "２０２０"],
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(PeriodError, match="period"):
        Period.parse(text)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)))
def test_every_day_lies_in_its_month_and_quarter(day: date) -> None:
    for text in (f"{day:%Y-%m}", f"{day:%Y}-Q{(day.month + 2) // 3}", f"{day:%Y}"):
        period = Period.parse(text)
        assert period.start <= day <= period.end


@pytest.mark.parametrize(
    ("stored", "asked", "part"),
    [
        ("2020", "2020", (0, 1)),
        ("2011/2020", "2011/2020", (0, 1)),
        ("2020", "2011/2020", (1, 10)),
        ("2020-Q3", "2020", (2, 4)),
        ("2020-07", "2020-Q3", (3, 3)),
        ("2020-07", "2020-07/2020-12", (3, 6)),
        ("2020-07-14", "2020-Q3", (4, 92)),
        ("2020", "2020/2020", (1, 1)),
        ("2020/2020", "2020", None),  # a span is never a part
        ("2019/2020", "2011/2020", None),
        ("2020", "2020-Q3", None),
        ("2020-06", "2020-06-15/2020-08-31", None),
        ("2020-08", "2020-06-15/2020-08-31", (3, 3)),
        ("2020-02", "2020-02-01/2020-02-29", (3, 1)),
        ("2020-02", "2020-02-01/2020-02-28", None),
    ],
)
def test_what_makes_up_a_period(stored: str, asked: str, part: tuple[int, int] | None) -> None:
    assert part_of(stored, asked) == part
