"""What a report is made of, whatever it is written as: sections of texts, tables and charts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: what it says.
        href: where a click leads: an address, or ``#`` and an anchor in the report.
        anchor: its own anchor.
        strong: whether it stands out.
        indent: how deep it stands in a tree.
    """

    text: str
    href: str = ""
    anchor: str = ""
    strong: bool = False
    indent: int = 0


@dataclass(frozen=True)
class Text:
    """A paragraph; the ``lead`` of a section is larger."""

    kind: ClassVar[str] = "text"
    text: str
    lead: bool = False


@dataclass(frozen=True)
class Missing:
    """What is not there, and what brings it."""

    kind: ClassVar[str] = "missing"
    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    kind: ClassVar[str] = "items"
    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: the headings.
        rows: the cells, as many in each row.
        right: from this column on there are numbers.
        caption: what it shows.
        widths: of the columns in percent, where they do not follow from what is in them.
    """

    kind: ClassVar[str] = "table"
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: int = 1
    caption: str = ""
    widths: Sequence[int] = ()


@dataclass(frozen=True)
class Chart:
    """A chart with the table of its figures.

    Attributes:
        id: its anchor, unique in the report.
        caption: what it shows.
        chart: of Altair.
        table: the figures behind it.
    """

    kind: ClassVar[str] = "chart"
    id: str
    caption: str
    chart: Any
    table: Table


@dataclass(frozen=True)
class Formula:
    """A formula with its name, what its letters mean, and where it comes from."""

    kind: ClassVar[str] = "formula"
    name: str
    formula: str
    source: str = ""


@dataclass(frozen=True)
class Pairs:
    """Labels with their values."""

    kind: ClassVar[str] = "pairs"
    pairs: Sequence[tuple[str, Cell]]


@dataclass(frozen=True)
class Code:
    """Text that a machine reads, folded away under a summary."""

    kind: ClassVar[str] = "code"
    summary: str
    text: str


Block = Text | Missing | Items | Table | Chart | Formula | Pairs | Code


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading; a section of level 2 belongs to the one before it."""

    id: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    level: int = 1
    new_page: bool = True


def anchor(kind: str, name: str) -> str:
    """An anchor for something that has an id of its own, which may hold any letters."""
    return f"{kind}-{re.sub(r'[^0-9A-Za-z_.-]', lambda found: f'-{ord(found[0]):x}-', name)}"
