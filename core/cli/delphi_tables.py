"""The tables of ``cityflux delphi``."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.output import number, percent, print_json, print_table, printable
from cityflux.core.words.catalogue import Code, codes_of, text
from cityflux.core.words.names import pick

if TYPE_CHECKING:
    from cityflux.core.app.panel_results import ItemStatus, Status

_COLUMNS = ("n", "mean", "median", "IQR", "CV", "full", "stable p", "agreed")
#: What a reader must know of a round, by its code.
_NOTES = {
    "missing": "note_missing",
    "fewer": "note_fewer",
    "experts": "note_experts",
    "items": "note_items",
    "equal": "note_equal",
}


def print_panels(connection: sqlite3.Connection, *, as_json: bool, color: bool) -> None:
    """Print all panels with the round that each is in."""
    from cityflux.storage.panels import experts, find_panel, panel_names, rounds

    rows = []
    for name in panel_names(connection):
        panel, known = find_panel(connection, name), rounds(connection, name)
        rows.append(
            {
                "panel": name,
                "index": panel.index_id,
                "kind": panel.kind,
                "experts": len(experts(connection, name)),
                "round": len(known),
                "open": bool(known) and known[-1].closed is None,
            }
        )
    if as_json:
        print_json(rows)
        return
    columns = ["panel", "index", "kind", "experts", "round", "open"]
    cells = [[row[name] for name in columns] for row in rows]
    print_table("panels", columns, cells, color=color, right=["experts", "round"])


def status_object(found: Status) -> dict[str, Any]:
    """A round for machines."""
    return {
        "panel": found.panel.name,
        "index": found.panel.index_id,
        "kind": found.panel.kind,
        "rule": dict(found.panel.rule),
        "round": found.round,
        "closed": found.closed,
        "asked": found.asked,
        "answered": found.answered,
        "response_rate": found.answered / found.asked,
        "items": [each.row() for each in found.items],
        "kendall": asdict(found.whole) if found.whole else None,
        "authority": found.authority,
        "agreed": found.agreed,
        "again": found.again,
        "notes": [{"note": note, "n": n} for note, n in found.notes],
        "proposals": [{"kind": kind, "what": what, "n": n} for kind, what, n in found.proposals],
    }


def print_status(found: Status, lang: Code | None, *, color: bool) -> None:
    """Print the items of a round, and in words what they come to."""
    print_table(
        f"{found.panel.name}, round {found.round}: {found.answered} of {found.asked} answered "
        f"({percent(found.answered / found.asked)})",
        ["node", "", *_COLUMNS],
        [_row(each, lang) for each in found.items],
        color=color,
        right=_COLUMNS[:-1],
    )
    for code in codes_of(lang):
        for line in _said(code, found):
            click.echo(printable(line))
    for kind, what, n in found.proposals:
        click.echo(printable(f"{kind}: {what} ({n})"))


def _row(each: ItemStatus, lang: Code | None) -> list[Any]:
    item = each.item
    return [
        f"{each.part} {each.node} {each.other}".strip() if each.part != "scale" else each.node,
        pick(lang or "zh", each.name_zh, each.name_en),
        item.n,
        number(item.mean, 2),
        number(item.median, 1),
        number(item.spread, 1),
        number(item.cv, 2),
        percent(item.full),
        number(each.stable, 3),
        "yes" if each.agreed else "no",
    ]


def _said(code: Code, found: Status) -> list[str]:
    lines = []
    whole = found.whole
    if whole is not None and whole.w is not None:
        lines.append(
            text(
                code,
                "delphi.kendall",
                w=number(whole.w),
                chi2=number(whole.chi2, 2),
                p=number(whole.p, 4),
                n=whole.experts,
            )
        )
    if found.authority is not None:
        lines.append(text(code, "delphi.authority", cr=number(found.authority), n=found.judged))
    lines += [text(code, f"delphi.{_NOTES[note]}", n=n) for note, n in found.notes]
    if found.agreed:
        lines.append(text(code, "delphi.agreed"))
    else:
        nodes = text(code, "common.comma").join(found.again)
        key = "delphi.again" if nodes else "delphi.not_yet"
        lines.append(text(code, key, nodes=nodes))
    return lines
