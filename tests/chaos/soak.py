"""A daemon under faults for an hour: `python -m tests.chaos.soak --minutes 60 --pace 100`.

Sixty sources that are looked at once an hour, and get new figures every three hours, are played
``--pace`` times as fast. Meanwhile the server answers with the faults of ``tests/test_faults.py``,
files may not grow, descriptors run out, somebody holds the database for seconds, and the
configuration is read anew. Memory, descriptors and threads of the daemon are printed over time. It
fails unless each of them is within 10 % of what it was after the warm-up, and every change that
stood on the server for two looks is in the database.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import resource
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from tests.chaos.victim import Victim
from tests.servers import Answer, LoopbackServer
from tests.test_faults import FAULTS

SOURCES = 60
HOUR = 3600.0
#: What a page may answer; the others are of addresses, or good answers of another shape. A pause of
#: two hours that a host asks for is as much shorter as everything else.
LATER = "429 with Retry-After"
ANSWERS = {name: each.program for name, each in FAULTS.items() if each.program and each.code}
#: The part of the time until memory is compared, and the part over which it is averaged.
WARM_UP = 0.2
SPAN = 0.2
#: By how much what is compared may differ.
FLAT = 0.1
#: How long (s) a fault of the machine lasts at most.
LONGEST = 4.0
_LINE = "{:6.0f} s  {:6.1f} MiB  {:3d} descriptors  {:3d} threads  {} processes"


@dataclass
class Standing:
    """The figures of a source on the server."""

    value: float
    since: float
    is_well: bool = True
    until: float = 0.0
    later: bool = False


@dataclass
class Soak:
    """What happened so far.

    Attributes:
        lasted: source and value of what stood on the server long enough.
        faults: how often each was played.
        samples: seconds, memory in MiB, descriptors, threads, and processes for plugins.
        alone: seconds in which the daemon left the host alone, after five failures in a row.
    """

    lasted: list[tuple[int, float]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[float, float, int, int, int]] = field(default_factory=list)
    alone: int = 0


def soak(victim: Victim, seconds: float, pace: float, say: Callable[[str], None]) -> Soak:
    """Let time pass over a daemon that is up; see the module.

    Args:
        victim: with one series for each source.
        seconds: how long.
        pace: how many times as fast as real sources.
        say: is given a sample now and then, as a line.
    """
    done, chance = Soak(), victim.chance
    look = HOUR / pace
    began = time.monotonic()
    now = began
    standing = [Standing(victim.change_one(n), now) for n in range(victim.count)]
    next_sample = next_line = began
    next_step = {"change": began, "answer": began, "machine": began + look, "host": began}
    while now < began + seconds:
        if now >= next_sample:
            done.samples.append(_sample(victim, now - began))
            next_sample = now + 1
        if now >= next_line:
            say(_LINE.format(*done.samples[-1]))
            next_line = now + max(5.0, seconds / 60)
        if now >= next_step["change"]:
            _change(victim, standing, chance.randrange(victim.count), look, done)
            next_step["change"] += 3 * look / victim.count
        if now >= next_step["answer"]:
            _misanswer(victim, standing, chance.randrange(victim.count), look, done)
            next_step["answer"] += 2 * look / victim.count * 5
        if now >= next_step["machine"]:
            name = chance.choice([*MACHINE])
            done.faults[name] += 1
            MACHINE[name](victim)
            next_step["machine"] += look
        if now >= next_step["host"]:
            _see_whether_alone(victim, standing, now, done)
            next_step["host"] = now + 1
        for number, each in enumerate(standing):
            if not each.is_well and now > each.until:
                # What asked to come later is asked later.
                since = now + (2 * look if each.later else 0.0)
                each.value, each.is_well, each.since = victim.change_one(number), True, since
        time.sleep(0.05)
        assert victim.process.poll() is None, victim.last_words()
        now = time.monotonic()
    for number in range(victim.count):  # what is there at the end stays there
        standing[number].value = victim.change_one(number)
        done.lasted.append((number, standing[number].value))
    return done


def _change(victim: Victim, standing: list[Standing], number: int, look: float, done: Soak) -> None:
    each, now = standing[number], time.monotonic()
    if not each.is_well:
        return
    # Two looks, and what a fault of the machine may hold them up.
    if now - each.since > 2 * look + 3 * LONGEST + 15:
        done.lasted.append((number, each.value))
    each.value, each.since = victim.change_one(number), now


def _misanswer(
    victim: Victim, standing: list[Standing], number: int, look: float, done: Soak
) -> None:
    """From now until after the next look the source answers with a fault."""
    each, now = standing[number], time.monotonic()
    if not each.is_well:
        return
    if now - each.since > 2 * look + 3 * LONGEST + 15:
        done.lasted.append((number, each.value))
    name = victim.chance.choice([*ANSWERS])
    done.faults[name] += 1
    each.is_well, each.later = False, name == LATER
    each.until = now + look * victim.chance.uniform(0.5, 1.5)
    later = Answer("no", 429, {"Retry-After": str(round(look * 2))})
    victim.server.answer(f"/s/{number}", later if name == LATER else ANSWERS[name])


def _see_whether_alone(victim: Victim, standing: list[Standing], now: float, done: Soak) -> None:
    """Where the host failed five times in a row, nobody looks: what stands there has to wait."""
    if victim.rows("SELECT 1 FROM jobs WHERE error LIKE '%the host failed%'"):
        done.alone += 1
        for each in standing:
            each.since = max(each.since, now)


def _limit(victim: Victim, kind: int, value: int) -> None:
    soft, most = resource.prlimit(victim.process.pid, kind)
    resource.prlimit(victim.process.pid, kind, (value, most))
    time.sleep(victim.chance.uniform(0.5, LONGEST))
    resource.prlimit(victim.process.pid, kind, (soft, most))


def _hold(victim: Victim) -> None:
    with contextlib.closing(sqlite3.connect(victim.database, timeout=15)) as other:
        with contextlib.suppress(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
        time.sleep(victim.chance.uniform(0.5, LONGEST))
        other.rollback()


def _no_descriptors(victim: Victim) -> None:
    open_now = psutil.Process(victim.process.pid).num_fds()
    _limit(victim, resource.RLIMIT_NOFILE, open_now + victim.chance.randrange(3))


MACHINE: dict[str, Callable[[Victim], None]] = {
    "files may not grow": lambda victim: _limit(victim, resource.RLIMIT_FSIZE, 8192),
    "no descriptors": _no_descriptors,
    "another writer holds the database": _hold,
    "SIGHUP": lambda victim: victim.process.send_signal(signal.SIGHUP),
}


def _sample(victim: Victim, at: float) -> tuple[float, float, int, int, int]:
    process = psutil.Process(victim.process.pid)
    memory = process.memory_info().rss / 2**20
    return at, memory, process.num_fds(), process.num_threads(), len(process.children())


def _wait_for_the_last(victim: Victim, done: Soak) -> None:
    """Wait until what stands there at the end is known, as long as an open circuit may last."""
    wanted = {f"chaos.series_{n}": value for n, value in done.lasted[-victim.count :]}
    victim.recovers(wanted, 400)


def judge(done: Soak, database: Path) -> list[str]:
    """What is wrong with how it went."""
    last = done.samples[-1][0]
    first = [each for each in done.samples if WARM_UP * last <= each[0] <= (WARM_UP + SPAN) * last]
    end = [each for each in done.samples if each[0] >= (1 - SPAN) * last]
    found = []
    # The median: after a reload there is less for a second, and while many look at once more.
    for column, name in ((1, "MiB of memory"), (2, "descriptors"), (3, "threads")):
        before, after = (median(each[column] for each in part) for part in (first, end))
        print(f"{before:.1f} {name} after the warm-up, {after:.1f} at the end")
        if abs(after - before) > before * FLAT:
            found.append(f"{name} went from {before:.1f} to {after:.1f}")
    with contextlib.closing(sqlite3.connect(database, timeout=15)) as connection:
        known = {*connection.execute("SELECT indicator_id, new_value FROM changes")}
    gone = [each for each in done.lasted if (f"chaos.series_{each[0]}", each[1]) not in known]
    print(f"{len(done.lasted)} changes on the server lasted, {len(gone)} are not in the database")
    return found + [f"the change of series {number} to {value:.0f}" for number, value in gone]


def main() -> None:
    """Soak, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pace", type=float, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    schedule = f"every {round(HOUR / options.pace)} seconds"
    chance = random.Random(options.seed)
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as name:
        victim = Victim(Path(name), server, chance, SOURCES, schedule, "[refresh]\nprocesses = 2\n")
        try:
            victim.up()
            done = soak(
                victim, options.minutes * 60, options.pace, lambda text: print(text, flush=True)
            )
            _wait_for_the_last(victim, done)
            problems = judge(done, victim.database)
            code = victim.stop()
        finally:
            victim.end()
        problems += [f"the daemon ended with {code}"] * bool(code)
        problems += ["a traceback in the log"] * (victim.last_words() == "Traceback")
    print(f"{done.alone} s in which the host was left alone, after five failures in a row")
    for fault, times in done.faults.most_common():
        print(f"{times:5d}  {fault}")
    print(f"{len(problems)} problems")
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
