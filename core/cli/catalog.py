"""``cityflux indicators`` and ``cityflux sources``: what there is, and what is known of it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import click

from core.cli.output import json_option, print_json, print_table
from core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from core.plugin_manager import IndicatorPlugin

_KNOWN = """
SELECT indicator_id, count(*), count(DISTINCT city_id), max(period)
FROM current_observations GROUP BY indicator_id
"""
_SOURCES = """
SELECT s.id, s.publisher, s.access, s.priority, s.schedule, s.vintage, s.licence, s.address,
    s.reference,
    (SELECT count(*) FROM observations o WHERE o.source_id = s.id) AS figures,
    f.started AS last_fetch, f.outcome, f.error
FROM sources s
LEFT JOIN fetches f ON f.id = (SELECT max(id) FROM fetches WHERE source_id = s.id)
ORDER BY s.priority, s.id
"""


def state(plugin: IndicatorPlugin) -> str:
    """How the figures of an indicator come, in words."""
    access = {source.access for source in plugin.sources}
    ways = []
    if plugin.derived:
        ways.append("computed")
    if "live" in access:
        ways.append("live")
    if "bundled" in access:
        ways.append("bundled")
    if "declared" in access:
        scrapers = {source.scraper for source in plugin.sources if source.access == "declared"}
        ways.append(f"declared, read by no scraper ({', '.join(sorted(scrapers))})")
    return "; ".join(ways)


def _known(session: Session) -> dict[str, tuple[int, int, str]]:
    if not session.database.exists():
        return {}
    with session.read() as connection:
        return {row[0]: row[1:] for row in connection.execute(_KNOWN)}


@click.command(epilog="Example: cityflux indicators --index flow_index --missing")
@click.option("--index", "name", metavar="INDEX", help="Only the indicators of an index.")
@click.option("--missing", is_flag=True, help="Only those without any figure.")
@json_option
@pass_session
def indicators(session: Session, name: str | None, missing: bool, as_json: bool) -> None:
    """List the indicators: unit, how their figures come, and how many are known."""
    known = _known(session)
    wanted = (
        [leaf.id for leaf in session.index(name).leaves]
        if name
        else list(session.plugins.indicators)
    )
    rows: list[dict[str, Any]] = []
    for identifier in wanted:
        plugin = session.plugins.indicators.get(identifier)
        count, cities, latest = known.get(identifier, (0, 0, None))
        if plugin is None or (missing and count):
            continue
        declared = plugin.indicator
        rows.append(
            {
                "id": declared.id,
                "name_zh": declared.name_zh,
                "name_en": declared.name_en,
                "unit": declared.unit,
                "direction": declared.direction,
                "frequency": declared.frequency,
                "figures": count,
                "cities": cities,
                "latest": latest,
                "sources": state(plugin),
            }
        )
    if as_json:
        print_json(rows)
        return
    shown = ("id", "name_zh", "unit", "figures", "cities", "latest", "sources")
    print_table(
        f"{len(rows)} indicators",
        shown,
        [[row[column] for column in shown] for row in rows],
        color=session.color,
        right=("figures", "cities"),
    )


@click.command(epilog="Example: cityflux sources --failed")
@click.option("--failed", is_flag=True, help="Only those whose last fetch failed.")
@json_option
@pass_session
def sources(session: Session, failed: bool, as_json: bool) -> None:
    """List the sources: publisher, access, priority, figures, and how the last fetch went."""
    with session.read() as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(_SOURCES)]
    if failed:
        rows = [row for row in rows if row["outcome"] == "failed"]
    if as_json:
        print_json(rows)
        return
    shown = ("id", "publisher", "access", "priority", "figures", "last_fetch", "outcome", "error")
    print_table(
        f"{len(rows)} sources",
        shown,
        [[row[column] for column in shown] for row in rows],
        color=session.color,
        right=("priority", "figures"),
    )
