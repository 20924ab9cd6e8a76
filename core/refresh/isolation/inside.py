"""A worker process: it carries out one order after another, and asks its parent for the rest.

``python -m cityflux.core.refresh.isolation.inside MESSAGES LIFELINE PERMITS``: all are file
descriptors, of a socket for the messages, of a pipe that closes when the parent is gone, and of one
that holds a byte for each order that may be begun after the first. It opens neither the database
nor a connection to any host: the parent does, so that pace, cache and secrets stay in one place and
a worker may be killed at any moment.
"""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import signal
import sys
import threading
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, cast

from cityflux.core.model.document import Document
from cityflux.core.model.errors import PluginError, Stopped
from cityflux.core.model.nouns import Indicator
from cityflux.core.model.secrecy import know
from cityflux.core.plugin.inputs import inputs_of
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins, load_selection
from cityflux.core.plugin.traces import one_line
from cityflux.core.refresh.carry_out import Result, carry_out
from cityflux.core.refresh.derivation import derive_one
from cityflux.core.refresh.isolation.messages import (
    Answer,
    Ask,
    Broken,
    Derive,
    Derived,
    Done,
    Elsewhere,
    Order,
    Reading,
    Ready,
    Start,
    columns,
    portable,
)
from cityflux.core.refresh.tasks import Part, Task, page_of

#: Less urgent than the parent, so that a plugin that eats the CPU does not slow it down.
_NICE = 5


class Talk:
    """What is said about one order, by whatever thread of the plugin, until it is done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._over = False
        self.sent: set[str] = set()

    def ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Ask the parent, and raise what it could not do.

        Raises:
            Stopped: the order is done; only a thread that a plugin left behind asks then.
        """
        with self._lock:
            if self._over:
                raise Stopped("stopped: this fetch has come to its end")
            self._connection.send(Ask(name, arguments, options))
            answer: Answer = self._connection.recv()
        if answer.error is not None:
            raise answer.error
        return answer.value

    def document(self, name: str, *arguments: Any, **options: Any) -> Document:
        """Ask for a document; bytes that the parent left out are asked for when they are read."""
        document = self.here(self.ask(name, *arguments, **options))
        self.sent.add(document.sha256)
        return document

    def here(self, document: Document) -> Document:
        """A document from the parent with a way to its bytes."""
        if not isinstance(document.content, Elsewhere):
            return document
        sha256 = document.content.sha256
        return replace(document, content=lambda: cast("bytes", self.ask("body", sha256)))

    def say_reading(self) -> None:
        """Say that fetching is over."""
        with self._lock:
            self._connection.send(Reading())

    def say_done(self, done: Done | Derived | Broken) -> None:
        """Hand over what came of an order."""
        with self._lock:
            self._over = True
            try:
                self._connection.send(done)
            except Exception as error:  # the plugin put something of its own into a document
                self._connection.send(Broken(one_line(error)))


