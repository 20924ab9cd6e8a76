"""``cityflux import`` and ``cityflux export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cityflux.core.cli.output import json_option
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.exports import ALL, EXPORTS, export_frame, write_workbook


@click.command("import", epilog="Example: cityflux import figures.xlsx --dry-run")
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what is understood and store nothing.")
@click.option("--indicator", help="What the figures are of, where the file does not say.")
@click.option("--series", help="Which of the file's series that is.")
@click.option("--unit", help="The unit, where the file names none.")
@click.option("--period", help="The period, where the file names none.")
@click.option("--city", help="The city, where the file names none.")
@click.option("--sheet", help="Only this sheet of a workbook.")
@click.option("--source", help="Id of its source, in place of its name.")
@click.option("--publisher", help="Who answers for the figures.")
@click.option("--licence", help="Terms of use.  [default: not stated]")
@click.option(
    "--priority",
    type=int,
    hidden=True,  # docs/import.md; what helps most fits on a screen
    help="The smaller wins; else the file taken in last.",
)
@click.option("--format", "form", help="A layout that a plugin reads, such as nbs.")
@click.option("--force", is_flag=True, help="Write into a source that is no file, too.")
@click.option("--prune", is_flag=True, help="Take out what the file gave before and no more.")
@click.option("--flows", is_flag=True, help="FILE has flows: from, to and value, or a matrix.")
@click.option("--firms", is_flag=True, hidden=True, help="FILE has firms and cities.")
@click.option("--undo", is_flag=True, help="Take back the last import, of FILE or --source.")
@json_option
@pass_session
def import_figures(
    session: Session,
    /,
    file: Path | None,
    dry_run: bool,
    form: str | None,
    undo: bool,
    flows: bool,
    firms: bool,
    as_json: bool,
    **told: Any,
) -> int:
    """Take in FILE, or every table of a folder, whole or not at all."""
    from cityflux.core.cli.taking_folder import take_in_folder
    from cityflux.core.cli.taking_in import Wanted, take_back, take_in

    if undo:
        return take_back(session, file, told["source"], as_json)
    if file is None:
        raise click.UsageError("name a FILE, or take the last one back with --undo")
    if flows or firms:
        from cityflux.core.cli.taking_flows import take_flows

        return take_flows(session, file, told, firms=firms, dry_run=dry_run, as_json=as_json)
    wanted = Wanted(file, dry_run, form, as_json, **told)
    return take_in_folder(session, wanted) if file.is_dir() else take_in(session, wanted)


@click.command(epilog="Example: cityflux export all --out everything.xlsx")
@click.argument("what", type=click.Choice((*EXPORTS, ALL)))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A .csv, .xlsx, .json or .parquet file; CSV on standard output without it.",
)
@click.option("--bom", is_flag=True, help="Begin a CSV with a byte order mark, for Excel.")
@click.option("--wide", is_flag=True, help="Periods across, one row a city.")
@pass_session
def export(session: Session, what: str, out: Path | None, bom: bool, wide: bool) -> None:
    """Write observations, scores or provenance, each row with its source or its place.

    A workbook takes all of them, one sheet each.
    """
    from cityflux.core.model.errors import ConfigError

    suffixes = (".csv", ".xlsx", ".json", ".parquet")
    if out and out.suffix not in suffixes:
        raise ConfigError(f"{out}: the suffix says no format; use {', '.join(suffixes)}")
    if what == ALL and (out is None or out.suffix != ".xlsx"):
        raise ConfigError("all tables go into a workbook; write --out NAME.xlsx")
    names = EXPORTS if what == ALL else (what,)
    with session.read() as connection:
        frames = {name: export_frame(connection, name, wide=wide) for name in names}
    frame = frames[names[0]]
    if out is None:
        click.echo(("\ufeff" if bom else "") + frame.write_csv(), nl=False)
        return
    if out.suffix == ".csv":
        frame.write_csv(out, include_bom=bom)
    elif out.suffix == ".xlsx":
        write_workbook(frames, out)
    elif out.suffix == ".json":
        frame.write_json(out)
    else:
        frame.write_parquet(out)
    click.echo(f"wrote {sum(each.height for each in frames.values())} rows to {out}")
