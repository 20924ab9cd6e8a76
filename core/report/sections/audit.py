"""How sure the ranks are: intervals, a matrix of probabilities, and what moves them."""

from __future__ import annotations

from cityflux.core.model.audit import AuditFacts
from cityflux.core.report import pictures
from cityflux.core.report.blocks import Block, Cell, Chart, Missing, Section, Table, Text
from cityflux.core.report.view import View
from cityflux.core.words import audit as words
from cityflux.core.words.numbers import MISSING, percent


def audit(view: View) -> Section:
    """The rank of each city over the draws of the last audit, or that there is none."""
    title, found, code = view.text("audit.heading"), view.facts.audit, view.language.code
    if found is None or not found.cities:
        never = view.text("audit.never", index=view.facts.definition.id)
        return Section("audit", title, [Missing(never)])
    first, *others = words.verdict(code, found)
    blocks: list[Block] = [Text(first, lead=True), *map(Text, others)]
    intervals = _intervals(view, found)
    if found.foremost is None:
        blocks.append(intervals)
    else:
        caption = view.text("audit.matrix")
        blocks.append(Chart("audit-matrix", caption, pictures.rank_matrix(view), intervals))
    if view.facts.moves:
        chart = pictures.moves(view)
        blocks.append(Chart("audit-moves", view.text("audit.moves"), chart, _moves(view)))
    return Section("audit", title, blocks)


def _intervals(view: View, found: AuditFacts) -> Table:
    heads = ("common.city", "audit.interval", "audit.median", "audit.first")
    rows = [
        [
            view.strong(text, each.city)
            for text in (
                view.city(each.city),
                words.interval(each),
                MISSING if each.median is None else str(each.median),
                percent(each.shares[0]) if each.shares else MISSING,
            )
        ]
        for each in found.cities
    ]
    caption = words.title(view.language.code, found)
    return Table([view.text(key) for key in heads], rows, caption=caption)


def _moves(view: View) -> Table:
    """First-order and total indices with their intervals."""
    code = view.language.code
    rows = [
        [
            Cell(words.assumption(code, each.subject)),
            Cell(f"{percent(each.value)} ({percent(each.low)}–{percent(each.high)})"),
            Cell(f"{percent(each.total)} ({percent(each.total_low)}–{percent(each.total_high)})"),
        ]
        for each in view.facts.moves
    ]
    return Table(["", view.text("audit.alone"), view.text("audit.together")], rows)
