"""Every query of docs/queries.md runs with the stock command on a database of the main job."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.commands import MainJob, run

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(
    r"^```sh\n(.*?)^```$", (ROOT / "docs/queries.md").read_text(encoding="utf-8"), re.M | re.S
)


def _rows(arguments: Sequence[str], output: str) -> int:
    """How many rows an answer has, without its headings."""
    lines = output.splitlines()
    if "--table" in arguments:
        return len(lines) - 2
    return len(lines) - 1 if "--csv" in arguments else len(json.loads(output))


def test_twenty_questions_need_the_stock_command_alone() -> None:
    text = (ROOT / "docs/queries.md").read_text(encoding="utf-8")
    questions = [each for each in text.split("\n## ")[1:] if each.splitlines()[0].endswith("?")]
    stock = [each for each in questions if not re.search("stddev|zscore|period_", each)]
    assert len(stock) >= 20
    assert len(questions) - len(stock) == 1


@pytest.mark.parametrize("block", BLOCKS)
def test_the_query_runs_and_answers(block: str, main_job: MainJob) -> None:
    command, *arguments = shlex.split(block)
    assert command == "sqlite-utils"
    assert arguments[1] == "cityflux.db"
    done = run(command, arguments, main_job.folder)
    assert done.returncode == 0, done.stderr
    assert _rows(arguments, done.stdout) > 0, done.stdout
