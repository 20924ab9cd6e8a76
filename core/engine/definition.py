"""An index as its TOML file declares it, and the tree of nodes that follows from it."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.config import explain
from core.engine.choices import (
    DenominatorChoice,
    ImputationChoice,
    ScreeningChoice,
    TreatmentChoice,
)
from core.errors import IndexDefinitionError, PeriodError
from core.period import Period


class Part(BaseModel):
    """A table of an index definition: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Method(Part):
    """A method and its parameters, such as ``{method = "minmax", lower = 0, upper = 100}``."""

    model_config = ConfigDict(extra="allow", frozen=True)
    method: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What the method is called with besides the data."""
        return dict(self.__pydantic_extra__ or {})


class Standardization(Method):
    """How figures become comparable (标准化).

    ``within`` says against what: the cities of one ``period``, or ``all`` periods together, so
    that the years of a series compare.
    """

    method: str = "zscore"
    within: Literal["period", "all"] = "period"


class Aggregation(Method):
    """How the children of a node become its score.

    Missing children are left out and the other weights scaled up; ``threshold`` is the share of
    children that must be there for the node to have a score at all (1 tolerates no gap).
    """

    method: str = "mean"
    threshold: float = Field(default=0.0, ge=0, le=1)


class Periods(Part):
    """For which periods the index is computed, and how single periods become a span."""

    of: list[str] = Field(min_length=1)
    reduce: Literal["mean", "sum", "last", "median"] = "mean"

    @field_validator("of")
    @classmethod
    def _parse(cls, texts: list[str]) -> list[str]:
        try:
            for text in texts:
                Period.parse(text)
        except PeriodError as error:
            raise ValueError(str(error)) from error
        return texts


class Leaf(Part):
    """An indicator in the tree, with what is special about it here."""

    id: str
    weight: float = 1.0
    direction: Literal[1, -1] | None = None
    standardization: Standardization | None = None


class NodeTable(Part):
    """A node as written: a group of indicators, of nodes, or of both."""

    id: str
    name_zh: str
    name_en: str
    parent: str | None = None
    weight: float = 1.0
    aggregation: Aggregation | None = None
    weighting: Method | None = None
    indicators: list[str | Leaf] = []


class Definition(Part):
    """One index: cities, periods, methods and tree."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name_zh: str
    name_en: str
    description: str = ""
    cities: list[str]
    periods: Periods
    screening: ScreeningChoice | None = None
    denominators: dict[str, DenominatorChoice] = {}
    imputation: ImputationChoice | None = None
    treatment: TreatmentChoice | None = None
    weighting: Method | None = None
    standardization: Standardization = Standardization()
    aggregation: Aggregation = Aggregation()
    nodes: list[NodeTable] = []
    indicators: list[str | Leaf] = []

    @property
    def hash(self) -> str:
        """The same for two definitions exactly when they compute the same."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def tree(self) -> tuple[Node, ...]:
        """All nodes, parents before their children, children in the order of the file."""
        return tuple(_walk(self))

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that are indicators."""
        return tuple(node for node in self.tree if node.indicator)

    @property
    def figures(self) -> tuple[str, ...]:
        """The indicators that are read: the leaves, and what they are divided by."""
        leaves = [leaf.id for leaf in self.leaves]
        return tuple(dict.fromkeys([*leaves, *(each.by for each in self.denominators.values())]))


class Node(Part):
    """A node of the tree, ready for use; ``level`` is 0 at the root."""

    id: str
    parent: str | None
    name_zh: str = ""
    name_en: str = ""
    weight: float = 1.0
    level: int = 0
    indicator: str | None = None
    direction: Literal[1, -1] | None = None
    aggregation: Aggregation | None = None
    weighting: Method | None = None
    standardization: Standardization | None = None


