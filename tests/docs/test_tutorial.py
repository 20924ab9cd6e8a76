"""The tutorial works line by line, in an empty folder; its Chinese side has the same lines."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.commands import MODULES, run

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r'^```(\w+)(?: title="(.*?)")?\n(.*?)^```', re.M | re.S)


def blocks(name: str) -> list[tuple[str, str, str]]:
    """Language, file and text of each block of a tutorial."""
    return BLOCK.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))


@pytest.mark.usefixtures("only_loopback")
def test_every_line_of_the_tutorial_works(tmp_path: Path) -> None:
    folder, said, ran = tmp_path, "", 0
    for language, title, text in blocks("tutorial.md"):
        if title:
            (folder / title).write_text(text, encoding="utf-8")
        elif language == "sh":
            said = ""
            for line in text.splitlines():
                command, *arguments = shlex.split(line)
                if command == "cd":
                    folder = folder / arguments[0]
                    continue
                assert command in MODULES
                done = run(command, arguments, folder)
                assert done.returncode == 0, (line, done.stderr)
                said, ran = said + done.stdout, ran + 1
        else:
            assert language == "text"
            for line in text.splitlines():
                assert line in said
    assert ran > 20
    assert (folder / "report.md").stat().st_size > 1000


def test_the_chinese_tutorial_has_the_same_lines() -> None:
    assert blocks("zh/tutorial.md") == blocks("tutorial.md")