class Http:
    """The client that a plugin gets: everything is done by the parent."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def get(self, address: str, **options: Any) -> Document:
        """As `core.model.http.Http.get`."""
        return self._talk.document("get", address, **options)

    def post(self, address: str, **options: Any) -> Document:
        """As `core.model.http.Http.post`."""
        return self._talk.document("post", address, **options)

    def known(self, address: str, params: Any = None) -> bool:
        """As `core.model.http.Http.known`."""
        return bool(self._talk.ask("known", address, params))

    def secret(self, name: str) -> str:
        """As `core.model.http.Http.secret`."""
        return str(self._talk.ask("secret", name))


def serve(connection: Connection, permits: int, plugins: Plugins, cities: frozenset[str]) -> None:
    """Carry out orders until the parent has no more, or is gone."""
    while True:
        try:
            orders: list[bytes] = connection.recv()
        except (EOFError, ConnectionError):
            return
        for order in orders:
            talk = Talk(connection)
            done = _obey(order, talk, plugins, cities)
            # What the parent hears is done is followed by the next one, or by nothing.
            may_go_on = _is_permitted(permits)
            talk.say_done(done)
            if not may_go_on:
                break


def _is_permitted(permits: int) -> bool:
    """Whether another order may be begun; the parent takes the permits back if it calls it off."""
    try:
        return bool(os.read(permits, 1))
    except BlockingIOError:
        return False


def _obey(
    packed: bytes, talk: Talk, plugins: Plugins, cities: frozenset[str]
) -> Done | Derived | Broken:
    try:
        order: Order | Derive | Broken = pickle.loads(packed)
        if isinstance(order, Broken):
            return order
        if isinstance(order, Derive):
            return _derive(order, plugins, cities)
        return _carry_out(order, talk, plugins, cities)
    except BaseException as error:
        return Broken(one_line(error))


def _carry_out(order: Order, talk: Talk, plugins: Plugins, cities: frozenset[str]) -> Done:
    parts = tuple(_part(plugins, *wanted) for wanted in order.parts)
    page = page_of(parts[0])
    kept = tuple(tuple(talk.here(each) for each in group) for group in order.kept)
    task = Task(parts, page, order.since, order.known, kept)
    http = Http(talk)
    result = carry_out(task, http, cities, order.time_limit, talk.say_reading)
    return _done(replace(result, news=tuple(plugins.take_news())), talk.sent)


def _part(plugins: Plugins, indicator: Indicator, source_id: str) -> Part:
    plugin = _find(plugins, indicator)
    sources = {source.id: source for source in plugin.sources}
    if source_id not in sources:
        raise _changed(indicator)
    return Part(plugin, sources[source_id])


def _derive(order: Derive, plugins: Plugins, cities: frozenset[str]) -> Derived | Broken:
    plugin = _find(plugins, order.indicator)
    inputs = inputs_of(*(zip(*each, strict=True) for each in order.inputs))
    try:
        derived = derive_one(plugin, inputs, cities)
    except BaseException as error:  # a plugin may raise SystemExit, or KeyboardInterrupt
        return Broken(plugin.told(error))
    return Derived(columns(derived.found), tuple(derived.lineage), tuple(derived.flows))


def _find(plugins: Plugins, indicator: Indicator) -> IndicatorPlugin:
    plugin = plugins.find(indicator.id)
    if plugin is None or plugin.indicator != indicator:
        raise _changed(indicator)
    return plugin


def _changed(indicator: Indicator) -> PluginError:
    return PluginError(
        f"{indicator.id}: the plugin has changed since it was loaded; let the daemon read it again "
        "(SIGHUP)"
    )


def _done(result: Result, sent: set[str]) -> Done:
    # What the parent has kept for a task is not sent back to it.
    documents = () if result.task.kept else result.documents
    return Done(
        tuple(portable(document, sent) for document in documents),
        tuple((columns(each.found), each.error) for each in result.given),
        result.unchanged,
        result.news,
    )


def _die_with_the_parent(lifeline: int) -> None:
    """Let the kernel end this process when the pipe closes, whatever it is doing then.

    SIGIO comes with the end of the pipe, and as nothing handles it, it needs no interpreter: a C
    call that holds the interpreter is ended as well.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)


def main() -> None:
    """Work until the parent wants no more."""
    messages, lifeline, permits = map(int, sys.argv[1:])
    _die_with_the_parent(lifeline)
    # A service manager asks every process to end: the parent decides when. A handler, since what
    # is ignored would be ignored by the programs that a plugin starts, too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with Connection(messages) as connection:
        start: Start = connection.recv()
        know(*start.secrets)
        plugins = load_selection(start.selection, on_demand=True)
        gc.freeze()  # it stays to the end: the collector need not look through it again
        os.nice(_NICE)
        connection.send(Ready())
        serve(connection, permits, plugins, start.cities)


if __name__ == "__main__":
    main()
