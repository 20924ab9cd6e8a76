"""One data set of the conformance files: indicators, units, and how they hang together."""

from __future__ import annotations

import csv
from functools import cached_property
from pathlib import Path

import polars as pl


class Dataset:
    """The inputs of a data set, as COINr holds them: rows sorted by unit code.

    Attributes:
        name: the letter of the data set, which is also the folder of its expected tables.
        folder: where the expected tables are.
        indicators: the codes of the indicators, in their order.
    """

    def __init__(self, folder: Path) -> None:
        self.name, self.folder = folder.name, folder
        meta = self._table("meta")
        nodes = meta.filter(pl.col("Type").is_in(["Indicator", "Aggregate"]))
        self.indicators = meta.filter(pl.col("Type") == "Indicator")["iCode"].to_list()
        self.directions = dict(zip(meta["iCode"], meta["Direction"].cast(pl.Int64), strict=True))
        self.parents = dict(zip(nodes["iCode"], nodes["Parent"], strict=True))
        self.weights = dict(zip(nodes["iCode"], nodes["Weight"].cast(pl.Float64), strict=True))
        self.levels: dict[str, int] = dict(
            zip(nodes["iCode"], nodes["Level"].cast(pl.Int64), strict=True)
        )

    @property
    def top_level(self) -> int:
        """The level of the index."""
        return max(self.levels.values())

    @property
    def top(self) -> str:
        """The code of the index."""
        return self.at_level(self.top_level)[0]

    @property
    def aggregates(self) -> list[str]:
        """The codes of the nodes in COINr's order: level by level, parents by the alphabet."""
        levels = range(2, self.top_level + 1)
        return [code for level in levels for code in sorted(self.at_level(level))]

    def at_level(self, level: int) -> list[str]:
        """The codes of a level, in the order of the table."""
        return [code for code, at in self.levels.items() if at == level]

    def children(self, node: str) -> list[str]:
        """The codes right under a node."""
        return [code for code, parent in self.parents.items() if parent == node]

    def ancestor(self, code: str, level: int) -> str:
        """The node of a level that a code belongs to."""
        while self.levels[code] < level:
            code = self.parents[code] or self.top
        return code

    def groups(self, level: int, base: int = 1) -> dict[str, list[str]]:
        """The codes of one level under each node of another, in the order of the table."""
        groups: dict[str, list[str]] = {}
        for code in self.at_level(base):
            groups.setdefault(self.ancestor(code, level), []).append(code)
        return groups

    @cached_property
    def raw(self) -> pl.DataFrame:
        """The indicator figures."""
        data = self._table("data")
        keys = [name for name in ("uCode", "Time") if name in data.columns]
        data = data.select(*keys, pl.col(self.indicators).cast(pl.Float64))
        if "Time" in keys:
            return data.with_columns(pl.col("Time").cast(pl.Int64)).sort("Time", "uCode")
        return data.sort("uCode")

    @cached_property
    def units(self) -> pl.DataFrame:
        """Groups and denominators of the units."""
        units = self._table("units").sort("uCode")
        return units.with_columns(pl.col(name).cast(pl.Float64) for name in _numeric(units))

    @cached_property
    def denominators(self) -> list[str]:
        """The columns of `units` that are denominators."""
        return _numeric(self._table("units"))

    @cached_property
    def denominations(self) -> pl.DataFrame:
        """Which indicator is divided by what, and the scale."""
        return self._table("denom").with_columns(pl.col("ScaleFactor").cast(pl.Float64))

    @cached_property
    def parameters(self) -> dict[str, dict[str, str]]:
        """Goalposts and targets by indicator."""
        return {row["iCode"]: row for row in self._table("normpar").iter_rows(named=True)}

    @cached_property
    def manifest(self) -> list[dict[str, str]]:
        """The expected tables: file, R call, note."""
        with (self.folder / "manifest.csv").open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    def expected(self, file: str) -> pl.DataFrame:
        """An expected table, all text; missing is null."""
        return _read(self.folder / file)

    def _table(self, kind: str) -> pl.DataFrame:
        return _read(self.folder.parent / f"{self.name}_{kind}.csv")


def _read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False, null_values=["NA", "NaN"])


def _numeric(table: pl.DataFrame) -> list[str]:
    read = table.select(pl.all().cast(pl.Float64, strict=False).count())
    return [name for name in table.columns if read[name].item() == table[name].count()]
