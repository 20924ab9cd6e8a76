"""What is measured of flows, as indicators: `flows.air.range` and its like.

Each of the seven kinds of the document (流量), and the network of firms, has the five dimensions,
over flows that a reader takes in with ``cityflux import --flows`` or ``--firms``; air routes and
travel, which plugins fetch, have those that can be told of them, and air routes some more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from cityflux import Flow, Indicator, Source, hookimpl

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http


class Kind(NamedTuple):
    """A kind of flow: the part of the ids that stands for it, and its names."""

    short: str
    flow: str
    name_zh: str
    name_en: str
    unit: str
    frequency: Literal["annual", "daily", "irregular"] = "annual"


class Told(NamedTuple):
    """A measure as an indicator: its names, unit and definition; the unit of the flow without."""

    measure: str
    name_zh: str
    name_en: str
    unit: str
    definition: str
    direction: Literal[1, -1] = 1


#: The kinds that anybody may bring as a table of origins and destinations.
BROUGHT = (
    Kind("people", "people", "人流", "People", "万人次"),
    Kind("goods", "goods", "物流", "Goods", "万吨"),
    Kind("commerce", "commerce", "商流", "Commerce", "亿元"),
    Kind("capital", "capital", "资金流", "Capital", "亿元"),
    Kind("information", "information", "信息流", "Information", "指数"),
    Kind("technology", "technology", "科技流", "Science and technology", "件"),
    Kind("culture", "culture", "文化流", "Culture", "次"),
    Kind("firms", "firms", "企业网络", "Networks of firms", "指数"),
)
AIR = Kind("air", "air_routes", "航线", "Air routes", "条", "irregular")
TRAVEL = Kind("travel", "migration_move_out", "出行", "Travel", "指数", "daily")

#: By the last part of the id; the five dimensions of the document first.
DIMENSIONS = {
    "scale": Told("throughflow", "流量规模", "scale", "", "What leaves the city and what comes."),
    "direction": Told(
        "entropy",
        "流向均衡度",
        "evenness of direction",
        "倍",
        "Entropy of the partners' shares over its largest value (Limtanakool and others 2007).",
    ),
    "frequency": Told(
        "per_day",
        "流动频率",
        "frequency",
        "",
        "Movements in and out a day; none of flows whose unit does not count movements.",
    ),
    "range": Told(
        "reach",
        "流动范围",
        "range",
        "倍",
        "Share of all other cities of the network with which there is an exchange.",
    ),
    "dominance": Told(
        "dominance",
        "流量主导度",
        "dominance",
        "倍",
        "Through flow over the mean of the other cities (Limtanakool and others 2007).",
    ),
}
MORE = {
    "partners": Told(
        "partners", "联系城市数", "partners", "个", "Cities with which there is an exchange."
    ),
    "distance": Told(
        "distance",
        "平均流动距离",
        "mean distance",
        "公里",
        "Mean great-circle distance of the partners, weighted by the flow.",
    ),
    "international": Told(
        "international",
        "跨境份额",
        "international share",
        "倍",
        "Share of the flow that crosses a border.",
    ),
    "power": Told(
        "power",
        "递归权力",
        "recursive power",
        "倍",
        "Sum of the shares that the city has in its partners' exchange (Neal 2011).",
    ),
    "betweenness": Told(
        "betweenness",
        "中介中心性",
        "betweenness",
        "倍",
        "Share of the shortest ways between others that lead through the city (Freeman 1977).",
    ),
    "subordinates": Told(
        "subordinates",
        "从属城市数",
        "cities below",
        "个",
        "Cities that it dominates, through others too (Nystuen and Dacey 1961).",
    ),
}


class Measured:
    """A measure of a kind of flow.

    Args:
        kind: the flows.
        name: the last part of the id.
        told: the measure.
    """

    def __init__(self, kind: Kind, name: str, told: Told) -> None:
        self._kind, self._name, self._told = kind, name, told

    @hookimpl
    def indicator(self) -> Indicator:
        """Declare the indicator, with the flow as its input."""
        kind, told = self._kind, self._told
        unit = f"{kind.unit}/天" if told.measure == "per_day" else told.unit or kind.unit
        return Indicator(
            f"flows.{kind.short}.{self._name}",
            f"{kind.name_zh}：{told.name_zh}",
            f"{kind.name_en}: {told.name_en}",
            unit,
            frequency=kind.frequency,
            definition=told.definition,
            inputs=(kind.flow,),
        )

    @hookimpl
    def derive(self, flows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
        """Measure the network of each period."""
        from cityflux import flow_measure  # which few need

        return flow_measure(flows, places, self._told.measure)


class Brought:
    """A kind of flow of which only a reader's own file has figures."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    @hookimpl
    def indicator(self) -> Flow:
        """Declare the flow."""
        kind = self._kind
        return Flow(
            kind.flow,
            kind.name_zh,
            kind.name_en,
            kind.unit,
            definition=f"{kind.name_zh} between two cities, as a file of the reader gives it.",
            note="no open table of all cities is known; bring one with cityflux import --flows",
        )

    @hookimpl
    def source(self) -> Source:
        """Declare that nobody fetches it."""
        return Source(
            id="flows.brought",
            publisher="none: bring a table of origins and destinations",
            address="declared:",
            licence="that of the table",
            access="declared",
            reference="cityflux import --flows FILE",
        )

    @hookimpl
    def fetch(self, http: Http, source: Source) -> list[Document]:
        """Nothing: there is no address."""
        return []

    @hookimpl
    def normalize(self, documents: list[Document]) -> pl.DataFrame:
        """Nothing."""
        import polars as pl

        text = dict.fromkeys(("origin", "destination", "period"), pl.String)
        return pl.DataFrame(schema={**text, "value": pl.Float64})


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the kinds, and what is measured of each."""
    for kind in BROUGHT:
        register(Brought(kind))
        for name, told in DIMENSIONS.items():
            register(Measured(kind, name, told))
    for kind in (AIR, TRAVEL):
        for name, told in DIMENSIONS.items():
            if name != "frequency":  # neither counts movements
                register(Measured(kind, name, told))
    for name, told in MORE.items():
        register(Measured(AIR, name, told))
