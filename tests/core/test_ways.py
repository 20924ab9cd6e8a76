"""The ways of the commands stay short: how many functions of ours each passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_module

#: Each command, how many functions it passed before the rooms were rebuilt, and how many it may:
#: ``show`` a third. Counted by ``python -m tests.ways --database FILE COMMAND``, both times after
#: ``run --once --offline``. The report has since learnt of breaks, and why no growth is told;
#: ``compute`` what of an index compares and what a connection keeps of figures and results,
#: ``show`` and the report to tell the verdict, and the report why something is in brackets and what
#: other indices say to it; both how sure it is; each that loads plugins looks which secrets there
#: are, and ``refresh`` judges figures by those that were accepted.
WAYS = {
    "show flow_index": (223, 110),
    "refresh --offline": (444, 456),
    "compute": (442, 608),
    "report flow_index": (480, 609),
}


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[pytest.mark.deep] * way.startswith("report")) for way in WAYS]
)
def test_the_way_is_short(way: str, home: Path) -> None:
    done = run_module("tests.ways", "--database", "data/cityflux.db", *way.split(), cwd=home)
    passed = int(done.stderr.split()[-1])
    assert 20 < passed <= WAYS[way][1], done.stderr
