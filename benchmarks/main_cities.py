"""What can be said of `main_cities_index`: cells followed to their bytes, ranks beside others.

``python -m benchmarks.main_cities`` reads a database (``data/cityflux.db``) and prints

- cells drawn at random (``--cells``, ``--seed``), each followed from the score of an indicator to
  the row in the stored bytes that its figure was read from;
- for each year how the ranks go with GDP and with the year before, and with the centres of a table
  of ranks (``--ranks``: a CSV with the columns city and value, the smallest first);
- each city that moves more than five places in a year, with the figure that moved it;
- how wide the intervals of the ranks are, where the index was audited.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import random
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl

from cityflux import convert
from cityflux.core.engine.definition.index import Definition
from cityflux.core.reading.figures import figures_used
from cityflux.core.reading.indices import definition_of
from cityflux.core.reading.scores import scores
from cityflux.storage.fetches import read_snapshot, snapshots_of

INDEX = "main_cities_index"
#: So many places are a move that is told.
MOVED = 5


class Trail(NamedTuple):
    """A cell from the score of an indicator to the bytes.

    Attributes:
        rank: of the city by that indicator.
        value: the figure, in the unit of the indicator.
        printed: the figure as it stands in the bytes.
        sha256: of the bytes.
        line: the row in them.
    """

    indicator: str
    city: str
    period: str
    rank: int
    value: float
    unit: str
    printed: str
    source: str
    publisher: str
    reference: str
    sha256: str
    line: int


def trails(connection: sqlite3.Connection, cells: int, seed: int) -> Iterator[Trail]:
    """Follow cells that are drawn at random among those that are ranked.

    Args:
        connection: any connection.
        cells: how many.
        seed: of the draw.

    Raises:
        LookupError: the bytes of a figure are not what was stored, or do not hold it.
    """
    leaves = {leaf.id for leaf in definition_of(connection, INDEX).leaves}
    ranked = [row for row in scores(connection, INDEX) if row.node in leaves and row.rank]
    ranked.sort(key=lambda row: (row.node, row.city, row.period))
    for row in random.Random(seed).sample(ranked, cells):
        (used,) = figures_used(connection, INDEX, row.node, row.city, row.period)
        (digest,) = snapshots_of(connection, used["fetch_id"])
        body = read_snapshot(connection, digest)
        if hashlib.sha256(body).hexdigest() != digest:
            raise LookupError(f"{digest}: the stored bytes are others")
        line, printed, unit = _found(body, row.node, row.city, used["period"], used["source_id"])
        value = convert(float(printed), unit, used["unit"])
        if abs(value - used["value"]) > 1e-9 * abs(value):
            raise LookupError(f"{digest}, line {line}: {value}, and {used['value']} is stored")
        yield Trail(
            *(row.node, row.city, row.period, int(row.rank or 0), used["value"], used["unit"]),
            *(printed, used["source_id"], used["publisher"], used["reference"], digest, line),
        )


def _found(
    body: bytes, indicator: str, city: str, period: str, source: str
) -> tuple[int, str, str]:
    """The line, the figure and its unit in a table of bundled figures."""
    for line, row in enumerate(csv.DictReader(io.StringIO(body.decode())), 2):
        if (row["indicator"], row["city"], row["source"]) == (indicator, city, source):
            if "period" not in row:
                return line, row[period], row["unit"]
            if row["period"] == period:
                return line, row["value"], row["unit"]
    raise LookupError(f"no row of {indicator} {city} {period} from {source} in the bytes")


def ranks_of(connection: sqlite3.Connection) -> pl.DataFrame:
    """The cities that are ranked, by year: ``period``, ``city``, ``rank`` and ``score``."""
    rows = [
        (row.period, row.city, row.rank, row.comparable_score)
        for row in scores(connection, INDEX, INDEX)
        if row.rank
    ]
    return pl.DataFrame(rows, schema=["period", "city", "rank", "score"], orient="row")


def beside(ranks: pl.DataFrame, other: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Spearman's correlation of the ranks with another column ``other``, by year, with the n."""
    return (
        ranks.join(other, on=[*on])
        .group_by("period")
        .agg(pl.corr("rank", "other", method="spearman").alias("rho"), pl.len().alias("n"))
        .sort("period")
    )


def gdp_of(connection: sqlite3.Connection) -> pl.DataFrame:
    """GDP by year and city, the largest first: the column ``other`` falls as it grows."""
    rows = connection.execute(
        "SELECT period, city_id, -value FROM current_observations "
        "WHERE indicator_id = 'overall_economy.gdp_first_print'"
    ).fetchall()
    return pl.DataFrame(rows, schema=["period", "city", "other"], orient="row")


def year_before(ranks: pl.DataFrame) -> pl.DataFrame:
    """The ranks of the year before, as ``other``."""
    following = (pl.col("period").cast(pl.Int32) + 1).cast(pl.String)
    return ranks.select(following.alias("period"), "city", other="rank")


