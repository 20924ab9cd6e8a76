"""How fast what-if answers: ``python -m benchmarks.whatif``.

300 cities x 127 indicators x 4 levels without gaps: an index with another figure and weight, and
what a city would have to change to gain ten ranks, by each of the 127 indicators alone and by the
smallest set. Milliseconds of CPU, medians of five.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import polars as pl

from benchmarks.engine import cities, definition, names
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.whatif.goal import Goal, levers, smallest
from cityflux.core.engine.whatif.probing import Aim, probe
from cityflux.core.engine.whatif.sets import smallest_set
from cityflux.core.engine.whatif.settings import Setting, Settings, changed

#: What is wanted, in milliseconds.
WHAT_IF, GOAL = 50.0, 1000.0


def world(method: str) -> Ground:
    """An index of 300 cities, standardized by a method."""
    figures, indicators = cities(300, 127, missing=0.0), names(127)
    keys = figures[["period", "city"]]
    there = figures.select(pl.col(indicators).is_not_null().cast(pl.Float64))
    panel = Panel(keys.hstack(figures[indicators]), keys.hstack(there))
    signs = {name: 1 if i % 3 else -1 for i, name in enumerate(indicators)}
    chosen = definition(figures, indicators, standardization={"method": method})
    return Ground(chosen, panel, signs, Methods())


def what_if(ground: Ground) -> None:
    """Compute the index with another figure and another weight."""
    other = changed(ground, Settings((Setting("c0005", "i003", 20.0),), {"p01": 2.0}))
    score(other.definition, other.panel, other.directions, other.methods)


def goal(ground: Ground, *, together: bool) -> None:
    """Look for what takes the last city but 25 ten ranks up."""
    definition = ground.definition
    aim = Aim("c0150", definition.periods.of[-1], definition.id)
    probing = probe(ground, aim)
    at = definition.cities.index(aim.city)
    wanted = Goal(at, int(Goal(at).rank_of(probing.joint([{}]))[0]) - 10)
    own = levers(probing, list(definition.figures), below_zero=definition.figures)
    if together:
        smallest_set(probing, wanted, own, 0.5)
    else:
        for lever in own:
            smallest(probing, wanted, lever)


def timed(work: Callable[[], None]) -> float:
    """Give the median CPU time of a work, in milliseconds; the first run does not count."""
    spent = []
    for _ in range(6):
        start = time.process_time()
        work()
        spent.append((time.process_time() - start) * 1e3)
    return statistics.median(spent[1:])


if __name__ == "__main__":
    print("300 cities x 127 indicators x 4 levels; milliseconds of CPU, medians")
    for method in ("zscore", "minmax"):
        ground = world(method)
        works = {
            f"what-if ({WHAT_IF:.0f} wanted)": lambda own=ground: what_if(own),
            f"each indicator alone ({GOAL:.0f} wanted)": lambda own=ground: goal(
                own, together=False
            ),
            f"the smallest set ({GOAL:.0f} wanted)": lambda own=ground: goal(own, together=True),
        }
        for name, work in works.items():
            print(f"{method:8}{name:40}{timed(work):9.1f}")
