"""``python -m tests.fuzzing.guided NAME``: inputs that coverage leads to, found by atheris.

Needs the extra ``cityflux[fuzz]``. What follows the name goes to libFuzzer: a folder of samples,
``-max_total_time=600``, ``-runs=100000``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cityflux"]):  # what is to be covered
    from tests.fuzzing.runs import MOST_SECONDS, cost
    from tests.fuzzing.targets import TARGETS


def main() -> None:
    """Fuzz one parser until it fails."""
    program, name, *options = sys.argv
    target = TARGETS[name]

    def one(body: bytes) -> None:
        found = cost(target, body)
        if found.error:
            raise RuntimeError(found.error)

    with tempfile.TemporaryDirectory() as samples:
        for number, seed in enumerate(target.seeds):
            Path(samples, str(number)).write_bytes(seed)
        limits = [f"-timeout={10 * MOST_SECONDS:.0f}", "-rss_limit_mb=2048", "-max_len=40000"]
        atheris.Setup([program, *limits, *options, samples], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
