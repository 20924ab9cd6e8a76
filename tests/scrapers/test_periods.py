from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.period import Period
from cityflux.scrapers.periods import iso_period, period_of


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2020", "2020"),
        ("2020-A1", "2020"),
        ("2020-S2", "2020-07/2020-12"),
        ("2020Q3", "2020-Q3"),
        ("2020-Q3", "2020-Q3"),
        ("2020M07", "2020-07"),
        ("2020-M07", "2020-07"),
        ("2020-07", "2020-07"),
        ("2020-W53", "2020-12-28/2021-01-03"),
        ("2020-07-14", "2020-07-14"),
        ("20200714", "2020-07-14"),
    ],
)
def test_a_period_of_an_office_becomes_one_that_the_model_reads(written: str, iso: str) -> None:
    assert iso_period(written) == iso
    assert Period.parse(iso).text == iso


@pytest.mark.parametrize("written", ["", "MRV", "2020-13", "2020-W54", "2020-02-30", "2020Q5"])
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        iso_period(written)


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2199, 12, 31)))
def test_every_day_reads_back(day: object) -> None:
    assert iso_period(str(day)) == str(day)


@pytest.mark.parametrize(
    ("label", "period"),
    [
        ("2024年", "2024"),
        ("２０２４ 年", "2024"),
        ("2024", "2024"),
        ("2024.0", "2024"),
        ("2024年末", "2024"),
        ("2024年12月", "2024-12"),
        ("2024/3", "2024-03"),
        ("202412", "2024-12"),
        ("2024年第三季度", "2024-Q3"),
        ("2024年三季度", "2024-Q3"),
        ("2024Q1", "2024-Q1"),
        ("2024-Q1", "2024-Q1"),
        ("2020-07-14 00:00:00", "2020-07-14"),
        ("2020年7月14日", "2020-07-14"),
        ("20200714", "2020-07-14"),
        ("2011—2020年", "2011/2020"),
        ("2020年1-11月", "2020-01/2020-11"),
    ],
)
def test_periods_as_people_write_them(label: str, period: str) -> None:
    assert period_of(label) == period


@pytest.mark.parametrize(
    "label",
    [
        *("", "GDP", "2020.10", "2020.1", "1-3月", "3月", "12345", "20201", "2020-13", "20200230"),
        *("2022-2021", "2020年比2019年", "0020", "99"),
    ],
)
def test_what_is_no_period(label: str) -> None:
    assert period_of(label) is None


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_every_period_that_is_read_is_one_of_the_house(day: date) -> None:
    written = [
        f"{day.year}年",
        f"{day.year}年{day.month}月",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day:%Y%m}",
        f"{day.year}年{(day.month + 2) // 3}季度",
        f"{day.year}年1-{max(day.month, 2)}月",
    ]
    for label in written:
        period = period_of(label)
        assert period is not None
        parsed = Period.parse(period)
        assert parsed.start <= day <= parsed.end
