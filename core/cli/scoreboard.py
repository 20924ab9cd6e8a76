"""The cities of an index by rank: plain columns in a pipe, bars and sparklines on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cityflux.core.cli.charts import shows_unicode, signed_bar, sparkline
from cityflux.core.cli.output import console, number, percent, print_json, print_table
from cityflux.core.words.brackets import in_brackets
from cityflux.core.words.catalogue import text

if TYPE_CHECKING:
    import sqlite3

    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.scoring import Scores
    from cityflux.core.reading.indices import Index
    from cityflux.core.reading.scores import Score

#: What is printed of a score for machines.
SHOWN = (
    "city",
    "node",
    "period",
    "score",
    "rank",
    "coverage",
    "comparable_score",
    "n",
    "bracket",
)
#: How wide the bars are, at most and at least.
_BAR, _SHORT_BAR = 20, 5


def print_scoreboard(
    index: Index | Definition, rows: Sequence[Score], *, color: bool, as_of: str | None = None
) -> None:
    """Print the cities of the last period by rank, each with both scores and its coverage.

    What does not compare stands in brackets and has no rank.

    Args:
        index: how it is called.
        rows: the scores of its root, and perhaps of other nodes.
        color: whether colours are wanted at all.
        as_of: the day on which it was known so, for the title.
    """
    root = [row for row in rows if row.level == 0]
    periods = sorted({row.period for row in root})
    last = [row for row in root if row.period == periods[-1]]
    scores = {(row.city, row.period): row.score for row in root}
    shown = {(row.city, row.period): bracketed(row.score, row.bracket) for row in root}
    terminal = console(color)
    if terminal.is_terminal:
        room = _room(terminal.width, last, periods)
        if room < _SHORT_BAR:  # the course of the years is the first to go
            scores = {key: score for key, score in scores.items() if key[1] == periods[-1]}
            room = max(_SHORT_BAR, _room(terminal.width, last, periods[-1:]))
        cells = _charts(last, scores, sorted({period for _, period in scores}), min(_BAR, room))
    else:
        columns = periods if len(periods) > 1 else ["score"]
        cells = {
            column: [shown.get((row.city, period)) for row in last]
            for column, period in zip(columns, periods, strict=True)
        }
    city_zh = text("zh", "common.city")  # the heading of the Chinese names
    columns = ["rank", "city", city_zh, *cells, "comparable", "coverage"]
    print_table(
        f"{index.name_zh} {index.name_en} ({index.id}), {periods[-1]}"
        + (f", as known on {as_of}" if as_of else ""),
        columns,
        [
            [
                place(row.rank, row.n),
                row.city,
                row.city_zh,
                *drawn,
                bracketed(row.comparable_score, row.bracket),
                percent(row.coverage),
            ]
            for row, drawn in zip(last, zip(*cells.values(), strict=True), strict=True)
        ],
        color=color,
        right=[name for name in columns if name and name not in ("city", city_zh, "course")],
    )


def bracketed(score: float | None, bracket: str | None) -> str | None:
    """A score, in brackets where it does not compare."""
    if score is None:
        return None
    return in_brackets(number(score)) if bracket else number(score)


def place(rank: int | None, n: int) -> str | None:
    """A rank, and of how many; nothing where there is none."""
    return None if rank is None else f"{rank} of {n}"


def print_evaluated(
    connection: sqlite3.Connection,
    definition: Definition,
    scores: Scores,
    *,
    as_of: str | None,
    as_json: bool,
    color: bool,
) -> None:
    """Print scores that are computed and not stored, as of a day or of now."""
    from cityflux.core.engine.compute import score_rows
    from cityflux.core.reading.catalog import cities
    from cityflux.core.reading.scores import Score

    tree = {node.id: (place, node) for place, node in enumerate(definition.tree)}
    names = {city.id: city for city in cities(connection)}
    rows = [
        Score(
            found.node_id,
            tree[found.node_id][1].parent,
            tree[found.node_id][1].level,
            tree[found.node_id][1].indicator,
            tree[found.node_id][1].name_zh,
            tree[found.node_id][1].name_en,
            found.city_id,
            names[found.city_id].name_zh,
            names[found.city_id].name_en,
            found.period,
            found.score,
            found.rank,
            found.coverage,
            found.comparable_score,
            found.n,
            found.bracket,
        )
        for found in score_rows(definition, scores)
    ]
    rows.sort(key=lambda row: (tree[row.node][0], row.period, row.rank or 10**9, row.city))
    if not as_json:
        print_scoreboard(definition, rows, color=color, as_of=as_of)
        return
    objects = [{name: getattr(row, name) for name in SHOWN} for row in rows]
    print_json([{**found, "as_of": as_of} for found in objects])


def _room(width: int, last: Sequence[Score], periods: Sequence[str]) -> int:
    """How wide the bars may be without a line of the table being folded."""
    from rich.cells import cell_len

    names = (
        max(map(cell_len, each)) for each in zip(*((r.city, r.city_zh) for r in last), strict=True)
    )
    course = len(periods) + 3 if len(periods) > 1 else 0
    others = len("10 of 36") + sum(names) + 2 * len("(-100.000)") + course + len("coverage")
    return width - others - 3 * 7


def _charts(
    last: Sequence[Score],
    scores: dict[tuple[str, str], float | None],
    periods: Sequence[str],
    bar: int,
) -> dict[str, list[Any]]:
    """The score, a bar for it, and for several periods a sparkline of them all."""
    from rich.text import Text

    unicode = shows_unicode()
    final = [row.score for row in last if row.score is not None] or [0.0]
    cells: dict[str, list[Any]] = {
        "score": [bracketed(row.score, row.bracket) for row in last],
        "": [
            Text(
                signed_bar(row.score, min(final), max(final), bar, unicode=unicode),
                style="red" if (row.score or 0.0) < 0 else "green",
            )
            for row in last
        ],
    }
    if len(periods) > 1:
        known = [score for score in scores.values() if score is not None]
        cells["course"] = [
            sparkline(
                [scores.get((row.city, period)) for period in periods],
                min(known),
                max(known),
                unicode=unicode,
            )
            for row in last
        ]
    return cells
