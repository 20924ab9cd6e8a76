"""``cityflux reload``: the daemon of this folder reads its configuration and plugins anew."""

from __future__ import annotations

import click

from cityflux.core.cli.session import Session, pass_session


@click.command(epilog="Example: cityflux reload")
@pass_session
def reload(session: Session) -> None:
    """Let the daemon of this folder read configuration, plugins and indices anew (SIGHUP).

    What is wrong with them is told here, and then the daemon is left alone.
    """
    from cityflux.core.app.lock import tell_daemon

    session.again()
    pid = tell_daemon(session.database)
    for name, why in [*((r.name, r.error) for r in session.plugins.broken), *session.wrong_indices]:
        click.echo(f"failed: {name}: {why}", err=True)
    click.echo(
        f"the daemon (pid {pid}) reads everything anew; what came of it stands in its log, and in "
        "cityflux status"
    )
