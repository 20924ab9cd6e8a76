"""How scores and figures changed over the years."""

from __future__ import annotations

from typing import Any

import polars as pl

from cityflux.core.engine.analysis.trends import trends
from cityflux.core.report import pictures
from cityflux.core.report.blocks import Block, Cell, Chart, Formula, Missing, Section, Table, Text
from cityflux.core.report.sections.group_pages import broken
from cityflux.core.report.view import SHOWN, View
from cityflux.core.words.brackets import in_brackets
from cityflux.core.words.growth import no_growth
from cityflux.core.words.numbers import MISSING, number

#: Indicators in the table of growth.
_MOST_INDICATORS = 20


def growth(view: View) -> Section:
    """The scores year by year, and the yearly growth of the indicators."""
    return Section("growth", view.text("growth.title"), [*_scores(view), *_rates(view)])


def _scores(view: View) -> list[Block]:
    """The scores of this index, or else of one of the same indicators year by year."""
    blocks: list[Block] = []
    scores, index = view.facts.all_scores, view.index
    if scores["period"].n_unique() < 2:
        if view.facts.related is None:
            return [Missing(view.text("growth.one_period"))]
        definition, scores = view.facts.related
        index = view.language.name({"name_zh": definition.name_zh, "name_en": definition.name_en})
        blocks.append(Text(view.text("growth.related", index=index)))
    rows = scores.filter(pl.col("level") == 0, pl.col("city").is_in(view.beside)).sort(
        "city", "period"
    )
    known = rows.filter(city=view.focus).drop_nulls("score")
    own = known.filter(pl.col("bracket").is_null())
    if own.height < known.height:
        blocks.append(Text(view.text("growth.bracketed", city=view.city(view.focus))))
    if own.height > 1:
        first, last = own.row(0, named=True), own.row(-1, named=True)
        sentence = view.text(
            "growth.score_trend",
            city=view.city(view.focus),
            first=view.language.period(first["period"]),
            last=view.language.period(last["period"]),
            before=number(first["comparable_score"]),
            after=number(last["comparable_score"]),
        )
        blocks.insert(0, Text(sentence, lead=True))
    return [*blocks, _score_chart(view, rows, index)]


def _score_chart(view: View, rows: pl.DataFrame, index: str) -> Chart:
    known = {
        (city, period): number(score) if compares or score is None else in_brackets(number(score))
        for city, period, score, compares in rows.select(
            "city", "period", SHOWN.alias("shown"), pl.col("bracket").is_null()
        ).rows()
    }
    table = Table(
        [view.text("common.period"), *(view.city(city) for city in view.beside)],
        [
            [
                Cell(view.language.period(period)),
                *(Cell(known.get((city, period), MISSING)) for city in view.beside),
            ]
            for period in rows["period"].unique().sort()
        ],
    )
    chart = pictures.scores_over_time(view, rows)
    return Chart("growth-scores", view.text("growth.scores", index=index), chart, table)


def _rates(view: View) -> list[Block]:
    """Compound yearly growth of the indicators with the most years."""
    years = view.annual.filter(
        pl.col("period").str.len_chars() == 4, pl.col("city").is_in(view.beside)
    )
    several = (
        years.group_by("indicator")
        .agg(n=pl.col("period").n_unique())
        .filter(pl.col("n") > 1)
        .sort("n", "indicator", descending=[True, False])
    )
    chosen = set(several.head(_MOST_INDICATORS)["indicator"])
    shown = view.facts.nodes.filter(pl.col("indicator").is_in(chosen))
    if shown.is_empty():
        return [Missing(view.text("growth.no_rates"))]
    names = shown["indicator"].to_list()
    frame = years.filter(pl.col("indicator").is_in(names)).pivot(
        on="indicator", index=["city", "period"], values="value"
    )
    breaks, differences = view.facts.breaks, view.facts.differences
    table = trends(frame, names, breaks=breaks, differences=differences)
    found = {(row["city"], row["indicator"]): row for row in table.to_dicts()}
    rows = [
        [
            Cell(view.language.name(row), href=view.source_of(row["indicator"])),
            *(_rate(view, found.get((city, row["indicator"]))) for city in view.beside),
        ]
        for row in shown.to_dicts()
    ]
    columns = [view.text("common.indicator"), *(view.city(city) for city in view.beside)]
    formula = Formula(
        view.text("growth.formula"), "r = (x_last / x_first)^(1 / years) − 1", "COINr, CAGR"
    )
    return [
        Table(columns, rows, caption=view.text("growth.rates")),
        Text(view.text("growth.rates_lead")),
        *broken(view, shown, years),
        formula,
    ]


def _rate(view: View, row: dict[str, Any] | None) -> Cell:
    """A rate with the years that it is about; without one the reason."""
    if row is None:
        return Cell(MISSING)
    if row["trend"] is None:
        return Cell(no_growth(view.language, row["reason"], row["broken"]))
    rate = number(100 * row["trend"], 1, plus=True)
    return Cell(f"{rate}% ({row['first']}–{row['latest']})")
