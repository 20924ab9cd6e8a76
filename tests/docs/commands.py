"""The commands that a reader of the documents types, run by this Python."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conftest import run_module

MODULES = {"cityflux": "cityflux", "sqlite-utils": "sqlite_utils"}


class MainJob(NamedTuple):
    """What the main job printed, and the folder with its cityflux.db."""

    printed: str
    folder: Path


def run(
    command: str, arguments: Sequence[str], folder: Path, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with ``text`` on its standard input."""
    return run_module(MODULES[command], *arguments, cwd=folder, text=text)
