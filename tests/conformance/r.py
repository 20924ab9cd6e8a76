"""As much of R as the calls in the manifests need, read as Python.

R's syntax is close enough: `translate` changes the few signs that differ, and `Vector` and `Frame`
behave as R's vectors and data frames do where the calls look inside them (places count from 1).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

_TOKEN = re.compile(r'"[^"]*"|[A-Za-z_.][\w.]*|\d+\.?\d*(?:e-?\d+)?|\S|\s+')
_CONSTANTS = {"TRUE": "True", "FALSE": "False", "NULL": "None", "NA": "None"}
_RANGE = re.compile(r"([\w.]+)\s*:\s*([\w.]+)")
_BLOCK = re.compile(r"\{ (\w+) <- (\S+) (.+) \}")
_NAMED_FIRST = re.compile(r"cbind\((\w+ = \w+), ([^()]+)\)")
_FUNCTION = re.compile(r"function\(([\w., ]*)\)")


def translate(call: str) -> str:
    """Write an R expression as a Python expression."""
    call = _BLOCK.sub(r"(function(\1) \3)(\2)", call)
    call = _NAMED_FIRST.sub(r"cbind(\2, \1)", call)
    call = _FUNCTION.sub(r"lambda \1:", _RANGE.sub(r"seq(\1, \2)", call))
    words = []
    for token in _TOKEN.findall(call):
        if token[0].isalpha() or token[0] in "._":
            words.append(_CONSTANTS.get(token, token.replace(".", "_")))
        else:
            words.append({"$": ".", "^": "**"}.get(token, token))
    return "".join(words).strip()


def evaluate(call: str, provide: Callable[[str], Any]) -> Any:
    """Evaluate an R expression; ``provide`` gives what the names in it stand for."""
    tree = ast.parse(translate(call), mode="eval")
    own = {
        arg.arg for node in ast.walk(tree) if isinstance(node, ast.arguments) for arg in node.args
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - own
    values = {name: BASE[name] if name in BASE else provide(name) for name in used}
    return eval(compile(tree, "<manifest>", "eval"), {"__builtins__": {}, **values})


class Vector(list[Any]):
    """A vector: comparison and arithmetic element by element, places from 1."""

    def __eq__(self, other: object) -> Vector:  # type: ignore[override]
        return Vector(value == other for value in self)

    def __pow__(self, power: float) -> Vector:
        return Vector(value**power for value in self)

    def __truediv__(self, other: float) -> Vector:
        return Vector(value / other for value in self)

    def __sub__(self, other: float) -> Vector:
        return Vector(value - other for value in self)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Vector):
            if all(isinstance(flag, bool) for flag in key):
                return Vector(value for value, flag in zip(self, key, strict=True) if flag)
            return Vector(list.__getitem__(self, int(place) - 1) for place in key)
        if isinstance(key, list):  # [[place]]
            (key,) = key
        return list.__getitem__(self, int(key) - 1)

    __hash__ = None


class Record:
    """A list with names."""

    def __init__(self, **items: Any) -> None:
        self.items = items

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["items"][name]
        except KeyError:
            raise AttributeError(name) from None

    def get(self, name: str, default: Any = None) -> Any:
        return self.items.get(name, default)


class Frame:
    """A data frame."""

    def __init__(self, data: pl.DataFrame) -> None:
        self.data = data

    def __getattr__(self, name: str) -> Vector:
        if name.startswith("__"):
            raise AttributeError(name)
        return Vector(self.data[name].to_list())

    def __getitem__(self, key: Any) -> Frame:
        rows, columns = key if isinstance(key, tuple) else (None, key)
        data = self.data.select([columns] if isinstance(columns, str) else list(columns))
        return Frame(data if rows is None else data[[int(row) - 1 for row in rows]])


def combine(*parts: Any) -> Vector:
    """Be R's ``c``."""
    flat: list[Any] = []
    for part in parts:
        flat.extend(part) if isinstance(part, list) else flat.append(part)
    return Vector(flat)


def sequence(first: float, last: float) -> Vector:
    """Be R's ``first:last``."""
    a, b = int(first), int(last)
    return Vector(range(a, b + 1) if a <= b else range(a, b - 1, -1))


def data_frame(**columns: Any) -> Frame:
    """Be R's ``data.frame``; single values fill their column."""
    height = max((len(c) for c in columns.values() if isinstance(c, list)), default=1)
    return Frame(
        pl.DataFrame(
            {n: list(c) if isinstance(c, list) else [c] * height for n, c in columns.items()},
            strict=False,
        )
    )


def bind_columns(*parts: Any, **named: Any) -> Frame:
    """Be R's ``cbind``; a named single value fills a column."""
    frames = [part.data for part in parts]
    height = frames[0].height
    new = [pl.Series(name, [value] * height) for name, value in named.items()]
    return Frame(pl.concat([pl.DataFrame(new), *frames], how="horizontal"))


def bind_rows(*parts: Frame) -> Frame:
    """Be R's ``rbind``."""
    return Frame(pl.concat([part.data for part in parts], how="vertical_relaxed"))


def _apply(values: Iterable[Any], function: Callable[[Any], Any]) -> Vector:
    return Vector(function(value) for value in values)


def _rename(frame: Frame, name: str) -> Frame:
    return Frame(frame.data.rename({frame.data.columns[0]: name}))


def _fold(function: Callable[..., Any], parts: Vector) -> Any:
    return function(*parts)


def _paste(*parts: Any) -> Any:
    width = max((len(p) for p in parts if isinstance(p, list)), default=0)
    columns = [list(p) if isinstance(p, list) else [p] * max(width, 1) for p in parts]
    text = Vector("".join(map(str, row)) for row in zip(*columns, strict=True))
    return text if width else text[1]


BASE: dict[str, Any] = {
    "c": combine,
    "list": lambda *parts, **items: Record(**items) if items else Vector(parts),
    "seq": sequence,
    "seq_along": lambda values: sequence(1, len(values)),
    "rep": lambda value, times: Vector([value] * int(times)),
    "rev": lambda values: Vector(reversed(values)),
    "match": lambda values, table: Vector(list.index(table, v) + 1 for v in values),
    "which": lambda flags: Vector(i + 1 for i, flag in enumerate(flags) if flag),
    "data_frame": data_frame,
    "as_data_frame": lambda frame: frame,
    "lapply": _apply,
    "do_call": _fold,
    "Reduce": _fold,
    "rbind": bind_rows,
    "cbind": bind_columns,
    "setNames": _rename,
    "paste0": _paste,
    "as_numeric": float,
    "quiet": lambda value: value,
    "names": lambda record: Vector(record.items),
    "sum": sum,
}
