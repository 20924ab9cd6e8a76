"""The cover: which index, of when, about which city, and how it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cityflux.core.report.view import View
from cityflux.core.words.verdict import headline

#: Below this coverage a reader is warned on the cover.
_LOW = 0.5


@dataclass(frozen=True)
class Cover:
    """The texts of the cover.

    Attributes:
        kind: what kind of document it is.
        title: the name of the index.
        city: the name of the city in the focus.
        score: its score, a dash where it has none.
        rank: its rank as words, empty where it has none.
        verdict: whether the first city can be told from the second; empty with fewer cities.
        facts: labels with their values.
        description: of the index.
        warning: where little is known; empty otherwise.
        made_with: name and version of this program.
    """

    kind: str
    title: str
    city: str
    score: str
    rank: str
    verdict: str
    facts: Sequence[tuple[str, str]]
    description: str
    warning: str
    made_with: str


def cover(view: View) -> Cover:
    """Make the cover of a report."""
    root, city = view.root, view.city(view.focus)
    rank = view.rank(root, view.focus)
    known = next(iter(view.facts.root.filter(city=view.focus)["coverage"]))
    low = view.text("cover.low_coverage", city=city, coverage=view.coverage(root, view.focus))
    n, found = view.of(root, view.focus), view.facts.verdict
    return Cover(
        kind=view.text("cover.kind"),
        title=view.index,
        city=view.text("cover.focus", city=city),
        score=view.points(root, view.focus),
        rank="" if rank is None else view.text("cover.rank_of", rank=rank, n=n),
        verdict=headline(view.language.code, found, view.city_names) if found else "",
        facts=[
            (view.text("cover.period"), view.period),
            (
                view.text("cover.cities"),
                view.language.listed([*map(view.city, view.cities)], 30),
            ),
            (view.text("cover.computed"), view.language.day(view.facts.run.ended)),
        ],
        description=view.text("cover.about", description=view.description),
        warning=low if known < _LOW else "",
        made_with=view.text("cover.made_with", version=view.facts.run.version),
    )
