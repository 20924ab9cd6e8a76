"""What ``cityflux import`` does, and how it tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.declaring import Opened, open_declared
from cityflux.core.cli.output import figure as shown
from cityflux.core.cli.output import print_json
from cityflux.core.cli.session import Session
from cityflux.core.model.document import Document, read_file
from cityflux.core.model.errors import ImportRefused, NothingKnown, PluginError
from cityflux.core.model.near import meant
from cityflux.core.refresh.importing.editions import PRIORITY, Edition
from cityflux.core.refresh.importing.formats import frame_figures
from cityflux.core.refresh.importing.names import read_names
from cityflux.core.refresh.importing.reading import read_sheets
from cityflux.core.refresh.importing.series import Choice
from cityflux.core.refresh.importing.storing import Stored, source_of_file, store_rows
from cityflux.core.refresh.importing.storing import take_back as undo
from cityflux.core.refresh.importing.table_reader import Reading

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.plugin.record import PluginRecord
    from cityflux.storage.imports import Rival

_ROWS_SHOWN = 5
_NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user said."""

    file: Path
    dry_run: bool
    form: str | None
    as_json: bool
    indicator: str | None = None
    series: str | None = None
    unit: str | None = None
    period: str | None = None
    city: str | None = None
    sheet: str | None = None
    source: str | None = None
    publisher: str | None = None
    licence: str | None = None
    priority: int | None = None
    force: bool = False
    prune: bool = False
    edition: Edition | None = None


def take_in(
    session: Session, wanted: Wanted, tell: Callable[[dict[str, Any]], None] = print_json
) -> int:
    """Read a file, tell what was understood, and store it.

    Args:
        session: plugins and database.
        wanted: what the user said.
        tell: takes what is told as JSON.

    Raises:
        NothingKnown: a table of an edition of a yearbook has no series of ours.
    """
    document = read_file(wanted.file)
    with session.open() as connection:
        known = session.plugins.indicators
        aliases = wanted.edition.aliases if wanted.edition else {}
        names = read_names(
            connection,
            {each: (*known[each].indicator.aliases, *aliases.get(each, ())) for each in known},
        )
        try:
            file = (
                Opened(session, names)
                if wanted.form
                else open_declared(session, wanted.file, document, names, wanted.unit or "")
            )
            source = source_of_file(
                connection,
                document,
                wanted.source,
                publisher=wanted.publisher or file.more.said("publisher"),
                licence=wanted.licence or file.more.said("licence"),
                priority=wanted.priority or (PRIORITY if wanted.edition else None),
                force=wanted.force,
            )
            reading = _read(session, wanted, document, file, source.id)
        except ImportRefused as error:
            if wanted.edition and isinstance(error, NothingKnown):
                raise
            _tell_refused(wanted, error.reasons, tell)
            return 1
    if wanted.edition:
        source = wanted.edition.source(source)
        reading.rows = wanted.edition.copied(reading.rows)
    with file.written(reading.rows, dry_run=wanted.dry_run) as fresh, fresh.open() as connection:
        stored = store_rows(
            connection,
            reading.rows,
            document,
            source,
            session.config.quality,
            dry_run=wanted.dry_run,
            force=wanted.force,
            prune=wanted.prune,
        )
        failed = [] if wanted.dry_run else file.computed(fresh, connection)
    if wanted.as_json:
        tell({**_as_json(wanted, reading, stored, source.id), **file.as_json()})
    else:
        _tell(wanted, file, reading, stored, source.id)
    for line in failed:
        click.echo(f"Error: {line}", err=True)
    return 1 if failed else 0


def take_back(session: Session, file: Path | None, source: str | None, as_json: bool) -> int:
    """Undo the last import."""
    address = file.resolve().as_uri() if file and not source else None
    with session.open() as connection:
        done, out, back = undo(connection, source, address)
    if as_json:
        print_json({"source": done.source_id, "removed": out, "restored": back})
        return 0
    click.echo(
        f"taken back: the import of {done.source_id} of {done.started}; {out} figures are out, "
        f"{back} are what they were"
    )
    click.echo("bring the indices up to date with: cityflux compute")
    return 0


def _read(
    session: Session, wanted: Wanted, document: Document, file: Opened, source_id: str
) -> Reading:
    if wanted.form is None:
        choice = Choice(
            wanted.indicator or "",
            wanted.series or "",
            wanted.unit or "",
            wanted.period or "",
            wanted.city or "",
            wanted.sheet,
        )
        return read_sheets(document, file.said, file.sheets, file.names, source_id, choice)
    if wanted.indicator is None:
        raise click.UsageError("--format needs --indicator: what the figures are of")
    frame = _format(session, wanted.form)(document, wanted.series, wanted.unit)
    return frame_figures(frame, file.names, wanted.indicator, source_id, wanted.form)


