"""What a worker process and the process that it works for say to each other.

::

    parent                     worker
    ──Start──────────────────>          where the plugins are, which cities there are
             <──────────Ready──
    ──[Order, or Derive, …]──>          for each: fetch a page, read it for all its indicators
             <────────────Ask──         http.get(…) …
    ──Answer─────────────────>
             <──────────Reading──       from now on it is normalize that takes its time
             <───────────Done──         and so on with the next one

Each order is pickled for itself, so that one that cannot be loaded costs itself alone; the next is
begun without a word, unless the parent has called it off (`core.refresh.isolation.work.Batch`).
All of it is pickled, and holds nothing that a plugin has defined: the other side could not load it.
Figures go column by column, since a tuple of their own for each takes several times as long.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from cityflux.core.model.document import Document
from cityflux.core.model.nouns import Indicator
from cityflux.core.plugin.manager import Selection

Columns = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Start:
    """What a worker needs to know before its first order: also what it may not tell."""

    selection: Selection
    cities: frozenset[str]
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Ready:
    """The worker has loaded the plugins."""


@dataclass(frozen=True)
class Order:
    """A task, as `core.refresh.tasks.Task` has it.

    Attributes:
        parts: the indicators, as the parent knows them, and the id of the source of each; a plugin
            file may have changed since.
        since: the latest period that is known.
        known: the hashes of the documents of the last good fetch.
        kept: documents to be read again.
        time_limit: seconds.
    """

    parts: tuple[tuple[Indicator, str], ...]
    since: str | None
    known: tuple[str, ...]
    kept: tuple[tuple[Document, ...], ...]
    time_limit: float


@dataclass(frozen=True)
class Derive:
    """Another order: call `derive` of an indicator with its inputs, each frame as columns."""

    indicator: Indicator
    inputs: tuple[Columns, ...]


@dataclass(frozen=True)
class Ask:
    """A question that only the parent can answer, since it has the network and the database."""

    name: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came of a question."""

    value: Any = None
    error: Exception | None = None


@dataclass(frozen=True)
class Reading:
    """The documents are there; they are being read now."""


@dataclass(frozen=True)
class Done:
    """What came of an order, as `core.refresh.carry_out.Result` has it.

    Attributes:
        documents: what was handed over.
        given: for each part its figures, as columns, and its error.
        unchanged: whether the documents are those of the last time.
        news: of which plugins around it a call failed, and how.
    """

    documents: tuple[Document, ...] = ()
    given: tuple[tuple[Columns, str], ...] = ()
    unchanged: bool = False
    news: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Derived:
    """What came of a `Derive`, as `core.refresh.derivation` has it; figures are columns."""

    found: Columns = ()
    lineage: tuple[dict[str, Any], ...] = ()
    flows: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True)
class Broken:
    """In place of what came of an order, or of the order itself: why there is nothing."""

    error: str


@dataclass(frozen=True)
class Elsewhere:
    """In place of the bytes of a document: the other side has them, under their hash."""

    sha256: str

    def __call__(self) -> bytes:
        """Nobody reads them here: who receives the document puts his own way to them in."""
        raise LookupError(self.sha256)


def columns(rows: Iterable[tuple[Any, ...]]) -> Columns:
    """Rows as columns; ``zip(*columns)`` gives the rows again."""
    return tuple(zip(*rows, strict=True))


def portable(document: Document, there: Container[str]) -> Document:
    """A document as it is sent: plain, and without the bytes that the other side has.

    Args:
        document: one of the plugin's own class, perhaps.
        there: the hashes of what the other side has.
    """
    values = {each.name: getattr(document, each.name) for each in fields(Document)}
    if document.sha256 in there:
        values |= {"content": Elsewhere(document.sha256), "known_sha256": document.sha256}
    else:
        values["content"] = document.body
    return Document(**values)
