"""The wheel turns by itself: from the communiqués of a spring to the scores of a new year."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cityflux.plugins import communiques
from tests.conftest import run_module
from tests.daemon.spring import GDP, INVESTMENT, RETAIL, REVISION, Spring
from tests.daemon.test_clock import Hands
from tests.daemon.test_service import Daemon
from tests.plugins.test_main_cities import DEFINITION, FIVE, PLUGINS
from tests.servers import LoopbackServer

YEAR = 2026
INDEX = "main_cities_index"
#: In the folder of plugins, so that nothing but the loopback is asked.
PLUGIN = """
import threading
import time

from cityflux import hookimpl
from cityflux.plugins import live

# libfaketime 0.9 refuses the absolute deadline with which CPython sleeps since 3.11.
time.sleep = lambda seconds: threading.Event().wait(seconds)
live.NBS_MAIN_CITIES.params["base"] = "ADDRESS"
for source in (live.SSE_DAILY, live.SZSE_MONTHLY):  # of no index
    object.__setattr__(source, "access", "declared")


@hookimpl
def register_cities(register):
    pass
"""
CONFIG = f"""
[plugins]
disabled = ["plugins.flows", "plugins.definitions"]
[indices]
default = "{INDEX}"
files = ["{INDEX}.toml"]
[daemon]
poll = 0.2
[client]
allow_hosts = ["127.0.0.1"]
requests_per_second = 1000.0
connections = 16
"""
#: What the daemon does besides, in the long form.
MORE = f"""
[audit]
draws = 50
[report]
indices = ["{INDEX}"]
form = "md"
language = "en"
"""


def index(cities: Sequence[str], first: int) -> str:
    """The index of the main cities as it is bundled, over some cities and from a year on."""
    text = (PLUGINS / "indices" / f"{INDEX}.toml").read_text(encoding="utf-8")
    text = re.sub(r"cities = \[.*?\]", f"cities = {json.dumps([*cities])}", text, flags=re.DOTALL)
    return text.replace("from = 2011", f"from = {first}")


class Watched:
    """The daemon of a spring, with the hands of its clock.

    Args:
        folder: where the bundled figures are.
        server: where the sources are.
        cities: those of the index, which publish.
        first: the first year of the index.
        more: of the configuration.
    """

    def __init__(
        self, folder: Path, server: LoopbackServer, cities: Sequence[str], first: int, more: str
    ) -> None:
        self.daemon = Daemon(folder)
        self.spring = Spring(server, YEAR, self.daemon.database, cities)
        (folder / f"{INDEX}.toml").write_text(index(cities, first), encoding="utf-8")
        self.spring.offices(folder / "offices.csv")
        (folder / "my_plugins").mkdir()
        known = {each.city for each in communiques.offices(communiques.OFFICES)}
        never = (f'"{city}.communique" = ""\n' for city in sorted(known.difference(cities)))
        others = "\n".join(["[schedule]", *never])
        code = PLUGIN.replace("ADDRESS", server.address("/bureau/"))
        (folder / "my_plugins" / "loopback.py").write_text(code, encoding="utf-8")
        (folder / "config.toml").write_text(CONFIG + more + others, encoding="utf-8")
        self._hands = Hands(folder / "offset")

    def start(self, day: date) -> None:
        self._set(day)
        offices = str(self.daemon.folder / "offices.csv")
        self.daemon.start(CITYFLUX_COMMUNIQUES=offices, **self._hands.environment("CACHE_DURATION"))

    def until(self, day: date, step: int = 0) -> None:
        """Let it be seven in the morning of a day, and wait until all is looked at and settled.

        Args:
            day: the day.
            step: after how many days each there is a look before it; none for 0.
        """
        while step and self.spring.today + timedelta(days=step) < day:
            self.until(self.spring.today + timedelta(days=step))
        self._set(day)
        moment = self._moment(day)
        self.daemon.until(lambda: self._looked(moment), 120)
        self.daemon.until(self._settled, 60)

    def _moment(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, 7, tzinfo=UTC)

    def _set(self, day: date) -> None:
        self.spring.today = day
        self._hands.set(self._moment(day))

    def _looked(self, moment: datetime) -> bool:
        jobs = self.daemon.rows("SELECT next_run, running_since FROM jobs")
        nexts = [datetime.fromisoformat(each) for each, _ in jobs if each]
        return bool(jobs) and not any(since for _, since in jobs) and min(nexts) > moment

    def _settled(self) -> bool:
        known = "(SELECT max(seq) FROM changes)"
        return bool(self.daemon.rows(f"SELECT 1 FROM daemon WHERE position >= {known}"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.daemon.rows(query)

    def until_told(self, cities: Collection[str]) -> None:
        """Wait for the audit and the report of what was computed last, and read them.

        Args:
            cities: those that are ranked.
        """
        folder = self.daemon.folder
        audited = f"(SELECT max(id) FROM runs WHERE index_id = '{INDEX}')"
        self.daemon.until(lambda: self.rows(f"SELECT 1 FROM audits WHERE run_id = {audited}"), 120)
        report = folder / "reports" / f"{INDEX}_{YEAR}.md"
        told = f"report: {report}\n"
        self.daemon.until(lambda: told in self.daemon.log.read_text().rpartition("audit: ")[2], 120)
        assert str(YEAR) in report.read_text(encoding="utf-8")
        asked = (
            "SELECT r.city_id, s.rank, r.rank_low, r.rank_high FROM audit_ranks r "
            "JOIN audits a ON a.id = r.audit_id JOIN scores s ON s.index_id = a.index_id AND "
            "s.node_id = r.node_id AND s.city_id = r.city_id AND s.period = r.period "
            f"WHERE (a.run_id, r.node_id, r.period) = ({audited}, '{INDEX}', '{YEAR}')"
        )
        read = run_module("sqlite_utils", str(self.daemon.database), asked, cwd=folder)
        found = [row for row in json.loads(read.stdout) if row["rank"]]
        assert {row["city_id"] for row in found} == {*cities}
        assert all(row["rank_low"] <= row["rank_high"] for row in found)

    def years(self) -> list[str]:
        query = f"SELECT DISTINCT period FROM scores WHERE index_id = '{INDEX}' ORDER BY period"
        return [period for (period,) in self.rows(query)]

    def ranked(self, node: str = INDEX) -> dict[str, float]:
        return dict(
            self.rows(
                "SELECT city_id, comparable_score FROM scores WHERE rank IS NOT NULL "
                f"AND (index_id, node_id, period) = ('{INDEX}', '{node}', '{YEAR}')"
            )
        )


@pytest.fixture
def watch(home: Path) -> Iterator[Callable[..., Watched]]:
    """Makes the daemon, once."""
    with LoopbackServer() as server:
        made: list[Watched] = []

        def make(*asked: Any) -> Watched:
            made.append(Watched(home, server, *asked))
            return made[0]

        yield make
        for each in made:
            if hasattr(each.daemon, "process") and each.daemon.process.poll() is None:
                each.daemon.process.kill()
                each.daemon.process.wait()


@pytest.mark.parametrize(
    ("cities", "first", "step"),
    [
        pytest.param(6, 2019, 0, marks=pytest.mark.deep),
        pytest.param(36, 2011, 3, marks=pytest.mark.deep),
    ],
)
def test_a_new_year_comes_without_a_hand(
    watch: Callable[..., Watched], cities: int, first: int, step: int
) -> None:
    """Each look is at seven; with a ``step`` there are others between, so many days apart."""
    those = sorted(DEFINITION["cities"], key=lambda city: city not in FIVE)  # of known offices
    watched = watch(those[:cities], first, MORE if step else "")
    days = sorted(watched.spring.days.values())
    enough = math.ceil(0.8 * cities)
    watched.start(days[0] - timedelta(days=9))
    watched.until(days[enough - 2], step)
    assert str(YEAR) not in watched.years()

    watched.until(days[enough - 1])  # so many are enough for what all of them state
    assert watched.years()[-1] == str(YEAR)
    assert len(watched.ranked(RETAIL)) == enough
    watched.until(days[-1], step)
    early = watched.ranked()
    assert len(early) >= enough
    assert not watched.ranked("capital")  # in brackets, and so is what nobody prints so soon
    query = f"SELECT status, count(*) FROM observations WHERE period = '{YEAR}' AND indicator_id = "
    assert watched.rows(f"{query} '{GDP}' GROUP BY 1") == [("provisional", cities)]

    watched.until(date(YEAR + 1, 5, 31), step)
    assert watched.rows(f"{query} '{GDP}' GROUP BY 1") == [("ok", cities)]
    ((before, after),) = watched.rows(
        "SELECT r.value, o.value FROM revisions r JOIN observations o "
        "USING (indicator_id, city_id, period, source_id) "
        f"WHERE indicator_id = '{GDP}' AND city_id = 'beijing' AND period = '{YEAR}'"
    )
    assert after == pytest.approx(before * REVISION, abs=0.01)
    last = watched.ranked()
    assert last.keys() == early.keys()
    assert last != early
    assert watched.ranked(INVESTMENT)
    if step:
        watched.until_told(last.keys())
    assert watched.daemon.stop() == 0
