"""Who may read and write the files of a database: its mode and its group, never everybody."""

from __future__ import annotations

import grp
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from cityflux.core.model.errors import StorageError

#: What stands beside a database while it is open; SQLite gives it the mode of the database.
COMPANIONS = ("-wal", "-shm")
_BITS, _OTHERS_WRITE, _INHERIT_GROUP = 0o777, 0o002, 0o2000


@dataclass(frozen=True)
class Access:
    """What the files are to have.

    Attributes:
        mode: the bits, ``0o660``; None for what the umask leaves of ``0o664``.
        group: its name; empty for that of whoever makes the file.
    """

    mode: int | None = None
    group: str = ""


#: As the umask says.
USUAL = Access()


def make_file(path: Path, mode: int = 0o664) -> None:
    """Make an empty file; SQLite by itself would leave the group out, whatever the umask says."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, mode))


def make_folder(path: Path, access: Access = USUAL) -> None:
    """Make a folder with those above it; of one that is made, all files get the group.

    Raises:
        StorageError: the group is none, or not ours.
    """
    if path.is_dir():
        return
    path.mkdir(parents=True, exist_ok=True)
    if access.mode is not None:  # who may read a file may look into the folder
        path.chmod(access.mode | (access.mode & 0o444) >> 2)
    if access.group:
        _give(path, access.group)
        path.chmod(path.stat().st_mode & _BITS | _INHERIT_GROUP)


def settle(path: Path, access: Access = USUAL) -> None:
    """Give a file its mode and group, where it is ours; nobody else may write to it in any case.

    Raises:
        StorageError: the group is none, or not ours.
    """
    found = path.stat()
    if os.geteuid() not in (0, found.st_uid):
        return  # a colleague made it, and sees to it
    if access.group:
        _give(path, access.group)
    kept = found.st_mode & _BITS if access.mode is None else access.mode
    if (mode := kept & ~_OTHERS_WRITE) != found.st_mode & _BITS:
        path.chmod(mode)


def settle_all(database: Path, access: Access = USUAL) -> None:
    """`settle` a database that is open, and what stands beside it."""
    settle(database, access)
    for each in COMPANIONS:
        if (companion := database.with_name(database.name + each)).exists():
            settle(companion, access)


def make_alike(path: Path, other: Path) -> None:
    """Give a file of ours the mode and, where we may, the group of another one."""
    found = other.stat()
    if path.stat().st_gid != found.st_gid:
        try:
            os.chown(path, -1, found.st_gid)
        except PermissionError:  # the group of a colleague: then for nobody but us
            path.chmod(found.st_mode & 0o700)
            return
    path.chmod(found.st_mode & _BITS & ~_OTHERS_WRITE)


def _give(path: Path, group: str) -> None:
    try:
        number = grp.getgrnam(group).gr_gid
    except KeyError:
        make = f"groupadd {shlex.quote(group)}"
        raise StorageError(f"[files] group: there is no group {group!r} here; {make}") from None
    if path.stat().st_gid == number:
        return
    try:
        os.chown(path, -1, number)
    except PermissionError:
        raise StorageError(
            f"{path}: cannot be given to the group {group!r}, of which we are no member; "
            f"become one: usermod -aG {shlex.quote(group)} $USER"
        ) from None
