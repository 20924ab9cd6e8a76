"""What a plugin declares, and the one check of it: by loading, `plugins check` and `doctor`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_type_hints

import pluggy

from cityflux.core.model.errors import ConfigError, PeriodError, PluginError, UnitError
from cityflux.core.model.near import meant
from cityflux.core.model.nouns import (
    COMPUTED,
    Access,
    Break,
    City,
    Flow,
    Frequency,
    Indicator,
    Publication,
    Scale,
    Source,
)
from cityflux.core.model.period import Period
from cityflux.core.model.secrecy import known, redact

Noun = TypeVar("Noun", City, Break, Indicator, Source)

_INDICATOR_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_CITY_ID = re.compile(r"[a-z][a-z0-9_-]*")
#: The priorities that there may be; more than anybody has sources.
_LARGEST = 1_000_000
_CHOICES = {
    "access": get_args(Access),
    "direction": (1, -1),
    "frequency": get_args(Frequency),
    "scale": get_args(Scale),
}


def declaration(manager: pluggy.PluginManager) -> tuple[Indicator, tuple[Source, ...]]:
    """What an indicator plugin declares of itself; `check_declaration` says what is wrong with it.

    Args:
        manager: from `indicator_manager`, with nothing wrapped around the plugin yet.

    Raises:
        PluginError: a hook is missing or returns something else.
    """
    (plugin,) = manager.get_plugins()
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    if "indicator" not in implemented:
        raise PluginError(
            f"hands over something of the kind {type(plugin).__name__}, which has no hook "
            "indicator(); hand over an object with the hooks of one indicator"
        )
    indicator = manager.hook.indicator()
    if not isinstance(indicator, Indicator):
        raise PluginError(f"indicator() returned {indicator!r}; return a cityflux.Indicator")
    needed = {"derive"} if indicator.inputs else {"source", "fetch", "normalize"}
    if missing := sorted(needed - implemented):
        raise PluginError(f"{indicator.id} lacks the hook {missing[0]}(); write it with @hookimpl")
    if "source" not in implemented:
        return indicator, ()
    found = manager.hook.source()
    listed = (found,) if isinstance(found, Source) else found
    sources = tuple(listed) if isinstance(listed, Iterable) else ()
    for source in sources or (None,):
        if not isinstance(source, Source):
            raise PluginError(
                f"{indicator.id}: source() returned {found!r}; return a cityflux.Source"
            )
    return indicator, sources


def check_declaration(indicator: Indicator, sources: Iterable[Source]) -> None:
    """Refuse an indicator that the database would refuse, or that nobody could understand.

    Raises:
        PluginError: naming the first field that holds something else than it may.
    """
    from cityflux.core.model.units import dimension  # what is built in does without

    _check_fields(indicator)
    if not _INDICATOR_ID.fullmatch(indicator.id):
        raise PluginError(
            f"id {indicator.id!r}: use small letters, digits and _ in parts joined by dots"
        )
    if not indicator.name_zh.strip() or not indicator.name_en.strip():
        raise PluginError(f"{indicator.id}: a name is missing; give name_zh and name_en")
    if not isinstance(indicator, Flow):  # a flow enters no index, and may count in its own
        try:
            dimension(indicator.unit)
        except UnitError as error:
            raise PluginError(f"{indicator.id}: unit: {error}") from error
    _check_breaks(indicator)
    for source in sources:
        _check_fields(source)
        for name in ("publisher", "licence", "address"):
            if not getattr(source, name).strip():
                raise PluginError(f"source {source.id} lacks its {name}; every figure needs one")
        if not -_LARGEST <= source.priority <= _LARGEST:
            raise PluginError(f"{source.id}: priority is {source.priority}; write 1 to 1000")
        if source.id == COMPUTED.id and source != COMPUTED:
            raise PluginError(f"source {source.id} is that of cityflux; give yours another id")


def told(noun: Noun) -> Noun:
    """A declaration as people may read it: no secret is in it.

    The address of a source stays, since it is asked; it is redacted where it is told.
    """
    if not known():
        return noun
    changed: dict[str, Any] = {}
    for name in {each.name for each in fields(noun)} - {"id", "address"}:
        value = getattr(noun, name)
        if isinstance(value, str):
            changed[name] = redact(value)
        elif name == "breaks":
            changed[name] = tuple(map(told, value))
    return replace(noun, **changed)


def missing_input(indicator: Indicator, known: Collection[str]) -> str:
    """Say which input of an indicator is none of those that are known; ``""`` where all are."""
    for name in indicator.inputs:
        if name not in known:
            others = [each for each in known if each != indicator.id]
            near = difflib.get_close_matches(name, others, n=1, cutoff=0.75)
            hint = f"; did you mean {near[0]}?" if near else ""
            return f"no plugin declares its input {name!r}{hint}"
    return ""


def check_schedules(sources: Iterable[Source]) -> None:
    """Refuse a schedule that is none, or never comes.

    Raises:
        ConfigError: naming the source.
    """
    from cityflux.core.model.schedule import read_schedule  # as above

    for source in sources:
        try:
            read_schedule(source.schedule)
        except ConfigError as error:
            raise ConfigError(f"{source.id}: {error}") from error


def check_city(city: City) -> None:
    """Refuse a city that the database would refuse, or a map.

    Raises:
        PluginError: naming the first field that holds something else than it may.
    """
    if not isinstance(city, City):
        raise PluginError(f"registers {city!r} as a city; register a cityflux.City")
    _check_fields(city)
    if not _CITY_ID.fullmatch(city.id):
        raise PluginError(
            f"registers a city with the id {city.id!r}; write small letters, digits, _ and -, "
            "a letter first"
        )
    if not city.name_zh.strip() or not city.name_en.strip():
        raise PluginError(f"{city.id}: a name is missing; give name_zh and name_en")
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = getattr(city, name)
        if value is not None and not -most <= value <= most:
            raise PluginError(f"{city.id}: {name} is {value!r}; write degrees, -{most} to {most}")


def refuse_double(city: City, others: Iterable[City]) -> None:
    """Refuse a city that is there already under another id.

    Raises:
        PluginError: saying which it is.
    """
    for other in others:
        if other.id == city.id or other.country != city.country:
            continue
        name = city.name_zh.removesuffix("市")
        same = [name] if name == other.name_zh.removesuffix("市") else []
        same += [city.admin_code] if city.admin_code and city.admin_code == other.admin_code else []
        if same:
            raise PluginError(
                f"registers the city {city.id}, which is there as {other.id} ({' '.join(same)}); "
                "use that id, or give it another name and code"
            )


#: What the tuples of a declaration hold that are none of texts.
_PARTS: Mapping[str, type] = {"breaks": Break, "publications": Publication}


def _check_fields(noun: City | Indicator | Source) -> None:
    """Refuse a value of the wrong type, or none of those that there are."""
    kind: Any = type(noun)
    for name, kinds, wanted in _kinds(kind):
        value = getattr(noun, name)
        if (choices := _CHOICES.get(name)) and value not in choices:
            texts = [*map(str, choices)]
            hint = meant(value, texts, f"there are {', '.join(texts)}")
            raise PluginError(f"{noun.id}: {name} is {value!r}; {hint}")
        parts = value if isinstance(value, tuple | list) else ()
        part = _PARTS.get(name, str)
        if (
            not isinstance(value, kinds)
            or isinstance(value, bool) != (kinds == (bool,))
            or not all(isinstance(each, part) for each in parts)
        ):
            raise PluginError(f"{noun.id}: {name} is {value!r}; write {wanted}")
        for each in (value, *parts):
            if isinstance(each, str) and not _is_storable(each):
                raise PluginError(f"{noun.id}: {name} is {each!r}; it holds what is no character")
    if redact(noun.id) != noun.id:
        raise PluginError("an id holds a secret; give it a name that everybody may read")
    if not noun.id.strip():
        raise PluginError("a declaration has no id; write one such as local.boats")


def _is_storable(text: str) -> bool:
    """Whether it is text for SQLite and for UTF-8."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _check_breaks(indicator: Indicator) -> None:
    before: set[tuple[str, str]] = set()
    for each in indicator.breaks:
        place = f"{indicator.id}: break {each.period!r}"
        for name, kinds, wanted in _kinds(Break):
            if not isinstance(getattr(each, name), kinds):
                raise PluginError(f"{place}: {name} is {getattr(each, name)!r}; write {wanted}")
        try:
            single = Period.parse(each.period).precision != "span"
        except PeriodError as error:
            raise PluginError(f"{indicator.id}: a break: {error}") from error
        if not single:
            raise PluginError(f"{place} is a span; write the first period on the new base")
        if not (each.reason_zh and each.reason_en and each.publisher):
            raise PluginError(f"{place} lacks a reason or its publisher; give reason_zh and _en")
        if (each.city, each.period) in before:
            raise PluginError(f"{place} is declared twice; keep one of them")
        before.add((each.city, each.period))


#: What a field may hold, by its type.
_KINDS: dict[object, tuple[tuple[type, ...], str]] = {
    str: ((str,), "text"),
    int: ((int,), "a whole number"),
    bool: ((bool,), "True or False"),
    float | None: ((float, int, type(None)), "a number"),
    tuple[str, ...]: ((tuple, list), 'texts such as ("one", "another")'),
    tuple[Break, ...]: ((tuple, list), "a tuple of cityflux.Break"),
}


@lru_cache
def _kinds(noun: type[Any]) -> tuple[tuple[str, tuple[type, ...], str], ...]:
    """The fields of a noun, each with the types that it may have and with what to write."""
    hints = get_type_hints(noun)
    found = []
    for each in fields(noun):
        found.append((each.name, *_KINDS.get(hints[each.name], ((object,), ""))))
    return tuple(found)
