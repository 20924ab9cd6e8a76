"""The ranking of the cities."""

from __future__ import annotations

from cityflux.core.report import pictures
from cityflux.core.report.blocks import Block, Chart, Missing, Section, Table, Text
from cityflux.core.report.view import View
from cityflux.core.words.numbers import number


def ranking(view: View) -> Section:
    """Every city with score, rank and coverage."""
    placed = view.placed(view.root)
    blocks: list[Block] = [Text(view.text("ranking.lead"), lead=True)]
    if len(placed) == 1:
        blocks.append(Missing(view.text("ranking.alone", city=view.city(placed[0]))))
    caption = view.text("ranking.chart", index=view.index, period=view.period)
    blocks.append(Chart("ranking-chart", caption, pictures.ranking(view), _table(view)))
    if len(placed) > pictures.MOST_BARS:
        blocks.append(
            Text(view.text("ranking.first_of", k=len(pictures.ranked(view)), n=len(placed)))
        )
    if without := [view.city(city) for city in view.cities if city not in placed]:
        blocks.append(
            Missing(view.text("ranking.no_score", cities=view.language.listed(without, 40)))
        )
    blocks.append(Missing(view.text("ranking.no_audit")))
    return Section("ranking", view.text("ranking.title"), blocks)


def _table(view: View) -> Table:
    best = view.facts.root["score"].max()
    rows = []
    for city in view.cities:
        score, rank = view.score(view.root, city), view.rank(view.root, city)
        behind = None
        if score is not None and rank is not None and isinstance(best, float):
            behind = score - best
        texts = [
            "–" if rank is None else str(rank),
            view.city(city),
            view.points(view.root, city),
            number(behind),
            view.coverage(view.root, city),
        ]
        rows.append([view.strong(text, city) for text in texts])
    columns = [view.text(f"common.{name}") for name in ("rank", "city", "score")] + [
        view.text("ranking.to_best"),
        view.text("common.coverage"),
    ]
    return Table(columns, rows, right=2)
