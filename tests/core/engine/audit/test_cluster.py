"""The draws of an audit on a cluster: the same counts as on one machine, whoever counts them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest
from click.testing import CliRunner
from distributed import Client, LocalCluster

from cityflux.core.cli.main import cli
from cityflux.core.engine.audit.assumptions import Assumptions, Weights
from cityflux.core.engine.audit.auditing import Audit, audit
from cityflux.core.engine.audit.cluster import counted, on_cluster
from cityflux.core.engine.audit.gathering import Chunks, Settings
from cityflux.core.engine.audit.tally import Counting, Tally
from cityflux.core.engine.definition.choices import Aggregation, Standardization
from tests.core.engine.audit.worlds import ground

WORLD = ground(
    np.random.default_rng(3).normal(size=(8, 5)),
    nodes=[{"id": "g", "name_zh": "g", "name_en": "g", "indicators": ["x0", "x1"]}],
    indicators=["x2", "x3", "x4"],
)
#: Some of these draws fail: z-scores have no geometric mean.
VARIED = Assumptions(
    weights=Weights(),
    aggregation=[Aggregation(method="geometric")],
    standardization=[Standardization(method="minmax", lower=1, upper=2)],  # type: ignore[call-arg]
)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[LocalCluster, Client]]:
    options = {"host": "127.0.0.1", "protocol": "tcp://", "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, processes=False, **options) as own,
        Client(own, set_as_default=False) as client,
    ):
        yield own, client


def same(found: Audit, here: Audit) -> None:
    """Everything to the last bit, and scores within a bin."""
    assert (found.done, list(found.failed.items())) == (here.done, list(here.failed.items()))
    assert found.failed
    for ours, theirs in ((found.shares["i"], here.shares["i"]), (found.pairs, here.pairs)):
        assert np.array_equal(ours[0], theirs[0], equal_nan=True)
    assert np.array_equal(found.central[0], here.central[0], equal_nan=True)
    assert np.array_equal(found.ranks, here.ranks)
    assert here.score_error == 0 < found.score_error
    assert np.abs(found.scores - here.scores).max() <= found.score_error
    assert found.score_error < 0.05 * np.ptp(here.scores)


def test_a_cluster_counts_what_one_machine_counts() -> None:
    settings = Settings(5000, 0)
    with cluster(2) as (own, _):
        done: list[int] = []
        found = audit(
            WORLD, VARIED, settings, done.append, gather=on_cluster(own.scheduler_address)
        )
    same(found, audit(WORLD, VARIED, settings))
    assert done[-1] == 5000
    assert len(done) == 5


@pytest.mark.deep
def test_the_command_draws_on_a_cluster_or_says_that_none_answers(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    command = ["audit", "flow_index", "--draws", "600", "--points", "0", "--lang", "en"]
    here = CliRunner().invoke(cli, command)
    with cluster(1) as (own, _):
        there = CliRunner().invoke(cli, [*command, "--dask", own.scheduler_address])
    assert here.exit_code == there.exit_code == 0, there.output
    line = "The ends of scores come from a table; they are off by less than "
    assert [each for each in there.output.splitlines() if line in each]
    assert line not in here.output
    monkeypatch.setattr("cityflux.core.engine.audit.cluster._SECONDS", 0.2)
    none = CliRunner().invoke(cli, [*command, "--dask", "tcp://127.0.0.1:9"])
    assert none.exit_code == 1
    line = "--dask: no cluster answers at tcp://127.0.0.1:9; start one: dask scheduler"
    assert line in str(none.exception)


@pytest.mark.deep
def test_a_killed_worker_costs_a_retry_of_its_part() -> None:
    settings, progress = Settings(40_000, 0), []

    def gather(chunks: Chunks, counting: Counting, _: object) -> Tally:
        def kill(done: int) -> None:
            progress.append(done)
            workers[0].kill()

        return counted(client, chunks, counting, kill)

    with cluster(0) as (own, client), ExitStack() as running:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", own.scheduler_address]
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        workers = [running.enter_context(Popen([*command, *options])) for _ in range(2)]
        for worker in workers:
            running.callback(worker.kill)
        client.wait_for_workers(2, timeout=60)
        found = audit(WORLD, VARIED, settings, gather=gather)
        assert [worker.poll() for worker in workers] == [-signal.SIGKILL, None]
    assert progress[0] < 20_000
    assert progress[-1] == 40_000
    same(found, audit(WORLD, VARIED, settings))
