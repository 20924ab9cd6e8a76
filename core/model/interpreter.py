"""Another process of this Python that runs a module of ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple


class Fresh(NamedTuple):
    """What ``subprocess`` wants to know to start it."""

    command: list[str]
    env: dict[str, str]


def fresh(module: str, *arguments: object) -> Fresh:
    """A fresh interpreter, which finds modules where this one does, and none in its own folder.

    Args:
        module: that it runs.
        arguments: for the module.
    """
    path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
    command = [sys.executable, "-P", "-m", module, *map(str, arguments)]
    return Fresh(command, {**os.environ, "PYTHONPATH": path})
