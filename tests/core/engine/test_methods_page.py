"""The examples of docs/methods.md give the numbers that stand there, and every method has one."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.engine.analysis.trends import TRENDS
from cityflux.core.engine.steps.aggregation import AGGREGATIONS
from cityflux.core.engine.steps.imputation import IMPUTATIONS
from cityflux.core.engine.steps.standardization import STANDARDIZATIONS
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS
from cityflux.core.engine.steps.weighting import WEIGHTINGS
from tests.conformance.differences import STATED

PAGE = (Path(__file__).parents[3] / "docs" / "methods.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"```pycon\n(.*?)```", re.DOTALL)
SECTIONS = {
    part.split("\n", 1)[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
}


def test_the_examples_give_the_numbers_that_stand_there() -> None:
    names: dict[str, Any] = {}
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    examples = 0
    for found in _EXAMPLE.finditer(PAGE):
        line = PAGE[: found.start(1)].count("\n")
        block = doctest.DocTestParser().get_doctest(
            found.group(1), names, "docs/methods.md", "docs/methods.md", line
        )
        examples += len(block.examples)
        runner.run(block, out=report.append, clear_globs=False)
        names = block.globs
    assert examples > 100
    assert not report, "".join(report)


@pytest.mark.parametrize(
    ("section", "known"),
    [
        ("Imputation", IMPUTATIONS),
        ("Treatment of outliers", TRANSFORMATIONS),
        ("Standardization", STANDARDIZATIONS),
        ("Weighting", WEIGHTINGS),
        ("Aggregation", AGGREGATIONS),
    ],
)
def test_every_method_is_shown(section: str, known: dict[str, object]) -> None:
    shown = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", SECTIONS[section], re.M | re.S))
    assert list(shown) == list(known)
    assert all(">>>" in text for text in shown.values())


def test_every_trend_is_shown() -> None:
    assert all(f"`{name}`" in SECTIONS["Reading an index"] for name in TRENDS)


def test_the_stated_differences_are_those_of_the_conformance_tests() -> None:
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", SECTIONS["Agreement with COINr"], re.M))
    rows = {what: why for what, why in rows.items() if what not in ("what", "---")}
    assert rows == STATED
