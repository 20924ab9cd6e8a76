"""The session of one call of the command line, and how a command gets it."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from cityflux.core.app import session


class Session(session.Session):
    """What a command works with, and how its output looks."""

    #: Whether output may be coloured, where it goes to a terminal.
    color = True

    def may_have_commands(self) -> bool:
        """Whether any plugin besides the built-in ones could add a command."""
        from importlib.metadata import entry_points

        from cityflux.core.model.errors import ConfigError

        try:
            folders = self.config.plugins.dirs
        except ConfigError:
            return False  # the command that is called will say so
        return bool(entry_points(group="cityflux")) or any(
            _names_the_hook(path)
            for folder in folders
            for path in chain(folder.glob("*.py"), folder.glob("*/**/*.py"))
        )


def _names_the_hook(path: Path) -> bool:
    """Whether the code of a plugin may add commands: then it is loaded for the help too."""
    try:
        return b"register_commands" in path.read_bytes()
    except OSError:
        return False  # the command that is called will say so


#: Hands the session to a command as its first argument.
pass_session = click.make_pass_decorator(Session)
