"""Where plugins are found, and that a file is read as it stands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cityflux.core.plugin.finding import load_file


def test_a_file_is_read_as_it_stands_however_soon_it_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two edits of one length within a second: what Python compiled of the first is no use."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "boats.py"
    for text in ("COUNT = 1\n", "COUNT = 2\n"):
        path.write_text(text, encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        assert int(text[-2]) == load_file(path).COUNT
