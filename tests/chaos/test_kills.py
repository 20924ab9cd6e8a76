"""A few of the kills; ``make chaos`` is the full length."""

from __future__ import annotations

from tests.chaos.kills import SERIES, disturb
from tests.series import CITIES


def test_a_daemon_that_is_killed_loses_nothing() -> None:
    outcome = disturb(kills=(4, 6), seed=3)  # while it stores, and while it upgrades
    assert outcome.problems == []
    assert outcome.hits["plugins at work"]
    assert outcome.changes > SERIES * len(CITIES)  # more than what the last start brings
