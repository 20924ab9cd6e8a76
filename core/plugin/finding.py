"""Where plugins are: modules of our own, files and packages in a folder, installed packages."""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import shlex
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from operator import attrgetter
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from cityflux.core.model.errors import PluginError
from cityflux.core.plugin.data_file import SUFFIX, DataFile


def built_in() -> Iterator[tuple[str, Callable[[], object]]]:
    """The names of our own, and how each is loaded."""
    package = importlib.import_module("cityflux.plugins")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=attrgetter("name")):
        name = f"plugins.{module.name}"
        yield name, partial(importlib.import_module, f"{package.__name__}.{module.name}")


class Installed(NamedTuple):
    """A plugin of an installed package.

    Attributes:
        name: that of its entry point.
        load: how it is loaded.
        package: the distribution that it is of.
        version: of the distribution.
        file: the module that the entry point names, or the first file of its package.
    """

    name: str
    load: Callable[[], object]
    package: str
    version: str
    file: str


def installed() -> Iterator[Installed]:
    """The plugins of the entry point group ``cityflux``, by name."""
    chosen = os.environ.get("CITYFLUX_LOAD_PLUGINS")
    for point in sorted(entry_points(group="cityflux"), key=attrgetter("name")):
        if chosen is None or point.name in chosen.split(","):
            package = point.dist.name if point.dist else point.value
            version = point.dist.version if point.dist else ""
            spec = None
            with suppress(ImportError, ValueError):  # it is half removed; loading will say so
                spec = importlib.util.find_spec(point.module.partition(".")[0])  # imports nothing
            file = (spec and spec.origin) or ""
            yield Installed(point.name, point.load, package, version, file)


def in_folders(dirs: Sequence[Path]) -> Iterator[Path]:
    """The files and packages that are plugins, and folders that look as if they were meant to."""
    for folder in dirs:
        for path in sorted(folder.glob("*")):
            if path.is_file() and path.name.endswith(SUFFIX):
                yield path
                continue
            code = path.suffix == ".py" if path.is_file() else any(map(_is_code, path.glob("*.py")))
            if code and _is_code(path) and path.name != "tests":
                yield path


def _is_code(path: Path) -> bool:
    return path.name == "__init__.py" or not path.name.startswith(("_", ".", "test_", "conftest"))


def first_file(path: Path) -> str:
    """Where a plugin file is, or the first file of a package."""
    return str((path / "__init__.py" if path.is_dir() else path).absolute())


class _AsWritten(SourceFileLoader):
    """Compiles a file each time: two edits of one length within a second look alike to Python."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the file, whatever was compiled of it before."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def load_path(path: Path, named: bool = False) -> object:
    """Load what lies at a path: code as `load_file` does, or a data file.

    Raises:
        PluginError: it is neither, or everybody may write to it.
    """
    if path.is_file() and path.name.endswith(SUFFIX):
        _refuse_open(path, named)
        return DataFile(path)
    return load_file(path, named)


def _refuse_open(path: Path, named: bool) -> None:
    """Refuse what everybody may write to."""
    for each in (path.parent, path, *path.rglob("*")):
        mode = each.stat().st_mode if each.exists() else 0
        # In a folder such as /tmp everybody may add files, and nobody change those of others.
        if mode & stat.S_IWOTH and not (named and mode & stat.S_ISVTX):
            raise PluginError(
                f"{each}: everybody may write to it, and so say what runs here; "
                f"take that away: chmod o-w {shlex.quote(str(each))}"
            )


def load_file(path: Path, named: bool = False) -> ModuleType:
    """Load a plugin file or package under a private name: two of one name do not clash.

    Args:
        path: the file, or the folder of the package.
        named: whether somebody named this very file, rather than the folder that it lies in.

    Raises:
        PluginError: it is no Python file or package, or everybody may write to it. Whatever the
            file raises passes through.
    """
    _refuse_open(path, named)
    file = Path(first_file(path))
    if not file.exists():
        raise PluginError(
            f"{path}: has no __init__.py; a plugin of several files needs one, and a file that is "
            "a plugin of its own lies in the plugin folder itself"
            if path.is_dir()
            else f"{path}: is not there"
        )
    name = f"cityflux_plugin_{abs(hash(str(file.resolve())))}_{path.stem}"
    inside = [str(path)] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(
        name, file, loader=_AsWritten(name, str(file)), submodule_search_locations=inside
    )
    if spec is None or spec.loader is None:
        raise PluginError(f"{path}: is no Python file")
    for old in [each for each in sys.modules if each.startswith(f"{name}.")]:
        del sys.modules[old]  # the other files of a package that is read anew
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def file_of(plugin: object) -> str:
    """The file in which a plugin, or the class of it, is written."""
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
    return getattr(module, "__file__", None) or ""
