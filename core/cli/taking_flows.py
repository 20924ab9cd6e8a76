"""What ``cityflux import --flows`` and ``--firms`` do, and how they tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cityflux.core.cli.output import figure, print_json
from cityflux.core.cli.session import Session
from cityflux.core.model.document import read_file
from cityflux.core.model.errors import ImportRefused
from cityflux.core.refresh.importing.names import read_names
from cityflux.core.refresh.importing.od import Asked, Kinds, Read, read_firms, read_flows
from cityflux.core.refresh.importing.od_storing import Taken, store_od
from cityflux.core.refresh.importing.storing import source_of_file

#: The kind of the links that firms make, where nothing else is asked for.
_FIRMS = "firms"
_ROWS_SHOWN = 5


def take_flows(
    session: Session, file: Path, told: dict[str, Any], *, firms: bool, dry_run: bool, as_json: bool
) -> int:
    """Read a table of flows, or of firms, tell what was understood, and store it.

    Args:
        session: of the command.
        file: the table.
        told: the options of the command.
        firms: whether it has firms and cities.
        dry_run: whether nothing is to be stored.
        as_json: whether machines read what is told.
    """
    document = read_file(file)
    asked = Asked(
        told["indicator"] or (_FIRMS if firms else ""),
        told["unit"] or "",
        told["period"] or "",
        told["sheet"],
    )
    kinds = Kinds({name: each.indicator.unit for name, each in session.plugins.flows.items()})
    with session.open() as connection:
        names = read_names(connection, {})
        keys = ("publisher", "licence", "priority", "force")
        source = source_of_file(
            connection, document, told["source"], **{name: told[name] for name in keys}
        )
        try:
            if firms:
                asked = asked._replace(unit=kinds.named(asked.kind, asked.unit))
                read = read_firms(document, names, asked, _interlock)
            else:
                read = read_flows(document, names, kinds, asked)
        except ImportRefused as error:
            return _refused(file, error.reasons, as_json=as_json)
        taken = store_od(connection, read.rows, document, source, dry_run=dry_run)
    if as_json:
        print_json(
            {
                **{"rows": len(read.rows), "changed": taken.changed, "gone": taken.gone},
                **{"stored": not dry_run, "bad": [], "source": source.id, "found": read.said},
                **{"missing": read.missing, "nowhere": taken.nowhere},
            }
        )
    else:
        _tell(file, read, taken, source.id, dry_run=dry_run)
    return 0


def _interlock(services: list[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    import polars as pl

    from cityflux.core.engine.flows.interlocking import interlocking

    schema = {"firm": pl.String, "city": pl.String, "value": pl.Float64}
    return interlocking(pl.DataFrame(services, schema=schema, orient="row")).rows()


def _refused(file: Path, reasons: list[str], *, as_json: bool) -> int:
    if as_json:
        print_json({"rows": 0, "changed": 0, "stored": False, "bad": reasons})
        return 1
    for reason in reasons:
        click.echo(f"{file}: {reason}", err=True)
    click.echo(f"Error: {file}: {len(reasons)} bad, so nothing was taken in", err=True)
    return 1


def _tell(file: Path, read: Read, taken: Taken, source: str, *, dry_run: bool) -> None:
    count = len(read.rows)
    click.echo(f"{file}: {'; '.join(read.said)}")
    if dry_run:
        for row in read.rows[:_ROWS_SHOWN]:
            flow = row.flow
            click.echo(
                f"  {row.kind} {flow.origin_id} to {flow.destination_id} {flow.period} "
                f"{figure(flow.value)} {row.unit}"
            )
    if read.missing:
        click.echo(f"{read.missing} cells say that there is no flow")
    if taken.nowhere:
        click.echo(
            f"no coordinates are known of {', '.join(taken.nowhere)}: distances leave them out"
        )
    if dry_run:
        click.echo(f"{file}: {count} flows are good; nothing was stored (dry run)")
        return
    if taken.gone:
        click.echo(f"{taken.gone} flows that it gave before are no longer in it, and are out")
    click.echo(
        f"{file}: {count} flows taken in as the source {source}, {taken.changed} new or different"
    )
    click.echo("measure them with: cityflux flows show KIND; as indicators with: cityflux compute")
