"""``cityflux import`` and ``cityflux export``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityflux.core.cli.output import json_option, print_json
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.exports import EXPORTS, export_frame

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.plugin.record import PluginRecord


@click.command("import", epilog="Example: cityflux import figures.csv --dry-run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row and store nothing.")
@click.option("--source", default="import", show_default=True, help="Id of the rows' source.")
@click.option("--publisher", help="Who answers for the figures.  [default: the file's name]")
@click.option("--licence", default="not stated", show_default=True, help="Terms of use.")
@click.option(
    "--priority", default=5, show_default=True, help="The smaller number wins among sources."
)
@click.option(
    "--format",
    "form",
    help="How FILE is laid out, such as nbs, a download of data.stats.gov.cn; see the plugins.",
)
@click.option("--indicator", help="With --format: the indicator that the figures are of.")
@click.option("--series", help="With --format: which of the file's indicators it is.")
@click.option("--unit", help="With --format: the unit, if the file names none.")
@json_option
@pass_session
def import_figures(
    session: Session,
    file: Path,
    dry_run: bool,
    source: str,
    publisher: str | None,
    licence: str,
    priority: int,
    form: str | None,
    indicator: str | None,
    series: str | None,
    unit: str | None,
    as_json: bool,
) -> int:
    """Take in the figures of FILE, a CSV: indicator, city, period, value[, unit, source, status].

    Either every row is good and stored, or nothing is; each bad row is named with its reason.
    With --format another layout is read, such as a table downloaded by hand.
    """
    from cityflux.core.model.document import read_file
    from cityflux.core.model.errors import ImportRefused
    from cityflux.core.model.nouns import Source
    from cityflux.core.refresh.importing import frame_rows, import_rows, read_catalogue, read_rows

    document = read_file(file)
    origin = Source(
        id=source,
        publisher=publisher or f"imported from {file.name}",
        address=document.address,
        licence=licence,
        priority=priority,
        access="bundled",
        reference=file.name,
    )
    left_out = 0
    with session.open() as connection:
        try:
            known = read_catalogue(connection)
            if form is None:
                rows = read_rows(document, known, source)
            else:
                frame = _reader(session, form, indicator)(document, series, unit)
                rows, left_out = frame_rows(frame, known, indicator or "", source)
        except ImportRefused as error:
            _refused(file, error.reasons, as_json)
            return 1
        changed = 0 if dry_run else import_rows(connection, rows, document, origin)
    if as_json:
        done = {"rows": len(rows), "left_out": left_out, "changed": changed}
        print_json({**done, "stored": not dry_run, "bad": []})
    elif dry_run:
        click.echo(f"{file}: {len(rows)} rows are good; nothing was stored (dry run)")
    else:
        click.echo(f"{file}: {len(rows)} rows taken in, {changed} figures new or different")
        if left_out:
            click.echo(f"{left_out} rows about other places were left out")
        click.echo("bring the indices up to date with: cityflux compute")
    return 0


def _reader(session: Session, form: str, indicator: str | None) -> Callable[..., pl.DataFrame]:
    from cityflux.core.model.errors import PluginError
    from cityflux.core.plugin.dispatch import registered

    if indicator is None:
        raise click.UsageError("--format needs --indicator: what the figures are of")
    formats: dict[str, Callable[..., pl.DataFrame]] = {}

    def register(record: PluginRecord) -> Callable[[str, Callable[..., pl.DataFrame]], None]:
        return lambda name, function: formats.update(
            {name: registered(record, f"format {name}", function, "DataFrame")}
        )

    session.plugins.ask("register_formats", register)
    if form not in formats:
        wrong = [f"; {name}: {error}" for name, error in session.plugins.take_news()]
        there = ", ".join(sorted(formats))
        raise PluginError(f"there is no format {form!r}; there are: {there}{''.join(wrong)}")
    return formats[form]


def _refused(file: Path, reasons: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"rows": 0, "changed": 0, "stored": False, "bad": reasons})
        return
    for reason in reasons:
        click.echo(f"{file}: {reason}", err=True)
    click.echo(f"Error: {file}: {len(reasons)} bad, so nothing was taken in", err=True)


@click.command(epilog="Example: cityflux export scores --out scores.parquet")
@click.argument("what", type=click.Choice(EXPORTS))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A .csv, .json or .parquet file; CSV on standard output without it.",
)
@pass_session
def export(session: Session, what: str, out: Path | None) -> None:
    """Write observations, scores or provenance, each row with its source or its place."""
    from cityflux.core.model.errors import ConfigError

    if out and out.suffix not in (".csv", ".json", ".parquet"):
        raise ConfigError(f"{out}: the suffix says no format; use .csv, .json or .parquet")
    with session.read() as connection:
        frame = export_frame(connection, what)
    if out is None:
        click.echo(frame.write_csv(), nl=False)
        return
    if out.suffix == ".csv":
        frame.write_csv(out)
    elif out.suffix == ".json":
        frame.write_json(out)
    else:
        frame.write_parquet(out)
    click.echo(f"wrote {frame.height} rows to {out}")
