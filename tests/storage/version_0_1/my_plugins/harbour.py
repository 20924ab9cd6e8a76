"""Five indicators of four harbours: two sources, months and years, and a computed one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from cityflux import City, Document, Indicator, Source, hookimpl

CITIES = ("aden", "brest", "cadiz", "dover")
Row = tuple[str, str, float]


class Series:
    """An indicator that the port office publishes, and a newspaper in part."""

    def __init__(self, name: str, unit: str, direction: int, rows: list[Row]) -> None:
        self.name, self.unit, self.direction, self.rows = name, unit, direction, rows

    @hookimpl
    def indicator(self) -> Indicator:
        return Indicator(
            id=f"harbour.{self.name}",
            name_zh=self.name,
            name_en=self.name,
            unit=self.unit,
            direction=1 if self.direction > 0 else -1,
            frequency="monthly" if self.name == "ships" else "annual",
        )

    @hookimpl
    def source(self) -> list[Source]:
        return [
            Source(
                id=f"{short}.{self.name}",
                publisher=publisher,
                address=f"bundled:{self.name}{number}",
                access="bundled",
                licence="none stated",
                priority=priority,
            )
            for short, publisher, number, priority in (
                ("port", "Port office", "", 10),
                ("press", "A newspaper", "2", 90),
            )
        ]

    @hookimpl
    def fetch(self, source: Source) -> list[Document]:
        return [Document(source.address, source.id.encode(), period="")]

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        rows = self.rows
        if documents[0].body.startswith(b"press"):
            rows = [(city, period, value * 1.01) for city, period, value in rows[:3]]
        return pl.DataFrame(rows, schema=["city", "period", "value"], orient="row")


class Load:
    """Cargo per call."""

    @hookimpl
    def indicator(self) -> Indicator:
        inputs = ("harbour.cargo", "harbour.calls")
        return Indicator("harbour.load", "load", "load", "吨", inputs=inputs)

    @hookimpl
    def derive(self, figures: pl.DataFrame) -> pl.DataFrame:
        wide = figures.pivot(on="indicator", index=["city", "period"], values="value")
        ratio = pl.col("harbour.cargo") / pl.col("harbour.calls")
        return wide.select("city", "period", value=ratio)


@hookimpl
def register_cities(register: Callable[[City], None]) -> None:
    for number, name in enumerate(CITIES):
        register(City(name, name, name.title(), country="XX", region="N" if number < 2 else "S"))


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    years = range(2018, 2022)
    cargo = [
        (city, str(year), 100.1 * (place + 1) ** 1.3 + 7.7 * (year - 2018))
        for place, city in enumerate(CITIES)
        for year in years
    ]
    calls = [
        (city, str(year), 11.3 * (place + 2) + 0.37 * (year - 2018))
        for place, city in enumerate(CITIES[:3])
        for year in years
    ]
    ships = [
        (city, f"2020-{month:02}", 3.3 * (place + 1) + month / 7)
        for place, city in enumerate(CITIES)
        for month in range(1, 13)
    ]
    ships += [("aden", "2020", 41.5), ("brest", "2019", 17.25)]
    delay = [(city, "2018/2021", 9.7 - place**1.5) for place, city in enumerate(CITIES)]
    for series in (
        Series("cargo", "万吨", 1, cargo),
        Series("calls", "件", 1, calls),
        Series("ships", "件", 1, ships),
        Series("delay", "天", -1, delay),
        Load(),
    ):
        register(series)
