"""How many functions of ours a command passes: ``python -m tests.ways show flow_index``."""

from __future__ import annotations

import cProfile
import os
import sys
import threading
from pathlib import Path

from cityflux.core.cli.main import main

ROOT = str(Path(__file__).resolve().parents[1])


def count(arguments: list[str]) -> int:
    """Run a command of ours, and count the distinct functions that it calls in this process.

    What a module defines besides its own body counts: functions, methods, comprehensions and the
    bodies of classes, of which each import passes those of its module.
    """
    profiles: list[cProfile.Profile] = []

    def start(*_: object) -> None:
        profiles.append(cProfile.Profile(builtins=False))
        profiles[-1].enable()

    threading.setprofile(start)  # each thread's first call gives it a profile of its own
    start()
    try:
        main(arguments)
    except SystemExit:
        pass
    finally:
        profiles[0].disable()
        threading.setprofile(None)
    codes = (entry.code for profile in profiles for entry in profile.getstats())
    seen = {
        (code.co_filename, code.co_qualname)
        for code in codes
        if not isinstance(code, str) and code.co_name != "<module>"
    }
    seen = {(file, name) for file, name in seen if file.startswith(ROOT)}
    here = {(os.path.realpath(file), name) for file, name in seen}
    return sum("/.venv/" not in file and not file.startswith(f"{ROOT}/tests/") for file, _ in here)


if __name__ == "__main__":
    print(count(sys.argv[1:]), file=sys.stderr)
