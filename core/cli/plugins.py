"""``cityflux plugins``: list, make and check plugins."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session


@click.group(epilog="Example: cityflux plugins list")
def plugins() -> None:
    """List, make and check plugins."""


@plugins.command("list", epilog="Example: cityflux plugins list --json")
@json_option
@pass_session
def list_plugins(session: Session, as_json: bool) -> None:
    """List every plugin that was found: name, version, where from, state, error."""
    records = session.plugins.records
    if as_json:
        print_json([asdict(record) for record in records])
        return
    print_table(
        f"{len(records)} plugins",
        ("name", "version", "from", "state", "indicators", "error"),
        [
            (r.name, r.version or None, r.origin, r.state, len(r.indicators), r.error or None)
            for r in records
        ],
        color=session.color,
        right=("indicators",),
    )


@plugins.command(epilog="Example: cityflux plugins new cinema_tickets")
@click.argument("name")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="Where to write it.")
@pass_session
def new(session: Session, name: str, folder: Path | None) -> None:
    """Write a working one-file plugin NAME and its test, into the first plugin folder."""
    from cityflux.core.model.errors import ConfigError
    from cityflux.core.plugin.check import write_new

    folders = session.config.plugins.dirs
    if folder is None and not folders:
        raise ConfigError("no plugin folder is named in [plugins] dirs; give one with --dir")
    for path in write_new(name, folder or folders[0]):
        click.echo(f"wrote {path}")


@plugins.command(epilog="Example: cityflux plugins check my_plugins/cinema_tickets.py")
@click.argument("plugin", metavar="PATH|NAME")
@json_option
@pass_session
def check(session: Session, plugin: str, as_json: bool) -> int:
    """Run a plugin against its contract: signatures, ids, units, frames, periods, duplicates."""
    from cityflux.core.plugin.check import check as run_checks
    from cityflux.core.plugin.manager import load_plugins
    from cityflux.scrapers.http.client import Client, Policy

    path, found, name = Path(plugin), session.plugins, plugin
    if path.suffix == ".py" and path.exists():
        listed = {Path(record.name).resolve(): record.name for record in found.records}
        name = listed.get(path.resolve(), str(path))
        if path.resolve() not in listed:
            found = load_plugins((), session.config.plugins.disabled, [path])
    with Client(Policy(offline=True)) as http:
        results = list(run_checks(found, name, http))
    wrong = [result for result in results if result[1]]
    if as_json:
        print_json([{"check": what, "error": error or None} for what, error in results])
        return 1 if wrong else 0
    for what, error in results:
        click.echo(f"{'FAILED' if error else 'ok':<7}{what}{': ' + error if error else ''}")
    if not results:
        click.echo("ok     nothing to check: the plugin has no indicator")
    return 1 if wrong else 0
