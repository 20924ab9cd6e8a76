"""Whether the methods that an index names exist, and can be called with what stands beside them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from cityflux.core.engine.definition.choices import Joining, Method, Steps
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import (
    CityfluxError,
    IndexDefinitionError,
    NotEnoughData,
    UnfitFigure,
)
from cityflux.core.model.near import meant

#: For each kind how many arguments are data, and which keywords the engine fills in itself.
_CALLS: dict[str, tuple[int, tuple[str, ...]]] = {
    "imputation": (2, ("directions", "groups")),
    "transformation": (1, ()),
    "standardization": (1, ("direction",)),
    "weighting": (1, ()),
    "aggregation": (2, ()),
}


def check_methods(definition: Definition, methods: Methods) -> None:
    """Check every choice of an index against the methods that there are.

    Args:
        definition: the index.
        methods: those that it may name.

    Raises:
        IndexDefinitionError: with the file, the place and the key: a method does not exist, a
            parameter is unknown, missing or of the wrong type, or a city or an indicator that a
            parameter names is not part of the index.
    """
    if definition.hash in methods.fitting:
        return
    for place, table in _tables(definition):
        for key in type(table).model_fields.keys() & _CALLS.keys():
            if chosen := getattr(table, key):
                with located(definition, place, key):
                    _check(definition, methods, key, chosen)
        treatment = getattr(table, "treatment", None)
        if treatment and treatment.test:
            with located(definition, place, "treatment"):
                methods.get("outlier_test", treatment.test)
        if treatment and treatment.transform:
            with located(definition, place, "treatment"):
                function = methods.get("transformation", treatment.transform)
                check_parameters("transformation", function, treatment.params)
    methods.fitting.add(definition.hash)


@contextmanager
def located(definition: Definition, place: str, key: str) -> Iterator[None]:
    """Say of a complaint inside in which file, at which node and for which key it arose.

    Args:
        definition: the index, which knows its file.
        place: the node or indicator.
        key: what was chosen there.

    Raises:
        IndexDefinitionError: the complaint, with the place before it; an UnfitFigure stays one,
            and what is no error of cityflux becomes one.
    """
    try:
        yield
    except NotEnoughData:
        raise
    except UnfitFigure as error:
        raise error.placed(f"{definition.origin}: {place}: {key}") from error
    except IndexDefinitionError as error:
        message = f"{definition.origin}: {place}: {key}: {error}"
        raise type(error)(message) from error
    except CityfluxError:
        raise
    except Exception as error:  # whatever a method of a plugin raises is its index's alone
        said = (str(error).splitlines() or [""])[0]
        message = f"{definition.origin}: {place}: {key}: {type(error).__name__}: {said}"
        raise IndexDefinitionError(message) from error


def check_parameters(
    kind: str, function: Callable[..., Any], parameters: Mapping[str, Any]
) -> None:
    """Check the names and the types of the parameters of a method against its signature.

    Ranges are the method's own business: it raises when it is called.

    Args:
        kind: of the method, for the message.
        function: the method.
        parameters: what the definition gives it.

    Raises:
        IndexDefinitionError: with the first that is unknown, missing or of the wrong type.
    """
    data, reserved = _CALLS[kind]
    signature = list(inspect.signature(function).parameters.values())
    known, takes_all = {}, False
    for place, each in enumerate(signature):
        takes_all |= each.kind is each.VAR_KEYWORD
        named = each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
        if named and place >= data and each.name not in reserved:
            known[each.name] = each
    hints = _hints(function)
    for name, value in parameters.items():
        if name not in known and (not takes_all or name in reserved):
            hint = meant(name, known, f"there are: {', '.join(known) or 'none'}")
            raise IndexDefinitionError(f"there is no parameter {name}; {hint}")
        if name in known and name in hints:
            _check_type(name, value, hints[name])
    for name, each in known.items():
        if each.default is each.empty and name not in parameters:
            raise IndexDefinitionError(f"the parameter {name} is missing; see docs/methods.md")


def _tables(definition: Definition) -> Iterator[tuple[str, Steps | Joining]]:
    """Everything that may hold a choice, with how to call it."""
    yield f"index {definition.id}", definition
    for level, joining in definition.levels.items():
        yield f"level {level}", joining
    for leaf in definition.indicators:
        yield f"indicator {leaf.id}", leaf
    for table in definition.nodes:
        yield f"node {table.id}", table
        for leaf in table.indicators:
            yield f"indicator {leaf.id}", leaf


def _check(definition: Definition, methods: Methods, kind: str, chosen: Method) -> None:
    function = methods.get(kind, chosen.method)
    parameters = chosen.parameters
    if kind == "imputation" and chosen.method == "row":
        level = parameters.pop("level", 0)
        if not isinstance(level, int) or level < 0:
            raise IndexDefinitionError(f"level {level!r} is no level of the tree; 0 is the root")
    check_parameters(kind, function, parameters)
    reference = parameters.get("reference")
    if kind == "standardization" and parameters.get("key", "city") == "city" and reference:
        _check_named([reference], definition.cities, "city")
    if kind == "imputation" and chosen.method == "regression":
        _check_named(parameters["on"], [leaf.id for leaf in definition.leaves], "indicator")


def _check_named(names: list[str], known: list[str], what: str) -> None:
    for name in names:
        if name not in known:
            hint = meant(name, known, "add it, or name another")
            raise IndexDefinitionError(f"{name!r} is no {what} of this index; {hint}")


@cache
def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of the parameters, as far as a plugin wrote types that can be read."""
    try:
        return get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _check_type(name: str, value: Any, hint: Any) -> None:
    try:
        TypeAdapter(hint).validate_python(value, strict=True)
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation):
        return  # a type of the plugin's own, which it checks itself
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"]
        raise IndexDefinitionError(
            f"{name}: {message[0].lower()}{message[1:]} (is {value!r})"
        ) from error
