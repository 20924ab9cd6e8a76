"""What can go wrong with the database. Every message is one line: what, where, what to do."""

from __future__ import annotations


class StorageError(Exception):
    """The database cannot be opened, read or written."""


class NotADatabase(StorageError):
    """The file is something else than a cityflux database."""


class NewerDatabase(StorageError):
    """A later version of cityflux made this database."""


class ReadOnly(StorageError):
    """The file or its folder cannot be written."""


class GivenUp(StorageError):
    """What was under way is not wanted any more."""
