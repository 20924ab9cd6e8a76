"""``cityflux import FOLDER``: each table in it, such as those of an edition of a yearbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cityflux.core.cli.output import print_json
from cityflux.core.cli.session import Session
from cityflux.core.cli.taking_in import Wanted, take_in
from cityflux.core.model.errors import NothingKnown
from cityflux.core.refresh.importing.editions import YEARBOOK, edition_of

#: What may hold a table.
_SUFFIXES = frozenset((".csv", ".tsv", ".xlsx", ".xls", ".xlsm", ".ods", ".json", ".parquet"))


def take_in_folder(session: Session, wanted: Wanted) -> int:
    """Take in every table of a folder and the folders in it; what one lacks costs it alone.

    Args:
        session: plugins and database.
        wanted: what the user said, with the folder for the file.
    """
    folder = wanted.file
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith((".", "~$"))
    )
    if not files:
        raise click.UsageError(
            f"{folder}: no table in it; there may be {', '.join(sorted(_SUFFIXES))}"
        )
    told: list[dict[str, Any]] = []
    strange: list[Path] = []
    failed: list[Path] = []
    for path in files:
        try:
            if _take(session, wanted, path, told.append):
                failed.append(path)
        except NothingKnown as error:
            strange.append(path)
            if not wanted.as_json:
                click.echo(f"{path}: left out: {error.reasons[0]}")
    taken = len(files) - len(strange) - len(failed)
    if wanted.as_json:
        print_json(told)
    else:
        click.echo(
            f"{folder}: of {len(files)} files {taken} "
            f"{'can be' if wanted.dry_run else 'were'} taken in, {len(strange)} hold no figure of "
            f"a known city and series, {len(failed)} are bad"
        )
    return 1 if failed or not taken else 0


def _take(session: Session, wanted: Wanted, path: Path, tell: Any) -> int:
    indicators = (each.indicator for each in session.plugins.indicators.values())
    edition = edition_of(path, wanted.file, indicators)
    if edition is None:
        return take_in(session, replace(wanted, file=path), tell)
    if edition.period is None and wanted.period is None:
        click.echo(
            f"Error: {path}: of which edition? put its year into the name of the folder, or name "
            "the year of the figures with --period",
            err=True,
        )
        return 1
    if wanted.period is None and not wanted.as_json:
        click.echo(f"{path}: {YEARBOOK} {edition.year}, table {edition.table}: {edition.period}")
    own = replace(wanted, file=path, edition=edition, period=wanted.period or edition.period)
    return take_in(session, own, tell)
