"""The ranking of the cities."""

from __future__ import annotations

from cityflux.core.report import pictures
from cityflux.core.report.blocks import Block, Chart, Missing, Section, Table, Text
from cityflux.core.report.view import View
from cityflux.core.words.brackets import place
from cityflux.core.words.numbers import MISSING, number


def ranking(view: View) -> Section:
    """Every city with both scores and coverage, and its rank where it compares."""
    ranked, known = view.placed(view.root), view.facts.root.drop_nulls("score")["city"].to_list()
    lead = view.text("ranking.lead" if ranked else "ranking.lead_bracketed")
    blocks: list[Block] = [Text(lead, lead=True)]
    if len(known) == 1:
        blocks.append(Missing(view.text("ranking.alone", city=view.city(known[0]))))
    caption = view.text("ranking.chart", index=view.index, period=view.period)
    blocks.append(Chart("ranking-chart", caption, pictures.ranking(view), _table(view)))
    if len(known) > pictures.MOST_BARS:
        blocks.append(
            Text(view.text("ranking.first_of", k=len(pictures.ranked(view)), n=len(known)))
        )
    why: dict[str, list[str]] = {}
    for city in known:
        why.setdefault(view.bracket(view.root, city), []).append(view.city(city))
    for reason, cities in why.items():
        if reason:
            named = view.language.listed(cities, 40)
            blocks.append(Text(view.text("ranking.reasons", cities=named, reason=reason)))
    if without := [view.city(city) for city in view.cities if city not in known]:
        blocks.append(
            Missing(view.text("ranking.no_score", cities=view.language.listed(without, 40)))
        )
    title = view.text("ranking.title" if ranked else "ranking.title_bracketed")
    return Section("ranking", title, blocks)


def _table(view: View) -> Table:
    placed = view.placed(view.root)
    best = view.shown(view.root, placed[0]) if placed else None
    compared = dict(view.facts.root.select("city", "comparable_score").iter_rows())
    rows = []
    for city in view.cities:
        rank, own = view.rank(view.root, city), view.shown(view.root, city)
        behind = None if rank is None or own is None or best is None else own - best
        n = view.of(view.root, city)
        texts = [
            MISSING if rank is None else place(view.language.code, rank, n),
            view.city(city),
            view.told(view.root, city, compared[city]),
            view.told(view.root, city, view.score(view.root, city)),
            *([number(behind)] if placed else []),
            view.coverage(view.root, city),
        ]
        rows.append([view.strong(text, city) for text in texts])
    heads = ("rank", "city", "comparable", "known")
    columns = [view.text(f"common.{name}") for name in heads]
    columns += [view.text("ranking.to_best")] if placed else []
    columns.append(view.text("common.coverage"))
    return Table(columns, rows, right=2)