class Move(NamedTuple):
    """A city that moved, and the indicator whose figure moved it most, with that figure before."""

    city: str
    before: str
    period: str
    rank_before: int
    rank: int
    indicator: str
    value_before: float | None
    value: float | None


def moves(connection: sqlite3.Connection, places: int = MOVED) -> Iterator[Move]:
    """The cities that moved by more than so many places between two years."""
    definition = definition_of(connection, INDEX)
    ranks = {(period, city): rank for period, city, rank, _ in ranks_of(connection).rows()}
    for before, period in pairwise(sorted({period for period, _ in ranks})):
        for city in definition.cities:
            first, last = ranks.get((before, city)), ranks.get((period, city))
            if first and last and abs(last - first) > places and int(period) == int(before) + 1:
                leaf = _mover(connection, definition, city, before, period)
                known = (_value(connection, leaf, city, each) for each in (before, period))
                yield Move(city, before, period, first, last, leaf, *known)


def _mover(
    connection: sqlite3.Connection, definition: Definition, city: str, before: str, period: str
) -> str:
    """The indicator whose part in the index changed most; a part is score times weight."""
    parts: list[dict[str, float]] = []
    for each in (before, period):
        rows = [
            row
            for row in scores(connection, INDEX, period=each)
            if row.city == city and row.bracket is None and row.comparable_score is not None
        ]
        found = {row.node: row.comparable_score or 0.0 for row in rows}
        known = {leaf.id: leaf for leaf in definition.leaves if leaf.id in found}
        siblings = [leaf.parent for leaf in known.values()]
        weights = {node.id: node.weight for node in definition.tree}
        parts.append(
            {
                name: found[name] * weights[str(leaf.parent)] / siblings.count(leaf.parent)
                for name, leaf in known.items()
            }
        )
    return max(
        parts[0].keys() | parts[1].keys(),
        key=lambda name: abs(parts[1].get(name, 0.0) - parts[0].get(name, 0.0)),
    )


def _value(connection: sqlite3.Connection, leaf: str, city: str, period: str) -> float | None:
    used = figures_used(connection, INDEX, leaf, city, period)
    return used[0]["value"] if used else None


def widths(connection: sqlite3.Connection) -> pl.DataFrame:
    """The intervals of the ranks by year: the median width, the widest, and how many cities."""
    rows = connection.execute(
        "SELECT period, rank_high - rank_low FROM audit_ranks WHERE node_id = :index AND audit_id "
        "= (SELECT max(id) FROM audits WHERE index_id = :index) AND rank_low IS NOT NULL "
        "AND NOT bracketed",
        {"index": INDEX},
    ).fetchall()
    found = pl.DataFrame(rows, schema={"period": pl.String, "width": pl.Float64}, orient="row")
    width = pl.col("width")
    told = width.median().alias("median"), width.max().alias("widest"), pl.len().alias("n")
    return found.group_by("period").agg(*told).sort("period")


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database", nargs="?", type=Path, default=Path("data/cityflux.db"))
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--ranks", type=Path)
    asked = parser.parse_args()
    with sqlite3.connect(f"{asked.database.absolute().as_uri()}?mode=ro", uri=True) as connection:
        for each in trails(connection, asked.cells, asked.seed):
            print(
                f"{each.indicator} {each.city} {each.period}: rank {each.rank}, {each.value:.10g} "
                f"{each.unit} <- {each.printed} in line {each.line} of {each.sha256[:12]} "
                f"({each.source}: {each.publisher}, {each.reference[:60]})"
            )
        ranks = ranks_of(connection)
        _print("GDP", beside(ranks, gdp_of(connection), ["period", "city"]))
        _print("the year before", beside(ranks, year_before(ranks), ["period", "city"]))
        if asked.ranks:
            table = pl.read_csv(asked.ranks, infer_schema_length=None)
            if "published_as" in table.columns:  # several series in one table
                table = table.filter(pl.col("published_as").str.contains("rank"))
            other = table.select("city", other=pl.col("value").cast(pl.Float64))
            _print(asked.ranks.name, beside(ranks, other, ["city"]))
        for move in moves(connection):
            print(
                f"{move.city} {move.before}/{move.period}: {move.rank_before} -> {move.rank}, "
                f"{move.indicator} {move.value_before} -> {move.value}"
            )
        for year, median, widest, n in widths(connection).iter_rows():
            print(f"intervals {year}: median {median:g} places, widest {widest:g}, {n} cities")


def _print(what: str, found: pl.DataFrame) -> None:
    told = ", ".join(f"{year} {rho:.3f} ({n})" for year, rho, n in found.iter_rows())
    print(f"Spearman with {what}: {told}")


if __name__ == "__main__":
    main()
