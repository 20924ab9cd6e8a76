"""Formats of files that people download by hand, for ``cityflux import``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cityflux import hookimpl

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Unexpected


def nbs(document: Document, series: str | None, unit: str | None) -> pl.DataFrame:
    """Read a table of data.stats.gov.cn: CSV in GBK or UTF-8, XLS or XLSX.

    Args:
        document: the file.
        series: which of several indicators, or what the figures are where the file does not say.
        unit: their unit, where the file does not say.

    Raises:
        Unexpected: the file is no such table, or holds several indicators and none was named.
    """
    import polars as pl

    from cityflux.scrapers.nbs import read_download
    from cityflux.scrapers.tables.labels import key

    rows = read_download(document)
    names = rows["indicator"].drop_nulls().unique(maintain_order=True).to_list()
    if not names:
        rows = read_download(document, indicator=series, unit=unit)
    elif series is not None:
        wanted = [name for name in names if key(name) == key(series)]
        if not wanted:
            raise _choose(document, names)
        rows = rows.filter(pl.col("indicator").is_in(wanted))
    elif len(names) > 1:
        raise _choose(document, names)
    note = pl.concat_str("indicator", "note", separator="; ", ignore_nulls=True)
    place = pl.col("region").str.strip_suffix("市")
    return rows.select(place.alias("city"), "period", "value", "unit", note.alias("note"))


def _choose(document: Document, names: list[str]) -> Unexpected:
    from cityflux import Unexpected

    return Unexpected(
        f"{document.address}: holds {len(names)} indicators; name one with --series: "
        f"{', '.join(names)}",
        address=document.address,
    )


@hookimpl
def register_formats(register: Callable[[str, Callable[..., pl.DataFrame]], None]) -> None:
    """Hand over the formats."""
    register("nbs", nbs)
