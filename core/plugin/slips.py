"""Slips in the hooks of a plugin: names, arguments, and the mark that is missing."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from cityflux.core.plugin.hook_manager import PROJECT
from cityflux.core.plugin.hookspecs import ExtensionSpec, IndicatorSpec

#: How alike two names must be for one to be taken for the other.
_ALIKE = 0.75


def _specified(spec: type) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(inspect.signature(function).parameters)[1:]
        for name, function in vars(spec).items()
        if isinstance(function, FunctionType) and not name.startswith("_")
    }


#: The arguments of each hook.
_OF_INDICATORS = _specified(IndicatorSpec)
_HOOKS = {**_OF_INDICATORS, **_specified(ExtensionSpec)}


def marked_hooks(plugin: object) -> dict[str, Callable[..., Any]]:
    """The functions of a plugin with @hookimpl, by the hook that they mean."""
    found = {}
    for name in dir(plugin):
        function = getattr(plugin, name, None)
        options = getattr(function, f"{PROJECT}_impl", None)
        if callable(function) and isinstance(options, dict):
            found[options.get("specname") or name] = function
    return found


def wrong_hook(marked: Mapping[str, Callable[..., Any]]) -> str:
    """The first of the functions with @hookimpl that is no hook, or asks for what there is not.

    Args:
        marked: by name.
    """
    for name, function in marked.items():
        if name not in _HOOKS:
            return f"{name}() is no hook{_meant(name)}"
        unknown = [each for each in _parameters(function) if each not in _HOOKS[name]]
        if unknown:
            takes = ", ".join(_HOOKS[name]) or "nothing"
            return f"{name}() asks for {unknown[0]}{_where(function)}; it may take {takes}"
    return ""


def missing_hooks(marked: Mapping[str, Callable[..., Any]], wraps: bool) -> str:
    """Which hook of an indicator a module has in mind and lacks.

    Args:
        marked: the functions with @hookimpl, by name.
        wraps: whether it stands around the hooks of others, and needs no indicator.
    """
    own = [name for name in _OF_INDICATORS if name in marked]
    if own and not wraps and not {"indicator", "register_indicators"} & set(marked):
        return f"has {own[0]}() and lacks the hook indicator(); write it with @hookimpl"
    return ""


def unmarked_hook(plugin: object, marked: Mapping[str, Callable[..., Any]]) -> str:
    """A function of a module that has the name of a hook, or nearly, and lacks @hookimpl."""
    # A module that hands over its indicators by `register_indicators` may call its own so.
    family = "register_indicators" in marked
    hooks = [name for name in _HOOKS if not (family and name in _OF_INDICATORS)]
    for name, function in _functions(plugin):
        if name in marked or name.startswith("_"):
            continue
        near = difflib.get_close_matches(name, hooks, n=1, cutoff=_ALIKE)
        if not near or near[0] in marked or {*_parameters(function)} - {*_HOOKS[near[0]]}:
            continue
        if name == near[0]:
            return f"{name}() lacks its @hookimpl{_where(function)}"
        if len(_parameters(function)) == len(_HOOKS[near[0]]):
            return (
                f"{name}() is no hook{_where(function)}; did you mean {near[0]}(), with @hookimpl? "
                "Else begin its name with _"
            )
    return ""


def _functions(plugin: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    if isinstance(plugin, ModuleType):
        for name, value in vars(plugin).items():
            if isinstance(value, FunctionType) and value.__module__ == plugin.__name__:
                yield name, value


def _parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, _HOOKS, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}()?" if near else "; the hooks are in docs/plugins.md"


def _where(function: Callable[..., Any]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f" (line {code.co_firstlineno})" if code else ""
