"""A stranger's family of indicators on one page, and the page."""

from __future__ import annotations

import json
from typing import Any

from tests.servers import Answer

COUNT = 50
FAMILY = """
import polars as pl

from cityflux import Indicator, Page, Source, hookimpl

SOURCE = Source("local.yearbook", "p", "{address}", licence="l", schedule="@monthly", priority=1)


def read(documents):
    return pl.DataFrame([row for document in documents for row in document.json()])


PAGE = Page(SOURCE, read=read)


@hookimpl
def register_indicators(register):
    for n in range({count}):
        register(PAGE.indicator(Indicator(f"local.n{{n}}", "甲", f"N {{n}}", "万人"), f"第{{n}}项"))
"""


def page(count: int = COUNT, city: str = "shanghai", **changed: Any) -> list[dict[str, Any]]:
    """The rows of the page, in the tenth part of the indicators' unit."""
    return [
        {
            **{"place": f"第{n}项", "city": city, "period": str(year)},
            **{"value": 10.0 * (n + 1), "unit": "千人", **changed},
        }
        for n in range(count)
        for year in range(2019, 2021)
    ]


def answer(found: list[dict[str, Any]], tag: str = '"1"') -> Answer:
    return Answer(json.dumps(found, ensure_ascii=False), headers={"ETag": tag})


NAMES = [f"local.n{n}" for n in range(COUNT)]
