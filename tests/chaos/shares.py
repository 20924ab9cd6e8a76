"""How often each fault is tried, and how: in shares, each for a process of its own."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.at_rest import at_rest, hostile
from tests.chaos.cuts import cuts
from tests.chaos.kills import disturb
from tests.chaos.running import CLOCK, DAMAGES, FAULTS, many
from tests.chaos.tally import Tally

KILLS, CUTS, HOSTILE = "kills of the daemon", "power cuts", "hostile server"
#: How often each is tried, and how many of these in one process.
TRIES = {
    HOSTILE: (100, 100),
    CUTS: (400, 200),
    KILLS: (140, 14),
    "full disk": (80, 20),
    "files may not grow": (80, 20),
    "no descriptors": (100, 25),
    "no memory": (40, 10),
    CLOCK: (100, 25),
    **dict.fromkeys(DAMAGES, (40, 10)),
    "truncated file, at rest": (80, 20),
    "flipped bits, at rest": (80, 20),
    "read-only": (40, 10),
}


@dataclass(frozen=True)
class Share:
    """Some of the tries of a fault, for one process.

    Attributes:
        fault: of `TRIES`.
        tries: how many.
        seed: of all that is random.
        seconds: for how long the hostile server goes on at least.
    """

    fault: str
    tries: int
    seed: int
    seconds: float


def carry_out(share: Share) -> Tally:
    """Try; an error of the trying itself is a problem, too."""
    try:
        return _tried(share.fault, share.tries, share.seed, share.seconds)
    except Exception as error:
        return Tally(problems=[f"{type(error).__name__}: {error}"])


def _tried(fault: str, tries: int, seed: int, seconds: float) -> Tally:
    if fault == KILLS:
        outcome = disturb(range(tries), seed)
        hurt = {problem.partition(":")[0] for problem in outcome.problems}  # one of a kill is lost
        return Tally(tries, ended=tries - len(hurt), lost=len(hurt), problems=outcome.problems)
    if fault == CUTS:
        found = cuts(tries, seed)
        lost = sum(map(bool, found))
        problems = [line for each in found for line in each]
        return Tally(tries, ended=tries - lost, lost=lost, problems=problems)
    if fault == HOSTILE:
        return hostile(tries, seconds, seed)
    if fault in (*FAULTS, *DAMAGES, CLOCK):
        return many(fault, tries, seed)
    return at_rest(fault, tries, seed)


def shares(part: float, seed: int, seconds: float) -> list[Share]:
    """All tries, split for processes.

    Args:
        part: of all of them.
        seed: of the first.
        seconds: for how long the hostile server goes on.
    """
    found: list[Share] = []
    for fault, (tries, together) in TRIES.items():
        count = max(1, round(tries * part))
        for start in range(0, count, together):
            some = min(together, count - start)
            found.append(Share(fault, some, seed + len(found), seconds))
    return found
