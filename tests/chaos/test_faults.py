"""A try of some faults; ``make chaos`` is the full length."""

from __future__ import annotations

from functools import partial

import pytest

from tests.chaos.at_rest import at_rest, hostile
from tests.chaos.running import FAULTS, suffer, victims
from tests.chaos.tally import Tally


@pytest.mark.parametrize("kind", ["truncated file, at rest", "read-only"])
def test_a_fault_of_a_file_loses_nothing_that_was_committed(kind: str) -> None:
    done = at_rest(kind, tries=1, seed=1)
    assert (done.tried, done.lost, done.problems) == (1, 0, [])


def test_a_hostile_server_changes_nothing() -> None:
    done = hostile(tries=1, seconds=0, seed=1)
    assert (done.survived, done.lost, done.problems) == (1, 0, [])


def test_a_shortage_under_a_daemon_loses_nothing() -> None:
    done = Tally()
    with victims(seed=1) as victim:
        victim.up()
        for name in ("files may not grow", "no descriptors"):
            done.count(partial(suffer, victim, name, FAULTS[name]))
        assert victim.stop() == 0
    assert (done.tried, done.lost, done.problems) == (2, 0, [])
