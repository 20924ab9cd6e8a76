"""Writing a new plugin that keeps the contract, and its test."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path
from string import Template

from cityflux.core.model.errors import PluginError


def write_new(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a working one-file plugin and its test.

    Args:
        name: a Python name in small letters; it becomes the file and the end of the id.
        folder: where both go; made where it is not there.

    Raises:
        PluginError: the name is unfit, or a file is in the way.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise PluginError(f"{name!r} is no fit name; use small letters, digits and _")
    folder.mkdir(parents=True, exist_ok=True)
    written = (folder / f"{name}.py", folder / f"test_{name}.py")
    for path, template in zip(written, ("plugin.py.txt", "test_plugin.py.txt"), strict=True):
        if path.exists():
            raise PluginError(f"{path}: is there already; choose another name or remove it")
        text = (
            files("cityflux.core.plugin")
            .joinpath("templates", template)
            .read_text(encoding="utf-8")
        )
        path.write_text(Template(text).substitute(name=name), encoding="utf-8")
    return written
