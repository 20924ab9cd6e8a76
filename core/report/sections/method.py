"""How the scores are made: every step that the definition asks for, with its formula."""

from __future__ import annotations

from collections.abc import Iterator

from cityflux.core.engine.definition.choices import Aggregation, TreatmentChoice
from cityflux.core.report.blocks import Block, Cell, Formula, Items, Section, Table, Text
from cityflux.core.report.view import View
from cityflux.core.words.catalogue import formulas, section
from cityflux.core.words.numbers import percent


def method(view: View) -> Section:
    """The steps in their order, and the tree with its weights."""
    blocks: list[Block] = []
    if description := view.description:
        blocks.append(Text(view.text("method.about", description=description), lead=True))
    blocks += [
        *map(Text, _steps(view)),
        *_standardization(view),
        *_joining(view),
        Items(
            [view.text("method.missing"), view.text("method.coverage"), view.text("method.ranks")]
        ),
        Text(view.text("method.handbook")),
        _tree(view),
    ]
    return Section("method", view.text("method.title"), blocks)


def _name(view: View, kind: str, name: str) -> str:
    return section(view.language.code, f"methods.{kind}").get(name, name)


def _formula(view: View, kind: str, name: str, title: str) -> Formula:
    heading = f"{title} – {_name(view, kind, name)}"
    if name not in section(view.language.code, f"methods.{kind}"):
        return Formula(heading, view.text("method.plugin"))
    found = formulas()[kind].get(name, {})
    return Formula(heading, found.get("formula", ""), found.get("source", ""))


def _steps(view: View) -> Iterator[str]:
    """The periods, and what is done to the figures before they are standardized, if anything is."""
    definition = view.facts.definition
    reduce = view.text(f"method.reduce_{definition.periods.reduce}")
    listed = view.language.listed([*map(view.language.period, definition.periods.of)], 20)
    yield view.text("method.periods", periods=listed, reduce=reduce)
    if definition.screening:
        share = percent(definition.screening.min_available)
        yield view.text("method.screening", share=share)
    items: list[str] = []
    imputations: set[str] = set()
    treatments: dict[str, TreatmentChoice] = {}
    for leaf in definition.leaves:
        if leaf.denominator:
            values = {"indicator": view.node(leaf.id), "by": leaf.denominator.by}
            items.append(view.text("method.denominator", **values))
        if leaf.imputation:
            imputations.add(leaf.imputation.method)
        if leaf.treatment:
            treatments[leaf.treatment.model_dump_json()] = leaf.treatment
    if items:
        yield view.text("method.denominators", items=view.language.listed(items, 20))
    for name in sorted(imputations):
        yield view.text("method.imputation", method=_name(view, "imputation", name))
    for treatment in treatments.values():
        limit = treatment.winsorize
        yield view.text(
            "method.treatment",
            skewness=f"{treatment.skewness:g}",
            kurtosis=f"{treatment.kurtosis:g}",
            winsorize=view.text("method.all") if limit == "all" else limit,
            transform=treatment.transform,
        )


def _standardization(view: View) -> Iterator[Block]:
    leaves = view.facts.definition.leaves
    default = view.facts.definition.standardization
    alike: dict[str, list[str]] = {}
    within: set[str] = set()
    for leaf in leaves:
        chosen = leaf.standardization or default
        alike.setdefault(chosen.method, []).append(leaf.id)
        if chosen.method != "none":
            within.add(chosen.within)
    title = view.text("method.standardization")
    for name, own in alike.items():
        scope = f" ({view.listed(own, 6)})" if len(own) < len(leaves) else ""
        yield _formula(view, "standardization", name, title + scope)
    for each in sorted(within):
        yield Text(view.text(f"method.within_{each}"))
    negative = -1 in view.facts.nodes["direction"].to_list()
    if negative or any((leaf.direction or 1) < 0 for leaf in leaves):
        yield Text(view.text("method.direction"))


def _joining(view: View) -> Iterator[Block]:
    """How children become one score: aggregation and weighting, node by node."""
    inner = [node for node in view.facts.definition.tree if not node.indicator]
    aggregations: dict[str, list[str]] = {}
    weightings: dict[str, list[str]] = {}
    for node in inner:
        aggregation = (node.aggregation or Aggregation()).method
        aggregations.setdefault(aggregation, []).append(node.id)
        weighting = node.weighting.method if node.weighting else "given"
        weightings.setdefault(weighting, []).append(node.id)
    for kind, alike in (("aggregation", aggregations), ("weighting", weightings)):
        for name, own in alike.items():
            every = len(own) == len(inner)
            nodes = view.text("method.all_nodes") if every else view.listed(own, 5)
            yield _formula(view, kind, name, view.text(f"method.{kind}", nodes=nodes))


def _tree(view: View) -> Table:
    """Every node with its weight and its share of the whole."""
    rows = []
    for row in view.facts.nodes.to_dicts():
        strong = row["indicator"] is None
        rows.append(
            [
                Cell(view.node(row["node"]), strong=strong, indent=row["level"]),
                Cell(f"{row['weight']:g}" if row["level"] else ""),
                Cell(percent(row["share"], 1 if row["share"] < 1 else 0)),
            ]
        )
    columns = [view.text("common.indicator"), view.text("common.weight"), view.text("method.share")]
    return Table(columns, rows, caption=view.text("method.tree"), widths=(74, 10, 16))
