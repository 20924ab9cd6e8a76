"""The numbers of the daemon for Prometheus, read from the database when they are asked for."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from cityflux.core.app.health import problems
from cityflux.core.daemon.tally import Counts, Tally
from cityflux.storage.changes import position
from cityflux.storage.database import as_moment
from cityflux.storage.jobs import read_daemon, read_jobs

Read = Callable[[], AbstractContextManager[sqlite3.Connection]]

#: Every metric: what it says, and its label.
METRICS = {
    "cityflux_healthy": "1 where nothing is wrong",
    "cityflux_start_timestamp_seconds": "since when the daemon is up",
    "cityflux_change_position": "sequence number of the last change",
    "cityflux_known_change_position": "the last change that the indices know",
    "cityflux_recompute_duration_seconds": "how long the last recompute took",
    "cityflux_observations": "figures that are stored, by status",
    "cityflux_stale_indicators": "indicators later than their own frequency allows",
    "cityflux_fetches_total": "fetches so far, by outcome",
    "cityflux_source_last_success_timestamp_seconds": "when a source last gave what it should",
    "cityflux_source_next_run_timestamp_seconds": "when a source is looked at next",
    "cityflux_source_failing": "1 where the last look at a source failed",
}


class Numbers:
    """Collects the metrics.

    Args:
        read: opens the database for reading.
        tally: what it counted until now.
    """

    def __init__(self, read: Read, tally: Tally) -> None:
        self._read, self._tally = read, tally

    def collect(self) -> Iterator[Metric]:
        """All metrics, as they are now."""
        with self._read() as connection:
            yield from _of_daemon(connection)
            yield from _of_figures(self._tally.count(connection))
            yield from _of_sources(connection)


def exposition(read: Read, tally: Tally) -> bytes:
    """The metrics in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(Numbers(read, tally))
    return generate_latest(registry)


def _of_daemon(connection: sqlite3.Connection) -> Iterator[Metric]:
    state = read_daemon(connection) or {}
    yield _gauge("cityflux_healthy", float(not problems(connection)))
    if state.get("started"):
        yield _gauge("cityflux_start_timestamp_seconds", _seconds(state["started"]))
    yield _gauge("cityflux_change_position", position(connection))
    yield _gauge("cityflux_known_change_position", state.get("position", 0))
    if state.get("recompute_seconds") is not None:
        yield _gauge("cityflux_recompute_duration_seconds", state["recompute_seconds"])


def _of_figures(counts: Counts) -> Iterator[Metric]:
    name = "cityflux_observations"
    figures = GaugeMetricFamily(name, METRICS[name], labels=["status"])
    for status, count in counts.figures.items():
        figures.add_metric([status], count)
    yield figures
    yield _gauge("cityflux_stale_indicators", len(counts.stale))
    name = "cityflux_fetches_total"
    fetched = CounterMetricFamily(name, METRICS[name], labels=["outcome"])
    for outcome, count in counts.fetches.items():
        fetched.add_metric([outcome], count)
    yield fetched


def _of_sources(connection: sqlite3.Connection) -> Iterator[Metric]:
    success, due, failing = (
        GaugeMetricFamily(
            f"cityflux_source_{name}", METRICS[f"cityflux_source_{name}"], labels=["source"]
        )
        for name in ("last_success_timestamp_seconds", "next_run_timestamp_seconds", "failing")
    )
    for job in read_jobs(connection).values():
        if job.last_success:
            success.add_metric([job.source_id], _seconds(job.last_success))
        if job.next_run:
            due.add_metric([job.source_id], _seconds(job.next_run))
        failing.add_metric([job.source_id], float(bool(job.error)))
    yield from (success, due, failing)


def _gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, METRICS[name], value=value)


def _seconds(moment: str) -> float:
    found = as_moment(moment)
    return found.timestamp() if found else math.nan
