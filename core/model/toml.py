"""TOML that a person wrote, or somebody who means harm."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from cityflux.core.model.errors import CityfluxError

_MOST_BYTES = 2**20
_DEEPEST = 30
# The standard library's reader takes memory by the square of the parts of a key.
_LONG_KEY = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++\s*\.\s*){{{_DEEPEST}}}")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TOML in UTF-8, longer than 1 MiB, or nested too deeply.
    """
    content = path.read_bytes()
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{len(content):,} bytes, more than the {_MOST_BYTES:,} that are read")
    text = content.decode()
    try:
        if _LONG_KEY.search(text) or _is_deeper(values := tomllib.loads(text), _DEEPEST):
            raise ValueError("nested too deeply")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return values


def read_checked(path: Path, kind: type[CityfluxError]) -> dict[str, Any]:
    """As `read_toml`, with what is wrong as an error of ours.

    Args:
        path: the file.
        kind: of the error.
    """
    try:
        return read_toml(path)
    except OSError as error:
        raise kind(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise kind(f"{path}: is no valid TOML ({error})") from error


def _is_deeper(value: Any, most: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and (
        not most or any(_is_deeper(each, most - 1) for each in inside)
    )
