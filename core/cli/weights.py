"""``cityflux weights`` and ``cityflux adjustments``: what the last run used and touched."""

from __future__ import annotations

import click

from cityflux.core.cli.output import json_option, percent, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.adjustments import Kind
from cityflux.core.reading.indices import index_of


@click.command(epilog="Example: cityflux weights flow_index --json")
@click.argument("index", required=False)
@json_option
@pass_session
def weights(session: Session, index: str | None, as_json: bool) -> None:
    """Show the weight of every node of INDEX (or the default one): as written and as used.

    The method is named where it computed the weight; the share is that in the whole index.
    """
    from cityflux.core.reading.nodes import nodes, shares

    with session.read() as connection:
        chosen = index_of(connection, session.index_name(index))
        found = nodes(connection, chosen.id)
    share = shares(found)
    if as_json:
        print_json(
            [
                {
                    "node": node.node,
                    "written": node.written,
                    "used": node.weight,
                    "method": node.method or None,
                    "share": share[node.node],
                }
                for node in found
            ]
        )
        return
    print_table(
        f"{chosen.name_zh} ({chosen.id}): weights",
        ["node", "written", "used", "method", "share"],
        [
            [
                "  " * node.level + (node.name_zh or node.node),
                node.written,
                node.weight,
                node.method or None,
                percent(share[node.node], 2),
            ]
            for node in found
        ],
        color=session.color,
        right=["written", "used", "share"],
    )


@click.command(epilog="Example: cityflux adjustments flow_index --imputed")
@click.argument("index", required=False)
@click.option("--imputed", is_flag=True, help="Only those that were missing, and were filled.")
@click.option("--treated", is_flag=True, help="Only outliers that were moved.")
@json_option
@pass_session
def adjustments(
    session: Session, index: str | None, imputed: bool, treated: bool, as_json: bool
) -> None:
    """List every figure of INDEX (or the default one) that the last run filled or moved.

    Before and after, and by which method.
    """
    from cityflux.core.reading.adjustments import adjustments as adjustments_of

    kind: Kind | None = None if imputed == treated else "imputed" if imputed else "treated"
    with session.read() as connection:
        chosen = index_of(connection, session.index_name(index))
        found = adjustments_of(connection, chosen.id, kind)
    columns = ["indicator", "city", "period", "kind", "method", "before", "after"]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in found])
        return
    print_table(
        f"{chosen.name_zh} ({chosen.id}): {len(found)} figures {kind or 'imputed or treated'}",
        columns,
        found,
        color=session.color,
        right=["before", "after"],
    )
