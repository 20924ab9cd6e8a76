"""The daemon: fetches what is due, stores what comes, recomputes what changed.

One thread writes, and it is the main one: it stores the results that the fetching threads hand
over, watches for changes by other hands, and recomputes. APScheduler's threads only fetch.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.app.job import Job, Outcome
from cityflux.core.app.lock import Place, only_daemon
from cityflux.core.app.session import Session
from cityflux.core.daemon import timing
from cityflux.core.daemon.alarms import Alarms
from cityflux.core.daemon.chores import Chores
from cityflux.core.daemon.endpoint import answering
from cityflux.core.daemon.logs import set_up_logs
from cityflux.core.daemon.notify import notify
from cityflux.core.daemon.pages import Pages, ended_by
from cityflux.core.daemon.plan import Triggers, check_change, checked, sources_apart, tasks_of
from cityflux.core.daemon.shortage import noticing_shortage
from cityflux.core.daemon.sources import Sources
from cityflux.core.daemon.watch import ChangeWatch
from cityflux.core.daemon.webhook import LAST_WORDS, message_of, open_webhook
from cityflux.core.model.errors import ConfigError, StorageError
from cityflux.core.plugin.traces import one_line
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.client import LastAnswers, keep_hosts, open_client, policy_of
from cityflux.core.refresh.gate import Gate, History
from cityflux.core.refresh.isolation.derivations import Derivations
from cityflux.core.refresh.isolation.pool import Workers
from cityflux.core.refresh.runner import store_results
from cityflux.core.refresh.side_by_side import Means, run_tasks
from cityflux.core.refresh.tasks import users
from cityflux.storage import catalog, jobs
from cityflux.storage.changes import position
from cityflux.storage.complaints import what_to_do
from cityflux.storage.database import now, take_in_the_log, write
from cityflux.storage.read_only import read_database

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler


log = logging.getLogger("cityflux")

#: What the fetching threads hand over of a source: that a look begins (no results), what it came
#: to so far, why it could not be taken, or that it is over (None). Not a SimpleQueue: in CPython
#: 3.11 a signal that comes at the very end of the timeout of its `get` makes it wait for ever, and
#: the daemon would not stop.
Results = queue.Queue[tuple[str, list[Result] | str | None]]


BEAT = 30.0  # seconds between two signs of life
CHECK = 1.0  # seconds between two looks whether the files are where they were
NEXT_TRY = 5.0  # seconds after which a database that could not be written is tried again


class Service:
    """A running daemon.

    Args:
        load: reads configuration, plugins and indices, and raises what is wrong with them.
    """

    def __init__(self, load: Callable[[], Session]) -> None:
        self._load = load
        self._session = load()
        self._triggers = checked(self._session)
        self._config_file = self._session.config_file
        #: What to go back to where a new configuration does not come up.
        self._former: tuple[Session, Triggers, Path | None] | None = None
        self._stopping = threading.Event()
        self._reload = threading.Event()

    def run(self) -> None:
        """Stay up until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        signal.signal(signal.SIGHUP, lambda *_: self._reload.set())
        database = self._session.database
        try:
            with only_daemon(database, self._session.config.files.access) as self._lock:
                while not self._stopping.is_set():
                    try:
                        self._run_with(self._session)
                    except Exception as error:
                        if not self._former:
                            timing.end_soon(LAST_WORDS)
                            raise
                        self._refuse(error)
                        self._session, self._triggers, self._config_file = self._former
                        self._former = None
        except sqlite3.Error as error:
            raise ended_by(error, database, self._session.config.backup.folder) from error
        log.info("stopped")
        timing.leave_jobs_behind(LAST_WORDS)

    def _run_with(self, session: Session) -> None:
        """Serve with one configuration, until stopped or until there is another one."""
        set_up_logs(session.config)
        with ExitStack() as stack:
            connection = stack.enter_context(session.open())
            stack.callback(take_in_the_log, connection)  # also where jobs that hang have it open
            self._shortage = stack.enter_context(noticing_shortage())
            self._place = Place(session.database)
            self._pages = Pages(session.database, session.config.backup.folder)
            stack.callback(self._pages.close)
            self._webhook = open_webhook(session.config)
            self._alarms = Alarms(connection, self._webhook, self._triggers)
            stack.callback(self._alarms.forget_delivered)  # after the last words
            stack.enter_context(self._webhook)
            known = stack.enter_context(read_database(session.database))
            policy = policy_of(session.config.client, session.config.secrets)
            self._http = stack.enter_context(open_client(policy, connection, session.database))
            stack.enter_context(
                answering(session.config.daemon, partial(read_database, session.database))
            )
            self._gate = Gate(History(known), session.config.quality)
            # Threads of an earlier configuration may still hand over what nobody waits for.
            self._results: Results = queue.Queue()
            self._held: tuple[str, list[Result] | str | None] | None = None
            self._closing = threading.Event()
            stack.callback(self._closing.set)
            self._users = users(session.plugins)
            self._cities = catalog.known_ids(connection, "cities")
            self._workers = stack.enter_context(
                Workers(self._cities, session.config.refresh.processes)
            )
            self._derivations = stack.enter_context(
                Derivations(self._cities, session.config.refresh.time_limit)
            )
            self._chores = Chores(session, self._alarms, self._is_ending)
            self._sources = Sources(connection, session.plugins, self._alarms)
            self._start(connection)
            scheduler = self._schedule()
            stack.callback(scheduler.shutdown, wait=False)
            self._chores.schedule(scheduler)
            notify(READY="1", STATUS="waiting for what is due")
            log.info("up, pid %d; %d sources scheduled", os.getpid(), len(self._sources))
            self._former = None
            self._serve(connection)
            notify(**({"RELOADING": "1"} if self._reload.is_set() else {"STOPPING": "1"}))
            scheduler.pause()
            self._finish(connection)
            self._say(connection, stopped=now())
            keep_hosts(connection, self._http)

    def _start(self, connection: sqlite3.Connection) -> None:
        """Take over from the last daemon: nothing is skipped, nothing is done twice."""
        self._job = Job(connection, self._session, self._derivations)
        broken = self._job.note_broken()
        outcome = self._job.compute()
        self._passed_over: set[str] = set()
        self._name([*broken, *outcome.failed, *outcome.broken], outcome)
        self._state: dict[str, Any] = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": now(),
            "recomputed": None,
            "recompute_seconds": None,
        }
        self._say(connection)
        self._alarms.ranks()

    def _schedule(self) -> BackgroundScheduler:
        """One job for each source; what was missed runs once, at once."""
        threads = self._session.config.refresh.threads
        # Plugins that hang together hold up each other, but not those that are built in.
        scheduler = timing.new_scheduler({"default": threads, "workers": threads})
        apart = sources_apart(self._session.plugins)
        for source_id, first in self._sources.plan(self._triggers, datetime.now(UTC)).items():
            scheduler.add_job(
                self._fetch,
                self._triggers[source_id][1],
                args=[source_id, self._closing, self._results],
                id=source_id,
                next_run_time=first,
                executor="workers" if source_id in apart else "default",
            )
        scheduler.start()
        self._scheduler = scheduler
        return scheduler

    def _fetch(self, source_id: str, closing: threading.Event, results: Results) -> None:
        """In a thread of the scheduler: carry out what is due of one source."""
        if closing.is_set():
            return  # it waited for a thread until now; the next start finds it due
        results.put((source_id, []))
        try:
            with read_database(self._session.database) as known:
                for found in self._look(source_id, known):
                    results.put((source_id, found))
        except Exception as error:
            log.debug("%s", source_id, exc_info=True)
            results.put((source_id, one_line(error)))
        finally:
            results.put((source_id, None))

    def _look(self, source_id: str, known: sqlite3.Connection) -> Iterator[list[Result]]:
        """Look at a source; ``known`` may be used by any thread."""
        session, settings = self._session, self._session.config.refresh
        using, secrets = self._users[source_id], session.config.secrets
        tasks = tasks_of(known, session.plugins, source_id, using, secrets)
        # Where many jobs overlap, what they share would never end.
        http = self._http.apart(LastAnswers(known, session.database))
        with http.refresh():
            means = Means(
                http,
                self._gate,
                self._cities,
                self._workers,
                settings.threads,
                settings.time_limit,
            )
            yield from run_tasks(tasks, means)

    def _serve(self, connection: sqlite3.Connection) -> None:
        """Store, watch and recompute until stopped."""
        settings = self._session.config.daemon
        watch = ChangeWatch(connection, settings.poll, settings.gather)
        clock, trouble = timing.ClockWatch(), ""
        self._next_beat = next_check = 0.0
        while not self._is_ending():
            if time.monotonic() >= next_check:
                self._shortage.check()
                self._place.check()
                self._pages.check(self._job.position)
                self._lock.keep()
                next_check = time.monotonic() + CHECK
            try:
                self._turn(connection, watch, clock)
                # It is over when what could not be followed is: until then a turn may do nothing.
                over = not trouble or position(connection) == self._job.position
            except (StorageError, sqlite3.OperationalError, sqlite3.IntegrityError) as error:
                trouble = self._hold_on(trouble, what_to_do(str(error)))
                watch.look_again()
            else:
                trouble = self._hold_on(trouble, "") if over else trouble

    def _turn(
        self, connection: sqlite3.Connection, watch: ChangeWatch, clock: timing.ClockWatch
    ) -> None:
        """Do what there is to do; what cannot be written is tried again by the next turn."""
        self._take(connection, watch.patience)
        if watch.is_time(self._job.position):
            self._recompute(connection)
            watch.followed(self._job.position)
        if jump := clock.jump():
            self._set_clock(connection, jump)
        if time.monotonic() >= self._next_beat:
            self._say(connection)
            # Where the clock is corrected by seconds, APScheduler waits for too long.
            self._scheduler.wakeup()
            self._workers.end_idle(BEAT)
            self._derivations.end_idle(BEAT)
            notify(WATCHDOG="1")
            self._job.keep_catalogue()
            self._chores.tend(connection)
            self._next_beat = time.monotonic() + BEAT

    def _hold_on(self, earlier: str, trouble: str) -> str:
        """Wait a little where the database cannot be written, and tell of it once."""
        if trouble and not earlier:
            text = f"the database cannot be written, what comes is kept meanwhile: {trouble}"
            log.error("%s", text)
            self._webhook.send(
                message_of("failed", f"cityflux: {text}", what="database", problem=trouble)
            )
        elif earlier and not trouble:
            text = "the database can be written again"
            log.info("%s", text)
            self._webhook.send(message_of("recovered", f"cityflux: {text}", what="database"))
        end = time.monotonic() + NEXT_TRY
        while trouble and not self._is_ending() and time.monotonic() < end:
            time.sleep(0.05)
        if trouble:
            notify(WATCHDOG="1")
        return trouble

    def _take(self, connection: sqlite3.Connection, patience: float) -> None:
        """Store what the fetching threads hand over, if anything comes in time."""
        try:
            self._held = self._held or self._results.get(timeout=patience)
        except queue.Empty:
            return
        source_id, results = self._held
        if results is None:
            self._sources.end(source_id, self._scheduler)
        elif isinstance(results, str):
            self._sources.fail(source_id, results, source_id)
        elif not results:
            self._sources.begin(source_id)
        else:
            store_results(connection, results)
            self._sources.hear(source_id, results)
            self._name(self._job.note_news())
        self._held = None

    def _set_clock(self, connection: sqlite3.Connection, jump: float) -> None:
        """The clock was set: no source waits longer than its schedule says, or is passed over."""
        log.warning("the clock was set by %+.0f s; all sources are planned anew", jump)
        timing.plan_anew(self._scheduler, jump, self._sources.failing())
        self._sources.take_times(self._scheduler)
        self._say(connection)

    def _recompute(self, connection: sqlite3.Connection) -> None:
        done = self._job.follow()
        self._state |= {"recomputed": now(), "recompute_seconds": done.seconds}
        problem = "; ".join(f"{name}: {error}" for name, error in done.failed)
        if problem and problem != self._state.get("problem"):
            log.error("%s", problem)
        self._name(done.broken, done)
        self._say(connection, problem=problem)
        self._alarms.state("recompute", problem)
        if done.computed:
            self._alarms.ranks()
        names = ", ".join(index.index_id for index in done.computed) or "no index"
        log.info("%d changes: %s recomputed in %.3f s", done.changes, names, done.seconds)

    def _finish(self, connection: sqlite3.Connection) -> None:
        """Let running fetches and copies finish within the grace, and keep what they bring."""
        self._closing.set()
        end = time.monotonic() + self._session.config.daemon.grace
        while self._running() and time.monotonic() < end:
            self._take(connection, 0.05)
        if self._reload.is_set():
            self._load_again()
        self._http.stop()
        self._workers.close()
        self._chores.give_up()
        self._take_last(connection)
        if position(connection) > self._job.position:
            self._recompute(connection)

    def _is_ending(self) -> bool:
        return self._stopping.is_set() or self._reload.is_set()

    def _running(self) -> bool:
        busy = self._sources.is_any_running() or self._chores.is_copying
        return busy or not self._results.empty()

    def _take_last(self, connection: sqlite3.Connection) -> None:
        """Store what is there; what was cut off has not failed: the next start looks at it."""
        while self._held or not self._results.empty():
            _, results = self._held or self._results.get()
            self._held = None
            if isinstance(results, list):
                kept = [result for result in results if result.figures or not result.error]
                store_results(connection, kept)

    def _load_again(self) -> None:
        self._reload.clear()
        try:
            session = self._load()
            if self._config_file and not session.config_file:
                raise ConfigError(f"{self._config_file}: is gone; put it back")
            planned = checked(session)
            check_change(self._session, session)
        except Exception as error:  # whatever is wrong, a daemon stays up
            self._refuse(error)
            return
        self._former = self._session, self._triggers, self._config_file
        self._session, self._triggers = session, planned
        self._config_file = session.config_file
        log.info("configuration, plugins and schedules were read again")

    def _name(self, failed: Iterable[tuple[str, str]], outcome: Outcome | None = None) -> None:
        """Name what failed, and rows that are no figures where they are new."""
        for name, error in failed:
            log.error("%s: %s", name, error)
        computed = outcome.computed if outcome else ()
        lines = {line for index in computed for line in index.passed_over}
        for line in sorted(lines - self._passed_over):
            log.warning("%s", line)
        self._passed_over |= lines

    @staticmethod
    def _refuse(error: Exception) -> None:
        why = one_line(error)
        log.error("the new configuration is refused, the old one stays: %s", why)

    def _say(self, connection: sqlite3.Connection, **changes: str | None) -> None:
        self._state |= changes
        state = {"stopped": None, "problem": "", **self._state}
        with write(connection, lasting=False):
            jobs.save_daemon(connection, {**state, "beat": now(), "position": self._job.position})
