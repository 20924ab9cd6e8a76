"""Every example of docs/reading.md prints what stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.commands import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reading.md"
EXAMPLES = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_the_example_prints_what_stands_there(example: str, made_once: Path) -> None:
    asked, *expected = example.splitlines()
    assert asked.startswith("$ cityflux ")
    done = run("cityflux", shlex.split(asked)[2:], made_once)
    assert done.returncode == 0, done.stderr
    assert [line.rstrip() for line in done.stdout.splitlines()] == expected


def test_there_is_an_example_of_every_kind() -> None:
    asked = " ".join(example.splitlines()[0] for example in EXAMPLES)
    parts = ("--correlations", "--consistency", "--components", "--effective-weights")
    assert all(part in asked for part in parts)
