"""Answers of the interface that data.stats.gov.cn had until March 2026 (``easyquery.htm``).

The interface is gone (HTTP 403, ``reason:UrlACL``), but its answers are kept in many places, and
their shape lives on in mirrors. This reads them; it fetches nothing.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.numerals import parse_number
from cityflux.scrapers.foreign import reader
from cityflux.scrapers.nbs import rows
from cityflux.scrapers.nbs.answers import Shape, json_of, shaped, unexpected

#: The databases by their code, as the address of a request names them.
DATABASES = {
    "hgyd": "月度数据",
    "hgjd": "季度数据",
    "hgnd": "年度数据",
    "fsyd": "分省月度数据",
    "fsjd": "分省季度数据",
    "fsnd": "分省年度数据",
    "csyd": "主要城市月度价格",
    "csnd": "主要城市年度数据",
    "gatyd": "港澳台月度数据",
    "gatnd": "港澳台年度数据",
}


class _Dimension(Shape):
    wdcode: str
    valuecode: str


class _Value(Shape):
    hasdata: bool
    strdata: str


class _DataNode(Shape):
    code: str
    data: _Value
    wds: list[_Dimension]


class _Name(Shape):
    code: str
    cname: str
    unit: str | None = ""
    memo: str | None = ""


class _Names(Shape):
    wdcode: str
    nodes: list[_Name]


class _Data(Shape):
    datanodes: list[_DataNode]
    wdnodes: list[_Names]


@reader("an answer of the National Bureau")
def parse(document: Document) -> pl.DataFrame:
    """Read one answer to ``m=QueryData``.

    The value is ``strdata``, the figure as published; ``data`` carries digits that the bureau
    never printed. Where ``hasdata`` is false there is no figure, whatever ``data`` says (it is 0).

    Returns:
        Tidy rows as in `scrapers.nbs.SCHEMA`; ``note`` is the indicator's ``memo``.

    Raises:
        Refused: for the 403 page of the closed interface, or a login page.
        Unexpected: when the answer is something else, or says that the query failed.
    """
    answer = json_of(document)
    code = answer.get("returncode") if isinstance(answer, dict) else None
    if code != 200:
        raise unexpected(document, f"the query failed: returncode {code}")
    data = shaped(document, _Data, answer.get("returndata"))
    if not data.datanodes:
        raise unexpected(document, "the answer holds no figure")
    names = {(group.wdcode, node.code): node for group in data.wdnodes for node in group.nodes}
    try:
        found = [_row(node, names) for node in data.datanodes]
    except KeyError as error:
        raise unexpected(document, f"wdnodes and wds do not name {error}") from error
    except ValueError as error:
        raise unexpected(document, str(error)) from error
    database = parse_qs(urlsplit(document.address).query).get("dbcode", [""])[0]
    return rows.frame({"database": DATABASES.get(database), **row} for row in found)


def _row(node: _DataNode, names: dict[tuple[str, str], _Name]) -> dict[str, Any]:
    codes = {dimension.wdcode: dimension.valuecode for dimension in node.wds}
    indicator = names["zb", codes["zb"]]
    region = names["reg", codes["reg"]] if "reg" in codes else None
    period = rows.period_of_code(codes["sj"])
    if period is None:
        raise ValueError(f"{node.code}: {codes['sj']!r} is not a period code")
    value = parse_number(node.data.strdata) if node.data.hasdata else None
    if node.data.hasdata and value is None:
        raise ValueError(f"{node.code}: hasdata is true, but strdata holds no figure")
    return {
        "indicator": indicator.cname,
        "indicator_code": indicator.code,
        "unit": indicator.unit,
        "region": region.cname if region else None,
        "region_code": region.code if region else None,
        "period": period,
        "value": value,
        "note": (indicator.memo or "").replace("||", " "),
    }
