"""Precision and recall of the communiqué scraper on the labelled texts beside this file.

``python -m benchmarks.communique`` prints both overall, per layout and per city, then every
error. The texts are synthetic; see ``communique/README.md``.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cityflux.core.model.document import Document, read_file
from cityflux.plugins.communiques import rules
from cityflux.scrapers.communique import Statement, figures
from cityflux.scrapers.communique.numbers import meaning

TEXTS = Path(__file__).with_name("communique") / "texts"
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Error:
    """One figure that was missed, invented or misread."""

    text: str
    rule_id: str
    kind: str
    expected: str
    got: str
    sentence: str = ""


@dataclass(slots=True)
class Score:
    """Counts over some texts."""

    labels: int = 0
    found: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        """Share of the figures found that are right; 1 where none were found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the labels that were found rightly; 1 where there are none."""
        return self.right / self.labels if self.labels else 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """A text and its labels."""

    document: Document
    labels: dict[str, Any]
    name: str


def cases(folder: Path = TEXTS) -> Iterator[Case]:
    """Every labelled text of a folder, in the order of their names."""
    for path in sorted(folder.glob("*.json")):
        labels = json.loads(path.read_text(encoding="utf-8"))
        text = next(p for p in sorted(folder.glob(f"{path.stem}.*")) if p.suffix != ".json")
        yield Case(read_file(text, f"file:{text.name}"), labels, path.stem)


def equal(figure: Statement, label: dict[str, Any]) -> bool:
    """Whether a figure is the labelled one, up to its unit."""
    expected, got = float(label["value"]), figure.value
    printed, wanted = meaning(figure.unit), meaning(str(label["unit"]))
    if printed.what != wanted.what:
        return False
    return abs(printed.turn(got, wanted) - expected) <= TOLERANCE * max(abs(expected), 1e-12)


def compare(case: Case) -> tuple[Score, list[Error]]:
    """Read one text and compare with its labels."""
    found = {figure.rule_id: figure for figure in figures(case.document, rules=rules())}
    labels = case.labels["figures"]
    score, errors = Score(len(labels), len(found)), []
    for rule_id in sorted(labels.keys() | found.keys()):
        label, figure = labels.get(rule_id), found.get(rule_id)
        if label and figure and equal(figure, label):
            score.right += 1
            continue
        kind = "wrong" if label and figure else "missed" if label else "invented"
        expected = f"{label['value']}{label['unit']}" if label else "-"
        got = f"{figure.value}{figure.unit}" if figure else "-"
        sentence = figure.sentence if figure else ""
        errors.append(Error(case.name, rule_id, kind, expected, got, sentence))
    return score, errors


def measure(batch: int | None = None) -> tuple[dict[str, dict[str, Score]], list[Error]]:
    """Score all texts, or those of one batch: overall, per layout and per city."""
    tables: dict[str, dict[str, Score]] = {
        name: defaultdict(Score) for name in ("overall", "layout", "city", "batch")
    }
    errors: list[Error] = []
    for case in cases():
        if batch is not None and case.labels["batch"] != batch:
            continue
        score, wrong = compare(case)
        errors += wrong
        for name, table in tables.items():
            key = "all" if name == "overall" else str(case.labels[name])
            total = table[key]
            total.labels += score.labels
            total.found += score.found
            total.right += score.right
    return tables, errors


def report(tables: dict[str, dict[str, Score]], errors: Iterable[Error]) -> Iterator[str]:
    """The lines to print."""
    for name, table in tables.items():
        yield f"{name:12} {'labels':>7} {'found':>7} {'right':>7} {'precision':>10} {'recall':>8}"
        for key, score in sorted(table.items()):
            yield (
                f"  {key:10} {score.labels:7} {score.found:7} {score.right:7} "
                f"{score.precision:10.4f} {score.recall:8.4f}"
            )
    for error in errors:
        yield (
            f"{error.kind:8} {error.text} {error.rule_id}: expected {error.expected}, "
            f"got {error.got} {error.sentence[:90]}"
        )


def main() -> None:
    """Print the report; an argument names one batch."""
    tables, errors = measure(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    print("\n".join(report(tables, errors)))


if __name__ == "__main__":
    main()
