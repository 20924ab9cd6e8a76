"""What documents on Shanghai's flow economy state of cities, with the place of each sentence.

``documents.csv`` holds the figures, ``documents_indicators.csv`` what they count, and
``documents_left_out.csv`` those that are of no city, with the reason. A document is no office:
where one of its figures stands beside an office's, they are two series; where two documents differ,
both stay as two sources.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from cityflux import Document, Http, Indicator, Page, Source, hookimpl, read_file
from cityflux.plugins import bundle
from cityflux.plugins.published import Published

FIGURES = Path(__file__).with_name("documents.csv")
INDICATORS = Path(__file__).with_name("documents_indicators.csv")
_ADDRESS = "bundled:documents.csv"
_TITLES = {
    "energy_level_2022": (
        "江若尘、陈昌东、郑宇晨、陈佳品",
        "上海流量型经济能级指数对标分析及发展思路，2022(05)",
    ),
    "dual_circulation_2022": (
        "姜乾之、戴跃华、翁毅、丁博汉",
        "未来五年上海服务双循环新发展格局研究，2022(02)",
    ),
    "growth_2023": ("author not stated in the copy read", "上海经济稳增长的动力机制与举措，2023"),
}
SOURCES = {
    f"document.{name}": Source(
        id=f"document.{name}",
        publisher=authors,
        address=_ADDRESS,
        scraper="file",
        licence="not stated; single figures cited",
        priority=85,
        access="bundled",
        reference=title,
        kind="second-hand",
    )
    for name, (authors, title) in _TITLES.items()
}


def fetch(http: Http, source: Source, since: str | None) -> list[Document]:
    """Open the table."""
    return [read_file(FIGURES, address=_ADDRESS)]


def _published() -> Iterator[Published]:
    """An indicator for each thing that the documents count."""
    with FIGURES.open(encoding="utf-8", newline="") as file:
        cited: dict[str, set[str]] = {}
        for row in csv.DictReader(file):
            cited.setdefault(row["indicator"], set()).add(row["source"])
    page = Page([*SOURCES.values()], bundle.read, fetch)
    with INDICATORS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rank = row["unit"] == "名"
            difference = rank or row["id"].endswith("growth")
            indicator = Indicator(
                row["id"],
                row["name_zh"],
                row["name_en"],
                row["unit"],
                direction=-1 if rank else 1,
                frequency="irregular",
                scale="difference" if difference else "ratio",
                definition=f"{row['name_zh']}, as the documents state it.",
                note="stated in a text; the note of each figure has the place of the sentence",
            )
            yield Published(indicator, live=(page.at(row["id"], cited[row["id"]]),))


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators."""
    for plugin in _published():
        register(plugin)