def read_definition(path: Path) -> Definition:
    """Read an index definition and check all that can be checked without data.

    Raises:
        IndexDefinitionError: with the file, the place and what is wrong.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IndexDefinitionError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IndexDefinitionError(f"{path}: is no valid TOML ({error})") from error
    return parse_definition(values, str(path))


def parse_definition(values: Mapping[str, Any], origin: str) -> Definition:
    """Check a definition: keys, tree, weights, cities.

    Args:
        values: as read from TOML.
        origin: the file, for messages.

    Raises:
        IndexDefinitionError: with the place and what is wrong.
    """
    try:
        definition = Definition.model_validate(values)
    except ValidationError as error:
        raise IndexDefinitionError(f"{origin}: {explain(error, Definition)}") from error
    if problem := next(_problems(definition), None):
        raise IndexDefinitionError(f"{origin}: {problem}")
    return definition


def _problems(definition: Definition) -> Iterator[str]:
    if repeated := _repeated(definition.cities):
        yield f"city {repeated} is named twice; name it once"
    if len(definition.cities) < 2:
        yield (
            f"an index over {len(definition.cities)} city compares nothing; "
            "name two cities or more in cities"
        )
    yield from _tree_problems(definition)
    for node in definition.tree:
        if not math.isfinite(node.weight) or node.weight <= 0:
            yield (
                f"node {node.id} has the weight {node.weight:g}, and a weight must be above zero; "
                "leave the node out to give it none"
            )
    if not definition.leaves:
        yield "no node names an indicator; write indicators = [...] in a node"
    leaves = {leaf.id for leaf in definition.leaves}
    for name in definition.denominators:
        if name not in leaves:
            yield f"denominators: {name} is no indicator of this index; leave it out"
    parents = {node.parent for node in definition.tree}
    for node in definition.tree:
        if not node.indicator and node.id not in parents:
            yield f"node {node.id} has no children; give it indicators or leave it out"


def _tree_problems(definition: Definition) -> Iterator[str]:
    """Orphans, cycles and repeated ids, before the tree is walked."""
    groups = {table.id: table for table in definition.nodes}
    names = [table.id for table in definition.nodes]
    names += [_leaf(entry).id for table in definition.nodes for entry in table.indicators]
    names += [_leaf(entry).id for entry in definition.indicators]
    if repeated := _repeated([definition.id, *names]):
        yield f"node {repeated} stands twice in the tree; every node needs an id of its own"
    for table in definition.nodes:
        if table.parent not in (None, definition.id) and table.parent not in groups:
            yield f"node {table.id} is an orphan: its parent {table.parent} does not exist"
    for table in definition.nodes:
        way = [table.id]
        while (parent := groups[way[-1]].parent) is not None and parent in groups:
            if parent in way:
                yield f"the tree has a cycle: {' > '.join([*way, parent])}; cut it at one parent"
                return
            way.append(parent)


def _repeated(names: list[str]) -> str:
    return next((name for name, count in Counter(names).items() if count > 1), "")


def _leaf(entry: str | Leaf) -> Leaf:
    return Leaf(id=entry) if isinstance(entry, str) else entry


def _walk(definition: Definition) -> Iterator[Node]:
    root = Node(
        id=definition.id,
        parent=None,
        name_zh=definition.name_zh,
        name_en=definition.name_en,
        aggregation=definition.aggregation,
        weighting=definition.weighting,
    )
    yield root
    yield from _leaves(definition.indicators, root)
    children: dict[str, list[NodeTable]] = {}
    for table in definition.nodes:
        children.setdefault(table.parent or definition.id, []).append(table)
    yield from _below(definition, children, root)


def _below(
    definition: Definition, children: dict[str, list[NodeTable]], parent: Node
) -> Iterator[Node]:
    for table in children.get(parent.id, []):
        node = Node(
            id=table.id,
            parent=parent.id,
            name_zh=table.name_zh,
            name_en=table.name_en,
            weight=table.weight,
            level=parent.level + 1,
            aggregation=table.aggregation or definition.aggregation,
            weighting=table.weighting,
        )
        yield node
        yield from _leaves(table.indicators, node)
        yield from _below(definition, children, node)


def _leaves(entries: list[str | Leaf], parent: Node) -> Iterator[Node]:
    for leaf in map(_leaf, entries):
        yield Node(
            id=leaf.id,
            parent=parent.id,
            weight=leaf.weight,
            level=parent.level + 1,
            indicator=leaf.id,
            direction=leaf.direction,
            standardization=leaf.standardization,
        )
