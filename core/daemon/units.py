"""What keeps the daemon up: a unit for systemd, a plist for launchd, a Containerfile."""

from __future__ import annotations

import os
import plistlib
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template

from cityflux.core.model.errors import ConfigError
from cityflux.core.model.version import __version__

MANAGERS = ("systemd", "launchd", "container")

_TEMPLATES = Path(__file__).parent / "templates"
#: Where systemd keeps the state of services: it makes the folder and gives it to the user.
_STATE = Path("/var/lib")


@dataclass(frozen=True)
class Setting:
    """What a daemon is to be started with; all paths absolute.

    Attributes:
        config: the configuration file; None where the defaults hold.
        database: the database file.
        folders: what it writes to besides the folder of the database.
        folder: the one that it is started in.
        grace: seconds that running fetches get when it stops.
        port: of ``/health``; 0 for none.
    """

    config: Path | None
    database: Path
    folders: tuple[Path, ...]
    folder: Path
    grace: float
    port: int

    def command(self) -> list[str]:
        """The command line, with the Python that is running now."""
        config = ["--config", str(self.config)] if self.config else []
        database = ["--database", str(self.database)]
        return [sys.executable, "-m", "cityflux", *config, *database, "run"]


def unit(manager: str, setting: Setting) -> str:
    """The file that a service manager wants.

    Args:
        manager: one of `MANAGERS`.
        setting: what to start.

    Raises:
        ConfigError: a path cannot be written in such a file.
    """
    for path in (setting.database, setting.folder, *setting.folders):
        if any(ord(character) < 32 for character in str(path)):
            raise ConfigError(f"{str(path)!r}: no service manager takes a path with such a name")
    return {"systemd": _systemd, "launchd": _launchd, "container": _container}[manager](setting)


def _systemd(setting: Setting) -> str:
    folders = {setting.database.parent, *setting.folders}
    states = sorted(folder for folder in folders if folder.parent == _STATE)
    others = sorted(folder for folder in folders if folder.parent != _STATE)
    return _fill(
        "systemd.service.txt",
        command=" ".join(_argument(word) for word in setting.command()),
        user=pwd.getpwuid(os.getuid()).pw_name,
        folder=_percent(str(setting.folder)),  # a whole line, which takes no quotes
        states=_line("StateDirectory", [folder.name for folder in states]),
        others=_line("ReadWritePaths", [str(folder) for folder in others]),
        stop=f"{setting.grace + 30:.0f}",
    )


def _launchd(setting: Setting) -> str:
    values = {
        "Label": "cityflux",
        "ProgramArguments": setting.command(),
        "WorkingDirectory": str(setting.folder),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": int(setting.grace + 30),
        "StandardErrorPath": str(setting.database.with_name("cityflux.log")),
    }
    return plistlib.dumps(values, sort_keys=False).decode()


def _container(setting: Setting) -> str:
    check = _fill("healthcheck.txt", port=str(setting.port)) if setting.port else ""
    return _fill(
        "Containerfile.txt",
        version=__version__,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        check=check,
        stop=f"{setting.grace + 30:.0f}",
    )


def _fill(name: str, **values: str) -> str:
    return Template((_TEMPLATES / name).read_text(encoding="utf-8")).substitute(values)


def _line(key: str, words: list[str]) -> str:
    return f"{key}={' '.join(_quoted(word) for word in words)}\n" if words else ""


def _argument(word: str) -> str:
    """A word of ExecStart, where ``$`` begins a variable (systemd.service(5))."""
    return _quoted(word.replace("$", "$$"))


def _quoted(word: str) -> str:
    r"""In quotes, in which ``"`` and ``\`` are escaped (systemd.syntax(7))."""
    word = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_percent(word)}"'


def _percent(text: str) -> str:
    """Without specifiers, which begin with ``%`` (systemd.unit(5))."""
    return text.replace("%", "%%")
