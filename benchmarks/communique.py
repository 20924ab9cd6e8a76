"""Precision and recall of the communiqué scraper on the labelled texts beside this file.

``python -m benchmarks.communique`` prints both overall, per layout, per city and for each kind of
difficulty, then every error, and beside them what the first readings gave. The texts are synthetic;
see ``communique/README.md``. ``--pages FOLDER`` reads whole pages as offices publish them, for
which ``communique/whole_pages.csv`` has labels; they are not part of the project.
"""

from __future__ import annotations

import argparse
import csv
import json
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
KINDS = TEXTS.with_name("kinds.jsonl")
PAGES = TEXTS.with_name("whole_pages.csv")
TOLERANCE = 1e-9

#: What stands around each short text: words without figures.
FILLER = (
    "面对复杂多变的外部环境，全市上下同心协力，经济运行总体平稳，质量效益稳步提升，民生保障有力有效。"
    "各项社会事业全面进步，城市环境持续改善，人民生活水平不断提高，社会大局和谐稳定，发展基础更加坚实。"
    "下一步，全市将继续推动高质量发展，努力办好民生实事，加快建设宜居、韧性、智慧城市。"
)

#: First readings, before anything was mended: figures labelled, found and found rightly.
FIRST = {
    "kinds, by the reader before the frame": (505, 404, 180),
    "kinds, by the frame when they were written": (505, 505, 487),
    "five whole pages of 2025 that others labelled, before the frame": (121, 103, 101),
    "three whole pages of 2025 that we labelled, before the frame": (76, 75, 73),
}


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


def kinds(path: Path = KINDS) -> Iterator[tuple[str, Case]]:
    """Every short text of a kind of difficulty, with its kind."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        text = row["text"]
        body = text if text.startswith("<") else "".join(f"<p>{p}</p>" for p in text.split("\n"))
        title = f"<title>{row['title']}</title><h1>{row['title']}</h1>"
        html = f"<html><body>{title}<p>{FILLER}</p>{body}</body></html>".encode()
        document = Document(f"file:{row['kind']}_{number}.html", html, "text/html")
        yield row["kind"], Case(document, row, f"{row['kind']} {number}")


def pages(folder: Path, labels: Path = PAGES) -> Iterator[Case]:
    """The whole pages of a folder for which there are labels."""
    by_page: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    with labels.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_page[row["page"]][row["indicator"]] = row
    for page, rows in by_page.items():
        path = folder / f"{page}.html"
        yield Case(read_file(path, f"file:{path.name}"), {"figures": rows}, page)


def compare(case: Case) -> tuple[Score, list[Error]]:
    """Read one text and compare with its labels; bounds are no figures."""
    stated = figures(case.document, rules=rules())
    found = {figure.rule_id: figure for figure in stated if figure.status != "bound"}
    labels = case.labels["figures"]
    copies = {name for rule in rules().rules for name in rule.same_as} - labels.keys()
    # labelled once for all indicators
    found = {name: f for name, f in found.items() if name.split("@")[0] not in copies}
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


def measure_cases(cases: Iterable[tuple[str, Case]]) -> tuple[dict[str, Score], list[Error]]:
    """Score some texts by a name that each has."""
    table: dict[str, Score] = defaultdict(Score)
    errors: list[Error] = []
    for name, case in cases:
        score, wrong = compare(case)
        errors += wrong
        for key in (name, "all"):
            table[key].labels += score.labels
            table[key].found += score.found
            table[key].right += score.right
    return table, errors


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


def first_readings() -> Iterator[str]:
    """The lines on what the first readings gave."""
    for name, (labels, found, right) in FIRST.items():
        score = Score(labels, found, right)
        yield f"first reading: {name}: {score.precision:.3f} precision, {score.recall:.3f} recall"


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("batch", nargs="?", type=int, help="one batch of the labelled texts")
    parser.add_argument("--pages", type=Path, metavar="FOLDER", help="whole pages to read, too")
    given = parser.parse_args()
    tables, errors = measure(given.batch)
    tables["kind"], wrong = measure_cases(kinds())
    errors += wrong
    if given.pages:
        read = ((case.name, case) for case in pages(given.pages))
        tables["page"], wrong = measure_cases(read)
        errors += wrong
    print("\n".join([*report(tables, errors), *first_readings()]))


if __name__ == "__main__":
    main()
