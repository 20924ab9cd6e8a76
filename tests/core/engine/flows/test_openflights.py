"""The full file of OpenFlights, beside what another program counted of it."""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.flows import air_network
from cityflux.core.engine.flows.measures import measure

COUNTED = "non-stop destinations by air (cities)"


def test_the_destinations_are_those_that_another_program_counts(shared: Path) -> None:
    """It groups a few airports otherwise (London in Canada with London): up to 3 cities."""
    folder = shared / "samples" / "openflights"
    whole = air_network(folder)
    assert (whole.size, len(whole.value)) == (3185, 34_417)
    found = measure(air_network(folder, code_shares=False), ["destinations"])
    ours: dict[str, float] = {}
    for city, count in found.select("city", "destinations").iter_rows():
        name = city.partition(",")[0].lower().replace(" ", "_").replace("'", "")
        ours[name] = max(count, ours.get(name, 0))
    with (shared / "facts" / "world_connectivity_2014.csv").open(encoding="utf-8") as file:
        theirs = {
            row["city"]: float(row["value"])
            for row in csv.DictReader(file)
            if row["published_as"] == COUNTED
        }
    both = theirs.keys() & ours.keys()
    assert len(both) >= 75
    wrong = {
        city: (ours[city], theirs[city]) for city in both if abs(ours[city] - theirs[city]) > 3
    }
    assert wrong == {}
    assert (ours["london"], ours["new_york"]) == (343, 183)
