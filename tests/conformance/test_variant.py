"""Other files of the same form pass as well: nothing is fitted to the names in these."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance import variant

HERE = Path(__file__).parent


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 9))
def test_other_names_another_order_and_other_gaps(shared: Path, tmp_path: Path, seed: int) -> None:
    variant.make(shared / "conformance", tmp_path, seed)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_conformance.py"],
        cwd=HERE,
        env={**os.environ, "CITYFLUX_CONFORMANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 400
