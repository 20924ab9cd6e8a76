"""An index as its TOML file declares it, and the tree of nodes that follows from it."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from cityflux.core.engine.definition.choices import (
    Aggregation,
    Comparability,
    DenominatorChoice,
    Joining,
    Periods,
    ScreeningChoice,
    Standardization,
    Steps,
)
from cityflux.core.engine.definition.selection import remaining, selection_problems
from cityflux.core.engine.definition.tables import Group, Leaf, NodeTable
from cityflux.core.engine.measures.refusal import LARGEST
from cityflux.core.model.errors import IndexDefinitionError
from cityflux.core.model.near import meant
from cityflux.core.model.sections import explain
from cityflux.core.model.toml import read_checked


class Definition(Steps, Joining, Group):
    """One index: cities, periods, methods and tree.

    ``exclude`` leaves nodes and indicators out; ``weight_set`` names which of the ``weight_sets``
    stands in for the weights of the nodes that it names.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name_zh: str
    name_en: str
    description: str = ""
    cities: list[str]
    city_groups: dict[str, list[str]] = Field(default_factory=dict)
    minimum_cities: int = Field(default=1, ge=1)
    periods: Periods
    screening: ScreeningChoice | None = None
    comparability: Comparability = Comparability()
    denominators: dict[str, DenominatorChoice] = Field(default_factory=dict)
    standardization: Standardization = Standardization()
    aggregation: Aggregation = Aggregation()
    levels: dict[int, Joining] = Field(default_factory=dict)
    nodes: list[NodeTable] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)
    weight_sets: dict[str, dict[str, float]] = Field(default_factory=dict)
    weight_set: str = ""

    _origin: str = PrivateAttr(default="")

    @property
    def origin(self) -> str:
        """The file that it was read from, for messages."""
        return self._origin or self.id

    @cached_property
    def hash(self) -> str:
        """The same for two definitions exactly when they compute the same."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def tree(self) -> tuple[Node, ...]:
        """All nodes, parents before their children, children in the order of the file."""
        weights = self.weight_sets.get(self.weight_set, {})
        nodes = [n.model_copy(update={"weight": weights.get(n.id, n.weight)}) for n in self.written]
        if not self.exclude:
            return tuple(nodes)
        leaves = [node.id for node in nodes if node.indicator]
        kept = remaining({node.id: node.path for node in nodes}, leaves, self.exclude)
        return tuple(node for node in nodes if node.id in kept)

    @cached_property
    def children(self) -> dict[str, list[Node]]:
        """By node what stands right under it, in the order of the tree; leaves have nothing."""
        found: dict[str, list[Node]] = {}
        for node in self.tree:
            if node.parent:
                found.setdefault(node.parent, []).append(node)
        return found

    @cached_property
    def written(self) -> tuple[Node, ...]:
        """All nodes as they are written, whatever is left out and whichever weights are used."""
        return tuple(_walk(self))

    def variant(self, *, exclude: Sequence[str] = (), weight_set: str = "") -> Definition:
        """The same index without some nodes, or with another set of weights.

        Args:
            exclude: nodes and indicators to leave out besides those that the definition does.
            weight_set: the name of a set of weights; that of the definition unless given.

        Raises:
            IndexDefinitionError: there is no such node or set.
        """
        chosen = {
            "exclude": [*self.exclude, *exclude],
            "weight_set": weight_set or self.weight_set,
        }
        return parse_definition(
            {**self.model_dump(exclude_defaults=True, by_alias=True), **chosen}, self.origin
        )

    def over(self, periods: Periods) -> Definition:
        """The same index for other periods."""
        other = self.model_copy(update={"periods": periods})
        other.__dict__.pop("hash", None)  # the tree stays; what it hashes to does not
        return other

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that are indicators."""
        return tuple(filter(attrgetter("indicator"), self.tree))

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """The indicators that are read: the leaves, and what they are divided by."""
        leaves = self.leaves
        divisors = [leaf.denominator.by for leaf in leaves if leaf.denominator]
        return tuple(dict.fromkeys([*map(attrgetter("id"), leaves), *divisors]))

    def leaves_below(self, node_id: str) -> tuple[Node, ...]:
        """The leaves under a node, at any depth."""
        return tuple(leaf for leaf in self.leaves if node_id in leaf.path)

    def subtree(self, node_id: str | None = None) -> tuple[Node, ...]:
        """A node and all that stands under it, in the order of the tree; the root unless given.

        Raises:
            IndexDefinitionError: the index has no such node.
        """
        top = node_id or self.id
        found = tuple(node for node in self.tree if top in (node.id, *node.path))
        if not found:
            raise IndexDefinitionError(
                f"{self.id}: there is no node {top!r}; "
                + meant(top, [node.id for node in self.tree], f"see: cityflux show {self.id} --all")
            )
        return found


