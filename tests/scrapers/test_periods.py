from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.period import Period
from cityflux.scrapers.periods import iso_period


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


@given(st.dates())
def test_every_day_reads_back(day: object) -> None:
    assert iso_period(str(day)) == str(day)
