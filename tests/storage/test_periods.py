"""What makes up a period is said in Python and in SQL, and both say the same."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityflux.core.model.errors import PeriodError
from cityflux.core.model.period import Period, is_period, part_of
from cityflux.storage import periods as sql
from cityflux.storage.periods import fineness, near

_DAYS = st.dates(date(2018, 12, 1), date(2021, 2, 1))


@st.composite
def singles(draw: st.DrawFn) -> str:
    """A single period; often one at the edge of a month, where a comparison may go wrong."""
    day = draw(_DAYS)
    if draw(st.booleans()):
        day = day.replace(day=1) - timedelta(days=draw(st.integers(0, 1)))
    return draw(
        st.sampled_from(
            (
                f"{day:%Y}",
                f"{day:%Y}-Q{(day.month + 2) // 3}",
                f"{day:%Y-%m}",
                f"{day:%Y-%m-%d}",
            )
        )
    )


@st.composite
def periods(draw: st.DrawFn) -> str:
    """A single period or a span."""
    first, last = draw(singles()), draw(singles())
    if draw(st.booleans()):
        return first
    try:
        return Period.parse(f"{first}/{last}").text
    except PeriodError:  # it would run backwards
        return first


@settings(max_examples=60)
@given(st.lists(periods(), min_size=8, max_size=30, unique=True))
def test_sql_says_what_python_says(texts: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    rows = connection.execute(
        f"SELECT s.value, a.value, {fineness('s.value', 'a.value')}, {near('s.value', 'a.value')} "
        "FROM json_each(?1) s, json_each(?1) a",
        (json.dumps(texts),),
    )
    for stored, asked, found, is_near in rows:
        part = part_of(stored, asked)
        assert found == (part and part.fineness), (stored, asked)
        assert is_near or part is None, (stored, asked)
    connection.close()


_PIECES = ("2020", "2020-Q3", "2020-07", "2020-02-29", "2021-02-29", "0000", "0001", "9998-12")
_SIGNS = ("/", "-", "Q", "1", "00", "13", ",", " ", "\x00", "\n", "２", "年", "'", "9999")


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from(_PIECES + _SIGNS), max_size=4).map("".join), min_size=20))
@example(["2020\x00", "202\x00", "2020\x00/2021", "2020/20\x0021", "2011/2020", "2020/2011"])
@example(
    ["9999", "9998", "9998-12/9999", "2020-13", "2020-00", "2020-Q5", "2020-06-31", "/", "2020/"]
)
def test_what_a_table_keeps_out_is_what_does_not_parse(texts: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    for text in texts:
        (found,) = connection.execute(
            f"SELECT {sql.is_period('t')} FROM (SELECT ? AS t)", (text,)
        ).fetchone()
        assert bool(found) is is_period(text), text
        assert found is not None
    connection.close()
