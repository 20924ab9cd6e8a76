"""Flows between cities as a network: which there are, and what is measured of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.engine.flows.measures import MEASURES, measure
from cityflux.core.engine.flows.network import Network, network_of
from cityflux.core.engine.flows.series import days_of
from cityflux.core.model.errors import NotEnoughData, UnknownName
from cityflux.core.reading import answers

if TYPE_CHECKING:
    import polars as pl

_FLOWS = """
SELECT origin_id AS origin, destination_id AS destination, value, unit, source_id AS source
FROM current_flows WHERE kind = ? AND period = ?
"""
_PLACES = "SELECT id, country, region, latitude, longitude FROM cities"
_PERIODS = "SELECT DISTINCT period FROM flows WHERE kind = ? ORDER BY period"
_KINDS = "SELECT DISTINCT kind FROM flows ORDER BY kind"


class Flows(NamedTuple):
    """The network of one kind in one period.

    Attributes:
        kind: of the flows.
        period: the period.
        unit: of the flows; several are joined.
        sources: where they come from.
        network: the cities and links.
        before: the network of the period before, where there is one.
        days: of the period, where the kind counts movements.
    """

    kind: str
    period: str
    unit: str
    sources: tuple[str, ...]
    network: Network
    before: Network | None
    days: int | None

    def measures(self, names: Sequence[str] | None = None) -> pl.DataFrame:
        """Measures of all its cities, see `core.engine.flows.measures.measure`."""
        return measure(self.network, names, before=self.before, days=self.days)


def read_network(connection: sqlite3.Connection, kind: str, period: str | None = None) -> Flows:
    """The flows of a kind: of a period, or of the last one.

    Raises:
        UnknownName: there are no flows of the kind.
        NotEnoughData: there are none of the period.
    """
    periods = [row[0] for row in answers.rows(connection, _PERIODS, (kind,))]
    if not periods:
        kinds = ", ".join(row[0] for row in answers.rows(connection, _KINDS)) or "none"
        raise UnknownName(
            f"no flows of the kind {kind!r} are stored; there are: {kinds}; fetch them with "
            "cityflux refresh KIND, or take a table in with cityflux import --flows FILE"
        )
    chosen = period or periods[-1]
    if chosen not in periods:
        raise NotEnoughData(f"no flows {kind} of {chosen}; there are: {', '.join(periods[-12:])}")
    places = answers.frame(connection, _PLACES)
    flows = answers.frame(connection, _FLOWS, (kind, chosen))
    earlier = periods[periods.index(chosen) - 1] if chosen != periods[0] else None
    before = answers.frame(connection, _FLOWS, (kind, earlier)) if earlier else None
    units = flows["unit"].unique().sort().to_list()
    return Flows(
        kind,
        chosen,
        ", ".join(units),
        tuple(flows["source"].unique().sort()),
        network_of(flows, places),
        None if before is None else network_of(before, places),
        days_of(chosen, units),
    )


class Standing(NamedTuple):
    """Where a city stands by a measure; nothing is said of one without a value."""

    measure: str
    dimension: str
    value: float | None
    rank: int | None
    n: int


def standings(flows: Flows, city: str) -> list[Standing]:
    """All measures of one city, each with its rank, the largest value first.

    Raises:
        UnknownName: the city has no flow.
    """
    if city not in flows.network.cities:
        raise UnknownName(f"{city} has no flow {flows.kind} in {flows.period}")
    values = flows.measures()
    own = values.row(flows.network.cities.index(city), named=True)
    found = []
    for name, each in MEASURES.items():
        known = values[name].drop_nulls()
        value = own[name]
        rank = None if value is None else int((known > value).sum()) + 1
        found.append(Standing(name, each.dimension, value, rank, len(known)))
    return found


def ranked(flows: Flows, name: str) -> pl.DataFrame:
    """The cities by a measure, the largest first; those without a value last and without rank.

    Returns:
        ``city``, ``rank``, ``n``, ``value`` and, where it is sampled, ``error``.

    Raises:
        UnknownName: there is no such measure.
    """
    import polars as pl

    values = flows.measures([name])
    error = f"{name}_error"
    return values.select(
        "city",
        rank=pl.col(name).rank("min", descending=True).cast(pl.Int64),
        n=pl.col(name).count().cast(pl.Int64),
        value=pl.col(name),
        **({"error": pl.col(error)} if error in values.columns else {}),
    ).sort("value", "city", descending=[True, False], nulls_last=True)


def links_of(flows: Flows, city: str) -> pl.DataFrame:
    """The partners of a city, the largest exchange first.

    Returns:
        ``partner``, ``sent``, ``received``, ``share`` of the city's exchange, ``distance`` in km,
        ``dominates`` (``city``, ``partner`` or null: whose dominant flow goes to the other).
    """
    import polars as pl

    from cityflux.core.engine.flows.distance import partner_distance
    from cityflux.core.engine.flows.dominance import hierarchy

    network = flows.network
    at = network.cities.index(city)
    pairs, far, above = network.partners, partner_distance(network), hierarchy(network).above
    own = pairs.city == at
    partners = pairs.partner[own]
    both = pairs.both[own]
    rules = [
        "city" if above[partner] == at else "partner" if above[at] == partner else None
        for partner in partners
    ]
    return (
        pl.DataFrame(
            {
                "partner": [network.cities[partner] for partner in partners],
                "sent": pairs.sent[own],
                "received": pairs.received[own],
                "share": both / both.sum(),
                "distance": far[own],
                "dominates": rules,
            },
            schema_overrides={"dominates": pl.String},
        )
        .with_columns(pl.col("distance").fill_nan(None))
        .sort("share", "partner", descending=[True, False])
    )


class Summary(NamedTuple):
    """A network as a whole.

    Attributes:
        cities: how many.
        links: how many, each direction for itself.
        total: what flows along all of them.
        density: links over all that there could be; None of a single city.
        components: how many parts hang together.
        largest: the cities of the largest of them.
        backbone: how many links the disparity filter keeps at 5 %.
        noise_corrected: how many the noise-corrected backbone keeps.
        left_out: rows that are no flow between two cities, by the reason.
    """

    cities: int
    links: int
    total: float
    density: float | None
    components: int
    largest: int
    backbone: int
    noise_corrected: int
    left_out: dict[str, int]


def summary(flows: Flows) -> Summary:
    """What is told of a network as a whole."""
    from cityflux.core.engine.flows import backbone, centrality

    network = flows.network
    n, m = network.size, len(network.value)
    parts = centrality.components(network)
    return Summary(
        n,
        m,
        float(network.value.sum()),
        m / (n * (n - 1)) if n > 1 else None,
        int(parts.max(initial=-1)) + 1,
        int((parts == 0).sum()),
        int((backbone.disparity(network) < backbone.ALPHA).sum()),
        int(backbone.noise_corrected(network).kept().sum()),
        network.left_out,
    )


def above_of(flows: Flows) -> dict[str, str | None]:
    """Of each city the one that dominates it (Nystuen and Dacey), or None."""
    from cityflux.core.engine.flows.dominance import hierarchy

    names = flows.network.cities
    above = hierarchy(flows.network).above
    return {city: names[at] if at >= 0 else None for city, at in zip(names, above, strict=True)}


class Compared(NamedTuple):
    """Two networks by one measure.

    Attributes:
        rows: ``city``, ``value``, ``rank``, ``other`` and ``other_rank``.
        correlation: of the ranks of the cities that have both (Spearman); None of fewer than 3.
        n: how many cities have both.
    """

    rows: pl.DataFrame
    correlation: float | None
    n: int


def compare(flows: Flows, other: Flows, name: str) -> Compared:
    """Set two networks side by side by a measure.

    Raises:
        UnknownName: there is no such measure.
    """
    import polars as pl

    one = ranked(flows, name).select("city", "value", "rank")
    two = ranked(other, name).select("city", other="value", other_rank="rank")
    rows = one.join(two, on="city", how="full", coalesce=True).sort("rank", "city", nulls_last=True)
    both = rows.drop_nulls(["value", "other"])
    found = None
    if both.height >= 3:
        found = both.select(pl.corr("value", "other", method="spearman")).item()
        found = found if found is not None and found == found else None
    return Compared(rows, found, both.height)
