"""The facts as one reader sees them: a language, a city in the focus, and a rival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import polars as pl

from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData
from cityflux.core.reading.facts import Facts
from cityflux.core.report.blocks import Cell, anchor
from cityflux.core.words import numbers
from cityflux.core.words.brackets import in_brackets, reason
from cityflux.core.words.language import Language
from cityflux.core.words.names import short, told_apart

#: Cities that a table or a chart sets side by side.
SIDE_BY_SIDE = 7
#: The score that is shown: over what compares, and over all known figures where it does not.
SHOWN = pl.when(pl.col("bracket").is_null()).then("comparable_score").otherwise("score")


class _Names(NamedTuple):
    """Names by id."""

    cities: dict[str, str]
    nodes: dict[str, str]
    labels: dict[str, str]


@dataclass(frozen=True)
class View:
    """What the sections are made from.

    Attributes:
        facts: what is known.
        language: in which it is told.
        focus: the city that the report is about.
        rival: the city that it is compared with; None where there is nobody to compare with.
    """

    facts: Facts
    language: Language
    focus: str
    rival: str | None

    def text(self, key: str, /, **values: Any) -> str:
        """A text of the report, see `core.words.language.Language.text`."""
        return self.language.text(key, **values)

    def city(self, city: str) -> str:
        """The name of a city."""
        return self._names.cities[city]

    @property
    def city_names(self) -> dict[str, str]:
        """The names of the cities by their ids."""
        return self._names.cities

    def node(self, node: str) -> str:
        """The name of a node."""
        return self._names.nodes[node]

    def label(self, node: str) -> str:
        """The name of a node for charts and sentences: that of a group without its remark."""
        return self._names.labels[node]

    def score(self, node: str, city: str) -> float | None:
        """The score of a node over all known figures; None where it is missing."""
        return self._cells.get((node, city), {}).get("score")

    def shown(self, node: str, city: str) -> float | None:
        """The score of a node over what compares; over all known figures where it does not."""
        cell = self._cells.get((node, city), {})
        return cell.get("score" if cell.get("bracket") else "comparable_score")

    def rank(self, node: str, city: str) -> int | None:
        """The rank of a city in a node; None where it is missing."""
        return self._cells.get((node, city), {}).get("rank")

    def of(self, node: str, city: str) -> int:
        """Among how many cities a city is compared in a node."""
        n: int = self._cells.get((node, city), {}).get("n", 0)
        return n

    def bracket(self, node: str, city: str) -> str:
        """Why a score does not compare, as words; empty where it does."""
        code: str | None = self._cells.get((node, city), {}).get("bracket")
        return reason(self.language.code, code) if code else ""

    def points(self, node: str, city: str) -> str:
        """The score of a node as text, in brackets where it does not compare; a dash for none."""
        return self.told(node, city, self.shown(node, city))

    def told(self, node: str, city: str, value: float | None, *, plus: bool = False) -> str:
        """A value of a node as text, in brackets where the node does not compare."""
        shown = numbers.number(value, plus=plus)
        if value is None or not self._cells.get((node, city), {}).get("bracket"):
            return shown
        return in_brackets(shown)

    def figure(self, value: float | None) -> str:
        """A published figure with at most six digits that count, never as a power of ten."""
        return numbers.figure(value, 6)

    def coverage(self, node: str, city: str) -> str:
        """The coverage of a node as text."""
        return numbers.percent(self._cells.get((node, city), {}).get("coverage", 0.0))

    def listed(self, nodes: Sequence[str], most: int = 12) -> str:
        """The names of nodes as a list in a sentence, without their remarks in brackets."""
        return self.language.listed([*map(self.label, nodes)], most)

    def placed(self, node: str) -> list[str]:
        """The cities that compare in a node, by rank."""
        found = [city for city in self.cities if self.rank(node, city) is not None]
        return sorted(found, key=lambda city: self.rank(node, city) or 0)

    @cached_property
    def source_numbers(self) -> dict[str, int]:
        """The number of each source in the list of sources, in the order of its publisher."""
        ordered = self.facts.sources.sort("publisher", "reference", "source")["source"]
        return dict(zip(ordered, range(1, len(ordered) + 1), strict=True))

    def cite(self, source: str) -> str:
        """The address of a source in the report, empty where it is not in the list."""
        return f"#source-{self.source_numbers[source]}" if source in self.source_numbers else ""

    def source_of(self, indicator: str) -> str:
        """The address in the report of the sources of an indicator."""
        return f"#{anchor('from', indicator)}"

    @property
    def index(self) -> str:
        """The name of the index."""
        return self.node(self.root)

    @property
    def description(self) -> str:
        """What the index says about itself, in this language where it says it in both."""
        return self.language.own(self.facts.definition.description)

    @property
    def period(self) -> str:
        """The period as people write it."""
        return self.language.period(self.facts.period)

    @property
    def root(self) -> str:
        """The node of the whole index."""
        return self.facts.definition.id

    @cached_property
    def cities(self) -> list[str]:
        """All cities by rank, those without a score last."""
        return self.facts.root["city"].to_list()

    @cached_property
    def beside(self) -> list[str]:
        """The cities that are set side by side: focus and rival, then the best, in their order."""
        wanted = dict.fromkeys([self.focus, *([self.rival] if self.rival else []), *self.cities])
        chosen = set(list(wanted)[:SIDE_BY_SIDE])
        return [*filter(chosen.__contains__, self.cities)]

    @cached_property
    def groups(self) -> list[str]:
        """The nodes that are compared, in the order of the tree."""
        return self.facts.groups["node"].to_list()

    @cached_property
    def annual(self) -> pl.DataFrame:
        """The series over the years: of each indicator the periods of the coarsest precision."""
        single = self.facts.series.filter(~pl.col("period").str.contains("/"))
        length = pl.col("period").str.len_chars()  # 2020, 2020-07 and 2020-Q3, 2020-07-14
        return single.filter(length == length.min().over("indicator"))

    @cached_property
    def scored(self) -> list[str]:
        """The groups in which any city has a score."""
        known = set(self.facts.scores.drop_nulls("score")["node"])
        return [*filter(known.__contains__, self.groups)]

    def group_cells(self, cities: Sequence[str], column: str = "score") -> pl.DataFrame:
        """A row for every group and city.

        Returns:
            ``node``, ``group`` (its label), ``name``, ``value``, and ``bracket``: whether the
            value is a score that does not compare.
        """
        every = pl.DataFrame(
            [(n, self.label(n), c, self.city(c)) for n in self.groups for c in cities],
            schema=dict.fromkeys(("node", "group", "city", "name"), pl.String),
            orient="row",
        )
        own = self.facts.scores.select(
            "node",
            "city",
            value=SHOWN if column == "score" else column,
            bracket=pl.col("bracket").is_not_null() & (column == "score"),
        )
        joined = every.join(own, on=["node", "city"], how="left", maintain_order="left")
        return joined.drop("city").with_columns(pl.col("bracket").fill_null(value=False))

    def strong(self, text: str, city: str) -> Cell:
        """A cell that stands out where it is about the city in the focus."""
        return Cell(text, strong=city == self.focus)

    @cached_property
    def _names(self) -> _Names:
        facts, name = self.facts, self.language.name
        leaves = set(facts.nodes["indicator"].drop_nulls())
        cities = {row["city"]: name(row) or row["city"] for row in facts.cities.to_dicts()}
        nodes = {row["node"]: name(row) or row["node"] for row in facts.nodes.to_dicts()}
        labels = {node: text if node in leaves else short(text) for node, text in nodes.items()}
        return _Names(told_apart(cities), nodes, told_apart(labels))

    @cached_property
    def _cells(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The scores of the period, see `core.reading.scores.Score`, by node and city."""
        rows = self.facts.scores.iter_rows(named=True)
        return {(row["node"], row["city"]): row for row in rows}


