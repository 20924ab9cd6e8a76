"""What ``cityflux import`` does with the indicators, cities and index that a file declares."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cityflux.core.app.data_files import (
    data_file,
    declared_before,
    plugin_folder,
    save_files,
    set_back,
    texts_of,
)
from cityflux.core.app.job import Job
from cityflux.core.app.session import Session
from cityflux.core.model.document import Document
from cityflux.core.plugin.data_file import SUFFIX
from cityflux.core.refresh.importing.coin_tool import read_coin_tool
from cityflux.core.refresh.importing.declared import NOTHING, Declaration, declaration, names_with
from cityflux.core.refresh.importing.listed import Listed, listed_beside, listed_in, units_of
from cityflux.core.refresh.importing.names import Names
from cityflux.core.refresh.importing.reading import opened
from cityflux.core.refresh.importing.table_reader import Row
from cityflux.scrapers.handed.sheets import Sheet


@dataclass(frozen=True)
class Opened:
    """A file with what it declares.

    Attributes:
        session: before what it declares is there.
        names: what it may name.
        said: what it is, in words.
        sheets: those that may hold figures.
        more: what it declares.
        path: the data file of what it declares.
        file: its name.
    """

    session: Session
    names: Names
    said: str = ""
    sheets: Sequence[Sheet] = ()
    more: Declaration = NOTHING
    path: Path = Path()
    file: str = ""

    @property
    def declares(self) -> bool:
        """Whether there is anything to be written down."""
        return bool(self.more.indicators or self.more.cities or self.more.tree)

    @contextmanager
    def written(self, rows: Sequence[Row], *, dry_run: bool) -> Iterator[Session]:
        """The session in which all that the file declares is there.

        Where anything goes wrong with it, the plugin folder is as it was.

        Args:
            rows: the figures of the file.
            dry_run: whether nothing is to be written.
        """
        if dry_run or not self.declares:
            yield self.session
            return
        texts = texts_of(self.more, rows, self.path, self.file)
        before = {path: path.read_text("utf-8") if path.exists() else None for path in texts}
        fresh = save_files(self.session, texts)
        try:
            yield fresh
        except BaseException:
            set_back(before)
            raise

    def computed(self, fresh: Session, connection: sqlite3.Connection) -> list[str]:
        """Compute the index that it declares; gives what went wrong."""
        if not self.more.tree:
            return []
        outcome = Job(connection, fresh).compute([fresh.index(self.more.prefix)], force=True)
        return [f"{name}: {why}" for name, why in outcome.failed + outcome.broken]

    def told(self, *, dry_run: bool) -> list[str]:
        """What it declares, in a line."""
        if not self.declares:
            return []
        parts = [
            f"{len(found)} {what}"
            for found, what in ((self.more.indicators, "indicators"), (self.more.cities, "cities"))
            if found
        ]
        if tree := self.more.tree:
            parts.append(
                f"the index {self.more.prefix} of {len(tree.leaves)} indicators in "
                f"{len(tree.groups)} groups"
            )
        written = "" if dry_run else f"; written to {self.path}"
        return [f"declares {', '.join(parts)}{written}"]

    def as_json(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "indicators": [each["id"] for each in self.more.indicators],
            "cities": [each["id"] for each in self.more.cities],
            "index": self.more.prefix if self.more.tree else None,
        }


def open_declared(
    session: Session, file: Path, document: Document, names: Names, unit: str
) -> Opened:
    """Open a file, and read what it declares in sheets of its own or in a file beside it.

    Args:
        session: what is there.
        file: the file.
        document: the same, read.
        names: what is there.
        unit: of indicators that are declared without one.

    Raises:
        ImportRefused: it cannot be read.
        CityfluxError: what it declares is wrong.
    """
    said, sheets = opened(document)
    beside = file.with_name(file.name.removesuffix(file.suffix) + SUFFIX)
    if tool := read_coin_tool(sheets):
        rows, figures = tool
        said, sheets = f"a workbook of the COIN Tool ({said})", [figures]
        listed = Listed(rows, units_of(figures))
    else:
        listed, sheets = listed_in(sheets)
    if beside.exists() and beside.resolve() != file.resolve():
        indicators, cities = listed_beside(beside)
        listed = Listed([*listed.indicators, *indicators], [*listed.cities, *cities])
    if not (listed.indicators or listed.cities):
        return Opened(session, names, said, sheets)
    path = data_file(plugin_folder(session), file.stem)
    more = declaration(listed, names, file.stem, unit, declared_before(path))
    return Opened(session, names_with(names, more), said, sheets, more, path, file.name)
