"""``cityflux against``: two indices side by side."""

from __future__ import annotations

import click

from cityflux.core.cli.output import json_option, percent, print_json, print_table
from cityflux.core.cli.scoreboard import bracketed, place
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.words.catalogue import text


@click.command(epilog="Example: cityflux against paper_published flow_index")
@click.argument("other")
@click.argument("index", required=False)
@json_option
@pass_session
def against(session: Session, other: str, index: str | None, as_json: bool) -> None:
    """Set the index OTHER beside INDEX (or the default one), node by node.

    Both scores, the difference, and the coverage that explains it; and what INDEX says of who is
    first and last where it compares, with what OTHER says to it.
    """
    from cityflux.core.reading.comparison import side_by_side
    from cityflux.core.reading.indices import index_of

    with session.read() as connection:
        ours, others = (
            index_of(connection, name).id for name in (session.index_name(index), other)
        )
        pairs = side_by_side(connection, ours, others)
    if as_json:
        print_json([pair._asdict() for pair in pairs])
        return
    numbers = [ours, others, "difference", "coverage", f"coverage of {others}"]
    print_table(
        f"{ours} against {others}",
        ["node", text("zh", "common.city"), "period", *numbers],
        [
            [
                pair.name_zh,
                pair.city_zh,
                pair.period,
                bracketed(pair.score, pair.bracket),
                bracketed(pair.other, pair.other_bracket),
                pair.difference,
                percent(pair.coverage),
                percent(pair.other_coverage),
            ]
            for pair in pairs
        ],
        color=session.color,
        right=numbers,
    )
    claims = [pair for pair in pairs if pair.claim]
    contradicted = sum(pair.contradicted is True for pair in claims)
    print_table(
        f"what {ours} claims: {contradicted} of {len(claims)} contradicted by {others}",
        ["node", text("zh", "common.city"), "period", "claim", "rank there", "contradicted"],
        [
            [
                pair.name_zh,
                pair.city_zh,
                pair.period,
                f"{pair.claim} of {pair.n}",
                place(pair.other_rank, pair.other_n),
                {True: "yes", False: "no", None: None}[pair.contradicted],
            ]
            for pair in claims
        ],
        color=session.color,
    )
