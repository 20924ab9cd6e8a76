"""The indices that come with cityflux: the TOML files of ``indices/``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cityflux import hookimpl

FOLDER = Path(__file__).with_name("indices")


@hookimpl
def register_indices(register: Callable[[str], None]) -> None:
    """Hand over the paths of the definitions."""
    for path in sorted(FOLDER.glob("*.toml")):
        register(str(path))
