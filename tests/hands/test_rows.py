"""Fifty writes of any hand in five rounds; `make rows` plays five hundred."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cityflux.core.app.session import Session
from tests.hands import rows, world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return world.make(tmp_path_factory.mktemp("rows"))


@pytest.mark.parametrize("seed", range(5))
def test_whatever_any_hand_writes(made: Session, tmp_path: Path, seed: int) -> None:
    said = rows.play(made, tmp_path, random.Random(seed), 10)
    assert sum(line.startswith("refused") for line in said) < 10
