"""What tries of a fault came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

#: It went on by itself; or it ended as it should, and the next start was well.
Outcome = Literal["survived", "ended"]


@dataclass
class Tally:
    """How often a fault was tried.

    Attributes:
        tried: how often.
        survived: how often it went on by itself.
        ended: how often it ended as it should, and was well after the next start.
        lost: how many tries lost something that was committed.
        problems: what else was wrong, and what was lost, a line each.
    """

    tried: int = 0
    survived: int = 0
    ended: int = 0
    lost: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, attempt: Callable[[], tuple[Outcome, list[str], list[str]]]) -> None:
        """Try once; the attempt gives its outcome, what was lost, and what else was wrong."""
        self.tried += 1
        try:
            outcome, lost, wrong = attempt()
        except Exception as error:  # one more thing that must not happen
            self.problems.append(f"{type(error).__name__}: {error}")
            return
        self.survived += outcome == "survived"
        self.ended += outcome == "ended"
        self.lost += bool(lost)
        self.problems += lost + wrong


def table(tallies: Iterable[tuple[str, Tally]]) -> str:
    """The tallies as a table, those of the same name together."""
    sums: dict[str, list[int]] = {}
    for name, each in tallies:
        counts = (each.tried, each.survived, each.ended, each.lost)
        sums[name] = [a + b for a, b in zip(sums.get(name, [0] * 4), counts, strict=True)]
    rows: list[tuple[str, ...]] = [("fault", "tried", "survived", "ended", "lost")]
    rows += [(name, *map(str, counts)) for name, counts in sums.items()]
    rows.append(("all", *(str(sum(each[n] for each in sums.values())) for n in range(4))))
    wide = max(len(row[0]) for row in rows)
    return "\n".join(f"{name:{wide}}" + "".join(f"{n:>10}" for n in rest) for name, *rest in rows)
