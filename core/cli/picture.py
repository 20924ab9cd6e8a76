"""``cityflux show --png``: an index as a picture."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click


def draw_index(connection: sqlite3.Connection, index: str, path: Path, *, groups: bool) -> None:
    """Draw the ranking of the last period, or the scores of its groups, and write a PNG.

    Raises:
        ReportError: the extra or a Chinese font is missing, or the file cannot be written.
        NotEnoughData: there is no score.
    """
    from cityflux.core.model.extra import need_extra

    need_extra()
    from cityflux.core.charts import render
    from cityflux.core.model.errors import ReportError
    from cityflux.core.reading.facts import gather
    from cityflux.core.report import pictures
    from cityflux.core.report.view import look
    from cityflux.core.words import numbers
    from cityflux.core.words.language import Language

    view = look(gather(connection, index), Language("zh"), None, None)
    chart = pictures.heatmap(view) if groups else pictures.ranking(view, marked=False)
    name = view.facts.definition.name_en
    picture = render.png(chart.properties(title=f"{view.index} {name}, {view.facts.period}"))
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror}); name another") from error
    click.echo(f"{path}: {numbers.number(len(picture) / 1000, 0)} kB")
