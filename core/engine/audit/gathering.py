"""The draws of an audit, chunk by chunk; each can be drawn by itself, wherever that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.design import Sampling, sample
from cityflux.core.engine.audit.drawing import Draws, Plan
from cityflux.core.engine.audit.tally import TOO_MANY, Counting, Tally, windows_of
from cityflux.core.engine.measures.matrix import Floats

#: So many scores of nodes are computed at once, of so many draws at least and at most.
_SCORES, _LEAST, _MOST = 1 << 24, 64, 1024
#: Called with how many draws are done.
Progress = Callable[[int], None]
#: Counts the chunks of draws: `gathered` on this machine, `core.engine.audit.cluster` on others.
Gather = Callable[["Chunks", Counting, Progress], Tally]


@dataclass(frozen=True)
class Settings:
    """How much is drawn, and how.

    Attributes:
        draws: how many.
        points: of the sensitivity analysis; 0 for none.
        seed: of all random numbers.
        sampling: how the unit cube is filled.
        all_nodes: whether rank shares are kept of every node above the leaves.
    """

    draws: int = 500
    points: int = 64
    seed: int = 1
    sampling: Sampling = "lhs"
    all_nodes: bool = False


@dataclass(frozen=True)
class Chunks:
    """The draws of an audit in parts of a fixed size, whose random numbers come from their place.

    Attributes:
        auditor: of the index.
        plan: what is uncertain.
        settings: how much is drawn.
    """

    auditor: Auditor
    plan: Plan
    settings: Settings

    @property
    def size(self) -> int:
        """How many draws a chunk has: a power of two, which hangs on the index alone."""
        ground = self.auditor.ground
        scores = ground.panel.values.height * len(ground.inner)
        return min(_MOST, max(_LEAST, 1 << ((_SCORES // max(1, scores)).bit_length() - 1)))

    @property
    def firsts(self) -> list[int]:
        """The first draw of each chunk."""
        return list(range(0, self.settings.draws, self.size))

    def afresh(self) -> Chunks:
        """The same without what was computed, to be sent elsewhere."""
        return replace(self, auditor=self.auditor.afresh())

    def drawn(self, first: int) -> tuple[dict[str, Floats], Draws, dict[int, str]]:
        """A chunk: the scores of each node, what was drawn, and why some draws came to nothing."""
        settings, columns = self.settings, sum(self.plan.groups)
        count = min(self.size, settings.draws - first)
        points = sample(count, columns, seed=settings.seed, sampling=settings.sampling, first=first)
        draws = self.plan.realize(points)
        scores, reasons = self.auditor.scores(draws)
        return scores, draws, reasons


def with_windows(chunks: Chunks, counting: Counting) -> Counting:
    """The same ``counting``, with scores counted in tables that the first of the chunks makes."""
    scores, draws, _ = chunks.drawn(0)
    return replace(counting, windows=windows_of(scores, draws))


def gathered(chunks: Chunks, counting: Counting, progress: Progress) -> Tally:
    """Count all chunks on this machine; interrupted it ends with those that are done.

    Args:
        chunks: the draws.
        counting: how they are counted.
        progress: told after each how many draws are done.
    """
    if counting.scores > TOO_MANY:
        counting = with_windows(chunks, counting)
    tally = Tally(counting)
    try:
        for first in chunks.firsts:
            tally.add(*chunks.drawn(first))
            progress(min(first + chunks.size, chunks.settings.draws))
    except KeyboardInterrupt:
        if not tally.done:
            raise
        tally.stopped = True
    return tally
