"""The session of one call of the command line, and how a command gets it."""

from __future__ import annotations

from itertools import chain

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
            next(chain(folder.glob("*.py"), folder.glob("*/__init__.py")), None)
            for folder in folders
        )


#: Hands the session to a command as its first argument.
pass_session = click.make_pass_decorator(Session)
