"""``cityflux cities``: which cities figures may be about, and what is known of them."""

from __future__ import annotations

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session


@click.command(epilog="Example: cityflux cities 杭 --json")
@click.argument("text", required=False)
@click.option("--index", metavar="INDEX", help="Only the cities of an index.")
@click.option("--known", is_flag=True, help="Only those with figures.")
@json_option
@pass_session
def cities(
    session: Session, text: str | None, index: str | None, known: bool, as_json: bool
) -> None:
    """List the cities: names, code, where they lie, and of how many indicators figures are known.

    With TEXT only those that have it in their id, a name, their code, region or country. Add one
    with: cityflux add city
    """
    from cityflux.core.model.errors import UnknownName
    from cityflux.core.model.near import meant
    from cityflux.core.reading.catalog import known_cities

    with session.read() as connection:
        rows = [dict(row) for row in known_cities(connection)]
    if index:
        named = {*session.index(index).cities}
        rows = [row for row in rows if row["id"] in named]
    if text:
        said = text.casefold()
        found = [row for row in rows if any(said in str(row[name]).casefold() for name in _SAID)]
        if not found:
            names = [str(row[name]) for row in rows for name in _SAID[:3]]
            hint = meant(text, names, "add it with: cityflux add city")
            raise UnknownName(f"there is no city {text!r}; {hint}")
        rows = found
    if known:
        rows = [row for row in rows if row["figures"]]
    if as_json:
        print_json(rows)
        return
    shown = (*_SAID, "indicators", "figures")
    print_table(
        f"{len(rows)} cities",
        shown,
        [[row[name] if row[name] != "" else None for name in shown] for row in rows],
        color=session.color,
        right=("indicators", "figures"),
    )


_SAID = ("id", "name_zh", "name_en", "admin_code", "region", "country")
