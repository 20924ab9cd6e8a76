"""A task in the hands of a worker: what it is sent and may ask, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.core.refresh.carry_out import Found, Given, Result, failed
from cityflux.core.refresh.isolation.messages import (
    Answer,
    Ask,
    Columns,
    Done,
    Elsewhere,
    Order,
    portable,
)
from cityflux.core.refresh.tasks import Part, Task
from cityflux.core.refresh.underway import Underway
from cityflux.core.refresh.witness import Witness

if TYPE_CHECKING:
    from cityflux.core.model.http import Http


class Errand(Underway):
    """A task that a worker carries out, as `core.refresh.isolation.work.Work` has it.

    Args:
        task: what to do.
        http: the client that fetches for it.
        fetched: called once when it asks nobody any more, and others may.
    """

    def __init__(self, task: Task, http: Http, fetched: Callable[[], None]) -> None:
        super().__init__(task, fetched)
        self._witness = Witness(http)
        self._documents = {each.sha256: each for each in chain.from_iterable(task.kept)}
        self._answers: dict[str, Any] = {
            "get": lambda *args, **options: self._sent(self._witness.get(*args, **options)),
            "post": lambda *args, **options: self._sent(self._witness.post(*args, **options)),
            "known": self._witness.known,
            "secret": self._witness.secret,
            "body": lambda sha256: self._documents[sha256].body,
        }

    def order(self, time_limit: float) -> Order:
        """What a worker is told to do."""
        task = self.task
        kept = tuple(tuple(_lazy(each) for each in group) for group in task.kept)
        parts = tuple((part.plugin.indicator, part.source.id) for part in task.parts)
        return Order(parts, task.since, task.known, kept, time_limit)

    def answer(self, ask: Ask) -> Answer:
        """Do what the worker asks for; what goes wrong is its to hear."""
        try:
            return Answer(self._answers[ask.name](*ask.arguments, **ask.options))
        except Exception as error:
            return Answer(error=_portable_error(error))

    def done(self, done: Done) -> Result:
        """The result, with the bytes that the worker did not send back."""
        documents = tuple(self._here(each) for each in done.documents)
        given = tuple(
            Given(_figures(part, found), error)
            for part, (found, error) in zip(self.task.parts, done.given, strict=True)
        )
        return Result(
            self.task,
            self.started,
            documents or tuple(chain.from_iterable(self.task.kept)),
            self._seen(),
            given,
            done.unchanged,
            done.news,
        )

    def failed(self, error: str) -> Result:
        """The result of a task that came to nothing; what it has seen is kept all the same."""
        return failed(self.task, self.started, self._seen(), error)

    def _seen(self) -> tuple[Document, ...]:
        return tuple(self._witness.documents)

    def _sent(self, document: Document) -> Document:
        self._documents[document.sha256] = document
        return _lazy(document)

    def _here(self, document: Document) -> Document:
        if not isinstance(document.content, Elsewhere):
            return document
        return replace(document, content=self._documents[document.content.sha256].content)


def _figures(part: Part, found: Columns) -> Found:
    figure = FlowFigure if part.is_flow else Figure
    return cast("Found", tuple(map(figure._make, zip(*found, strict=True))))


def _portable_error(error: Exception) -> Exception:
    """The error itself where a worker can load it."""
    if isinstance(error, CityfluxError) or type(error).__module__ == "builtins":
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")


def _lazy(document: Document) -> Document:
    """A document as it is sent to a worker: bytes that must be loaded first are left out."""
    there = () if isinstance(document.content, bytes) else (document.sha256,)
    return portable(document, there)
