"""``--png``: an index, what a rank would take, and how far a panel agrees, as pictures."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.words.names import pick

if TYPE_CHECKING:
    from cityflux.core.app.panel_results import Status
    from cityflux.core.model.goal import GoalFacts
    from cityflux.core.words.catalogue import Code


def draw_index(connection: sqlite3.Connection, index: str, path: Path, *, groups: bool) -> None:
    """Draw the ranking of the last period, or the scores of its groups, and write a PNG.

    Raises:
        ReportError: the extra or a Chinese font is missing, or the file cannot be written.
        NotEnoughData: there is no score.
    """
    from cityflux.core.model.extra import need_extra

    need_extra()
    from cityflux.core.reading.facts import gather
    from cityflux.core.report import pictures
    from cityflux.core.report.view import look
    from cityflux.core.words.language import Language

    view = look(gather(connection, index), Language("zh"), None, None)
    chart = pictures.heatmap(view) if groups else pictures.ranking(view, marked=False)
    name = view.facts.definition.name_en
    _save(chart.properties(title=f"{view.index} {name}, {view.facts.period}"), path)


def draw_goal(facts: GoalFacts, path: Path, code: Code) -> None:
    """Draw the effort of each indicator that would do by itself, and write a PNG.

    Raises:
        ReportError, NotEnoughData: as `draw_index`.
    """
    from cityflux.core.words.whatif import told

    rows = [
        (pick(code, each.name_zh, each.name_en), each.deviations, each.chance)
        for each in facts.single
    ]
    _draw(rows, path, told(code, facts)[0], ("whatif.effort", "whatif.in_draws"), code)


def draw_status(found: Status, path: Path, code: Code) -> None:
    """Draw the median of each item with its quartiles, and write a PNG.

    Raises:
        ReportError, NotEnoughData: as `draw_index`.
    """
    rows = [
        (
            pick(code, each.name_zh, each.name_en),
            each.item.median,
            each.item.full,
            each.item.low,
            each.item.high,
        )
        for each in found.items
    ]
    title = f"{found.panel.name}, {found.round}"
    _draw(rows, path, title, ("delphi.median", "delphi.full"), code)


def _draw(
    rows: list[tuple[Any, ...]], path: Path, title: str, heads: tuple[str, str], code: Code
) -> None:
    """Draw bars: name, value, share, and perhaps the ends of an interval."""
    from cityflux.core.model.extra import need_extra

    need_extra()
    import polars as pl

    from cityflux.core import charts
    from cityflux.core.words.catalogue import text

    names = ["name", "score", "coverage", "low", "high"][: len(rows[0]) if rows else 3]
    types: dict[str, Any] = {"name": pl.String, **dict.fromkeys(names[1:], pl.Float64)}
    frame = pl.DataFrame(rows, schema=types, orient="row")
    frame = frame.with_columns(rank=pl.int_range(1, pl.len() + 1), bracket=pl.lit(value=False))
    score, share = (text(code, head) for head in heads)
    _save(charts.ranking(frame, score=score, coverage=share, title=title), path)


def _save(chart: Any, path: Path) -> None:
    from cityflux.core.charts import render
    from cityflux.core.model.errors import ReportError
    from cityflux.core.words import numbers

    picture = render.png(chart)
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror}); name another") from error
    click.echo(f"{path}: {numbers.number(len(picture) / 1000, 0)} kB")
