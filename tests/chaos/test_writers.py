"""A few seconds of the crowd; ``make chaos`` is a minute of it."""

from __future__ import annotations

from tests.chaos.writers import COMMANDS, crowd


def test_nobody_is_told_that_the_database_is_locked() -> None:
    outcome = crowd(seconds=1, commands=COMMANDS[:2])
    assert outcome.problems == []
    assert outcome.writes > 0
