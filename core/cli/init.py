"""``cityflux init``: a folder to begin with."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from cityflux.core.cli.session import Session


@click.command(epilog="Example: cityflux init my_cities --from my_cities.xlsx")
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--from",
    "table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Begin with the figures of a workbook or another table.",
)
def init(folder: Path, table: Path | None) -> int:
    """Make FOLDER (or this one) ready: settings, an index, a plugin and figures that work.

    With --from the figures of a table are taken in at once and become an index: that which the
    workbook declares, or else one of all its indicators with equal weights.
    """
    if table:
        return _from_table(folder, table)
    from cityflux.core.app.beginning import write_folder

    for path in write_folder(folder):
        click.echo(f"wrote {path}")
    _tell_next(folder, "cityflux import figures.csv", "cityflux run --once --offline")
    return 0


def _from_table(folder: Path, table: Path) -> int:
    """Take in a table; where that fails, nothing of it is left."""
    from cityflux.core.app.beginning import refuse_present

    refuse_present(folder)
    was_there = {*folder.iterdir()} if folder.exists() else None
    code = 1
    try:
        code = _fill(folder, table)
    finally:
        if code:
            _clear(folder, was_there)
    if not code:
        _tell_next(folder, "cityflux show", "cityflux web")
    return code


def _fill(folder: Path, table: Path) -> int:
    """Take in the figures and compute their index; 0, or 1 where the table was refused."""
    from cityflux.core.app.beginning import write_index, write_settings
    from cityflux.core.app.job import Job
    from cityflux.core.cli.taking_in import Wanted, take_in

    config = write_settings(folder, own_file=False)
    if take_in(Session(config), Wanted(table, dry_run=False, form=None, as_json=False)):
        return 1
    session = Session(config)
    own = [name for name, each in session.indices.items() if _is_in(each.origin, folder)]
    if own:
        write_settings(folder, own[0], own_file=False)
        click.echo(f"wrote {config}: {own[0]} is the index that is meant")
        return 0
    with session.read() as connection:
        index = write_index(folder, connection)
    session = Session(write_settings(folder, own_file=True))
    with session.open() as connection:
        failed = Job(connection, session).compute([session.index(None)]).failed
    for name, why in failed:
        click.echo(f"failed: {name}: {why}", err=True)
    click.echo(f"wrote {config} and {index}: an index of all indicators with equal weights")
    return 1 if failed else 0


def _is_in(origin: str, folder: Path) -> bool:
    return Path(origin).resolve().is_relative_to(folder.resolve())


def _clear(folder: Path, was_there: set[Path] | None) -> None:
    """Take out what was not there before."""
    for path in folder.iterdir():
        if path not in (was_there or ()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if was_there is None:
        folder.rmdir()


def _tell_next(folder: Path, *commands: str) -> None:
    moves = [] if folder.resolve() == Path.cwd() else [f"cd {folder}"]
    click.echo("next:")
    for command in (*moves, *commands):
        click.echo(f"  {command}")
