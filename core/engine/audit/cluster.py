"""The draws of an audit on the workers of a Dask cluster, which send home counts and no draws.

The figures go to each worker once, and then parts of a fixed size, whose random numbers come from
their place: whatever worker counts them, and in whatever order, ranks, pairs and means are those of
one machine to the last bit. Scores are counted in tables, whose bins a pilot on this machine makes;
a quantile is off by less than a bin, which the audit says. A part whose worker is lost is counted
by another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cityflux.core.engine.audit.gathering import Chunks, Gather, Progress, with_windows
from cityflux.core.engine.audit.tally import Counting, Tally
from cityflux.core.model.errors import ConfigError

if TYPE_CHECKING:
    from distributed import Client

#: So many parts at least, of so many chunks at most: each costs its counts on the way home.
_PARTS, _CHUNKS = 16, 16
#: How many workers a part may lose before the audit ends.
_TRIES = 3
#: How long a cluster may take to answer.
_SECONDS = 10


def on_cluster(address: str) -> Gather:
    """Count the draws on a cluster instead of this machine.

    Args:
        address: of its scheduler, such as ``tcp://10.0.0.1:8786``.

    Returns:
        What takes the place of `core.engine.audit.gathering.gathered`.

    Raises:
        ConfigError: when that is called, and the cluster does not answer or loses its workers.
    """

    def gather(chunks: Chunks, counting: Counting, progress: Progress) -> Tally:
        from distributed import Client

        try:
            client = Client(address, timeout=_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"--dask: no cluster answers at {address}; start one: dask scheduler ({error})"
            ) from error
        with client:
            return counted(client, chunks, counting, progress)

    return gather


def counted(client: Client, chunks: Chunks, counting: Counting, progress: Progress) -> Tally:
    """Count all chunks on the workers of a client; interrupted it ends with those that are done.

    Args:
        client: of the cluster.
        chunks: the draws.
        counting: how they are counted.
        progress: told after each part how many draws are done.

    Raises:
        ConfigError: a part has lost its workers too often.
    """
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    counting = with_windows(chunks, counting)
    tally, drawn = Tally(counting), 0
    firsts = chunks.firsts
    size = max(1, min(_CHUNKS, len(firsts) // _PARTS))
    parts = [firsts[at : at + size] for at in range(0, len(firsts), size)]
    job = client.scatter((chunks.afresh(), counting), broadcast=True, hash=False)
    futures = client.map(_count, parts, job=job, pure=False, retries=_TRIES)
    try:
        for future, found in as_completed(futures, loop=client.loop, with_results=True):
            tally.merge(found)
            future.release()
            drawn += found.drawn
            progress(drawn)
    except KilledWorker as error:
        raise ConfigError(f"--dask: the cluster lost the workers of a part ({error})") from error
    except KeyboardInterrupt:
        client.cancel(futures)
        if not tally.done:
            raise
        tally.stopped = True
    return tally


def _count(firsts: list[int], job: Any) -> Tally:
    """Count some chunks, on a worker."""
    chunks, counting = job
    tally = Tally(counting)
    for first in firsts:
        tally.add(*chunks.drawn(first))
    return tally.packed()
