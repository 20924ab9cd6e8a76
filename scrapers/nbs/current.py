"""The interface behind data.stats.gov.cn since March 2026.

Four steps: the tree of a database down to a leaf (``cid``), the indicators of the leaf, its
regions, and the figures::

    leaf = find_leaf(http, CITY_ANNUAL, ["国民经济核算", "地区生产总值"])
    query = Query(leaf, indicators=[...], regions=[...], first="2011", last="2020")
    frame = parse(fetch(http, query), leaf.database)

Read from public descriptions of the interface and never tested against the live site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic import Field

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.core.model.http import Http
from cityflux.core.model.numerals import parse_number
from cityflux.scrapers.foreign import reader
from cityflux.scrapers.nbs import rows
from cityflux.scrapers.nbs.answers import ADVICE, Shape, data_of, unexpected
from cityflux.scrapers.tables.labels import key, same_unit, similar, split_unit

BASE = "https://data.stats.gov.cn/dg/website/publicrelease/web/external/"

#: Codes of the databases: 月度, 季度 and 年度数据; the same by province (分省); of the main cities
#: (主要城市) 月度价格 and 年度数据.
MONTHLY, QUARTERLY, ANNUAL = 1, 2, 3
PROVINCE_MONTHLY, PROVINCE_QUARTERLY, PROVINCE_ANNUAL = 4, 5, 6
CITY_MONTHLY_PRICES, CITY_ANNUAL = 7, 8

_HEADERS = {
    "Accept": "application/json, text/plain, */*",
    "Origin": "https://data.stats.gov.cn",
    "Referer": "https://data.stats.gov.cn/dg/website/page.html",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree of indicators."""

    id: str
    name: str
    leaf: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """A table of the database.

    Attributes:
        cid: its id.
        name: its name.
        root: the id of the database's root, which a query must repeat.
        database: the name of the database.
    """

    cid: str
    name: str
    root: str
    database: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An indicator (its id, name and unit) or a region (its 12 digits, name and no unit)."""

    id: str
    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """What to ask for.

    Attributes:
        leaf: the table.
        indicators: at least one, from `indicators`.
        regions: at least one, from `regions`.
        first: the first period, as ISO 8601 in the database's own precision.
        last: the last period, likewise.
    """

    leaf: Leaf
    indicators: Sequence[Entry]
    regions: Sequence[Entry]
    first: str
    last: str

    def body(self) -> dict[str, Any]:
        """The JSON of the request.

        ``daCatalogId`` stays empty, or the site ignores the regions; ``dts`` is a list even of
        one; ``showType`` is 3 for several regions.
        """
        return {
            "cid": self.leaf.cid,
            "indicatorIds": [indicator.id for indicator in self.indicators],
            "daCatalogId": "",
            "das": [{"text": region.name, "value": region.id} for region in self.regions],
            "showType": "3" if len(self.regions) > 1 else "1",
            "dts": [f"{_code(self.first)}-{_code(self.last)}"],
            "rootId": self.leaf.root,
        }


class _Node(Shape):
    id: str = Field(alias="_id")
    name: str
    leaf: bool | None = Field(False, alias="isLeaf")


class _Indicator(Shape):
    id: str = Field(alias="_id")
    shown: str = Field(alias="i_showname")
    unit: str | None = Field("", alias="du_name")

    def named(self) -> tuple[str, str]:
        """The name and the unit, which may stand behind the name as well."""
        name, behind = split_unit(self.shown)
        if not self.unit or same_unit(self.unit, behind):
            return name, self.unit or behind
        return self.shown.strip(), self.unit


class _Indicators(Shape):
    entries: list[_Indicator] = Field(alias="list")


class _Catalogue(Shape):
    id: str = Field(alias="_id")


class _Region(Shape):
    code: str = Field(alias="name_value")
    name: str = Field(alias="show_name")


class _Value(_Indicator):
    region: str = Field(alias="da_name")
    region_code: str = Field(alias="da")
    value: str | None


class _Period(Shape):
    code: str
    values: list[_Value] | None


def children(http: Http, database: int, parent: str = "", *, base: str = BASE) -> list[Node]:
    """The nodes under a node of the tree; without a parent, the root of the database.

    Raises:
        Refused: when the site blocks the request.
        Unexpected: when the answer is none that is known.
    """
    params = {"pid": parent, "code": str(database)}
    found = data_of(_get(http, f"{base}new/queryIndexTreeAsync", params), list[_Node])
    return [Node(node.id, node.name.strip(), bool(node.leaf)) for node in found]


def find_leaf(http: Http, database: int, path: Sequence[str], *, base: str = BASE) -> Leaf:
    """Walk down the tree by names to a table.

    Raises:
        Refused: when the site blocks the request.
        Unexpected: when a name is not there; says which names are.
    """
    roots = children(http, database, base=base)
    if not roots:
        raise Unexpected(f"{base}: database {database} is empty or unknown", address=base)
    root = node = roots[0]
    for name in path:
        below = children(http, database, node.id, base=base)
        found = [child for child in below if key(child.name) == key(name)]
        if not found:
            near = similar(name, [child.name for child in below])
            raise Unexpected(
                f"{base}: nothing named {name!r} under {node.name}; similar: {near}", address=base
            )
        node = found[0]
    if not node.leaf:
        below = children(http, database, node.id, base=base)
        names = similar("", [child.name for child in below])
        raise Unexpected(f"{base}: {node.name} is no table; under it: {names}", address=base)
    return Leaf(node.id, node.name, root.id, root.name)


def find_indicator(
    http: Http, database: int, names: Sequence[str], *, base: str = BASE
) -> tuple[Leaf, Entry]:
    """Look through the tables of a database for an indicator, wherever in the tree it stands.

    Args:
        http: the client.
        database: its code.
        names: the names that the indicator may go by; the first one that is there is taken.
        base: where the interface is.

    Raises:
        Refused: when the site blocks the request.
        Unexpected: when no table has it.
    """
    found: dict[str, tuple[Leaf, Entry]] = {}
    for leaf in _leaves(http, database, base):
        for entry in indicators(http, leaf, base=base):
            found.setdefault(key(entry.name), (leaf, entry))
            if key(entry.name) == key(names[0]):
                return leaf, entry
    for name in names[1:]:
        if key(name) in found:
            return found[key(name)]
    near = similar(names[0], [entry.name for _, entry in found.values()])
    raise Unexpected(
        f"{base}: no table of database {database} has {names[0]!r}; similar: {near}", address=base
    )


def _leaves(http: Http, database: int, base: str) -> Iterator[Leaf]:
    """All tables of a database, in the order of its tree."""
    for root in children(http, database, base=base):
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node.leaf:
                yield Leaf(node.id, node.name, root.id, root.name)
            else:
                waiting += reversed(children(http, database, node.id, base=base))


def indicators(http: Http, leaf: Leaf, *, base: str = BASE) -> list[Entry]:
    """The indicators of a table, with their units.

    Raises:
        Refused: when the site blocks the request.
        Unexpected: when the answer is none that is known.
    """
    params = {"cid": leaf.cid, "dt": "", "name": ""}
    answer = _get(http, f"{base}new/queryIndicatorsByCid", params)
    return [Entry(entry.id, *entry.named()) for entry in data_of(answer, _Indicators).entries]


def regions(http: Http, leaf: Leaf, *, base: str = BASE) -> list[Entry]:
    """The regions of a table, from all of its region catalogues.

    Raises:
        Refused: when the site blocks the request.
        Unexpected: when the answer is none that is known.
    """
    address = f"{base}getDaCatalogTreeByIndicatorCid"
    found: dict[str, Entry] = {}
    for catalogue in data_of(_get(http, address, {"indicatorCid": leaf.cid}), list[_Catalogue]):
        listed = _get(http, f"{base}getDasByDaCatalogId", {"daCid": catalogue.id})
        for region in data_of(listed, list[_Region]):
            found.setdefault(region.code, Entry(region.code, region.name.strip()))
    return list(found.values())


def choose(entries: Sequence[Entry], names: Sequence[str]) -> list[Entry]:
    """Take indicators or regions by name or id, in the order of the names.

    Raises:
        Unexpected: when one is not there, or the name stands for several.
    """
    chosen = []
    for name in names:
        found = [entry for entry in entries if entry.id == name or key(entry.name) == key(name)]
        if len(found) != 1:
            near = similar(name, [entry.name for entry in entries])
            raise Unexpected(f"{BASE}: {len(found)} entries named {name!r}; similar: {near}")
        chosen += found
    return chosen


def fetch(http: Http, query: Query, *, base: str = BASE) -> Document:
    """Ask for figures and bring the raw answer home.

    Raises:
        Refused: when the site blocks the request; says what to do instead.
    """
    try:
        return http.post(f"{base}stream/esData", json=query.body(), headers=_HEADERS)
    except Refused as error:
        raise _advised(error) from error


@reader("an answer of the National Bureau")
def parse(document: Document, database: str = "") -> pl.DataFrame:
    """Read the answer to a query.

    Args:
        document: the answer.
        database: the name of the database, which the answer does not tell.

    Returns:
        Tidy rows as in `scrapers.nbs.SCHEMA`; an empty text is a null value.

    Raises:
        Refused: when the answer is a block or asks for a login.
        Unexpected: when it is none that is known, or holds nothing. The site answers an unknown
            id with success and no data.
    """
    found = []
    for period in data_of(document, list[_Period]):
        at = rows.period_of_code(period.code)
        if at is None:
            raise unexpected(document, f"{period.code!r} is not a period code")
        try:
            found += [_row(value, at) for value in period.values or []]
        except ValueError as error:
            raise unexpected(document, str(error)) from error
    if not found:
        raise unexpected(document, "no figure; check cid, rootId, the regions and the periods")
    return rows.frame({"database": database, **row} for row in found)


def _get(http: Http, address: str, params: Mapping[str, str]) -> Document:
    try:
        return http.get(address, params=params, headers=_HEADERS)
    except Refused as error:
        raise _advised(error) from error


def _advised(error: Refused) -> Refused:
    told = Refused(f"{error}; {ADVICE}", address=error.address, status=error.status)
    told.kept = error.kept
    return told


def _row(value: _Value, period: str) -> dict[str, Any]:
    name, unit = value.named()
    try:
        figure = parse_number(value.value or "")
    except ValueError as error:
        raise ValueError(f"{name}, {value.region}, {period}: {error}") from error
    return {
        "indicator": name,
        "indicator_code": value.id,
        "unit": unit,
        "region": value.region.strip(),
        "region_code": value.region_code,
        "period": period,
        "value": figure,
    }


def _code(period: str) -> str:
    """A period in the codes of the interface: ``2020YY``, ``202003SS``, ``202007MM``."""
    year, _, rest = period.partition("-")
    if not rest:
        return f"{year}YY"
    return f"{year}0{rest[1:]}SS" if rest.startswith("Q") else f"{year}{rest}MM"
