"""Questionnaires as files: written for an expert, and read when they come back.

A file is a table of text cells: lines with a key, then one line a node or pair. The first column
says what a line is, so that nobody's words have to be understood.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cityflux.core.model.document import Document, read_file
from cityflux.core.model.errors import ImportRefused, ReportError
from cityflux.core.model.questionnaire import Given, Line, Questionnaire
from cityflux.core.words.catalogue import CODES, text

Row = list[str]
#: What stands before the lines, in this order.
_HEAD = ("panel", "round", "expert", "basis", "familiarity")
#: The columns of a line; the last two are for the expert.
_COLUMNS = (
    *("part", "node", "other", "name_zh", "name_en", "definition", "coverage"),
    *("median", "low", "high", "own", "answer", "strike"),
)
_ANSWER, _STRIKE = _COLUMNS.index("answer"), _COLUMNS.index("strike")
_PROPOSE = "propose"
#: Lines for what is proposed.
_ROOM = 5
#: A cell of a sheet with a formula.
_FORMULA = re.compile(rb'<c [^>]*?r="([A-Z]+[0-9]+)"[^>]*>\s*<f[ />]')
#: What a spreadsheet would take for a formula.
_ACTIVE = ("=", "+", "-", "@")


def written(asked: Questionnaire) -> list[Row]:
    """The cells of a questionnaire."""
    values = {"panel": asked.panel, "round": str(asked.number), "expert": asked.expert}
    rows = [[key, _label(key), values.get(key, "")] for key in _HEAD]
    scale = text("zh", "delphi.scale", least=asked.least, most=asked.most)
    english = text("en", "delphi.scale", least=asked.least, most=asked.most)
    rows.append(["", f"{scale} {english}"])
    columns = _COLUMNS if asked.proposing else _COLUMNS[:_STRIKE]
    rows.append([_label(key) for key in columns])
    rows += [_cells(line)[: len(columns)] for line in asked.lines]
    if asked.proposing:
        rows += [[_PROPOSE, _label(_PROPOSE)] for _ in range(_ROOM)]
    return rows


def _label(key: str) -> str:
    return " ".join(text(code, f"delphi.{key}") for code in CODES)


def _cells(line: Line) -> Row:
    numbers = (line.coverage, line.median, line.low, line.high, line.own)
    shown = ["" if each is None else f"{each:g}" for each in numbers]
    texts = [line.name_zh, line.name_en, line.definition]
    plain = [f"'{each}" if each.startswith(_ACTIVE) else each for each in texts]
    return [line.part, line.node, line.other, *plain, *shown, "", ""]


def write(asked: Questionnaire, path: Path) -> None:
    """Write a questionnaire as XLSX or CSV, by the name of the file.

    Raises:
        ReportError: the file cannot be written, or the package that writes workbooks is missing.
    """
    rows = written(asked)
    try:
        if path.suffix == ".csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(rows)
        else:
            _write_workbook(rows, path)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror})") from error


def _write_workbook(rows: Sequence[Row], path: Path) -> None:
    try:
        import xlsxwriter
    except ImportError:
        raise ReportError(
            "writing a workbook needs one more package; install it with: "
            "pip install 'cityflux[excel]', or write --format csv"
        ) from None
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("questionnaire")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(at, column, cell)
        sheet.set_column(1, 5, 28)


def read(path: Path) -> tuple[Given, str]:
    """Read a questionnaire that came back.

    Returns:
        What it says, and the SHA-256 of the file.

    Raises:
        ImportRefused: it is no questionnaire, or a cell holds a formula.
        Unexpected: it is nothing that can be read as a table.
    """
    from cityflux.scrapers.tables.grids import read_grid, sniff

    document = read_file(path)
    form = sniff(document)
    if form not in ("csv", "tsv", "xlsx", "xls", "ods"):
        raise _refused(path, "is no questionnaire; give it back as XLSX or CSV")
    _refuse_formulas(document, path)
    grid = read_grid(document, form)
    return _given(grid, path), document.sha256


def _refuse_formulas(document: Document, path: Path) -> None:
    """Refuse a workbook in which a cell is computed: what it says depends on who opens it."""
    if not document.body.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(document.body)) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                with archive.open(name) as sheet:
                    found = _FORMULA.search(sheet.read(64 * 2**20))
                if found:
                    raise _refused(path, f"{found[1].decode()} holds a formula; write its number")


def _given(grid: Sequence[Row], path: Path) -> Given:
    head: dict[str, str] = {}
    answers: dict[tuple[str, str, str], str] = {}
    struck, proposed = [], []
    for row in _padded(grid):
        part, node, other = row[:3]
        if part in _HEAD:
            head[part] = row[2]
        elif part == _PROPOSE:
            proposed += [row[_ANSWER]] if row[_ANSWER] else []
        elif part in ("scale", "pair", "best", "worst"):
            if (part, node, other) in answers:
                raise _refused(path, f"{node} stands twice; leave one line")
            answers[part, node, other] = row[_ANSWER]
            struck += [node] if row[_STRIKE] else []
    if missing := [key for key in _HEAD[:3] if not head.get(key)]:
        raise _refused(path, f"is no questionnaire: the line {missing[0]!r} is missing")
    return Given(
        head["panel"],
        head["round"],
        head["expert"],
        head.get("basis", ""),
        head.get("familiarity", ""),
        answers,
        struck,
        proposed,
    )


def _padded(grid: Sequence[Row]) -> Iterator[Row]:
    for row in grid:
        yield [*row, *[""] * (len(_COLUMNS) - len(row))]


def _refused(path: Path, why: str) -> ImportRefused:
    return ImportRefused(f"{path}: {why}; nothing was stored", [why])
