"""The ways of the commands stay short: how many functions of ours each passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_module

#: Each command, how many functions it passed before the rooms were rebuilt, and how many it may.
#: Counted by ``python -m tests.ways --database FILE COMMAND``, after ``run --once --offline``. What
#: they do has grown since: ``show`` and the report tell a verdict, how sure it is and why something
#: is in brackets; an index compares what it can and has open periods, and what stands is told from
#: digests; indicators follow flows; each that loads plugins looks which secrets there are.
WAYS = {
    "show flow_index": (223, 110),
    "refresh --offline": (444, 462),
    "compute": (442, 620),
    "report flow_index": (480, 609),
}


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[pytest.mark.deep] * way.startswith("report")) for way in WAYS]
)
def test_the_way_is_short(way: str, home: Path) -> None:
    done = run_module("tests.ways", "--database", "data/cityflux.db", *way.split(), cwd=home)
    passed = int(done.stderr.split()[-1])
    assert 20 < passed <= WAYS[way][1], done.stderr
