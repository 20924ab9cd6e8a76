"""The tidy rows that every shape of the bureau's data is turned into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.tables.labels import key, same_unit, similar

#: One row per figure. What a file or an answer does not name is null; so is a missing value.
SCHEMA = {
    "database": pl.String,
    "indicator": pl.String,
    "indicator_code": pl.String,
    "unit": pl.String,
    "region": pl.String,
    "region_code": pl.String,
    "period": pl.String,
    "value": pl.Float64,
    "note": pl.String,
}

_PERIOD_CODE = re.compile(
    r"(?P<year>\d{4})(?:YY)?"
    r"|(?P<quarter_year>\d{4})(?:(?P<letter>[A-D])|0(?P<quarter>[1-4])SS)"
    r"|(?P<month_year>\d{4})(?P<month>0[1-9]|1[0-2])(?:MM)?",
    re.A,
)


def frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """A frame of tidy rows; blank texts become null."""
    return pl.DataFrame(
        [{name: row.get(name, None) for name in SCHEMA} for row in rows], schema=SCHEMA
    ).with_columns(pl.col(pl.String).replace("", None))


def period_of_code(code: str) -> str | None:
    """Read a period code of either interface as ISO 8601; None for anything else.

    Old codes are ``2019``, ``2019B`` (the second quarter) and ``201909``; new ones ``2019YY``,
    ``201902SS`` and ``201909MM``. Nobody else writes quarters so; see `core.model.written_period`.
    """
    match = _PERIOD_CODE.fullmatch(code)
    if match is None:
        return None
    if match["month_year"]:
        return f"{match['month_year']}-{match['month']}"
    if match["quarter_year"]:
        quarter = match["quarter"] or "ABCD".index(match["letter"]) + 1
        return f"{match['quarter_year']}-Q{quarter}"
    return match["year"]


def select(
    rows: pl.DataFrame,
    *,
    unit: str,
    cities: Mapping[str, str],
    indicator: str | None = None,
    name: str = "NBS",
) -> pl.DataFrame:
    """Take one indicator of some cities out of tidy rows; missing figures give no row.

    Args:
        rows: tidy rows, as in `SCHEMA`.
        unit: the unit that the figures must be in; ``""`` where the bureau states none.
        cities: city ids by region name (``上海``, in the provincial tables ``上海市``) or by
            region code.
        indicator: the name or the code; may be left out where the rows are about one.
        name: how error messages name the data: the address of the document.

    Returns:
        A frame with ``city``, ``period``, ``value`` and ``note``.

    Raises:
        Unexpected: when the indicator or a city is not there, the unit is another one, a figure
            stands twice with different values, or not one figure is left.
    """
    chosen = _of_indicator(rows, indicator, name)
    for found in chosen["unit"].fill_null("").unique():
        if not same_unit(found, unit):
            raise Unexpected(
                f"{name}: expected {indicator or 'figures'} in {unit or 'no unit'}, "
                f"got {found or 'no unit; say unit= when reading the file'}"
            )
    taken = [_of_city(chosen, label, city, name) for label, city in cities.items()]
    figures = pl.concat(taken).unique(maintain_order=True) if taken else chosen.clear()
    twice = figures.filter(pl.struct("city", "period").is_duplicated())
    if twice.height:
        city, period, *values = [*twice.row(0)[:2], *twice["value"][:2]]
        raise Unexpected(f"{name}: two figures for {city} in {period}: {values[0]}, {values[1]}")
    if not figures.height:
        raise Unexpected(f"{name}: not one figure for {', '.join(cities)}")
    return figures


def _of_indicator(rows: pl.DataFrame, indicator: str | None, name: str) -> pl.DataFrame:
    names = rows["indicator"].unique(maintain_order=True)
    if indicator is None:
        if len(names) > 1:
            raise Unexpected(f"{name}: {len(names)} indicators; name one of {similar('', names)}")
        return rows
    wanted = [found for found in names if found is not None and key(found) == key(indicator)]
    chosen = rows.filter(
        pl.col("indicator").is_in(wanted) | (pl.col("indicator_code") == indicator)
    )
    if not chosen.height:
        near = similar(indicator, names.drop_nulls())
        raise Unexpected(f"{name}: no indicator {indicator!r}; similar: {near}")
    return chosen


def _of_city(rows: pl.DataFrame, label: str, city: str, name: str) -> pl.DataFrame:
    names = rows["region"].drop_nulls().unique(maintain_order=True)
    wanted = [found for found in names if key(found) == key(label)]
    chosen = rows.filter(pl.col("region").is_in(wanted) | (pl.col("region_code") == label))
    if not chosen.height:
        raise Unexpected(f"{name}: no region {label!r}; similar: {similar(label, names)}")
    return chosen.drop_nulls("value").select(
        pl.lit(city).alias("city"), "period", "value", pl.col("note").fill_null("")
    )
