"""The ranking of the cities."""

from __future__ import annotations

import polars as pl

from core.report import charts
from core.report.blocks import Block, Chart, Missing, Section, Table, Text
from core.report.view import View

#: Bars that fit on a page; of more cities the first ones are drawn, with the focus and the rival.
_MOST_BARS = 25


def ranking(view: View) -> Section:
    """Every city with score, rank and coverage."""
    placed = view.placed(view.root)
    blocks: list[Block] = [Text(view.text("ranking.lead"), lead=True)]
    if len(placed) == 1:
        blocks.append(Missing(view.text("ranking.alone", city=view.city(placed[0]))))
    caption = view.text("ranking.chart", index=view.index, period=view.period)
    blocks.append(Chart("ranking-chart", caption, _chart(view), _table(view)))
    if len(placed) > _MOST_BARS:
        blocks.append(Text(view.text("ranking.first_of", k=len(_drawn(view)), n=len(placed))))
    if without := [view.city(city) for city in view.cities if city not in placed]:
        blocks.append(
            Missing(view.text("ranking.no_score", cities=view.language.listed(without, 40)))
        )
    blocks.append(Missing(view.text("ranking.no_audit")))
    return Section("ranking", view.text("ranking.title"), blocks)


def _drawn(view: View) -> list[str]:
    wanted = {*view.cities[:_MOST_BARS], view.focus, *([view.rival] if view.rival else [])}
    return [city for city in view.cities if city in wanted]


def _chart(view: View) -> object:
    root = view.facts.root.filter(pl.col("city").is_in(_drawn(view)))
    names = [view.city(city) for city in root["city"]]
    return charts.ranking(
        root.select("rank", "score", "coverage").with_columns(name=pl.Series(names)),
        focus=view.city(view.focus),
        rival=view.city(view.rival) if view.rival else None,
        score=view.text("common.score"),
        coverage=view.text("common.coverage"),
    )


def _table(view: View) -> Table:
    best = view.facts.root["score"].max()
    rows = []
    for city in view.cities:
        score, rank = view.score(view.root, city), view.rank(view.root, city)
        behind = None if score is None or not isinstance(best, float) else score - best
        texts = [
            "–" if rank is None else str(rank),
            view.city(city),
            view.language.number(score),
            view.language.number(behind),
            view.coverage(view.root, city),
        ]
        rows.append([view.strong(text, city) for text in texts])
    columns = [view.text(f"common.{name}") for name in ("rank", "city", "score")] + [
        view.text("ranking.to_best"),
        view.text("common.coverage"),
    ]
    return Table(columns, rows, right=2)
