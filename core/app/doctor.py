"""Looking over an installation: configuration, plugins, surroundings and database.

Each check gives one `Finding`. One that cannot be made because an earlier one failed is left out.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cityflux.core.app.health import LONGEST_SILENCE
from cityflux.core.app.lock import is_running
from cityflux.core.model.errors import CityfluxError, ConfigError
from cityflux.core.model.version import __version__
from cityflux.storage import examination
from cityflux.storage.blueprint import differences
from cityflux.storage.complaints import MEND, what_to_do
from cityflux.storage.jobs import read_daemon
from cityflux.storage.read_only import read_database
from cityflux.storage.texts import garbled

if TYPE_CHECKING:
    from cityflux.core.app.session import Session

State = Literal["ok", "note", "failed"]

#: What the disk must have left, in bytes: the log of the database grows while somebody reads.
LEAST_SPACE = 100 * 2**20
#: How far ahead of the clock the database may be: those who write to it have clocks of their own.
_APART = timedelta(minutes=5)
_MIB = 2**20
_TROUBLE: tuple[type[Exception], ...] = (CityfluxError, sqlite3.Error, OSError, ValueError)
_GO_BACK = "go back to a copy, see docs/operations.md"
_NAMED = 3  # how many of several things a line names


@dataclass(frozen=True)
class Finding:
    """What a check came to.

    Attributes:
        check: what was looked at.
        state: ``ok``; ``note`` for what may be meant; ``failed`` for what wants mending.
        detail: what was found, and what to do.
    """

    check: str
    state: State
    detail: str


def examine(session: Session) -> Iterator[Finding]:
    """Make all checks, one after the other.

    Args:
        session: nothing of which has to be right.
    """
    yield Finding("software", "ok", _software())
    config = _guarded("configuration", partial(_configuration, session))
    yield config
    if config.state == "failed":
        return
    yield _guarded("plugins", partial(_plugins, session))
    yield _guarded("indices", partial(_indices, session))
    yield _guarded("schedules", partial(_schedules, session))
    yield _guarded("secrets", partial(_secrets, session))
    yield _guarded("disk", lambda: _disk(session.database))
    if not session.database.exists():
        yield Finding("database", "note", f"{session.database}: none yet; make one: cityflux run")
        return
    yield from _of_database(session.database)


def _of_database(path: Path) -> Iterator[Finding]:
    """The checks of the file itself; the first says whether it can be opened at all."""
    opened = _guarded("schema", partial(_schema, path))
    yield opened
    if opened.state == "failed":
        return
    checks: dict[str, Callable[[sqlite3.Connection], Finding]] = {
        "integrity": _integrity,
        "figures": _figures,
        "texts": _texts,
        "definitions": _definitions,
        "tables": _tables,
        "foreign keys": _foreign_keys,
        "triggers": _triggers,
        "snapshots": _snapshots,
        "clock": _clock,
        "quarantine": _quarantine,
    }
    with read_database(path) as connection:
        for name, check in checks.items():
            yield _guarded(name, partial(check, connection))
        yield _guarded("daemon", partial(_daemon, path, connection))
    yield _guarded("search", partial(_search, path))


def _guarded(check: str, look: Callable[[], Finding]) -> Finding:
    """A check whose own failure is a finding."""
    try:
        return look()
    except _TROUBLE as error:
        text = " ".join(str(error).split())
        if isinstance(error, sqlite3.Error):
            text = f"{text}; {_GO_BACK}" if "malformed" in text else what_to_do(text)
        return Finding(check, "failed", text)


def _software() -> str:
    python = ".".join(map(str, sys.version_info[:3]))
    return f"cityflux {__version__}, Python {python}, SQLite {sqlite3.sqlite_version}"


def _configuration(session: Session) -> Finding:
    assert session.config is not None  # reading it is the check
    return Finding("configuration", "ok", "every key and value has a meaning")


def _plugins(session: Session) -> Finding:
    from cityflux.core.app.timetable import triggers

    with suppress(ConfigError):  # which is a finding of its own
        triggers(session)  # it looks at the schedules of plugins
    records = session.plugins.records
    if broken := [f"{record.name}: {record.error}" for record in session.plugins.broken]:
        return Finding("plugins", "failed", f"{len(broken)} broken: {_several(broken)}")
    return Finding("plugins", "ok", f"{len(records)}, none broken")


def _indices(session: Session) -> Finding:
    from cityflux.core.engine.checking import check_methods

    known = session.plugins.indicators
    unknown, wrong = [], [": ".join(each) for each in session.wrong_indices]
    for definition in session.indices.values():
        try:
            check_methods(definition, session.methods)
        except CityfluxError as error:
            wrong.append(str(error))
        unknown += [
            f"{leaf.id} of {definition.id}" for leaf in definition.leaves if leaf.id not in known
        ]
    if wrong:
        return Finding("indices", "failed", f"{len(wrong)} broken: {_several(wrong)}")
    if unknown:
        detail = f"{len(unknown)} indicators come from no plugin: {_several(unknown)}"
        return Finding("indices", "note", detail)
    return Finding("indices", "ok", f"{len(session.indices)}, each with methods that there are")


def _schedules(session: Session) -> Finding:
    from cityflux.core.app.timetable import backup_trigger, triggers

    backup_trigger(session.config)
    session.config.webhook.address()
    planned = triggers(session)
    if unknown := sorted(set(session.config.schedule) - _source_ids(session)):
        return Finding("schedules", "failed", f"[schedule] names no source: {_several(unknown)}")
    return Finding("schedules", "ok", f"{len(planned)} sources are looked at by the clock")


def _source_ids(session: Session) -> set[str]:
    plugins = (*session.plugins.indicators.values(), *session.plugins.flows.values())
    return {source.id for plugin in plugins for source in plugin.sources}


def _secrets(session: Session) -> Finding:
    from cityflux.core.refresh.tasks import left_out

    if lines := left_out(session.plugins, session.config.secrets):
        return Finding("secrets", "note", f"not set, so left out: {'; '.join(lines)}")
    return Finding("secrets", "ok", "every source has those that it needs")


def _disk(database: Path) -> Finding:
    folder = next(each for each in database.absolute().parents if each.exists())
    size = database.stat().st_size if database.exists() else 0
    free = shutil.disk_usage(folder).free
    text = f"{free / _MIB:,.0f} MiB free in {folder}"
    if not os.access(folder, os.W_OK):
        return Finding("disk", "failed", f"{folder} cannot be written; see its owner and mode")
    if free < LEAST_SPACE:
        return Finding("disk", "failed", f"{text}; make room before writing fails")
    if free < size:
        return Finding("disk", "note", f"{text}: no copy of the {size / _MIB:,.0f} MiB would fit")
    return Finding("disk", "ok", text)


def _schema(path: Path) -> Finding:
    with read_database(path) as connection:
        mode = examination.journal_mode(connection)
    if mode != "wal":
        detail = f"journal_mode is {mode}; readers block writers; run: sqlite-utils enable-wal"
        return Finding("schema", "failed", f"{path}: {detail} {path}")
    return Finding("schema", "ok", f"{path}: up to date")


def _integrity(connection: sqlite3.Connection) -> Finding:
    if lines := examination.check(connection):
        damaged = [line for line in lines if not examination.is_mendable([line])]
        return Finding(
            "integrity", "failed", f"{_several(damaged or lines)}; {_GO_BACK if damaged else MEND}"
        )
    return Finding("integrity", "ok", "every page and index is whole")


def _figures(connection: sqlite3.Connection) -> Finding:
    if lines := examination.no_figures(connection):
        detail = f"{len(lines)} rows that are none, and enter no index: {_several(lines)}; {MEND}"
        return Finding("figures", "failed", detail)
    return Finding("figures", "ok", "every one has a period and a number")


def _texts(connection: sqlite3.Connection) -> Finding:
    if found := garbled(connection):
        lines = [f"{table}.{column} in {count} rows" for table, column, count in found]
        return Finding("texts", "failed", f"bytes that are no UTF-8: {_several(lines)}; {MEND}")
    return Finding("texts", "ok", "every text is one")


def _definitions(connection: sqlite3.Connection) -> Finding:
    from cityflux.core.reading.indices import is_definition

    if found := examination.no_definitions(connection, is_definition):
        lines = [f"{name[:16]} in {table}" for table, name in found]
        detail = f"{len(lines)} stored ones cannot be read: {_several(lines)}; {MEND}"
        return Finding("definitions", "failed", detail)
    return Finding("definitions", "ok", "every stored one can be read")


def _tables(connection: sqlite3.Connection) -> Finding:
    if lines := _otherwise(connection, {"table", "view", "index"}):
        return Finding("tables", "failed", f"{_several(lines)}; {MEND}")
    return Finding("tables", "ok", "tables, views and indices are as they were made")


def _otherwise(connection: sqlite3.Connection, kinds: set[str]) -> list[str]:
    """What is gone or made otherwise, in a few words each."""
    return [
        f"{'gone' if is_gone else 'made otherwise'}: {thing.name}"
        for thing, is_gone in differences(connection)
        if thing.kind in kinds
    ]


def _foreign_keys(connection: sqlite3.Connection) -> Finding:
    broken = [
        f"{count} rows of {table} refer to {parent} that are not there"
        for (table, parent), count in examination.broken_references(connection).items()
    ]
    if broken:
        return Finding("foreign keys", "failed", f"{_several(broken)}; {MEND}")
    return Finding("foreign keys", "ok", "every reference leads somewhere")


def _triggers(connection: sqlite3.Connection) -> Finding:
    if lines := _otherwise(connection, {"trigger"}):
        detail = f"{_several(lines)}; changes are not seen; {MEND}"
        return Finding("triggers", "failed", detail)
    return Finding("triggers", "ok", "every change of a figure is written down")


def _snapshots(connection: sqlite3.Connection) -> Finding:
    if damaged := [sha256[:16] for sha256 in examination.damaged_snapshots(connection)]:
        detail = f"{len(damaged)} whose bytes do not match their hash: {_several(damaged)}"
        return Finding("snapshots", "failed", f"{detail}; {_GO_BACK}, or {MEND}")
    count = examination.count_snapshots(connection)
    return Finding("snapshots", "ok", f"{count:,} documents, each with the bytes of its hash")


def _clock(connection: sqlite3.Connection) -> Finding:
    latest, now = examination.latest_moment(connection), datetime.now(UTC)
    text = f"it is {now.isoformat(timespec='seconds')}"
    try:
        moment = datetime.fromisoformat(latest) if latest else now
    except ValueError:
        return Finding("clock", "note", f"{text}; the last entry of the database has no moment")
    if moment.replace(tzinfo=moment.tzinfo or UTC) > now + _APART:
        detail = f"{text}, but the last entry of the database is of {latest}; set the clock"
        return Finding("clock", "failed", detail)
    return Finding("clock", "ok", text)


def _quarantine(connection: sqlite3.Connection) -> Finding:
    if count := examination.set_aside(connection):
        detail = f"{count:,} rows set aside; see them with: sqlite-utils rows DATABASE quarantine"
        return Finding("quarantine", "note", detail)
    return Finding("quarantine", "ok", "no row was set aside")


def _daemon(path: Path, connection: sqlite3.Connection) -> Finding:
    state = read_daemon(connection)
    if not is_running(path):
        if state and not state["stopped"]:
            detail = f"not running; the last one was killed after {state['beat']}"
            return Finding("daemon", "note", f"{detail}; the next one takes over")
        return Finding("daemon", "ok", "not running; the lock is free")
    if state is None or state["stopped"]:
        return Finding("daemon", "ok", "just starting")
    where = f"pid {state['pid']} on {state['host']}"
    if datetime.now(UTC) - datetime.fromisoformat(state["beat"]) > LONGEST_SILENCE:
        detail = f"{where} holds the lock without a sign of life since {state['beat']}"
        return Finding("daemon", "failed", f"{detail}; end it and start it again")
    return Finding("daemon", "ok", f"up, {where}; how it is doing: cityflux status")


def _search(path: Path) -> Finding:
    if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        return Finding("search", "note", "not looked at, since the file is read-only")
    if not examination.search_is_whole(path):
        detail = f"the index is not that of the indicators; {MEND}"
        return Finding("search", "failed", detail)
    return Finding("search", "ok", "the index is that of the indicators")


def _several(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "; ".join(names[:_NAMED]) + more
