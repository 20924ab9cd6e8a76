"""Runs of a target in this process: which input comes when, and what it cost."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.fuzzing.mutation import mutated
from tests.fuzzing.targets import Target, failure

#: What one input may take: seconds of CPU, and megabytes beyond what the process has.
MOST_SECONDS, MOST_MEGABYTES = 1.0, 300.0


class Cost(NamedTuple):
    """What reading an input took, and what it raised that it may not."""

    seconds: float
    megabytes: float
    error: str

    @property
    def wrong(self) -> str:
        """What is wrong with it; ``""`` if nothing."""
        if self.error:
            return self.error
        if self.seconds > MOST_SECONDS:
            return f"took {self.seconds:.1f} s"
        return f"took {self.megabytes:.0f} MB" if self.megabytes > MOST_MEGABYTES else ""


class Inputs:
    """The inputs of a target by number: its samples, the bombs, then mutations without end.

    Args:
        target: whose.
        seed: of the mutations.
        bombs: whether they are among them; some take a while to be made.
    """

    def __init__(self, target: Target, seed: int, *, bombs: bool = True) -> None:
        self._target, self._seed = target, seed
        self.made = [*target.seeds, *(target.bombs() if bombs else ())]

    def __getitem__(self, number: int) -> bytes:
        if number < len(self.made):
            return self.made[number]
        rng = random.Random(hash((self._seed, number)))  # of integers: the same in every process
        return mutated(rng, self._target.seeds)


def tried(target: Target, inputs: Inputs, numbers: Iterator[int]) -> Iterator[tuple[int, Cost]]:
    """Read inputs one after the other."""
    for seed in target.seeds:  # what is imported and compiled once is nobody's cost
        failure(target, seed)
    for number in numbers:
        yield number, cost(target, inputs[number])


def cost(target: Target, body: bytes) -> Cost:
    """Read one input, and take its measure."""
    before = _peak(reset=True)
    start = time.process_time()
    error = failure(target, body)
    seconds = time.process_time() - start
    said = "".join(traceback.format_exception_only(error))[:300].strip() if error else ""
    place = traceback.extract_tb(error.__traceback__)[-1] if error else None
    if place:
        said += f" ({'/'.join(Path(place.filename).parts[-3:])}, line {place.lineno})"
    return Cost(seconds, _peak() - before, said)


def _peak(*, reset: bool = False) -> float:
    """The most memory that the process had at once since the last reset, in megabytes."""
    with suppress(OSError):  # only Linux tells it
        if reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
