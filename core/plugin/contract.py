"""What `normalize` and `derive` must return, and how that becomes figures."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import PeriodError, PluginError
from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.core.model.period import EXAMPLES, Period
from cityflux.core.model.secrecy import redact

if TYPE_CHECKING:
    from cityflux.core.model.document import Document

#: What else a frame may be, and how it becomes one of polars.
_OTHERWISE = {
    "LazyFrame": "; add .collect()",
    "Series": "; a column is no frame",
    "NoneType": "; is its return missing?",
    "generator": "; return it, no yield",
}

REQUIRED = ("city", "period", "value")
OPTIONAL = ("status", "note")
FLOW = ("origin", "destination", "period", "value")
STATUSES = ("ok", "provisional", "bound", "suspect")


def handed_over(fetched: Any) -> Iterator[Document]:
    """The documents that `fetch` returns, or gives one by one; none where it returns None.

    Raises:
        PluginError: it returned something else than documents.
    """
    from cityflux.core.model.document import Document

    if fetched is None:
        return
    if isinstance(fetched, str | bytes | Document | Mapping) or not isinstance(fetched, Iterable):
        raise PluginError(
            f"fetch() returned {_kind(fetched)}; return a list of Documents, such as "
            "[http.get(source.address)]"
        )
    for each in fetched:
        if not isinstance(each, Document):
            raise PluginError(
                f"fetch() handed over {_kind(each)} in its list; each must be a Document, as "
                "http.get(address) gives one"
            )
        yield each


def _kind(value: object) -> str:
    """What a value is, with its article; whose frame it is where it could be taken for ours."""
    kind = type(value).__name__
    owner = type(value).__module__.partition(".")[0]
    name = f"{owner} {kind}" if kind == "DataFrame" else kind
    return f"a{'n' * (name[0].lower() in 'aeiou')} {name}"


def figures(frame: Any, hook: str, cities: Collection[str]) -> list[Figure]:
    """Check a frame and turn it into figures; rows with a null value are missing figures.

    Args:
        frame: what a plugin returned: city (text), period (text), value (number), and
            perhaps status and note.
        hook: whose return value it is, for the message.
        cities: the ids of the cities that exist.

    Raises:
        PluginError: naming the first thing that breaks the contract.
    """
    columns = _typed_columns(frame, hook)
    if None in columns[2]:
        columns = _without_missing(columns)
    places, periods, values, statuses, notes = columns
    status = [each or "ok" for each in statuses]
    said = {each: redact(each) for each in {*notes} if each}
    note = [said.get(each, "") for each in notes]
    rows = zip(places, periods, map(float, values), status, note, strict=True)
    found = [*map(Figure._make, rows)]
    if not _all_right(columns, cities):
        _refuse(found, hook, cities)
    return found


def _without_missing(columns: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    there = [value is not None for value in columns[2]]
    return [list(compress(column, there)) for column in columns]


def _all_right(columns: Sequence[Sequence[Any]], cities: Collection[str]) -> bool:
    """Whether nothing breaks the contract; told from whole columns, as nothing mostly does."""
    places, periods, values, statuses, _ = columns
    try:
        for period in set(periods):
            Period.parse(period or "")
    except PeriodError:
        return False
    return (
        set(places).issubset(cities)
        and set(statuses) <= {None, "", *STATUSES}
        and all(map(math.isfinite, values))
        and len(set(zip(places, periods, strict=True))) == len(values)
    )


def _refuse(found: Iterable[Figure], hook: str, cities: Collection[str]) -> None:
    """Raise an error which names the first figure that breaks the contract."""
    before: set[tuple[str, str]] = set()
    for figure in found:
        key = figure.city_id, figure.period
        if problem := "stands there twice" if key in before else _problem(figure, cities):
            raise PluginError(
                f"{hook}() returned {figure.city_id} {figure.period} {figure.value}: {problem}"
            )
        before.add(key)


def flow_figures(frame: Any, hook: str, cities: Collection[str]) -> list[FlowFigure]:
    """Check the frame of a flow and turn it into figures; rows with a null value are missing.

    Args:
        frame: what a plugin returned: origin and destination (text), period (text), value.
        hook: whose return value it is, for the message.
        cities: the ids of the cities that exist.

    Raises:
        PluginError: naming the first thing that breaks the contract.
    """
    found: dict[tuple[str, str, str], FlowFigure] = {}
    for origin, destination, period, value in zip(
        *_typed_columns(frame, hook, FLOW, ()), strict=True
    ):
        if value is None:
            continue
        figure = FlowFigure(origin, destination, period, float(value))
        problem = "stands there twice" if figure[:3] in found else ""
        for end in (origin, destination):
            problem = problem or _problem(Figure(end, period, figure.value), cities)
        if problem:
            raise PluginError(
                f"{hook}() returned {origin} to {destination} {period} {value}: {problem}"
            )
        found[figure[:3]] = figure
    return list(found.values())


def _typed_columns(
    frame: Any,
    hook: str,
    required: Sequence[str] = REQUIRED,
    optional: Sequence[str] = OPTIONAL,
) -> list[Sequence[Any]]:
    import polars as pl

    if not isinstance(frame, pl.DataFrame):
        raise PluginError(
            f"{hook}() returned {_kind(frame)}; return a polars DataFrame"
            f"{_OTHERWISE.get(type(frame).__name__, '')}"
        )
    if missing := [name for name in required if name not in frame.columns]:
        raise PluginError(
            f"{hook}() returned the columns {', '.join(frame.columns) or 'none'}; "
            f"{' and '.join(missing)} must be among them"
        )
    if frame.is_empty():
        return [[] for _ in (*required, *optional)]
    for name in required:
        kind = frame.schema[name]
        right, wanted = kind == pl.String, "text"
        if name == "value":
            right, wanted = kind.is_numeric(), "numbers"
        if not right:
            raise PluginError(f"{hook}() returned a column {name} of {kind}; it must hold {wanted}")
    nothing = [None] * frame.height
    return [
        frame[name].to_list() if name in frame.columns else nothing
        for name in (*required, *optional)
    ]


def _problem(figure: Figure, cities: Collection[str]) -> str:
    if figure.city_id is None or figure.city_id not in cities:
        return f"no city {figure.city_id!r} is known; add it with the hook register_cities"
    if not math.isfinite(figure.value):
        return "the value is no finite number; leave the row out where a figure is missing"
    if figure.status not in STATUSES:
        return f"status {figure.status!r} is none of {', '.join(STATUSES)}"
    if not figure.period:
        return f"it has no period; write {EXAMPLES}"
    try:
        Period.parse(figure.period)
    except PeriodError as error:
        return str(error)
    return ""
