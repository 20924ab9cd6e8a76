"""What was read from a page: once for all indicators that stand on it, place by place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cityflux.core.model.document import Document
from cityflux.core.model.errors import PluginError
from cityflux.core.model.units import convert

if TYPE_CHECKING:
    import polars as pl

_REQUIRED = ("place", "city", "period", "value")


class Documents(tuple[Document, ...]):
    """The documents of one fetch, with what pages have read from them: each reads them once."""

    sheets: dict[object, Sheet]

    def __new__(cls, documents: Iterable[Document]) -> Documents:
        """The documents, from which nothing was read yet."""
        made = super().__new__(cls, documents)
        made.sheets = {}
        return made

    def for_source(self, source_id: str) -> Documents:
        """The same, as they are handed to an indicator of another source on the same page."""
        if all(each.source_id == source_id for each in self):
            return self
        made = Documents(each.for_source(source_id) for each in self)
        made.sheets = self.sheets
        return made


class Sheet:
    """What was read from a page, by place and source.

    Args:
        frame: what the ``read`` of the page returned.
        has_sources: whether it says of each figure whose it is.

    Raises:
        PluginError: it lacks a column, or the places are no text.
    """

    def __init__(self, frame: Any, *, has_sources: bool) -> None:
        import polars as pl

        if not isinstance(frame, pl.DataFrame):
            kind = type(frame).__name__
            raise PluginError(f"read() of a page returned a {kind}; return a polars DataFrame")
        self._by = ["place", "source"] if has_sources else ["place"]
        wanted = dict.fromkeys((*_REQUIRED, *self._by))
        if missing := [name for name in wanted if name not in frame.columns]:
            raise PluginError(
                f"read() of a page returned the columns {', '.join(frame.columns) or 'none'}; "
                f"{' and '.join(missing)} must be among them"
            )
        if wrong := [n for n in self._by if frame.height and frame.schema[n] != pl.String]:
            raise PluginError(
                f"read() of a page returned a column {wrong[0]} of {frame.schema[wrong[0]]}; it "
                "must hold text"
            )
        self._parts = frame.partition_by(self._by, as_dict=True) if frame.height else {}

    def part(self, place: str, source_id: str) -> pl.DataFrame | None:
        """The rows of one place, None where the page has no such place.

        Args:
            place: which one.
            source_id: whose figures, where there are several sources.
        """
        return self._parts.get((place, source_id)[: len(self._by)])

    def places(self, source_id: str) -> list[str]:
        """The places at which something stands, of one source where there are several."""
        return [key[0] for key in self._parts if key[1:] in ((), (source_id,))]


def in_unit(value: Any, unit: str | None, wanted: str) -> float:
    """A figure of the page in the unit of the indicator.

    Raises:
        PluginError: it is no number.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise PluginError(
            f"read() of a page gave {value!r} where a number is wanted; null is a missing figure"
        ) from None
    return number if not unit else convert(number, unit, wanted)
