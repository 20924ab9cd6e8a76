"""What a workbook (XLSX) says beside the bare values that the library gives.

A share is shown as 61.5 % and stored as 0.615, a month is shown as 2021-03 and stored as its first
day, a formula that was never computed has no value at all, and a raised footnote mark is a part of
the text: all that stands in the XML, from which it is read here.
"""

from __future__ import annotations

import io
import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["percent", "year", "month", "day"]

#: Number formats that every workbook has: those of months differ by language.
_BUILT_IN: dict[int, Kind] = {9: "percent", 10: "percent"}
_BUILT_IN |= dict.fromkeys((17, 27, 36, 50, 52, 57), "month")
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_LAST_SERIAL = 2_958_465  # the end of the year 9999
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_HIDDEN = ("1", "true")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Place = tuple[int, int]


@dataclass(slots=True)
class Appearance:
    """What one sheet shows; rows and columns are counted from 0.

    Attributes:
        cells: what is shown in place of a value.
        hidden: the rows that are hidden.
        merged: the first and the last cell of each merged range.
        left: the first column with a cell.
        concealed: whether the whole sheet is hidden.
    """

    cells: dict[Place, str] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    left: int = 0
    concealed: bool = False


def appearances(members: Mapping[str, bytes]) -> dict[str, Appearance]:
    """How the sheets of a workbook look, by name.

    Args:
        members: of the archive, by name; of a size that was looked at.
    """
    book = ET.fromstring(members["xl/workbook.xml"])
    links = {
        each.get("Id"): each.get("Target", "")
        for each in ET.fromstring(members.get("xl/_rels/workbook.xml.rels", b"<none/>"))
    }
    properties = next(_named(book, "workbookPr"), None)
    late = properties is not None and properties.get("date1904") in _HIDDEN
    kinds = _kinds(members.get("xl/styles.xml", b"<none/>"))
    found = {}
    for sheet in _named(book, "sheet"):
        target = links.get(sheet.get(_RELATION), "")
        content = members.get(posixpath.normpath(posixpath.join("xl", target)).lstrip("/"))
        if content is None:
            content = members.get(target.lstrip("/"), b"<none/>")
        look = _sheet(content, kinds, _EPOCHS[late])
        look.concealed = sheet.get("state", "visible") != "visible"
        found[sheet.get("name", "")] = look
    return found


def without_raised(shared: bytes) -> bytes:
    """The texts of a workbook without what is raised: footnote marks, but not the power of m²."""
    if b"superscript" not in shared:
        return shared
    tree = ET.fromstring(shared)
    for text in tree:
        before = ""
        for run in [*_named(text, "r")]:
            said = "".join(each.text or "" for each in _named(run, "t"))
            raised = any(each.get("val") == "superscript" for each in _named(run, "vertAlign"))
            if raised and not (before.endswith("m") and said in ("2", "3")):
                text.remove(run)
            before += said
    return bytes(ET.tostring(tree, encoding="utf-8", xml_declaration=True))


def _sheet(content: bytes, kinds: Mapping[int, Kind], epoch: datetime) -> Appearance:
    look = Appearance()
    row, column, left = -1, -1, 10**6
    for event, element in ET.iterparse(io.BytesIO(content), events=("start", "end")):
        name = element.tag.rpartition("}")[2]
        if event == "start" and name == "row":
            row = int(element.get("r", row + 2)) - 1
            column = -1
            if element.get("hidden") in _HIDDEN:
                look.hidden.add(row)
        elif event == "end" and name == "c":
            place = _place(element.get("r", "")) or (row, column + 1)
            column = place[1]
            value = _value(element)
            if value is not None:
                left = min(left, column)
            shown = _shown(element, value, kinds.get(int(element.get("s", 0))), epoch)
            if shown is not None:
                look.cells[place] = shown
            element.clear()
        elif event == "end" and name == "mergeCell":
            first, _, last = element.get("ref", "").partition(":")
            if (start := _place(first)) and (end := _place(last)):
                look.merged.append((start, end))
    look.left = left if left < 10**6 else 0
    return look


def _value(cell: ET.Element) -> str | None:
    """The stored value; ``=`` for a formula without one, None for nothing at all."""
    value = next((each.text or "" for each in _named(cell, "v")), None)
    formula = next(_named(cell, "f"), None) is not None
    if formula and not value and cell.get("t") != "str":
        return "="
    if value is not None:
        return value
    return "" if next(_named(cell, "is"), None) is not None else None


def _shown(cell: ET.Element, value: str | None, kind: Kind | None, epoch: datetime) -> str | None:
    """What is shown in place of the value, where that is something else."""
    form = cell.get("t", "n")
    if value == "=":
        return "=, a formula without a result"
    if form == "e":
        return value
    if form != "n" or not value or kind is None:
        return None
    number = float(value)
    if kind == "percent":
        return f"{number * 100:.9f}".rstrip("0").rstrip(".") + "%"
    if not 1 <= number <= _LAST_SERIAL:
        return None
    day = epoch + timedelta(days=int(number))
    return day.strftime({"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}[kind])


def _kinds(styles: bytes) -> dict[int, Kind]:
    """What the formats of a workbook make of a number, by their place."""
    tree = ET.fromstring(styles)
    own = {
        int(each.get("numFmtId", -1)): _kind(each.get("formatCode", ""))
        for each in _named(tree, "numFmt")
    }
    formats = next(_named(tree, "cellXfs"), ())
    found = {}
    for place, each in enumerate(formats):
        number = int(each.get("numFmtId", 0))
        if kind := own.get(number) or _BUILT_IN.get(number):
            found[place] = kind
    return found


def _kind(code: str) -> Kind | None:
    plain = _QUOTED.sub("", code.partition(";")[0]).lower()
    if "%" in plain:
        return "percent"
    if "y" not in plain or re.search("[hs]", plain):
        return None
    return "day" if "d" in plain else "month" if "m" in plain else "year"


def _place(text: str) -> Place | None:
    """``B3`` is the row 2 and the column 1."""
    match = _PLACE.fullmatch(text.replace("$", "").upper())
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _named(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (each for each in element.iter() if each.tag.rpartition("}")[2] == name)
