"""``cityflux doctor``: one line for each thing that can be wrong."""

from __future__ import annotations

from dataclasses import asdict

import click

from cityflux.core.cli.output import json_option, print_json
from cityflux.core.cli.session import Session, pass_session


@click.command(epilog="Example: cityflux doctor --json")
@json_option
@pass_session
def doctor(session: Session, as_json: bool) -> int:
    """Look over configuration, plugins, clock, disk and database; change nothing.

    A line begins with ok, with note (which may be meant), or with FAILED; then the exit code is 1.
    """
    from cityflux.core.app.doctor import examine

    findings = []
    for finding in examine(session):
        findings.append(finding)
        if not as_json:
            state = "FAILED" if finding.state == "failed" else finding.state
            click.echo(f"{state:<7}{finding.check}: {finding.detail}")
    if as_json:
        print_json([asdict(finding) for finding in findings])
    return 1 if any(finding.state == "failed" for finding in findings) else 0
