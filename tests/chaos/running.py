"""Faults of the machine under a daemon that runs: it goes on, or ends with a line.

After each the daemon must come to have what the server has then. Where it ended, it must have said
why in one line, and the next one is started, after a damaged file was replaced by the last copy.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import psutil

from cityflux.storage.read_only import log_of
from tests.chaos.tally import Outcome, Tally
from tests.chaos.victim import Ledger, Victim, ledger, lost
from tests.servers import LoopbackServer

COPIES = '[backup]\nschedule = "every 5 seconds"\nkeep = 2\n[refresh]\nprocesses = 2\n'
#: libfaketime 0.9 refuses the absolute deadline with which CPython sleeps since 3.11.
PATCH = """
import threading, time
time.sleep = lambda seconds: threading.Event().wait(seconds)
"""
PAGE = 4096
CLOCK = "clock set"


@contextmanager
def _limited(victim: Victim, kind: int, value: int) -> Iterator[None]:
    before, most = resource.prlimit(victim.process.pid, kind)
    resource.prlimit(victim.process.pid, kind, (value, most))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(victim.process.pid, kind, (before, most))


def _no_growth(victim: Victim) -> AbstractContextManager[None]:
    size = victim.database.stat().st_size
    return _limited(victim, resource.RLIMIT_FSIZE, victim.chance.randrange(size))


def _no_descriptors(victim: Victim) -> AbstractContextManager[None]:
    there = psutil.Process(victim.process.pid).num_fds()
    return _limited(victim, resource.RLIMIT_NOFILE, max(3, there + victim.chance.randint(-9, 3)))


def _no_memory(victim: Victim) -> AbstractContextManager[None]:
    there = psutil.Process(victim.process.pid).memory_info().vms
    return _limited(victim, resource.RLIMIT_AS, there + victim.chance.randrange(-(2**24), 2**22))


@contextmanager
def _full(victim: Victim) -> Iterator[None]:
    """Fill the small file system of the database, to the last byte or nearly."""
    assert victim.database.parent.is_mount(), "only who may mount can fill a file system"
    ballast = victim.database.with_name("ballast")
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (2**16, 512):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass
        if victim.chance.random() < 0.5:
            os.truncate(ballast, ballast.stat().st_size - victim.chance.randrange(20_000))
        yield
    finally:
        ballast.unlink()


@contextmanager
def _clock(victim: Victim) -> Iterator[None]:
    """Set the clock, back or forward, by seconds to more than a year; it stays so."""
    offset = victim.chance.choice((-1, 1)) * 10 ** victim.chance.uniform(1, 7.6)
    following = victim.folder / "offset.new"
    following.write_text(f"{offset:+.3f}\n")
    following.replace(victim.folder / "offset")
    yield


FAULTS: dict[str, Callable[[Victim], AbstractContextManager[None]]] = {
    "full disk": _full,
    "files may not grow": _no_growth,
    "no descriptors": _no_descriptors,
    "no memory": _no_memory,
}


def _cut(victim: Victim) -> None:
    size = victim.database.stat().st_size
    os.truncate(victim.database, victim.chance.randrange(size))


def _flip(victim: Victim) -> None:
    """Turn all bits of some pages."""
    with victim.database.open("r+b") as file:
        pages = victim.database.stat().st_size // PAGE
        for page in victim.chance.sample(range(pages), max(1, pages // 4)):
            file.seek(page * PAGE)
            turned = bytes(byte ^ 255 for byte in file.read(PAGE))
            file.seek(page * PAGE)
            file.write(turned)


DAMAGES: dict[str, Callable[[Victim], None]] = {
    "truncated file, running": _cut,
    "flipped pages, running": _flip,
    "lost log, running": lambda victim: log_of(victim.database).unlink(),
}


def suffer(
    victim: Victim, name: str, fault: Callable[[Victim], AbstractContextManager[None]]
) -> tuple[Outcome, list[str], list[str]]:
    """Let a fault pass over a daemon that is up."""
    before = ledger(victim.database)
    with fault(victim):
        wanted = victim.change()
        time.sleep(victim.chance.uniform(0.2, 1.5))
    if victim.recovers(wanted):
        return "survived", lost(victim.database, before), []
    # Where there is no memory, the libraries of others abort: no line of ours can be said then.
    wrong = [] if name == "no memory" and (victim.process.poll() or 0) < 0 else _ended(victim)
    gone = lost(victim.database, before)
    victim.up(**environment(victim))
    return "ended", gone + lost(victim.database, before), wrong


def destroy(
    victim: Victim, damage: Callable[[Victim], None]
) -> tuple[Outcome, list[str], list[str]]:
    """Damage the file under a daemon; where it ends, go back to the last copy."""
    victim.until(lambda: [*victim.copies.glob("*.db")])
    before = ledger(victim.database)
    is_log = damage is DAMAGES["lost log, running"]
    damage(victim)
    wanted = victim.change()
    if victim.recovers(wanted, 20) and not is_log:
        time.sleep(1)
        # What was damaged may hold nothing, or was written anew; else it is noticed soon.
        if victim.process.poll() is None and _is_whole(victim.database):
            return "survived", lost(victim.database, before), []
    with contextlib.suppress(subprocess.TimeoutExpired):
        victim.process.wait(30)
    wrong, gone = _ended(victim), []
    if is_log:
        gone = lost(victim.database, before)
    else:
        wrong += _go_back(victim, before)
    victim.up()
    return "ended", gone, wrong


def _is_whole(database: Path) -> bool:
    with contextlib.suppress(sqlite3.DatabaseError):
        return not lost(database, [])
    return False


def _ended(victim: Victim) -> list[str]:
    """What is wrong with how it ended: exit 1 with one line, and not by a kill of ours."""
    code, said = victim.process.poll(), victim.last_words()
    told = victim.log.read_text()[-1500:]
    victim.end()
    victim.log.write_text("")
    if code == 1 and said.startswith("Error: "):
        return []
    return [f"ended with {code}: {told}" if code is not None else f"went on: {told}"]


def _go_back(victim: Victim, before: Ledger) -> list[str]:
    """Put the last copy in the place of the file; what is wrong with that copy."""
    copy = max(victim.copies.glob("*.db"))
    known = ledger(copy)
    wrong = [] if before[: len(known)] == known else ["the copy has not what was committed"]
    wrong += [f"the copy: {line}" for line in lost(copy, known)]
    for path in victim.database.parent.glob("cityflux.db*"):
        path.unlink()
    shutil.copy(copy, victim.database)
    return wrong


def environment(victim: Victim) -> dict[str, str]:
    """What a daemon with a clock of its own is started with."""
    if not (victim.folder / "offset").exists():
        return {}
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")  # of Debian: faketime
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(victim.folder / "offset"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def many(name: str, tries: int, seed: int) -> Tally:
    """Try one fault so often on one daemon after the other."""
    done = Tally()
    with victims(seed) as victim:
        if name == CLOCK:
            (victim.folder / "offset").write_text("+0\n")
            plugin = victim.folder / "my_plugins" / "chaos.py"
            plugin.write_text(PATCH + plugin.read_text())
        victim.up(**environment(victim))
        if name in DAMAGES:
            attempt = partial(destroy, damage=DAMAGES[name])
        else:
            attempt = partial(suffer, name=name, fault=_clock if name == CLOCK else FAULTS[name])
        for _ in range(tries):
            done.count(partial(attempt, victim))
            if victim.process.poll() is not None or "Traceback" in victim.last_words():
                done.problems.append(f"{name}: {victim.log.read_text()[-2000:]}")
                victim.end()
                victim.log.write_text("")
                victim.up(**environment(victim))
        done.problems += [
            f"{name}: the daemon ended with {code}" for code in [victim.stop()] if code
        ]
    return done


@contextmanager
def victims(seed: int) -> Iterator[Victim]:
    """A daemon's folder, with the data on a small file system where one can be mounted."""
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as name:
        victim = Victim(Path(name), server, random.Random(seed), more=COPIES)
        victim.database.parent.mkdir()
        data = str(victim.database.parent).encode()
        libc = ctypes.CDLL(None)
        is_small = libc.mount(b"tmpfs", data, b"tmpfs", 0, b"size=8m,mode=755") == 0
        try:
            yield victim
        finally:
            victim.end()
            if is_small:
                libc.umount2(data, 2)  # even where something is still open
