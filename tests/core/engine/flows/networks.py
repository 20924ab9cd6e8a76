"""Networks for tests: from a matrix, and at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from cityflux.core.engine.flows.network import Network, make_network

#: Corners of a map of one country and two regions, then of others.
PLACES = pl.DataFrame(
    {
        "id": [*"abcdefg"],
        "country": ["CN", "CN", "CN", "GB", "GB", "US", ""],
        "region": ["YRD", "YRD", "", "", "", "", ""],
        "latitude": [31.0, 30.0, 40.0, 51.5, 53.0, 40.7, None],
        "longitude": [121.0, 120.0, 116.0, 0.0, -2.0, -74.0, None],
    }
)


def of_matrix(matrix: Any) -> Network:
    """The network of a square matrix, cities a, b, c … in order, also those without a flow."""
    flows = np.array(matrix, dtype=float).reshape(len(matrix), len(matrix))
    origin, destination = np.nonzero(flows)
    cities = [*"abcdefg"][: len(flows)]
    values = flows[origin, destination]
    return make_network(cities, origin, destination, values, PLACES.head(len(flows)))


@st.composite
def matrices(draw: st.DrawFn, least: int = 0) -> Any:
    """Directed and weighted, often with cities or parts that nothing reaches."""
    size = draw(st.integers(least, 7))
    cells = st.sampled_from([0, 0, 0, 1, 2, 5, 9.5])
    found = draw(st.lists(cells, min_size=size * size, max_size=size * size))
    matrix = np.array(found, dtype=float).reshape(size, size)
    np.fill_diagonal(matrix, 0)
    return matrix
