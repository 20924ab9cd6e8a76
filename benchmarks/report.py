"""How long the report on the bundled figures takes, and how large it is: HTML and PDF, zh and en.

    python -m benchmarks.report

Each is made by a process of its own, as somebody at a terminal would. The limits are 10 s and 5 MB.
Beside the seconds on the wall stand those of the processor, which say more where others use it too.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, BYTES = 10.0, 5_000_000


def main() -> None:
    """Print a line for each file; the exit code is 1 where one is too slow or too large."""
    within = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _cityflux(folder, "run", "--once", "--offline")
        for language in ("zh", "en"):
            for form in ("html", "pdf"):
                file = folder / f"{language}.{form}"
                choice = ["--city", "shanghai", "--lang", language, "--out", str(file)]
                before = _processor()
                seconds = _cityflux(folder, "report", "flow_index", *choice)
                used, size = _processor() - before, file.stat().st_size
                print(
                    f"{language} {form:4}  {seconds:5.1f} s  (processor {used:4.1f} s)  "
                    f"{size / 1e6:5.2f} MB"
                )
                within = within and seconds < SECONDS and size < BYTES
    sys.exit(0 if within else 1)


def _processor() -> float:
    """Seconds of the processor that the processes of this one have used, those that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cityflux(folder: Path, *arguments: str) -> float:
    """Run a command in a folder; returns how many seconds it took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "cityflux", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
