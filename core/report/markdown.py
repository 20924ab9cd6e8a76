"""The report as Markdown: its texts and tables; the tables stand for the charts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from cityflux.core.report.blocks import (
    Block,
    Cell,
    Chart,
    Code,
    Formula,
    Items,
    Missing,
    Pairs,
    Section,
    Table,
    Text,
)
from cityflux.core.report.report import Report

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~])")


def markdown(report: Report) -> str:
    """Write a report as Markdown with tables as GitHub reads them."""
    cover = report.cover
    lines = [
        f"# {_plain(cover.title)}",
        "",
        f"{_plain(cover.kind)} · **{_plain(cover.city)}** · {_plain(cover.score)} "
        f"{_plain(cover.rank)}".rstrip(),
        "",
        *(f"- {_plain(label)}: {_plain(value)}" for label, value in cover.facts),
        "",
        *(
            line
            for text in (cover.verdict, cover.description, cover.warning)
            if text
            for line in (_plain(text), "")
        ),
    ]
    for section in report.sections:
        lines += _section(section)
    lines += [_plain(cover.made_with)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f'<a id="{section.id}"></a>'
    yield ""
    yield f"{'#' * (section.level + 1)} {_plain(section.title)}"
    yield ""
    for block in section.blocks:
        yield from _block(block)
        yield ""


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield _plain(block.text)
        case Missing():
            yield f"> {_plain(block.text)}"
        case Items():
            yield from (f"- {_plain(item)}" for item in block.items)
        case Table():
            yield from _table(block)
        case Chart():
            yield f"**{_plain(block.caption)}**"
            yield ""
            yield from _table(block.table)
        case Formula():
            yield (
                f"- {_plain(block.name)}: `{block.formula}`"
                if block.formula
                else (f"- {_plain(block.name)}")
            )
            if block.source:
                yield f"  ({_plain(block.source)})"
        case Pairs():
            yield from (f"- {_plain(label)}: {_cell(cell)}" for label, cell in block.pairs)
        case Code():
            yield f"{_plain(block.summary)}:"
            yield ""
            yield from (f"    {line}" for line in block.text.splitlines())


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield f"**{_plain(table.caption)}**"
        yield ""
    yield f"| {' | '.join(_plain(column) for column in table.columns)} |"
    marks = ["---" if place < table.right else "---:" for place in range(len(table.columns))]
    yield f"| {' | '.join(marks)} |"
    for row in table.rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(cell: Cell) -> str:
    text = _plain(cell.text)
    if cell.strong and text:
        text = f"**{text}**"
    if cell.href:
        text = f"[{text}]({cell.href.replace('(', '%28').replace(')', '%29')})"
    text = "&emsp;" * cell.indent + text
    return f'<a id="{cell.anchor}"></a>{text}' if cell.anchor else text


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", escape(" ".join(text.split()), quote=False))
