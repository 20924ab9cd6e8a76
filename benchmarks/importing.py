"""Understanding a long CSV of 100 MB, beside polars' bare reading of it.

``python -m benchmarks.importing`` prints seconds, their ratio and the memory at its peak; the
median of three rounds, in which the two take turns so that a noisy machine bothers both.
"""

from __future__ import annotations

import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from cityflux.core.model.document import read_file
from cityflux.core.refresh.importing.names import Names, names_of
from cityflux.core.refresh.importing.reading import read_figures
from cityflux.core.refresh.importing.series import Choice

CITIES = [f"city_{n:03d}" for n in range(300)]
INDICATORS = [f"group_{n // 12:02d}.indicator_{n:03d}" for n in range(240)]
YEARS = range(1990, 2024)
BYTES = 100_000_000
ROUNDS = 3


def catalogue() -> Names:
    """What the file names."""
    return names_of(
        [(each, each, each) for each in CITIES],
        [(each,) for each in INDICATORS],
        dict.fromkeys(INDICATORS, "亿元"),
        dict.fromkeys(INDICATORS, "annual"),
        (),
    )


def write_figures(path: Path, size: int) -> None:
    """A long file of about so many bytes."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        file.write("indicator,city,period,value,note\n")
        for indicator in INDICATORS:
            for city in CITIES:
                for year in YEARS:
                    value = chance.random() * 1e4
                    file.write(f"{indicator},{city},{year},{value:.4f},a note\n")
            if file.tell() > size:
                return


def seconds(run: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def main() -> None:
    """Print the figures."""
    names = catalogue()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.csv"
        write_figures(path, BYTES)
        size = path.stat().st_size / 1e6

        def understand() -> None:
            read_figures(read_file(path), names, "import.long", Choice())

        rounds = [(seconds(lambda: pl.read_csv(path)), seconds(understand)) for _ in range(ROUNDS)]
    bare, ours = (statistics.median(each) for each in zip(*rounds, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = f"polars {bare:.2f} s, understood in {ours:.2f} s: {ours / bare:.1f} times"
    print(f"{size:.0f} MB: {times}")
    print(f"memory at the peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
