"""How long the report on the bundled figures takes, and how large it is: HTML and PDF, zh and en.

    python -m benchmarks.report

Each is made by a process of its own, as somebody at a terminal would. The limits are 10 s and 5 MB.
"""

from __future__ import annotations

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
                seconds = _cityflux(folder, "report", "flow_index", *choice)
                size = file.stat().st_size
                print(f"{language} {form:4}  {seconds:5.1f} s  {size / 1e6:5.2f} MB")
                within = within and seconds < SECONDS and size < BYTES
    sys.exit(0 if within else 1)


def _cityflux(folder: Path, *arguments: str) -> float:
    """Run a command in a folder; returns how many seconds it took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "cityflux", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
