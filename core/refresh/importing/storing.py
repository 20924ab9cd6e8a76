"""Storing the figures of a file as a source of its own, and taking them back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ConfigError
from cityflux.core.model.nouns import Source
from cityflux.core.refresh.catalog import source_row
from cityflux.core.refresh.importing.large_rows import LargeRows
from cityflux.core.refresh.importing.table_reader import Row
from cityflux.core.refresh.judging import doubts, marked
from cityflux.storage import catalog, fetches, imports
from cityflux.storage.database import now, write
from cityflux.storage.observations import Batch, doubt_figures, read_known, store_batches

if TYPE_CHECKING:
    from cityflux.core.model.sections import Quality

#: Before all bundled sources.
_PRIORITY = 5


@dataclass(slots=True)
class Stored:
    """What came of an import.

    Attributes:
        changed: how many figures are new or different.
        suspect: the figures that cannot be right, each with its reason.
        gone: the cells that the same source gave before and gives no more.
        rivals: where another source gives another figure.
    """

    changed: int = 0
    suspect: list[str] = field(default_factory=list)
    gone: list[imports.Cell] = field(default_factory=list)
    rivals: list[imports.Rival] = field(default_factory=list)


def source_of_file(
    connection: sqlite3.Connection,
    document: Document,
    source_id: str | None = None,
    *,
    publisher: str | None = None,
    licence: str | None = None,
    priority: int | None = None,
    force: bool = False,
) -> Source:
    """The source that a file is: its own, as it was declared when it was first taken in.

    Args:
        connection: any.
        document: the file.
        source_id: the id that the user gives it; that of the file's name without one.
        publisher: who answers for the figures.
        licence: terms of use.
        priority: the smaller number wins among sources; the file taken in last wins without one.
        force: whether figures may go into a source that is no file.

    Raises:
        ConfigError: the source is kept by a plugin.
    """
    name = Path(unquote(urlsplit(document.address).path)).name
    identifier = source_id or _free_id(connection, document.address, name)
    known = imports.known_source(connection, identifier)
    if known and not known.imported and not force:
        raise ConfigError(
            f"source {identifier} ({known.publisher}) is no file that was taken in; leave --source "
            "out, so that both stand side by side, or write into it with --force"
        )
    if priority is None:
        at = known.priority if known else imports.first_priority(connection, _PRIORITY)
    else:
        at = priority
    return Source(
        id=identifier,
        publisher=publisher or (known.publisher if known else f"imported from {name}"),
        address=document.address,
        licence=licence or (known.licence if known else "not stated"),
        priority=at,
        access="bundled",
        scraper=imports.SCRAPER,
        reference=name,
        kind="by hand",
    )


def store_rows(
    connection: sqlite3.Connection,
    rows: Sequence[Row],
    document: Document,
    source: Source,
    quality: Quality,
    *,
    dry_run: bool = False,
    force: bool = False,
    prune: bool = False,
) -> Stored:
    """Let the figures of a file through the gate and store them in one transaction.

    Args:
        connection: for writing.
        rows: what the file gives.
        document: the file, which is kept.
        source: from `source_of_file`.
        quality: the thresholds of the gate.
        dry_run: whether nothing is to be stored.
        force: whether rows may name sources that are no files.
        prune: whether figures that the file no longer has are taken out.

    Raises:
        ConfigError: rows name a source that a plugin keeps.
    """
    named = _named(rows, "source") - {source.id}
    if (kept := imports.curated(connection, named)) and not force:
        raise ConfigError(
            f"rows name the source {kept[0]}, which is no file that was taken in; take the column "
            "source out, or write into it with --force"
        )
    done, gone = Stored(), imports.cells_of(connection, source.id)
    indicators = _named(rows, "indicator")
    if dry_run:
        for batches in _by_indicator(rows):
            gone -= _cells(batches, source)
            _judged(connection, batches, quality, done)
        done.gone = sorted(gone)
        return done
    with write(connection):
        known = imports.known_source(connection, source.id)
        if source.id in _named(rows, "source") and (known is None or known.imported):
            catalog.save_sources(connection, [source_row(source)])
        one = min(indicators) if len(indicators) == 1 else ""
        fetch = fetches.begin_fetch(connection, one, source.id, document.address, now())
        yields: list[fetches.Yield] = []
        for batches in _by_indicator(rows):
            gone -= _cells(batches, source)
            judged, odd = _judged(connection, batches, quality, done)
            catalog.save_indicator_sources(connection, [each[:2] for each in judged])
            doubt_figures(connection, batches[0].indicator_id, odd)
            yields += _store(connection, judged, fetch)
        total = sum(each.figures for each in yields)
        done.changed = sum(each.changed for each in yields)
        answer = fetches.Answer(document.address, document.sha256, lambda: document.body)
        ended = fetches.Ended(fetch, "stored", [answer], total, done.changed, None, yields)
        fetches.end_fetches(connection, [ended])
        done.gone = sorted(gone)
        if prune:
            imports.remove_cells(connection, source.id, done.gone)
    done.rivals = imports.rivals(connection, source.id, indicators)
    return done


def take_back(
    connection: sqlite3.Connection, source_id: str | None, address: str | None
) -> tuple[imports.Import, int, int]:
    """Undo the last import: of a source, of a file, or of any.

    Returns:
        What was undone, how many figures were taken out, and how many are what they were.

    Raises:
        CityfluxError: nothing was taken in.
    """
    done = imports.last_import(connection, source_id, address)
    if done is None:
        of = source_id or address or "any file"
        raise CityfluxError(f"no import of {of} can be undone; see: cityflux sources")
    with write(connection):
        out, back = imports.take_back(connection, done)
    return done, out, back


def _named(rows: Sequence[Row], what: str) -> set[str]:
    """The indicators or the sources of rows."""
    if isinstance(rows, LargeRows):
        return rows.named(what)
    return {row.indicator_id if what == "indicator" else row.source_id for row in rows}


def _by_indicator(rows: Sequence[Row]) -> Iterator[list[Batch]]:
    """The figures of one indicator after the other, by source: a large file is never whole."""
    if isinstance(rows, LargeRows):
        parts = rows.by_indicator()
    else:
        ordered = sorted(rows, key=attrgetter("indicator_id"))
        parts = ([*part] for _, part in groupby(ordered, key=attrgetter("indicator_id")))
    for part in parts:
        of = sorted(part, key=attrgetter("source_id"))
        yield [
            Batch(of[0].indicator_id, source_id, [row.figure for row in group])
            for source_id, group in groupby(of, key=attrgetter("source_id"))
        ]


def _cells(batches: Sequence[Batch], source: Source) -> set[imports.Cell]:
    """What a source gives."""
    return {
        (each.indicator_id, *figure[:2])
        for each in batches
        if each.source_id == source.id
        for figure in each.figures
    }


def _judged(
    connection: sqlite3.Connection, batches: Sequence[Batch], quality: Quality, done: Stored
) -> tuple[list[Batch], list[tuple[str, str, str]]]:
    """The figures of one indicator, those that cannot be right marked; and what is stored and odd.

    Args:
        connection: any.
        batches: its figures, by source.
        quality: the thresholds of the gate.
        done: where suspect figures are named.
    """
    indicator_id = batches[0].indicator_id
    unit = catalog.units(connection).get(indicator_id)
    if unit is None or indicator_id in quality.off:  # a dry run of a file that declares it
        return [*batches], []
    known = read_known(connection, indicator_id)
    judged: list[Batch] = []
    odd: list[tuple[str, str, str]] = []
    for batch in batches:
        found = dict(doubts(unit, known, batch.figures, quality.jump))
        for (city, period), reason in found.items():
            done.suspect.append(f"{indicator_id} {city} {period}: {reason}")
        there = {each[:2] for each in batch.figures}
        odd += [(*cell, f"suspect: {why}") for cell, why in found.items() if cell not in there]
        judged.append(batch._replace(figures=marked(batch.figures, found)))
    return judged, odd


def _store(
    connection: sqlite3.Connection, batches: Sequence[Batch], fetch: int
) -> list[fetches.Yield]:
    """Store the figures of one indicator within a transaction."""
    counts = store_batches(connection, [each._replace(fetch_id=fetch) for each in batches])
    return [
        fetches.Yield(*each[:2], "stored", len(each.figures), count)
        for each, count in zip(batches, counts, strict=True)
    ]


def _free_id(connection: sqlite3.Connection, address: str, name: str) -> str:
    """An id after the name of the file: that of this file, or one that no other file has."""
    stem = re.sub(r"[\s/\\]+", "_", Path(name).stem) or "file"
    number, identifier = 1, f"import.{stem}"
    while (known := imports.known_source(connection, identifier)) and known.address != address:
        number += 1
        identifier = f"import.{stem}-{number}"
    return identifier
