"""``cityflux plugins``: list, make and check plugins."""

from __future__ import annotations

from pathlib import Path

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session

_SHOWN = ("name", "origin", "version", "state", "error", "indicators", "file")


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
        print_json([{name: getattr(each, name) for name in _SHOWN} for each in records])
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
    from cityflux.core.plugin.new import write_new

    folders = session.config.plugins.dirs
    if folder is None and not folders:
        raise ConfigError("no plugin folder is named in [plugins] dirs; give one with --dir")
    for path in write_new(name, folder or folders[0]):
        click.echo(f"wrote {path}")


@plugins.command(epilog="Example: cityflux plugins check my_plugins/cinema.py --page saved.html")
@click.argument("plugin", metavar="PATH|NAME")
@click.option(
    "--page",
    "pages",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Read this saved answer in place of the source; several in the order of the requests.",
)
@click.option("--live", is_flag=True, help="Ask the source, once.")
@json_option
@pass_session
def check(session: Session, plugin: str, pages: tuple[Path, ...], live: bool, as_json: bool) -> int:
    """Run a plugin against its contract: hooks, ids, units, inputs, frames, periods, duplicates.

    What is bundled is read, and what is computed is computed. Nothing is stored. A live source is
    read with --page or --live only; it says when the daemon looks at it next.
    """
    from cityflux.core.cli.checking import check_plugin

    if pages and live:
        raise click.UsageError("--page and --live: choose one of them")
    results = check_plugin(session, plugin, pages, live)
    if as_json:
        print_json(
            [
                {"check": each.what, "error": each.problem or None, "note": each.note or None}
                for each in results
            ]
        )
    else:
        for each in results:
            said = each.problem or each.note
            state = "FAILED" if each.problem else "ok"
            click.echo(f"{state:<7}{each.what}{': ' + said if said else ''}")
        if not results:
            click.echo("ok     nothing to check: the plugin has no indicator")
    return 1 if any(each.problem for each in results) else 0
