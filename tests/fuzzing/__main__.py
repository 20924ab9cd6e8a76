"""``python -m tests.fuzzing``: the long form, with processes that may end and are begun again.

::

    python -m tests.fuzzing --runs 100000            # each parser
    python -m tests.fuzzing tables yearbook --seconds 600
    python -m tests.fuzzing tables --again build/fuzzing/tables-7-1234   # read a failure again

What fails is kept with its seed and number, and read once more in a process of its own: an input is
only too slow or too large if it is that there as well.
"""

from __future__ import annotations

import argparse
import mmap
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from tests.fuzzing.runs import MOST_MEGABYTES, Inputs, cost, tried
from tests.fuzzing.targets import TARGETS, failure

#: Seconds without a step after which a process is ended.
_STUCK = 20
_MOST_DATA = 2 * 2**30


def main() -> int:
    """Run the command line."""
    given = _arguments()
    if given.again:
        return _again(given.names[0], given.again)
    if given.inside:
        return _inside(given)
    kept: Path = given.keep
    kept.mkdir(parents=True, exist_ok=True)
    failures: Counter[str] = Counter()
    total = 0
    for name in given.names or TARGETS:
        done, wrong = _fuzz(name, given, kept)
        total += done
        failures[name] = len(wrong)
    print(f"{total:,} executions, {failures.total()} failures, seed {given.seed}", flush=True)
    return min(1, failures.total())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzzing", description="Fuzz the parsers."
    )
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(TARGETS)}; all if left out")
    parser.add_argument("--runs", type=int, default=100_000, help="executions for each parser")
    parser.add_argument("--seconds", type=float, default=3600.0, help="the most for each parser")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--keep", type=Path, default=Path("build/fuzzing"), help="where failures go"
    )
    parser.add_argument("--no-bombs", action="store_true", help="mutated samples alone")
    parser.add_argument("--again", type=Path, help="read one input in this process")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - TARGETS.keys()):
        parser.error(f"no parser {unknown[0]!r}; there are {', '.join(TARGETS)}")
    return given


def _fuzz(name: str, given: argparse.Namespace, kept: Path) -> tuple[int, list[str]]:
    """All runs of one parser; how many there were, and what was wrong."""
    start = time.monotonic()
    inputs = Inputs(TARGETS[name], given.seed, bombs=not given.no_bombs)
    suspects: dict[int, str] = {}
    first = ended = 0
    with tempfile.NamedTemporaryFile() as place:
        place.write(bytes(8))
        place.flush()
        at = mmap.mmap(place.fileno(), 8)
        while first < given.runs and time.monotonic() - start < given.seconds:
            left = given.seconds - (time.monotonic() - start)
            end, said = _process(name, given, Path(place.name), at, first, left)
            suspects |= {} if TARGETS[name].apart else said
            reached = struct.unpack("q", at[:8])[0]
            if end and TARGETS[name].apart:
                ended += 1
            elif end:  # it died, or hung, at this input
                suspects[reached] = end
            first = reached + 1
    wrong: list[str] = []
    for number, reason in sorted(suspects.items()):
        if sum(reason.split("(")[-1] == other.split("(")[-1] for other in wrong) >= 3:
            continue  # the same place again
        path = kept / f"{name}-{given.seed}-{number}"
        path.write_bytes(inputs[number])
        again = subprocess.run(
            [sys.executable, "-m", "tests.fuzzing", name, "--again", str(path)],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        if again.returncode:
            wrong.append(reason)
            told = (again.stdout.strip() or f"ended with {again.returncode}")[:400]
            print(f"  {name} {path} ({path.stat().st_size:,} bytes): {told}", flush=True)
        else:
            path.unlink()
    seconds = time.monotonic() - start
    told = f", {ended} cut off" if TARGETS[name].apart else ""
    print(
        f"{name}: {first:,} executions in {seconds:.0f} s, {len(wrong)} failures{told}", flush=True
    )
    return first, wrong


def _process(
    name: str, given: argparse.Namespace, place: Path, at: mmap.mmap, first: int, seconds: float
) -> tuple[str, dict[int, str]]:
    """Runs in one process, until it is through, ends, or hangs: how it ended, and its suspects."""
    command = [sys.executable, "-m", "tests.fuzzing", name, "--inside", str(place)]
    command += ["--first", str(first), "--runs", str(given.runs), "--seed", str(given.seed)]
    command += ["--no-bombs"] if given.no_bombs else []
    at[:8] = struct.pack("q", first)
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            [*command, "--seconds", str(seconds)], stdout=out, stderr=subprocess.DEVNULL
        )
        seen, since, end = first - 1, time.monotonic() + 20, ""
        while process.poll() is None:
            time.sleep(0.05)
            now = struct.unpack("q", at[:8])[0]
            if now != seen:
                seen, since = now, max(since, time.monotonic())
            elif time.monotonic() - since > _STUCK:
                process.kill()
                process.wait()
                end = f"did not end within {_STUCK} s (hangs)"
        if process.returncode and not end:
            end = f"ended its process with {process.returncode} (dies)"
        out.seek(0)
        lines = [line.rstrip("\n").split("\t", 1) for line in out]
    return end, {int(number): reason for number, reason in lines}


def _inside(given: argparse.Namespace) -> int:
    """The runs themselves; the number of each is written down before it begins."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_DATA, _MOST_DATA))
    target = TARGETS[given.names[0]]
    end = time.monotonic() + given.seconds
    with given.inside.open("r+b") as file:
        at = mmap.mmap(file.fileno(), 8)

        def marked(number: int) -> bool:
            at[:8] = struct.pack("q", number)
            return bool(time.monotonic() < end)

        numbers: Iterator[int] = takewhile(marked, range(given.first, given.runs))
        inputs = Inputs(target, given.seed, bombs=not given.no_bombs)
        for number, found in tried(target, inputs, numbers):
            if found.wrong:
                print(f"{number}\t{' '.join(found.wrong.split())}", flush=True)
    return 0


def _again(name: str, path: Path) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (_STUCK, _STUCK))
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_DATA, _MOST_DATA))
    target = TARGETS[name]
    for seed in target.seeds:
        failure(target, seed)
    found = cost(target, path.read_bytes())
    print(f"{found.seconds:.2f} s, {found.megabytes:.0f} of {MOST_MEGABYTES:.0f} MB {found.error}")
    return int(bool(found.wrong))


if __name__ == "__main__":
    sys.exit(main())
