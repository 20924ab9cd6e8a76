"""``cityflux backup``: a whole copy of the database, while others write."""

from __future__ import annotations

from pathlib import Path

import click

from cityflux.core.cli.output import number
from cityflux.core.cli.session import Session, pass_session


@click.command(epilog="Example: cityflux backup backups/")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--without-names", is_flag=True, help="Leave out the names of experts of panels.")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@pass_session
def backup(session: Session, path: Path | None, without_names: bool, force: bool) -> None:
    """Copy the database to PATH, a file or a folder, and check the copy.

    The daemon and others may go on writing meanwhile. Without PATH the copy stands beside the
    database, with the moment in its name.
    """
    from cityflux.storage.backup import back_up, target_of

    target = target_of(session.database, path)
    size = back_up(session.database, target, replace=force, without_names=without_names)
    click.echo(f"{target}: {number(size / 2**20, 1)} MiB, checked")
