"""The hook `derive` of plugins that are not built in, in a process that can be killed."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from cityflux.core.model.errors import PluginError
from cityflux.core.model.figure import Figure
from cityflux.core.plugin.inputs import Inputs
from cityflux.core.plugin.manager import IndicatorPlugin
from cityflux.core.refresh.derivation import Derived
from cityflux.core.refresh.isolation import messages
from cityflux.core.refresh.isolation.messages import Answer, Ask, Derive, columns
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.isolation.work import Batch

#: Seconds that a `derive` may take: it asks no host, and whoever recomputes waits for it.
_LONGEST = 10.0


class Derivations:
    """Calls `derive` in a worker of its own, which is started for the first of them.

    A plugin that had to be cut off is not called again: the others would wait for it each time.

    Args:
        cities: the ids of the cities that exist.
        time_limit: seconds after which a `derive` is cut off, if that is less than ten.
    """

    def __init__(self, cities: set[str], time_limit: float = _LONGEST) -> None:
        self._workers = Workers(cities, most=1)
        self._time_limit = min(time_limit, _LONGEST)
        self._cut_off: dict[str, Derived] = {}

    def derive(self, plugin: IndicatorPlugin, inputs: Inputs) -> Derived:
        """Compute a derived indicator of its inputs; whatever goes wrong becomes the error."""
        if earlier := self._cut_off.get(plugin.indicator.id):
            return earlier
        derivation = _Derivation(plugin, inputs, self._time_limit)
        (derived,) = self._workers.carry_out(Batch([derivation]), self._time_limit)
        if derivation.was_cut_off:
            self._cut_off[plugin.indicator.id] = derived
        return derived

    def end_idle(self, after: float) -> None:
        """End the worker if it has had nothing to do for some seconds."""
        self._workers.end_idle(after)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._workers.close()


class _Derivation:
    """One call of `derive`, as `core.refresh.isolation.work.Work` wants it."""

    step = "derive"

    def __init__(self, plugin: IndicatorPlugin, inputs: Inputs, time_limit: float) -> None:
        self.plugin = plugin
        self.was_cut_off = False
        self._inputs = tuple(columns(each.iter_rows()) for each in inputs)
        self._time_limit = time_limit
        self._since = math.inf
        self._timer: threading.Timer | None = None

    def begin(self, kill: Callable[[], None]) -> None:
        """From now on its time runs."""

        def cut_off() -> None:
            self.was_cut_off = True
            kill()

        self._since = time.monotonic()
        self._timer = threading.Timer(self._time_limit, cut_off)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """It is over."""
        if self._timer:
            self._timer.cancel()

    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self._since

    def order(self, time_limit: float) -> Derive:
        """What a worker is told to do."""
        return Derive(self.plugin.indicator, self._inputs)

    def answer(self, ask: Ask) -> Answer:
        """Nothing: a `derive` gets no client."""
        return Answer(error=PluginError("derive() asks nobody"))

    def read(self) -> None:
        """It reads no document."""

    def done(self, done: messages.Derived) -> Derived:
        """What the worker sent."""
        found = [*map(Figure._make, zip(*done.found, strict=True))]
        return Derived(found, [*done.lineage], [*done.flows])

    def failed(self, error: str) -> Derived:
        """The result where there is none."""
        if self.was_cut_off:
            error = (
                f"derive did not end: gave up after {self._time_limit:g} s, and does not try "
                "again; mend the plugin"
            )
        return Derived([], [], [], error)
