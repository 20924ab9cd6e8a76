from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.period import Period
from cityflux.core.model.written_period import iso_period, marked_period, period_of, refuse_fiscal


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


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2021年全年", "2021"),
        ("2023年上半年", "2023-01/2023-06"),
        ("2023年前三季度", "2023-01/2023-09"),
        ("2023年前11个月", "2023-01/2023-11"),
        ("2023年1月—6月", "2023-01/2023-06"),
        ("2023年前13个月", None),
        ("2023年前九季度", None),
    ],
)
def test_a_part_of_a_year_in_words_is_a_span(text: str, period: str | None) -> None:
    assert period_of(text) == period


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2020p", ("2020", True)),
        ("2021（初步数）", ("2021", True)),
        ("2021年快报数", ("2021", True)),
        ("2020r", ("2020", False)),
        ("2020(修订)", ("2020", False)),
        ("2019①", ("2019", False)),
        ("2019年*", ("2019", False)),
        ("2019", ("2019", False)),
        ("2019 GDP", None),
        ("合计", None),
    ],
)
def test_a_mark_behind_a_period_is_understood(text: str, found: tuple[str, bool] | None) -> None:
    assert marked_period(text) == found


def test_years_from_one_into_the_next_are_no_months() -> None:
    with pytest.raises(ValueError, match="2009-10 to 2011-12 may be months"):
        refuse_fiscal(["2009-10", "2010-11", "2011-12"])
    refuse_fiscal(["2009-10"])
    refuse_fiscal(["2009-10", "2009-11"])
    refuse_fiscal(["2019", "2009-10", "2010-11"])
