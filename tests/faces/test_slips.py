"""Whatever name is mistyped in a command, the message offers the one that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import run_module

SLIPS = {
    "shwo": "show",
    "show flow_indx": "flow_index",
    "tree flow_indx": "flow_index",
    "tree flow_index --city shangai --versus hangzhou": "shanghai",
    "ranking flow_index --node transprt": "transport",
    "strengths shangai": "shanghai",
    "weights flow_indx": "flow_index",
    "adjustments flow_indx": "flow_index",
    "notes flow_indx": "flow_index",
    "against paper_publishd flow_index": "paper_published",
    "compare flow_index --node transprt": "transport",
    "analyse flow_indx": "flow_index",
    "trends flow_indx": "flow_index",
    "trends overall_economy.gdpp": "overall_economy.gdp",
    "audit flow_indx": "flow_index",
    "report flow_indx": "flow_index",
    "report --city shangai": "shanghai",
    "indicators --index flow_indx": "flow_index",
    "indicators accept overall_economy.gdpp": "overall_economy.gdp",
    "refresh overall_economy.gdpp": "overall_economy.gdp",
    "compute flow_indx": "flow_index",
    "compute flow_index --exclude transprt": "transport",
    "run --once --offline flow_indx": "flow_index",
    "flows air_route": "air_routes",
    "flows --city shangai": "shanghai",
    "plugins check plugins.peple": "plugins.people",
    "plugins nwe": "new",
    "show --jsn": "--json",
}


@pytest.mark.parametrize("typed", SLIPS)
def test_a_slip_is_told_with_what_was_meant(typed: str, made_once: Path) -> None:
    done = run_module("cityflux", *typed.split(), cwd=made_once)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert "did you mean" in done.stderr.casefold()
    assert SLIPS[typed] in done.stderr.casefold().split("did you mean")[1]


@pytest.mark.parametrize("typed", ["show zzz", "flows zzz", "compute zzz", "zzz", "trends zzz"])
def test_where_nothing_is_near_it_says_where_to_look(typed: str, made_once: Path) -> None:
    told = run_module("cityflux", *typed.split(), cwd=made_once).stderr
    assert "there are: " in told or "cityflux " in told.split("zzz", 1)[1]
    assert "did you mean" not in told
