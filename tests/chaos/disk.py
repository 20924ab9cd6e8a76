"""A disk whose power may be cut: SQLite's own way to files, with a note of what was synced.

SQLite writes through the table of calls that it gives each open file (``sqlite3_io_methods``). Here
``xWrite``, ``xTruncate`` and ``xSync`` of the files of a folder are noted, and then done as ever.
What stands on a disk after a cut follows from the notes: all that was synced, and of each write
since then, sector by sector, any part or none, in any order.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple

SECTOR = 512

_Write = CFUNCTYPE(c_int, c_void_p, POINTER(c_char), c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
# The name as an address: SQLite keeps it, so that it must be that of SQLite's own text.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods`` of version 3."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        ("others", c_void_p * 13),
    )


class _Vfs(ctypes.Structure):
    """The beginning of ``sqlite3_vfs``."""

    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
    )


class _Pending(NamedTuple):
    """A write that no sync has followed; without ``data`` it cut the file there."""

    place: int
    data: bytes | None


class _File:
    """What of a file is on the disk for certain, and what is on its way."""

    def __init__(self, path: Path) -> None:
        self.synced = path.read_bytes() if path.exists() else b""
        self.pending: list[_Pending] = []

    def sync(self) -> None:
        self.synced = self.after(lambda: True)
        self.pending.clear()

    def after(self, arrives: Callable[[], bool]) -> bytes:
        """The bytes once each sector of what is pending has arrived or not."""
        image = bytearray(self.synced)
        for place, data in self.pending:
            if data is None:
                if arrives():
                    del image[place:]
                continue
            for start in range(0, len(data), SECTOR):
                if arrives():
                    part, at = data[start : start + SECTOR], place + start
                    image.extend(bytes(max(0, at - len(image))))
                    image[at : at + len(part)] = part
        return bytes(image)


class Disk:
    """The files of SQLite in a folder, as long as `watched` lasts.

    Args:
        folder: whose files are watched.
        chance: which sectors arrive.
    """

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder, self._chance = str(folder.resolve()), chance
        self._files: dict[str, _File] = {}
        self._names: dict[int, str] = {}
        self._tables: dict[int, _Methods] = {}
        self.moment: Callable[[], None] = lambda: None

    def cut(self) -> dict[str, bytes]:
        """What is in the files, by name, if the power is cut now."""
        share = self._chance.choice((0.0, 0.5, 0.9, 1.0))
        return {
            Path(name).name: file.after(lambda: self._chance.random() < share)
            for name, file in self._files.items()
        }

    def opened(self, pointer: int, name: str) -> None:
        """Note what is done with a file from now on."""
        if not name.startswith(self._folder) or name.endswith("-journal"):
            return
        self._files.setdefault(name, _File(Path(name)))
        self._names[pointer] = name
        slot = ctypes.cast(pointer, POINTER(c_void_p))
        original = slot[0]
        assert original is not None
        slot[0] = ctypes.addressof(self._table(original))

    def _table(self, original: int) -> _Methods:
        if original not in self._tables:
            methods = _Methods.from_address(original)
            noting = _Methods.from_buffer_copy(methods)
            write, truncate, sync = methods.write, methods.truncate, methods.sync

            def on_write(file: int, data: Any, size: int, place: int) -> int:
                self._of(file).pending.append(_Pending(place, data[:size]))
                return self._done(write(file, data, size, place))

            def on_truncate(file: int, size: int) -> int:
                self._of(file).pending.append(_Pending(size, None))
                return self._done(truncate(file, size))

            def on_sync(file: int, flags: int) -> int:
                self.moment()
                self._of(file).sync()
                return self._done(sync(file, flags))

            noting.write, noting.truncate = _Write(on_write), _Truncate(on_truncate)
            noting.sync = _Sync(on_sync)
            self._tables[original] = noting
        return self._tables[original]

    def _of(self, pointer: int) -> _File:
        return self._files[self._names[pointer]]

    def _done(self, result: int) -> int:
        self.moment()
        return result


@contextmanager
def watched(folder: Path, chance: random.Random) -> Iterator[Disk]:
    """Watch the files of a folder that SQLite opens in this process, until the end of the block."""
    library = ctypes.CDLL(_sqlite3.__file__)  # finds what that module is linked with
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    before, disk = ctypes.cast(vfs.open, c_void_p).value, Disk(folder, chance)
    assert before is not None
    original = _Open(before)  # a copy: what `vfs.open` gave would follow what is set below

    def on_open(own: int, name: int, file: int, flags: int, out: int) -> int:
        result = int(original(own, name, file, flags, out))
        if result == 0 and name:
            disk.opened(file, ctypes.string_at(name).decode())
        return result

    vfs.open = _Open(on_open)
    try:
        yield disk
    finally:
        vfs.open = original
