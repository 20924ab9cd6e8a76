"""What an indicator plugin declares of itself, and whether the database could keep it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from typing import Any, get_args, get_type_hints

import pluggy

from cityflux.core.model.errors import PeriodError, PluginError
from cityflux.core.model.nouns import Access, Break, City, Frequency, Indicator, Scale, Source
from cityflux.core.model.period import Period

_CHOICES = {
    "access": get_args(Access),
    "direction": (1, -1),
    "frequency": get_args(Frequency),
    "scale": get_args(Scale),
}


def declaration(manager: pluggy.PluginManager) -> tuple[Indicator, tuple[Source, ...]]:
    """What an indicator plugin declares of itself.

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
    check_fields(indicator)
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
        check_fields(source)
    return indicator, sources


def check_fields(noun: City | Indicator | Source) -> None:
    """Refuse what the database would refuse, for all plugins at once.

    Raises:
        PluginError: naming the first field that holds something else than it may.
    """
    kind: Any = type(noun)
    for name, kinds, wanted in _kinds(kind):
        value = getattr(noun, name)
        if (choices := _CHOICES.get(name)) and value not in choices:
            texts = [*map(str, choices)]
            near = difflib.get_close_matches(str(value), texts, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(texts)}"
            raise PluginError(f"{noun.id}: {name} is {value!r}; {hint}")
        parts = value if isinstance(value, tuple | list) else ()
        part = Break if name == "breaks" else str
        if not isinstance(value, kinds) or not all(isinstance(each, part) for each in parts):
            raise PluginError(f"{noun.id}: {name} is {value!r}; write {wanted}")
    if not noun.id:
        raise PluginError("a declaration has no id; write one such as local.boats")
    if isinstance(noun, Indicator) and noun.breaks:
        _check_breaks(noun)


def _check_breaks(indicator: Indicator) -> None:
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
    keys = [(each.city, each.period) for each in indicator.breaks]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise PluginError(f"{indicator.id}: break {twice[1]!r} is declared twice; keep one of them")


#: What a field may hold, by its type.
_KINDS: dict[object, tuple[tuple[type, ...], str]] = {
    str: ((str,), "text"),
    int: ((int,), "a whole number"),
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
