"""Random indices and figures for the tests of the audit."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.measures.matrix import Floats, to_frame
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.steps.methods import Methods

AGGREGATIONS: list[dict[str, Any]] = [
    {"method": "mean"},
    {"method": "mean", "threshold": 0.6},
    {"method": "weighted_sum"},
    {"method": "geometric"},
    {"method": "harmonic"},
    {"method": "generalised", "power": 0.5},
    {"method": "generalised", "power": -1.0},
    {"method": "median"},
    {"method": "copeland"},
]


def ground(x: Floats, periods: int = 1, **changes: Any) -> Ground:
    """An index over figures, rows x indicators, the cities of each period after each other."""
    cities = [f"c{i}" for i in range(len(x) // periods)]
    names = [f"x{j}" for j in range(x.shape[1])]
    years = [str(2015 + y) for y in range(periods)]
    values = {
        "id": "i",
        "name_zh": "i",
        "name_en": "i",
        "cities": cities,
        "periods": {"of": years},
        "indicators": names,
    }
    keys = pl.DataFrame(
        {"period": np.repeat(years, len(cities)).tolist(), "city": cities * periods}
    )
    panel = Panel(keys.hstack(to_frame(x, names)), keys.hstack(to_frame(~np.isnan(x) * 1.0, names)))
    signs = {name: 1 if j % 3 else -1 for j, name in enumerate(names)}
    return Ground(parse_definition(values | changes, "test"), panel, signs, Methods())


def tree(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """Two or three groups, one of them with a group of its own; some leaves at the root."""
    weights = st.floats(0.2, 5)
    own = draw(st.integers(0, 2))
    rest, nodes = names[own:], []
    cuts = draw(st.integers(1, len(rest) - 1))
    for k, part in enumerate((rest[:cuts], rest[cuts:])):
        entries = [{"id": name, "weight": draw(weights)} for name in part]
        node = {"id": f"g{k}", "name_zh": "g", "name_en": "g", "weight": draw(weights)}
        node["aggregation"] = draw(st.sampled_from(AGGREGATIONS))
        if k and draw(st.booleans()):
            node["parent"] = "g0"
        nodes.append(node | {"indicators": entries})
    return {"indicators": names[:own], "nodes": nodes}


@st.composite
def grounds(draw: st.DrawFn) -> Ground:
    """A small index of any kind, over figures with gaps."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    periods, cities = draw(st.integers(1, 2)), draw(st.sampled_from([4, 7, 12]))
    x = np.exp(random.normal(size=(periods * cities, draw(st.integers(4, 7)))))
    x[random.random(x.shape) < draw(st.sampled_from([0, 0.05, 0.3]))] = np.nan
    changes = tree(draw, [f"x{j}" for j in range(x.shape[1])])
    changes["standardization"] = {"method": "minmax", "lower": 1, "upper": 10}
    changes["aggregation"] = draw(st.sampled_from(AGGREGATIONS))
    if draw(st.booleans()):
        changes["imputation"] = {"method": "median"}
    if draw(st.booleans()):
        changes["treatment"] = {"winsorize": 2}
    if draw(st.booleans()):
        changes["comparability"] = {"cities": 0.5, "weight": 0.4, "children": 0.2}
    if draw(st.booleans()):
        changes["levels"] = {"0": {"weighting": {"method": "standard_deviation"}}}
    return ground(x, periods, **changes)
