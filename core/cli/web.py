"""``cityflux web``: the pages in a browser."""

from __future__ import annotations

import ipaddress
from typing import Literal

import click

from cityflux.core.cli.session import Session, pass_session

#: How this machine calls itself.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@click.command(epilog="Example: cityflux web --open")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="The port to listen on; 0 takes any that is free.",
)
@click.option(
    "--name", "names", multiple=True, help="A name of this host, such as a proxy's; repeatable."
)
@click.option("--open", "show", is_flag=True, help="Open the pages in a browser.")
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    help="The language for readers who chose none; else that of their browser.",
)
@click.option("--sql", is_flag=True, help="Let readers ask in SQL of their own: see docs/web.md.")
@click.option("--panel", is_flag=True, help="Let experts answer by their links: docs/panel.md.")
@pass_session
def web(
    session: Session,
    host: str,
    port: int,
    names: tuple[str, ...],
    show: bool,
    lang: Literal["zh", "en"] | None,
    sql: bool,
    panel: bool,
) -> None:
    """Show everything in a browser: read-only, also while the daemon writes."""
    from cityflux.core.web.server import listen, make_datasette, serve

    datasette = make_datasette(session.database, lang, sql)
    answering = None
    if panel:
        from cityflux.core.web.answering import Answering

        answering = Answering(session.database)
    with listen(host, port) as taken:
        bound = taken.getsockname()
        shown = f"[{host}]" if ":" in host else host
        if ipaddress.ip_address(bound[0].partition("%")[0]).is_loopback:
            names = (*names, shown, *LOOPBACK)
        else:
            click.echo(
                f"Warning: everybody who reaches {host} can read the whole database; "
                "put a proxy with a login before it, see docs/web.md",
                err=True,
            )
        address = f"http://{shown}:{bound[1]}/"
        click.echo(f"{session.database} at {address} (stop with Ctrl+C)")
        if show:
            click.launch(address)
        serve(datasette, taken, names, answering)
