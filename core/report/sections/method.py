"""How the scores are made: every step that the definition asks for, with its formula."""

from __future__ import annotations

from collections.abc import Iterator

from cityflux.core.engine.definition.choices import Aggregation
from cityflux.core.engine.definition.index import Node
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
        *(Text(text) for text in (*_figures(view), *_steps(view))),
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


def _figures(view: View) -> Iterator[str]:
    periods = view.facts.definition.periods
    reduce = view.text(f"method.reduce_{periods.reduce}")
    listed = view.language.listed([view.language.period(text) for text in periods.of], 20)
    yield view.text("method.periods", periods=listed, reduce=reduce)


def _steps(view: View) -> Iterator[str]:
    """What is done to the figures before they are standardized, where anything is."""
    definition = view.facts.definition
    if definition.screening:
        share = percent(definition.screening.min_available)
        yield view.text("method.screening", share=share)
    items = [
        view.text("method.denominator", indicator=view.node(leaf.id), by=leaf.denominator.by)
        for leaf in definition.leaves
        if leaf.denominator
    ]
    if items:
        yield view.text("method.denominators", items=view.language.listed(items, 20))
    imputations = {leaf.imputation.method for leaf in definition.leaves if leaf.imputation}
    for name in sorted(imputations):
        yield view.text("method.imputation", method=_name(view, "imputation", name))
    treatments = {
        leaf.treatment.model_dump_json(): leaf.treatment
        for leaf in definition.leaves
        if leaf.treatment
    }
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
    chosen = {leaf.id: leaf.standardization or default for leaf in leaves}
    title = view.text("method.standardization")
    for name in dict.fromkeys(each.method for each in chosen.values()):
        own = [leaf for leaf, each in chosen.items() if each.method == name]
        scope = view.listed(own, 6) if len(own) < len(chosen) else ""
        yield _formula(view, "standardization", name, title + (f" ({scope})" if scope else ""))
    within = {each.within for each in chosen.values() if each.method != "none"}
    remarks = [view.text(f"method.within_{each}") for each in sorted(within)]
    if any((leaf.direction or 1) < 0 for leaf in leaves) or _has_negative(view):
        remarks.append(view.text("method.direction"))
    yield from (Text(text) for text in remarks)


def _has_negative(view: View) -> bool:
    return -1 in view.facts.nodes["direction"].to_list()


def _joining(view: View) -> Iterator[Block]:
    """How children become one score: aggregation and weighting, node by node."""
    inner = [node for node in view.facts.definition.tree if not node.indicator]
    aggregations = {node.id: (node.aggregation or Aggregation()).method for node in inner}
    for name in dict.fromkeys(aggregations.values()):
        nodes = _nodes(view, [node for node in inner if aggregations[node.id] == name])
        title = view.text("method.aggregation", nodes=nodes)
        yield _formula(view, "aggregation", name, title)
    weightings = {node.id: node.weighting.method if node.weighting else "given" for node in inner}
    for name in dict.fromkeys(weightings.values()):
        nodes = _nodes(view, [node for node in inner if weightings[node.id] == name])
        title = view.text("method.weighting", nodes=nodes)
        yield _formula(view, "weighting", name, title)


def _nodes(view: View, nodes: list[Node]) -> str:
    inner = [node for node in view.facts.definition.tree if not node.indicator]
    if len(nodes) == len(inner):
        return view.text("method.all_nodes")
    return view.listed([node.id for node in nodes], 5)


def _tree(view: View) -> Table:
    """Every node with its weight and its share of the whole."""
    rows = []
    for row in view.facts.nodes.to_dicts():
        strong = row["indicator"] is None
        rows.append(
            [
                Cell(view.node(row["node"]), strong=strong, indent=row["level"]),
                Cell(f"{row['weight']:g}" if row["level"] else ""),
                Cell(_share(row["share"])),
            ]
        )
    columns = [view.text("common.indicator"), view.text("common.weight"), view.text("method.share")]
    return Table(columns, rows, caption=view.text("method.tree"), widths=(74, 10, 16))


def _share(share: float) -> str:
    return percent(share, 1 if share < 1 else 0)