def _format(session: Session, form: str) -> Callable[..., pl.DataFrame]:
    from cityflux.core.plugin.dispatch import registered

    formats: dict[str, Callable[..., pl.DataFrame]] = {}

    def register(record: PluginRecord) -> Callable[[str, Callable[..., pl.DataFrame]], None]:
        return lambda name, function: formats.update(
            {name: registered(record, f"format {name}", function, "DataFrame")}
        )

    session.plugins.ask("register_formats", register)
    if form not in formats:
        wrong = [f"; {name}: {error}" for name, error in session.plugins.take_news()]
        hint = meant(form, formats, f"there are: {', '.join(sorted(formats))}")
        raise PluginError(f"there is no format {form!r}; {hint}{''.join(wrong)}")
    return formats[form]


def _tell_refused(
    wanted: Wanted, reasons: list[str], tell: Callable[[dict[str, Any]], None]
) -> None:
    if wanted.as_json:
        tell({"rows": 0, "changed": 0, "stored": False, "bad": reasons})
        return
    for reason in reasons:
        click.echo(f"{wanted.file}: {reason}", err=True)
    click.echo(f"Error: {wanted.file}: {len(reasons)} bad, so nothing was taken in", err=True)


def _tell(wanted: Wanted, file: Opened, reading: Reading, stored: Stored, source: str) -> None:
    count = len(reading.rows)
    click.echo(f"{wanted.file}: {'; '.join(reading.said)}")
    for line in file.told(dry_run=wanted.dry_run):
        click.echo(line)
    if wanted.dry_run:
        for row in reading.rows[:_ROWS_SHOWN]:
            figure, unit = row.figure, file.names.units[row.indicator_id]
            click.echo(
                f"  line {row.line}: {row.indicator_id} {figure.city_id} {figure.period} "
                f"{shown(figure.value)} {unit}" + f" ({figure.status})" * (figure.status != "ok")
            )
        if count > _ROWS_SHOWN:
            click.echo(f"  and {count - _ROWS_SHOWN} more")
    for what, found in (("other places", reading.places), ("other series", reading.series)):
        if told := _named(found):
            click.echo(f"left out, figures of {what}: {told}")
    if reading.missing:
        click.echo(f"{reading.missing} cells say that there is no figure")
    if reading.hidden:
        click.echo(
            f"{reading.hidden} rows are hidden in the workbook, and are read like all others"
        )
    _tell_stored(wanted, stored)
    if wanted.dry_run:
        click.echo(f"{wanted.file}: {count} rows are good; nothing was stored (dry run)")
        return
    click.echo(
        f"{wanted.file}: {count} rows taken in as the source {source}, {stored.changed} figures "
        "new or different"
    )
    if file.more.tree:
        click.echo(f"see the index with: cityflux show {file.more.prefix}")
    else:
        click.echo("bring the indices up to date with: cityflux compute")


def _tell_stored(wanted: Wanted, stored: Stored) -> None:
    if stored.suspect:
        click.echo(f"{len(stored.suspect)} figures are suspect and enter no index:")
        for line in stored.suspect[:_NAMES_SHOWN]:
            click.echo(f"  {line}")
        click.echo(
            "  list them with: cityflux indicators --suspect; "
            "accept with: cityflux indicators accept INDICATOR"
        )
    if stored.gone:
        first = ", ".join(" ".join(cell) for cell in stored.gone[:3])
        how = "are taken out" if wanted.prune else "stay; take them out with --prune"
        click.echo(
            f"{len(stored.gone)} figures that it gave before are no longer in it: {first}; {how}"
        )
    if stored.rivals:
        first = "; ".join(map(_rival, stored.rivals[:3]))
        click.echo(f"{len(stored.rivals)} figures differ from other sources: {first}")


def _rival(rival: Rival) -> str:
    cell = f"{rival.indicator_id} {rival.city_id} {rival.period}"
    order = "this file comes first" if rival.comes_first else f"{rival.source_id} comes first"
    return f"{cell} {shown(rival.value)} here, {shown(rival.other)} in {rival.source_id} ({order})"


def _named(found: Counter[str]) -> str:
    there = Counter({name: count for name, count in found.items() if count})
    names = [f"{name} ({count})" for name, count in there.most_common(_NAMES_SHOWN)]
    more = len(there) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _as_json(wanted: Wanted, reading: Reading, stored: Stored, source: str) -> dict[str, object]:
    return {
        "rows": len(reading.rows),
        "left_out": sum(reading.places.values()) + sum(reading.series.values()),
        "changed": stored.changed,
        "stored": not wanted.dry_run,
        "bad": [],
        "source": source,
        "found": reading.said,
        "places": {name: count for name, count in reading.places.items() if count},
        "series": {name: count for name, count in reading.series.items() if count},
        "missing": reading.missing,
        "suspect": stored.suspect,
        "gone": [" ".join(cell) for cell in stored.gone],
        "rivals": [each._asdict() for each in stored.rivals],
    }
