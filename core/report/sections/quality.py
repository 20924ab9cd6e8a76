"""How much is known, and how good it is."""

from __future__ import annotations

import polars as pl

from cityflux.core.report import pictures
from cityflux.core.report.blocks import Block, Cell, Chart, Items, Pairs, Section, Table, Text
from cityflux.core.report.view import View
from cityflux.core.words.numbers import number


def quality(view: View) -> Section:
    """Coverage by group and city, counts, and what has no figure at all."""
    filled = view.facts.adjustments.filter(kind="imputed").height
    lead = view.text("quality.lead_imputed" if filled else "quality.lead")
    blocks: list[Block] = [Text(lead, lead=True), _coverage(view), _counts(view)]
    leaves = view.facts.nodes.filter(pl.col("indicator").is_not_null())
    without = [
        view.language.name(row)
        for row in leaves.to_dicts()
        if not view.facts.values[row["indicator"]].count()
    ]
    if without:
        blocks += [Text(view.text("quality.without", n=len(without))), Items(without)]
    return Section("quality", view.text("quality.title"), blocks)


def _coverage(view: View) -> Chart:
    rows = [
        [Cell(view.label(node)), *(Cell(view.coverage(node, city)) for city in view.beside)]
        for node in [*view.groups, view.root]
    ]
    columns = [view.text("common.group"), *(view.city(city) for city in view.beside)]
    caption = view.text("quality.chart", period=view.period)
    return Chart("quality-coverage", caption, pictures.coverage(view), Table(columns, rows))


def _counts(view: View) -> Pairs:
    facts = view.facts
    names = facts.nodes["indicator"].drop_nulls().to_list()
    known = [name for name in names if facts.values[name].count()]
    compared = [each for each in facts.standing if each.indicator and not each.bracket]
    used = facts.used.join(facts.sources.select("source", "access"), on="source", how="left")
    kinds = facts.adjustments["kind"].to_list()
    counts = {
        "indicators": len(names),
        "with_figures": len(known),
        "compared": len(compared),
        "observations": used.height,
        "provisional": used.filter(pl.col("status") == "provisional").height,
        "derived": used.filter(pl.col("access") == "derived").height,
        "suspect": facts.suspects,
        "imputed": kinds.count("imputed"),
        "treated": kinds.count("treated"),
        "sources": used["source"].n_unique(),
    }
    return Pairs(
        [(view.text(f"quality.{name}"), Cell(number(count, 0))) for name, count in counts.items()]
    )
