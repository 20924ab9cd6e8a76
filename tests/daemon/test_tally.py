"""What is counted step by step is what a count of everything says."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.daemon.tally import Counts, Tally
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.fetches import begin_fetch, end_fetch
from cityflux.storage.housekeeping import Policy, run_housekeeping
from cityflux.storage.observations import store_figures
from cityflux.storage.read_only import read_database
from cityflux.storage.staleness import read_stale

FREQUENCIES = ("annual", "monthly", "daily", "irregular")
PERIODS = ("2019", "2020-02", "2031-Q4", "2011/2020", "2026-01-31")
LONG_AGO = "2020-01-01T00:00:00.000Z"

stores = st.tuples(
    st.sampled_from(FREQUENCIES),
    st.sampled_from(PERIODS),
    st.sampled_from(["ok", "suspect", "provisional"]),
    st.integers(0, 1),
)
deletes = st.tuples(st.sampled_from(FREQUENCIES))
tidyings = st.just(())


def counted(path: Path) -> Counts:
    with read_database(path) as connection:
        figures = connection.execute("SELECT status, count(*) FROM observations GROUP BY status")
        fetches = connection.execute(
            "SELECT outcome, sum(n) FROM (SELECT outcome, 1 AS n FROM fetches UNION ALL "
            "SELECT outcome, fetches FROM thinned_fetches) GROUP BY outcome"
        )
        stale = {each.indicator_id: each.days_late for each in read_stale(connection)}
        return Counts(dict(figures), dict(fetches), stale)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(stores | deletes | tidyings, max_size=3), max_size=6))
def test_what_changed_is_counted_anew(rounds: list[list[tuple[str | int, ...]]]) -> None:
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.db"
        with open_database(path) as connection:
            with write(connection):
                catalog.save_cities(connection, [{"id": "a", "name_zh": "a", "name_en": "a"}])
                catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
                catalog.save_indicators(
                    connection,
                    [
                        {"id": f"x.{each}", "name_zh": "", "name_en": "", "unit": "个"}
                        | {"frequency": each}
                        for each in FREQUENCIES
                    ],
                )
            for steps in rounds:
                for step in steps:
                    match step:
                        case (str(name), str(period), str(status), int(value)):
                            with write(connection):
                                fetch = begin_fetch(connection, f"x.{name}", "s", "", LONG_AGO)
                                found = [Figure("a", period, float(value), status)]
                                store_figures(connection, f"x.{name}", "s", found, fetch)
                                end_fetch(connection, fetch, "stored")
                        case (str(name),):
                            connection.execute(
                                "DELETE FROM observations WHERE indicator_id = ?", (f"x.{name}",)
                            )
                        case ():
                            run_housekeeping(connection, Policy(1, 1))
                with read_database(path) as reading:
                    assert tally.count(reading) == counted(path)
