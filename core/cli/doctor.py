"""``cityflux doctor``: one line for each thing that can be wrong."""

from __future__ import annotations

from dataclasses import asdict

import click

from cityflux.core.cli.output import json_option, print_json
from cityflux.core.cli.session import Session, pass_session


@click.command(epilog="Example: cityflux doctor --json")
@click.option("--repair", "mend", is_flag=True, help="First mend the database, after a copy of it.")
@json_option
@pass_session
def doctor(session: Session, mend: bool, as_json: bool) -> int:
    """Look over configuration, plugins, clock, disk and database; change nothing.

    A line begins with ok, with note (which may be meant), or with FAILED; then the exit code is 1.
    With --repair tables, views and triggers that are gone are made again, and rows that fit
    nowhere are moved to the table quarantine.
    """
    from cityflux.core.app.doctor import Finding, examine

    findings = []
    if mend and any(each.state == "failed" for each in examine(session)):
        from cityflux.core.app.repair import repair

        for line in repair(session):
            findings.append(Finding("repair", "note", line))
            if not as_json:
                click.echo(f"mended {line}")
    for finding in examine(session):
        findings.append(finding)
        if not as_json:
            state = "FAILED" if finding.state == "failed" else finding.state
            click.echo(f"{state:<7}{finding.check}: {finding.detail}")
    if as_json:
        print_json([asdict(finding) for finding in findings])
    return 1 if any(finding.state == "failed" for finding in findings) else 0
