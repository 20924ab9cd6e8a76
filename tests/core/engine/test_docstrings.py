"""Every public function of the engine says what it takes and refuses, and whose formula it is."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import cityflux.core.engine
from cityflux.core.engine.analysis.trends import TRENDS
from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.engine.steps.imputation import IMPUTATIONS
from cityflux.core.engine.steps.standardization import STANDARDIZATIONS
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS
from cityflux.core.engine.steps.weighting import WEIGHTINGS

MODULES: list[ModuleType] = [
    importlib.import_module(f"cityflux.core.engine.{found.name}")
    for found in pkgutil.iter_modules(cityflux.core.engine.__path__)
]
METHODS: dict[str, Callable[..., Any]] = {
    f"{kind}: {name}": function
    for kind, methods in (
        ("imputation", IMPUTATIONS),
        ("transformation", TRANSFORMATIONS),
        ("standardization", STANDARDIZATIONS),
        ("weighting", WEIGHTINGS),
        ("aggregation", AGGREGATIONS),
        ("trend", TRENDS),
    )
    for name, function in methods.items()
}
#: Nobody is to be named for doing nothing, nor for a difference per year.
BARE = {"imputation: none", "standardization: none", "trend: yearly_change"}


def _own(kind: Callable[[Any], bool]) -> dict[str, Any]:
    """What the modules of the engine define for others, by its full name."""
    return {
        f"{module.__name__}.{name}": found
        for module in MODULES
        for name, found in vars(module).items()
        if kind(found) and found.__module__ == module.__name__ and not name.startswith("_")
    }


FUNCTIONS = _own(inspect.isfunction)
RECORDS = _own(dataclasses.is_dataclass)


def _section(text: str, title: str) -> str:
    """The lines under a heading of a Google docstring, without their indent; perhaps none."""
    found = re.search(rf"^{title}:\n((?:    .*\n?|\n)+)", text + "\n", re.M)
    return textwrap.dedent(found.group(1)) if found else ""


def _listed(text: str, title: str) -> list[str]:
    return re.findall(r"^\*{0,2}([\w, ]+?):", _section(text, title), re.M)


def _raises(function: Callable[..., Any]) -> bool:
    """Whether the function itself raises something new."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return any(isinstance(node, ast.Raise) and node.exc for node in ast.walk(tree))


def test_there_is_something_to_look_at() -> None:
    assert len(FUNCTIONS) > 100
    assert len(RECORDS) > 20
    assert len(METHODS) > 45


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_module_says_what_it_is_for(module: ModuleType) -> None:
    assert len(inspect.getdoc(module) or "") > 20


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_explains_all_that_it_takes(name: str) -> None:
    function = FUNCTIONS[name]
    text = inspect.getdoc(function) or ""
    assert text.split("\n", 1)[0].endswith((".", ":", '"""')) or ". " in text
    parameters = list(inspect.signature(function).parameters)
    if listed := _listed(text, "Args"):
        assert [each for entry in listed for each in entry.split(", ")] == parameters
        return
    known = f"{text}\n{inspect.getdoc(inspect.getmodule(function))}".lower()
    strange = [
        each
        for each in parameters
        if not re.search(rf"\b{each.rstrip('s').replace('_', '.')}", known)
    ]
    assert not strange, f"name them in the docstring, or under Args: {strange}"


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if _raises(FUNCTIONS[name])])
def test_a_function_says_what_it_refuses(name: str) -> None:
    assert _section(inspect.getdoc(FUNCTIONS[name]) or "", "Raises")


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_explains_its_fields(name: str) -> None:
    listed = _listed(inspect.getdoc(RECORDS[name]) or "", "Attributes")
    fields = [each.name for each in dataclasses.fields(RECORDS[name])]
    assert not listed or [each for entry in listed for each in entry.split(", ")] == fields
    assert listed or len(fields) < 3


@pytest.mark.parametrize("name", sorted(set(METHODS) - BARE))
def test_a_method_names_the_source_of_its_formula(name: str) -> None:
    text = inspect.getdoc(METHODS[name]) or ""
    source = re.search(r"Sources?: (.+)", text, re.S)
    assert source, "whose formula is it?"
    assert re.search(r"\(\d{4}\)|COINr, ``\w+``|`\w+`\.", source.group(1)), "author and year"
