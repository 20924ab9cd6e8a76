"""The nouns of cityflux: city, indicator and source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Frequency = Literal["annual", "quarterly", "monthly", "weekly", "daily", "irregular"]

#: How a source comes to its figures.
#: ``live``: fetched over the network; ``bundled``: shipped with the plugin;
#: ``derived``: computed from other indicators; ``declared``: named, but not yet fetched by anyone.
Access = Literal["live", "bundled", "derived", "declared"]

#: What may be said of two figures of an indicator.
#: ``ratio``: zero means nothing is there, so that one is so many times the other, and growth is a
#: rate; ``difference``: a change, a balance, a rate of growth or a score, which may be negative, so
#: that only the distance of the two means something.
Scale = Literal["ratio", "difference"]


@dataclass(frozen=True, slots=True)
class City:
    """A city that figures are about.

    Attributes:
        id: short and lasting: ``shanghai``.
        name_zh: the Chinese name, without 市.
        name_en: the English name.
        country: ISO 3166-1 alpha-2: ``CN``.
        region: the city region, where it has one: ``YRD``, ``BTH``, ``PRD``.
        admin_code: the office's own code (China: six digits, GB/T 2260).
        latitude: degrees north.
        longitude: degrees east.
    """

    id: str
    name_zh: str
    name_en: str
    country: str = "CN"
    region: str = ""
    admin_code: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """Where a series begins anew: its figures before and after do not compare.

    No rate of growth is told across a break, and no mean without a note.

    Attributes:
        period: the first one on the new base, a single one: ``2020``.
        reason_zh: why the two sides do not compare, in Chinese.
        reason_en: the same in English.
        publisher: who says so.
        reference: where, so that it can be found.
        city: the id of the city that it is about; every city unless given.
    """

    period: str
    reason_zh: str
    reason_en: str
    publisher: str
    reference: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """A table in which figures of an indicator are printed, and which somebody has to bring.

    Attributes:
        name: of the publication: 中国城市统计年鉴.
        table: the title of the table, with its number where that is known.
        series: what the table calls the figure.
        lag: by how many years its edition is later: 1 for a yearbook of the year before.
        first: the first year that it prints; None where nobody knows.
        last: the last one; None where it goes on.
        cities: those for which it prints it; empty for all.
        address: where to look for it.
        command: how what was downloaded is taken in.
    """

    name: str
    table: str
    series: str
    lag: int = 0
    first: int | None = None
    last: int | None = None
    cities: tuple[str, ...] = ()
    address: str = ""
    command: str = "cityflux import FILE"


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is measured.

    Attributes:
        id: dotted and lasting: ``transport.rail_passengers``.
        name_zh: the Chinese name.
        name_en: the English name.
        unit: the unit of every stored value: ``亿元``, ``万人次``, ``%`` (see `core.model.units`).
        direction: 1 where more is better, -1 where less is better.
        frequency: how often a new figure is published.
        definition: what the figure counts and what it leaves out, in a sentence or two.
        inputs: the indicators that this one is computed from; empty for what is published.
        note: what a reader should know before using the figure.
        scale: ``ratio``, or ``difference`` for what is a difference or may be negative (see
            `Scale`): of that no rate of growth is told.
        breaks: where its series begin anew.
        aliases: what else publishers call it, for files that are taken in.
        movable: whether a city can move it by what it does; not so the figures of its neighbours,
            or what others think and search. What would have to change is told over those it can.
        publications: where its figures are printed for whoever downloads them.
    """

    id: str
    name_zh: str
    name_en: str
    unit: str
    direction: Literal[1, -1] = 1
    frequency: Frequency = "annual"
    definition: str = ""
    inputs: tuple[str, ...] = ()
    note: str = ""
    scale: Scale = "ratio"
    breaks: tuple[Break, ...] = ()
    aliases: tuple[str, ...] = ()
    movable: bool = True
    publications: tuple[Publication, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow(Indicator):
    """What goes from one city to another; its id is the ``kind`` in the table ``flows``.

    It is declared as an indicator is, by the hook ``indicator``, but its `normalize` returns a
    frame with origin, destination, period and value, and it enters no index.
    """


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from.

    Attributes:
        id: short and lasting: ``nbs.city_annual``.
        publisher: the office that answers for the figures.
        address: a URL, or a ``bundled:`` or ``file:`` address.
        scraper: the scraper that reads it: ``communique``, ``nbs``, ``baidu_index`` …
        licence: under which terms the figures may be used.
        schedule: when to look for news: ``@yearly`` … ``@daily``, ``every 6 hours``, or five cron
            fields; empty for as often as the frequency of its indicators asks for (see
            `core.model.looks`), where it is live.
        priority: the smaller number wins where several sources give the same figure.
        access: live, bundled, derived or declared (see `Access`).
        reference: the table, page or file in which the figures stand.
        vintage: the state of knowledge that the figures show, such as ``2020-07 download``.
        kind: the class of the source: ``official table``, ``official text``, ``second-hand``
            (official figures in somebody's table), ``press``, ``computed``, ``by hand``; empty
            where nobody said. The column ``class`` of the database.
        secrets: names under [secrets] in config.toml without which it cannot be fetched.
        params: whatever the scraper needs to know.
    """

    id: str
    publisher: str
    address: str
    scraper: str = ""
    licence: str = ""
    schedule: str = ""
    priority: int = 100
    access: Access = "live"
    reference: str = ""
    vintage: str = ""
    kind: str = ""
    secrets: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict, hash=False)


#: The source of every figure that cityflux computes from others.
COMPUTED = Source(
    id="cityflux.derived",
    publisher="cityflux (computed from published figures)",
    address="derived:",
    licence="that of the figures it is computed from",
    priority=20,
    access="derived",
    kind="computed",
    reference="the table derivations names the figures, cell by cell",
)