class Node(Joining, Steps):
    """A node of the tree, ready for use.

    Attributes:
        path: the ids from the root to its parent; its length is the level, 0 at the root.
        imputed_at: the node for which its imputation was chosen; the parent's for a choice of
            its own.
    """

    id: str
    path: tuple[str, ...] = ()
    name_zh: str = ""
    name_en: str = ""
    weight: float = 1.0
    indicator: str | None = None
    direction: Literal[1, -1] | None = None
    denominator: DenominatorChoice | None = None
    imputed_at: str = ""

    @property
    def parent(self) -> str | None:
        """The id of the parent; the root has none."""
        return self.path[-1] if self.path else None

    @property
    def level(self) -> int:
        """0 at the root."""
        return len(self.path)


def read_definition(path: Path) -> Definition:
    """Read an index definition and check all that can be checked without data.

    Args:
        path: a TOML file.

    Raises:
        IndexDefinitionError: with the file, the place and what is wrong.
    """
    if path.exists() and not path.is_file():
        raise IndexDefinitionError(f"{path}: is no file; name a TOML file")
    return parse_definition(read_checked(path, IndexDefinitionError), str(path))


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
        raise IndexDefinitionError(f"{origin}: {_explained(error, values)}") from error
    definition._origin = origin
    if problem := next(_problems(definition), None):
        raise IndexDefinitionError(f"{origin}: {problem}")
    return definition


def _explained(error: ValidationError, values: Mapping[str, Any]) -> str:
    """The first thing that is wrong, with the ids of nodes and indicators for their numbers."""
    text = explain(error, Definition)
    place = error.errors(include_url=False)[0]["loc"]
    names: list[str] = []
    at: Any = values
    for part in place:
        try:
            at = at[part]
        except (KeyError, IndexError, TypeError):
            at = None
        named = isinstance(part, int) and isinstance(at, Mapping) and "id" in at
        names.append(str(at["id"]) if named else str(part))
    return text.replace(".".join(map(str, place)), ".".join(names), 1)


def _problems(definition: Definition) -> Iterator[str]:
    if repeated := _repeated(definition.cities):
        yield f"city {repeated} is named twice; name it once"
    if len(definition.cities) < 2:
        yield (
            f"an index over {len(definition.cities)} city compares nothing; "
            "name two cities or more in cities"
        )
    yield from _tree_problems(definition)
    nodes = definition.written
    yield from selection_problems(
        [*map(attrgetter("id"), nodes)],
        definition.exclude,
        definition.weight_sets,
        definition.weight_set,
    )
    for node in nodes:
        if node.weight > LARGEST and math.isfinite(node.weight):
            yield (
                f"node {node.id} has the weight {node.weight:g}, which is too large to compute "
                "with; weights are relative, so write smaller ones"
            )
        if not math.isfinite(node.weight) or node.weight <= 0:
            yield (
                f"node {node.id} has the weight {node.weight:g}, and a weight must be above zero; "
                "leave the node out to give it none"
            )
    if definition.exclude and not definition.leaves:
        yield "exclude leaves out every indicator; leave one in"
    if not definition.leaves:
        yield "no node names an indicator; write indicators = [...] in a node"
    yield from _step_problems(definition)
    parents = {*map(attrgetter("parent"), nodes)}
    for node in nodes:
        if not node.indicator and node.id not in parents:
            yield f"node {node.id} has no children; give it indicators or leave it out"


