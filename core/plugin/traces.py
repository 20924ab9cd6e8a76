"""An error of a plugin in one line: its kind, what it says, and the author's file and line."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cityflux.core.model.errors import CityfluxError, SourceError
from cityflux.core.model.secrecy import redact
from cityflux.core.model.version import __version__

#: How many characters of what an error says are told.
_LONGEST = 1_000


def one_line(error: BaseException, homes: Iterable[Path] = ()) -> str:
    """What an error says, in one line.

    Args:
        error: what was raised; of our own errors the kind is not said.
        homes: the files and package folders of the authors who may have caused it. The place named
            is the innermost line of theirs.
    """
    homes = [*homes]
    if isinstance(error, SourceError):
        return redact(str(error))  # nobody's mistake, and it names its address
    kind = "" if isinstance(error, CityfluxError) else type(error).__name__
    # First without secrets, then shortened: half a secret would not be found any more.
    text = " ".join(redact(_text(error)).split())
    said = _clean(": ".join(filter(None, (kind, text))))
    place = _place(error, homes)
    return f"{said}{f' ({place})' if place else ''}{_advice(error, homes)}"


def _clean(text: str) -> str:
    """What a database, a terminal and a log can take, and a reader."""
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "".join(each if each.isprintable() else "�" for each in short)


def code_mark(file: str) -> str:
    """What tells the code of a plugin, which lies in a file or a package, from another version."""
    digest = hashlib.sha256(__version__.encode())
    home = home_of(file)
    for path in sorted(home.rglob("*.py")) if file and home.is_dir() else [home]:
        with suppress(OSError):  # it was loaded, and is gone; or it is no file at all
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def home_of(file: str) -> Path:
    """Where the code of a plugin lies: its file, or its folder if it is a package."""
    path = Path(file)
    return path.parent if path.name == "__init__.py" else path


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    try:
        return str(error)
    except BaseException as worse:  # it is of the author's own class
        return f"(its text raises {type(worse).__name__})"


def _place(error: BaseException, homes: Iterable[Path]) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(Path(error.filename))}, line {error.lineno}"
    lines = [
        (path, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        for path in [Path(frame.f_code.co_filename)]
        if any(path.is_relative_to(home) for home in homes)
    ]
    return f"{_shown(lines[-1][0])}, line {lines[-1][1]}" if lines else ""


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # it is elsewhere, or the working folder is gone
        return str(path)


def _advice(error: BaseException, homes: Iterable[Path]) -> str:
    """What to do where a plugin wants to import a file that lies beside it."""
    if not isinstance(error, ImportError):
        return ""
    name = (error.name or "").partition(".")[0]
    relative = "relative import" in str(error)
    for home in homes:
        folder = home if home.is_dir() else home.parent
        beside = name and ((folder / f"{name}.py").exists() or (folder / name).is_dir())
        if home.is_dir() and beside:
            return f"; write: from . import {name}"
        if not home.is_dir() and (beside or relative):
            package = _shown(home.with_suffix(""))
            return (
                f"; a plugin of several files is a folder: move them into {package}/, this one as "
                f"__init__.py, and write: from . import {name or 'NAME'}"
            )
    return ""
