"""``cityflux run --as-service``: the file with which a service manager keeps the daemon up."""

from __future__ import annotations

from pathlib import Path

import click

from cityflux.core.cli.session import Session
from cityflux.core.model.errors import CityfluxError


def write_unit(session: Session, manager: str, out: Path | None) -> None:
    """Write a unit to a file, or to standard output.

    Raises:
        CityfluxError: the file is there already, or cannot be written.
    """
    from cityflux.core.daemon.units import Setting, unit

    daemon, config = session.config.daemon, session.config_file
    log, backup = session.config.log, session.config.backup
    others = [log.file.parent] if log.file else []
    others += [backup.folder] if backup.schedule else []
    setting = Setting(
        config=config,
        database=session.database.absolute(),
        folders=tuple(others),
        folder=config.parent if config else Path.cwd(),
        grace=daemon.grace,
        port=daemon.port,
    )
    text = unit(manager, setting)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise CityfluxError(f"{out}: is there already; name another file") from error
    except OSError as error:
        raise CityfluxError(f"{out}: cannot be written ({error.strerror})") from error
    click.echo(f"{out}: written", err=True)
