"""The one job: after the figures changed, derive what follows, compute the indices, announce it.

`cityflux run --once`, `refresh` and `compute` do it to whatever is not current, the daemon at its
start as well, and later to what a change touches, by whichever hand it came.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cityflux.core.app import events
from cityflux.core.app.session import Session
from cityflux.core.model.errors import StorageError
from cityflux.core.model.version import __version__
from cityflux.core.plugin.dispatch import Pressed, alone
from cityflux.core.plugin.traces import one_line
from cityflux.core.refresh.catalog import sync_catalog
from cityflux.core.refresh.derive import Pass, derive_all
from cityflux.storage import catalog
from cityflux.storage.changes import position
from cityflux.storage.complaints import MEND
from cityflux.storage.database import now, write
from cityflux.storage.runs import is_current

if TYPE_CHECKING:
    from cityflux.core.engine.compute import Computed
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.refresh.isolation.derivations import Derivations

#: A name, and what is wrong with it.
Failure = tuple[str, str]


@dataclass
class Outcome:
    """What became of the derived figures and the indices.

    Attributes:
        changes: how many changes there were.
        derived: how many computed figures changed.
        computed: the indices that were computed.
        failed: indices and derived indicators that could not be brought up to date, and why.
        broken: plugins of which a call failed meanwhile, and how.
        seconds: how long it took.
    """

    changes: int = 0
    derived: int = 0
    computed: list[Computed] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    broken: list[Failure] = field(default_factory=list)
    seconds: float = 0.0


class Job:
    """The job on one open database. What is broken costs itself alone, and is named.

    Args:
        connection: for writing.
        session: plugins, indices and methods.
        derivations: as in `core.refresh.derive.derive_all`.

    Attributes:
        position: the last change that derived figures, indices and plugins know.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        session: Session,
        derivations: Derivations | None = None,
    ) -> None:
        self._connection, self._session, self._derivations = connection, session, derivations
        self.position = position(connection)

    def note_broken(self) -> list[Failure]:
        """Write down in ``fetches`` which plugins are broken; returns their names and errors."""
        broken = [(each.name, each.error) for each in self._session.plugins.broken]
        self._write_down(broken)
        return broken

    def note_news(self) -> list[Failure]:
        """Write down of which plugins a call failed since the last time, and return how."""
        news = self._session.plugins.take_news()
        self._write_down(news)
        return news

    def compute(
        self, definitions: Iterable[Definition] | None = None, *, force: bool = False
    ) -> Outcome:
        """Bring all derived figures up to date, and those of some indices that are not current.

        Args:
            definitions: the indices; all if left out, and then those that cannot be read are named.
            force: compute also what knows all changes already.
        """
        started = time.perf_counter()
        derived = derive_all(self._connection, self._session.plugins, None, self._derivations)
        wanted = self._session.indices.values() if definitions is None else definitions
        due = [each for each in wanted if force or not self._is_current(each)]
        outcome = self._conclude(derived, due, started)
        if definitions is None:
            outcome.failed += self._session.wrong_indices
        return outcome

    def keep_catalogue(self) -> None:
        """Write the catalogue again where a hand changed it, so that nothing in it stays away."""
        if not catalog.is_declared(self._connection):
            sync_catalog(self._connection, self._session.plugins)

    def follow(self) -> Outcome:
        """Bring up to date what depends on the changes since `position`.

        Where changes were deleted from the log, that is everything.
        """
        started = time.perf_counter()
        plugins = self._session.plugins
        self.keep_catalogue()
        since = self.position if position(self._connection) >= self.position else None
        derived = derive_all(self._connection, plugins, since, self._derivations)
        touched, indices = derived.touched, self._session.indices.values()
        due = [each for each in indices if touched is None or not touched.isdisjoint(each.figures)]
        return self._conclude(derived, due, started)

    def _conclude(self, derived: Pass, due: Iterable[Definition], started: float) -> Outcome:
        """Compute indices, and announce all that happened."""
        connection, plugins = self._connection, self._session.plugins
        outcome = Outcome(derived.position - self.position, derived.changed)
        outcome.failed += derived.errors.items()
        for definition in due:
            try:
                outcome.computed.append(self._compute(definition))
            except sqlite3.IntegrityError as error:
                outcome.failed.append((definition.id, f"{error}; {MEND}"))
            except (StorageError, sqlite3.Error, Pressed):
                raise  # nothing is wrong with the index
            except BaseException as error:  # a method may raise whatever it likes
                outcome.failed.append((definition.id, one_line(error)))
        outcome.seconds = time.perf_counter() - started
        events.announce_changes(connection, plugins, self.position, derived.position)
        self.position = derived.position
        events.announce_indices(plugins, outcome.computed)
        if plugins.news:
            outcome.broken = self.note_news()
        return outcome

    def _write_down(self, broken: Sequence[Failure]) -> None:
        """Keep in ``fetches`` what is wrong with plugins."""
        if not broken:
            return
        from cityflux.storage import fetches

        origins = {each.name: each.origin for each in self._session.plugins.records}
        with write(self._connection):
            for name, error in broken:
                fetch = fetches.begin_fetch(self._connection, name, "", origins[name], now())
                fetches.end_fetch(self._connection, fetch, "failed", error=error)

    def _is_current(self, definition: Definition) -> bool:
        """Whether the last run knew all changes, and this definition with the periods there are."""
        from cityflux.core.engine.open_periods import at_hand

        now_there = at_hand(self._connection, definition)
        return is_current(self._connection, definition.id, now_there.hash)

    def _compute(self, definition: Definition) -> Computed:
        from cityflux.core.engine.compute import compute  # who only refreshes does without

        with self._session.naming_broken(), alone(math.inf):
            return compute(self._connection, definition, self._session.methods, __version__)
