"""Shared by all tests: where the shared samples are, and no network beyond loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared samples; the test is skipped, loudly, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: the samples are read in place and never copied")
    return SHARED
