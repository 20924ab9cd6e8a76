"""How many functions of ours a command passes: ``python -m tests.ways show flow_index``."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from cityflux.core.cli.main import main

ROOT = str(Path(__file__).resolve().parents[1])


def count(arguments: list[str]) -> int:
    """Run a command of ours, and count the distinct functions that it calls in this process.

    What a module defines besides its own body counts: functions, methods, comprehensions and the
    bodies of classes, of which each import passes those of its module.
    """
    seen: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_name != "<module>" and code.co_filename.startswith(ROOT):
            seen.add((code.co_filename, code.co_qualname))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        main(arguments)
    except SystemExit:
        pass
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    here = {(os.path.realpath(file), name) for file, name in seen}
    return sum("/.venv/" not in file and not file.startswith(f"{ROOT}/tests/") for file, _ in here)


if __name__ == "__main__":
    print(count(sys.argv[1:]), file=sys.stderr)