def look(facts: Facts, language: Language, focus: str | None, rival: str | None) -> View:
    """Choose the cities of a report.

    Args:
        facts: what is known.
        language: in which it is told.
        focus: the city that it is about; the first one of the index unless given.
        rival: the city to compare with; the one with the nearest score unless given.

    Raises:
        IndexDefinitionError: a city is not in the index, or both are the same.
        NotEnoughData: no city has a score in this period.
    """
    known = facts.root["city"].to_list()
    for name in (focus, rival):
        if name is not None and name not in known:
            raise IndexDefinitionError(
                f"{name!r} is not among the cities of {facts.definition.id}: "
                f"{', '.join(sorted(known))}"
            )
    if focus is not None and focus == rival:
        raise IndexDefinitionError(f"{focus!r} cannot be compared with itself; name another city")
    if not facts.root["score"].count():
        raise NotEnoughData(
            f"{facts.definition.id} has no score in {facts.period}; bring figures with: "
            "cityflux refresh"
        )
    focus = focus or next(
        (city for city in facts.definition.cities if city in known and city != rival), known[0]
    )
    return View(facts, language, focus, rival or nearest(facts.root, focus))


def nearest(root: pl.DataFrame, focus: str) -> str | None:
    """The other city with the nearest score; one of them where the focus has no score."""
    own = root.filter(pl.col("city") == focus)["score"].item()
    others = root.filter((pl.col("city") != focus) & pl.col("score").is_not_null())
    if others.is_empty():
        return None
    if own is not None:
        others = others.sort((pl.col("score") - own).abs(), "city")
    return str(others["city"][0])
