"""City-to-city flows: air routes of OpenFlights, and the daily travel that Baidu Maps counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Literal

from cityflux import Flow, Source, hookimpl

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http

#: IATA codes of the airports of each city.
AIRPORTS: Mapping[str, Sequence[str]] = {
    "shanghai": ("SHA", "PVG"),
    "beijing": ("PEK", "NAY"),
    "shenzhen": ("SZX",),
    "guangzhou": ("CAN",),
    "hangzhou": ("HGH",),
    "hong_kong": ("HKG",),
    "singapore": ("SIN",),
    "tokyo": ("NRT", "HND"),
    "london": ("LHR", "LGW", "STN", "LTN", "LCY", "SEN"),
    "new_york": ("JFK", "EWR", "LGA"),
}
#: Administrative code and Chinese name of each city whose travel is looked up.
TRAVEL: Mapping[str, tuple[str, str]] = {
    "shanghai": ("310000", "上海市"),
    "beijing": ("110000", "北京市"),
    "shenzhen": ("440300", "深圳市"),
    "guangzhou": ("440100", "广州市"),
    "hangzhou": ("330100", "杭州市"),
}
#: How far back the first look at the travel goes.
FIRST_DAYS = timedelta(days=7)
ROUTES = Source(
    id="openflights.routes",
    publisher="OpenFlights",
    address="https://raw.githubusercontent.com/jpatokal/openflights/master/data",
    scraper="openflights",
    licence="ODbL 1.0",
    schedule="@yearly",
    priority=50,
    reference="routes.dat and airports.dat; the routes have not been kept up since June 2014",
    vintage="2014-06",
)
MIGRATION = Source(
    id="baidu.migration",
    publisher="百度地图慧眼",
    address="https://huiyan.baidu.com/migration",
    scraper="baidu_migration",
    licence="not stated; read the terms of the site before you republish",
    schedule="@daily",
    priority=50,
    reference="城市迁徙 cityrank × historycurve",
)


class Declared:
    """What every flow says of itself.

    Args:
        flow: the kind.
        source: where it is read.
    """

    def __init__(self, flow: Flow, source: Source) -> None:
        self._flow = flow
        self._source = source

    @hookimpl
    def indicator(self) -> Flow:
        """Declare the flow."""
        return self._flow

    @hookimpl
    def source(self) -> Source:
        """Declare where it is read."""
        return self._source


class AirFlow(Declared):
    """How air routes connect two cities: one of the kinds of `scrapers.openflights.flows`."""

    @hookimpl
    def fetch(self, http: Http, source: Source) -> list[Document]:
        """Fetch routes and airports."""
        from cityflux.scrapers import openflights

        return openflights.fetch(http, address=source.address)

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        """Count what connects each pair of cities without a stop."""
        from cityflux.scrapers import openflights

        routes, airports = documents
        metros = openflights.metro_of(openflights.parse_airports(airports), AIRPORTS)
        found = openflights.flows(openflights.parse_routes(routes), metros)
        return found.filter(kind=self._flow.id)


class Travel(Declared):
    """How many people travel between two cities on a day, as an index.

    Args:
        flow: ``migration_move_in`` or ``migration_move_out``.
        direction: which end of the pair is asked.
        source: where it is read.
    """

    def __init__(
        self, flow: Flow, direction: Literal["move_in", "move_out"], source: Source = MIGRATION
    ) -> None:
        super().__init__(flow, source)
        self._direction = direction

    @hookimpl
    def fetch(self, http: Http, source: Source, since: str | None) -> Iterator[Document]:
        """The curves, then the partners of each city on each day that is not kept yet."""
        from cityflux.scrapers import baidu_migration

        codes = [code for code, _ in TRAVEL.values()]
        last = date.today() - timedelta(days=1)
        first = date.fromisoformat(since) if since else last - FIRST_DAYS
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        asked: Iterable[Iterator[Document]] = (
            baidu_migration.fetch_curves(
                http, codes, directions=[self._direction], address=source.address
            ),
            baidu_migration.fetch_ranks(
                http, codes, days, directions=[self._direction], address=source.address
            ),
        )
        return chain.from_iterable(asked)

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        """Share of a city's travel times its size; days without either have no flow."""
        import polars as pl

        from cityflux.scrapers import baidu_migration as migration

        curves = [document for document in documents if "historycurve" in document.address]
        ranks = [document for document in documents if "cityrank" in document.address]
        if not curves or not ranks:
            columns = ("origin", "destination", "period")
            return pl.DataFrame(schema={**dict.fromkeys(columns, pl.String), "value": pl.Float64})
        return migration.flows(
            pl.concat([migration.parse_rank(document) for document in ranks]),
            pl.concat([migration.parse_curve(document) for document in curves]),
            {code: city for city, (code, _) in TRAVEL.items()},
            {name: city for city, (_, name) in TRAVEL.items()},
        )


FLOWS = (
    AirFlow(
        Flow(
            "air_routes",
            "航线数",
            "Air routes",
            "条",
            frequency="irregular",
            definition="Non-stop routes between the airports of two cities, one for each airline.",
        ),
        ROUTES,
    ),
    AirFlow(
        Flow(
            "airlines",
            "通航航空公司数",
            "Airlines",
            "家",
            frequency="irregular",
            definition="Distinct airlines with a non-stop route between two cities.",
        ),
        ROUTES,
    ),
    Travel(
        Flow(
            "migration_move_in",
            "迁入流量",
            "Travel, as the destination sees it",
            "迁徙规模指数",
            frequency="daily",
            definition="Share of the travel into the destination that comes from the origin, "
            "times the size of that travel (迁徙规模指数).",
        ),
        "move_in",
    ),
    Travel(
        Flow(
            "migration_move_out",
            "迁出流量",
            "Travel, as the origin sees it",
            "迁徙规模指数",
            frequency="daily",
            definition="Share of the travel out of the origin that goes to the destination, "
            "times the size of that travel (迁徙规模指数).",
        ),
        "move_out",
    ),
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the flows."""
    for plugin in FLOWS:
        register(plugin)
