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

import cityflux.core.engine
from cityflux.core.engine.analysis.trends import TRENDS
from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.engine.steps.imputation import IMPUTATIONS
from cityflux.core.engine.steps.standardization import STANDARDIZATIONS
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS
from cityflux.core.engine.steps.weighting import WEIGHTINGS

MODULES: list[ModuleType] = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(cityflux.core.engine.__path__, "cityflux.core.engine.")
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


def _unexplained_parameters(function: Callable[..., Any]) -> str:
    """What is wrong with how a function explains what it takes; or ``""``."""
    text = inspect.getdoc(function) or ""
    if not text.split("\n", 1)[0].endswith((".", ":")) and ". " not in text:
        return "its docstring does not begin with a sentence"
    parameters = list(inspect.signature(function).parameters)
    if listed := _listed(text, "Args"):
        named = [each for entry in listed for each in entry.split(", ")]
        return "" if named == parameters else f"Args lists {named}, it takes {parameters}"
    known = f"{text}\n{inspect.getdoc(inspect.getmodule(function))}".lower()
    strange = [
        each
        for each in parameters
        if not re.search(rf"\b{each.rstrip('s').replace('_', '.')}", known)
    ]
    return f"name them in the docstring, or under Args: {strange}" if strange else ""


def _unexplained_refusal(function: Callable[..., Any]) -> str:
    explained = _section(inspect.getdoc(function) or "", "Raises") or not _raises(function)
    return "" if explained else "it raises, and has no Raises"


def _unexplained_fields(record: Any) -> str:
    listed = _listed(inspect.getdoc(record) or "", "Attributes")
    fields = [each.name for each in dataclasses.fields(record)]
    if not listed:
        return "" if len(fields) < 3 else "it has no Attributes"
    named = [each for entry in listed for each in entry.split(", ")]
    return "" if named == fields else f"Attributes lists {named}, it has {fields}"


def _unnamed_source(method: Callable[..., Any]) -> str:
    source = re.search(r"Sources?: (.+)", inspect.getdoc(method) or "", re.S)
    if not source:
        return "whose formula is it? It has no Source"
    named = re.search(r"\(\d{4}\)|COINr, ``\w+``|`\w+`\.", source.group(1))
    return "" if named else "its Source lacks author and year"


def _purpose(module: ModuleType) -> str:
    return "" if len(inspect.getdoc(module) or "") > 20 else "it does not say what it is for"


def test_every_docstring_says_what_a_reader_needs() -> None:
    assert len(FUNCTIONS) > 100
    assert len(RECORDS) > 20
    assert len(METHODS) > 45
    looked = (
        *((module.__name__, _purpose(module)) for module in MODULES),
        *((name, _unexplained_parameters(each)) for name, each in FUNCTIONS.items()),
        *((name, _unexplained_refusal(each)) for name, each in FUNCTIONS.items()),
        *((name, _unexplained_fields(each)) for name, each in RECORDS.items()),
        *((name, _unnamed_source(each)) for name, each in METHODS.items() if name not in BARE),
    )
    wrong = [f"{name}: {problem}" for name, problem in looked if problem]
    assert not wrong, "\n".join(wrong)
