"""Whatever a plugin does where it is read anew, the sound indices come out right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.hands.plugins import combination, here


def test_fifty_misbehaving_plugins_do_no_harm(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tried = [*here(tmp_path, 50, seed=1)]
    harmful = [code for code, right, _ in tried if not right]
    assert len(tried) == 50 and harmful == []
    assert [said for _, _, said in tried if said] == []
    assert capfd.readouterr().out == ""


def test_the_plugins_differ() -> None:
    chance = random.Random(0)
    assert len({combination(chance) for _ in range(200)}) > 150
