"""Tables of a yearbook edition that somebody has downloaded, a workbook each.

Such a workbook names no year. It prints the year before that of the edition, which stands in the
name of the file or of its folder; and it calls indicators by names of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cityflux.core.model.nouns import Indicator, Source
from cityflux.core.refresh.importing.table_reader import Row

#: The yearbook whose workbooks are known: 2-10 is a table of chapter 2, of the prefectures.
YEARBOOK = "中国城市统计年鉴"
_TABLE = re.compile(r"(?<![\d-])(2-\d{1,2})(?![\d-])")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
PUBLISHER = "国家统计局 (中国城市统计年鉴)"
_LICENCE = "licence not stated where read; official figure, cited"
#: Behind the tables that were chosen and the live sources, as any other print of an office.
PRIORITY = 58


@dataclass(frozen=True)
class Edition:
    """A table of an edition.

    Attributes:
        year: of the edition; None where nobody says.
        table: its number.
        aliases: by indicator what the tables call it.
        also: by indicator the further ones that are given by the same figures.
    """

    year: int | None
    table: str
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    also: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def period(self) -> str | None:
        """The year that the edition prints."""
        return None if self.year is None else str(self.year - 1)

    def source(self, source: Source) -> Source:
        """The source that a file of the edition is."""
        name = f"《{YEARBOOK}{self.year}》" if self.year else f"《{YEARBOOK}》"
        nobody = source.publisher.startswith("imported from")
        return replace(
            source,
            publisher=PUBLISHER if nobody else source.publisher,
            licence=_LICENCE if source.licence == "not stated" else source.licence,
            reference=f"{name} 表{self.table}, {source.reference}",
            kind="official table",
        )

    def copied(self, rows: Sequence[Row]) -> list[Row]:
        """The rows, and those of the indicators that the same figures give."""
        more = ((row, each) for row in rows for each in self.also.get(row.indicator_id, ()))
        return [*rows, *(replace(row, indicator_id=each) for row, each in more)]


def edition_of(file: Path, folder: Path, indicators: Iterable[Indicator]) -> Edition | None:
    """Which table of which edition a file is; None where its name has no number of a table.

    Args:
        file: a file.
        folder: the folder that was named, in which it is.
        indicators: those whose publications are known.
    """
    table = _TABLE.search(file.stem)
    if table is None:
        return None
    above = [*file.resolve().parents]
    above = above[: above.index(folder.resolve()) + 1]
    names = [file.stem[: table.start()], file.stem[table.end() :], *(each.name for each in above)]
    year = next((int(found[1]) for name in names if (found := _YEAR.search(name))), None)
    return Edition(year, table[1], *_called(indicators))


def _called(
    indicators: Iterable[Indicator],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """By indicator what the yearbook calls it, and who else is given by the same figures."""
    by_name: dict[str, list[Indicator]] = {}
    for each in indicators:
        for printed in each.publications:
            if printed.name == YEARBOOK:
                by_name.setdefault(printed.series, []).append(each)
    aliases: dict[str, list[str]] = {}
    also: dict[str, list[str]] = {}
    for name, sharing in by_name.items():
        # The one that is called so by everybody takes the name, or else the first.
        own = next((each for each in sharing if name in (each.name_zh, *each.aliases)), sharing[0])
        if name not in (own.name_zh, *own.aliases):
            aliases.setdefault(own.id, []).append(name)
        others = [each.id for each in sharing if each is not own and each.unit == own.unit]
        also.setdefault(own.id, []).extend(others)
    return aliases, also