def _step_problems(definition: Definition) -> Iterator[str]:
    """What the choices of the steps name, and is not there."""
    leaves: set[str] = set()
    deepest = 0
    for node in definition.written:
        if node.indicator:
            leaves.add(node.id)
        else:
            deepest = max(deepest, node.level)
    for name in definition.denominators:
        if name not in leaves:
            yield f"denominators: {name} is no indicator of this index; leave it out"
    for leaf in _entries(definition):
        if leaf.denominator and leaf.id in definition.denominators:
            yield f"indicator {leaf.id} has a denominator of its own and in denominators; keep one"
    for level in definition.levels:
        if not 0 <= level <= deepest:
            yield f"levels.{level}: there are groups at the levels 0 to {deepest} only"
    named = [*chain.from_iterable(definition.city_groups.values())]
    if repeated := _repeated(named):
        yield f"city_groups: {repeated} is named twice; a city is in one group"
    if strangers := sorted(set(named) - set(definition.cities)):
        yield f"city_groups: {strangers[0]} is no city of this index; add it or leave it out"
    if definition.minimum_cities > len(definition.cities):
        yield (
            f"minimum_cities {definition.minimum_cities} is more than the "
            f"{len(definition.cities)} cities of this index"
        )


def _tree_problems(definition: Definition) -> Iterator[str]:
    """Orphans, cycles and repeated ids, before the tree is walked."""
    names = [*map(attrgetter("id"), definition.nodes)]
    groups = dict(zip(names, definition.nodes, strict=True))
    names += map(attrgetter("id"), _entries(definition))
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


def _entries(definition: Definition) -> list[Leaf]:
    """The indicators as they are written, at the root and in the nodes."""
    return [*chain(definition.indicators, *map(attrgetter("indicators"), definition.nodes))]


def _repeated(names: list[str]) -> str:
    for name, count in Counter(names).items():
        if count > 1:
            return name
    return ""


def _walk(definition: Definition) -> Iterator[Node]:
    top = definition.levels.get(0, Joining())
    root = Node(
        id=definition.id,
        name_zh=definition.name_zh,
        name_en=definition.name_en,
        aggregation=top.aggregation or definition.aggregation,
        weighting=top.weighting or definition.weighting,
        imputation=definition.imputation,
        treatment=definition.treatment,
        standardization=definition.standardization,
        imputed_at=definition.id,
    )
    yield root
    yield from _leaves(definition, definition.indicators, root)
    children: dict[str, list[NodeTable]] = {}
    for table in definition.nodes:
        children.setdefault(table.parent or definition.id, []).append(table)
    yield from _below(definition, children, root)


def _below(
    definition: Definition, children: dict[str, list[NodeTable]], parent: Node
) -> Iterator[Node]:
    for table in children.get(parent.id, []):
        level = definition.levels.get(parent.level + 1, Joining())
        node = Node(
            id=table.id,
            path=(*parent.path, parent.id),
            name_zh=table.name_zh,
            name_en=table.name_en,
            weight=table.weight,
            aggregation=table.aggregation or level.aggregation or definition.aggregation,
            weighting=table.weighting or level.weighting,
            imputed_at=table.id if table.imputation else parent.imputed_at,
            **_nearest(table, parent),
        )
        yield node
        yield from _leaves(definition, table.indicators, node)
        yield from _below(definition, children, node)


def _leaves(definition: Definition, entries: list[Leaf], parent: Node) -> Iterator[Node]:
    for leaf in entries:
        yield Node(
            id=leaf.id,
            path=(*parent.path, parent.id),
            weight=leaf.weight,
            indicator=leaf.id,
            direction=leaf.direction,
            denominator=leaf.denominator or definition.denominators.get(leaf.id),
            imputed_at=parent.id if leaf.imputation else parent.imputed_at,
            **_nearest(leaf, parent),
        )


def _nearest(own: Steps, parent: Steps) -> dict[str, Any]:
    """For each step the choice made here, or else the one that holds above."""
    return {name: getattr(own, name) or getattr(parent, name) for name in Steps.model_fields}
