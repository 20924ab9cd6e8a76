"""What an expert is asked, and how what comes back is told to be sound."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cityflux.core.model.errors import ImportRefused

#: The largest answer of a comparison, of the analytic hierarchy process and of best-worst.
STRONGEST = 9.0
_FRACTION = re.compile(r"1\s*/\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Line:
    """One thing that is asked: a node, or two of them.

    Attributes:
        part: ``scale``, ``pair`` (how many times as important the first is as the second),
            ``best`` (the best as the first) or ``worst`` (the first as the worst).
        node: the id of the node.
        other: that of the second one of a pair.
        name_zh: the Chinese name, of a pair with the other one's; and so on.
        name_en: the English name.
        definition: what is counted.
        coverage: the share of its figures that is known; None where nobody knows.
        median: of the round before, with its quartiles; None for a first one.
        low: see ``median``.
        high: see ``median``.
        own: what this expert answered last.
    """

    part: str
    node: str
    other: str = ""
    name_zh: str = ""
    name_en: str = ""
    definition: str = ""
    coverage: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None
    own: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from all others."""
        return self.part, self.node, self.other

    @property
    def what(self) -> str:
        """How it is called in a message."""
        return f"{self.node} and {self.other}" if self.other else self.node


@dataclass(frozen=True)
class Questionnaire:
    """What one expert is asked in a round.

    Attributes:
        panel: its name.
        number: of the round.
        expert: the pseudonym.
        least: the bottom of the scale, and ``most`` its top.
        most: see ``least``.
        lines: what is asked.
        proposing: whether nodes may be struck and proposed.
    """

    panel: str
    number: int
    expert: str
    least: int
    most: int
    lines: Sequence[Line]
    proposing: bool = False


@dataclass(frozen=True)
class Given:
    """What came back, as texts.

    Attributes:
        panel: the name that it says, and so on.
        number: of the round.
        expert: the pseudonym.
        basis: Ca.
        familiarity: Cs.
        answers: by part, node and other; empty where there is none.
        struck: the nodes that are struck.
        proposed: what is proposed.
    """

    panel: str
    number: str
    expert: str
    basis: str
    familiarity: str
    answers: Mapping[tuple[str, str, str], str]
    struck: Sequence[str] = ()
    proposed: Sequence[str] = ()


def checked(
    asked: Questionnaire, given: Given, *, partial: bool = False
) -> dict[tuple[str, str, str], float]:
    """The answers as numbers, where all of them are sound.

    Args:
        asked: what was asked.
        given: what came back.
        partial: whether answers may lack.

    Raises:
        ImportRefused: with a line for each thing that is wrong.
    """
    lines = {line.key: line for line in asked.lines}
    reasons = [
        f"{node or 'a line'} is not in this questionnaire"
        for part, node, other in given.answers
        if (part, node, other) not in lines
    ]
    reasons += [
        f"{node} is not in this questionnaire"
        for node in given.struck
        if node not in {line.node for line in asked.lines}
    ]
    found = {}
    for key, line in lines.items():
        text = given.answers.get(key, "").strip()
        if not text:
            if not partial and line.node not in given.struck:
                reasons.append(f"{line.what}: no answer; answer it, or take it in with --partial")
            continue
        problem, value = _number(asked, line, text)
        if problem:
            reasons.append(f"{line.what}: {problem}")
        else:
            found[key] = value
    for name, text in (("basis", given.basis), ("familiarity", given.familiarity)):
        if share(text) is None and text.strip():
            reasons.append(f"{name}: {text!r} is no share; write 0 to 1")
    if (given.struck or given.proposed) and not asked.proposing:
        reasons.append("nothing is struck or proposed in this round")
    if reasons:
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise ImportRefused(f"{asked.expert}: {reasons[0]}{more}; nothing was stored", reasons)
    return found


def share(text: str) -> float | None:
    """A share from 0 to 1; None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _number(asked: Questionnaire, line: Line, text: str) -> tuple[str, float]:
    """What is wrong with an answer, or nothing; and its number."""
    if text.startswith(("=", "+", "@")):
        return f"{text!r} is a formula; write the number", 0.0
    fraction = _FRACTION.fullmatch(text) if line.part == "pair" else None
    try:
        value = 1 / float(fraction[1]) if fraction else float(text)
    except (ValueError, ZeroDivisionError):
        return f"{text!r} is no number", 0.0
    if not math.isfinite(value):
        return f"{text!r} is no number", 0.0
    if line.part == "scale":
        if value != int(value) or not asked.least <= value <= asked.most:
            return f"{text} is not on the scale; write {asked.least} to {asked.most}", 0.0
    elif line.part == "pair":
        if not 1 / STRONGEST - 1e-9 <= value <= STRONGEST:
            return f"{text} is not on the scale; write 1/{STRONGEST:g} to {STRONGEST:g}", 0.0
    elif not 1 <= value <= STRONGEST:
        return f"{text} is not on the scale; write 1 to {STRONGEST:g}", 0.0
    return "", value
