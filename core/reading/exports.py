"""Whole tables of the database for other programs, each row with its source or its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cityflux.core.model.errors import ReportError

if TYPE_CHECKING:
    import polars as pl

_QUERIES = {
    "observations": """
SELECT o.*, s.publisher, s.reference, s.vintage, s.licence
FROM current_observations o JOIN sources s ON s.id = o.source_id
ORDER BY indicator_id, city_id, period""",
    "scores": """
SELECT s.*, n.name_zh, n.name_en, n.parent_id, n.weight
FROM scores s JOIN nodes n USING (index_id, node_id)
ORDER BY index_id, sort_order, period, rank""",
    "provenance": """
SELECT * FROM provenance WHERE node_id = index_id
ORDER BY index_id, city_id, leaf_id, figure_period""",
}
#: What can be exported.
EXPORTS = tuple(_QUERIES)


#: Stands for all of them.
ALL = "all"
#: Of which column a wide table shows the values, and what its rows are.
_WIDE = {
    "observations": ("value", ["indicator_id", "city_id"]),
    "scores": ("score", ["index_id", "node_id", "name_zh", "name_en", "city_id"]),
    "provenance": ("value", ["index_id", "city_id", "leaf_id", "indicator_id", "figure_city_id"]),
}


def export_frame(connection: sqlite3.Connection, what: str, wide: bool = False) -> pl.DataFrame:
    """The rows of one of `EXPORTS`; with periods across if ``wide``."""
    import polars as pl

    cursor = connection.execute(_QUERIES[what])
    columns = [column[0] for column in cursor.description]
    frame = pl.DataFrame(cursor.fetchall(), schema=columns, orient="row", infer_schema_length=None)
    if not wide:
        return frame
    value, rows = _WIDE[what]
    period = "figure_period" if "figure_period" in columns else "period"
    across = sorted(frame[period].unique().to_list())
    turned = frame.pivot(period, index=rows, values=value, aggregate_function="first")
    return turned.select(*rows, *across)


def write_workbook(frames: Mapping[str, pl.DataFrame], path: Path) -> None:
    """Write an XLSX file, a sheet for each frame.

    Raises:
        ReportError: the package that writes workbooks is missing.
    """
    if find_spec("xlsxwriter") is None:
        raise ReportError(
            "writing a workbook needs one more package; install it with: "
            "pip install 'cityflux[excel]'"
        )
    import xlsxwriter

    # A text that begins with = or http is one, and stays one.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(path, options) as book:
        for name, frame in frames.items():
            frame.write_excel(book, worksheet=name, autofilter=False)
