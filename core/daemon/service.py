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
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from core.carry_out import Result
from core.daemon.alarms import Alarms
from core.daemon.chores import Chores, backup_trigger
from core.daemon.endpoint import answering, check_port
from core.daemon.follow import follow
from core.daemon.lock import only_daemon
from core.daemon.notify import notify
from core.daemon.plan import Session, sources_apart, tasks_of, triggers, users
from core.daemon.schedule import next_run
from core.daemon.timing import ClockWatch, new_scheduler
from core.daemon.webhook import open_webhook
from core.errors import USER_ERRORS, ConfigError
from core.http import LastAnswers, keep_hosts, open_client
from core.isolation.pool import Workers
from core.job import announce_changes, compute_all, note_broken
from core.logs import set_up_logs
from core.quality import History, set_gates
from core.refresh import run_tasks, store_results
from core.version import __version__
from scrapers.client import Client
from storage import catalog, jobs
from storage.database import now, read_database, write
from storage.jobs import Job
from storage.observations import position

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.base import BaseTrigger


log = logging.getLogger("cityflux")

BEAT = 30.0  # seconds between two signs of life
LIVELY = 10.0  # seconds after a change in which the next one is expected, and looked for more often
LONGEST_GATHERING = 1.0  # seconds after the first change at which indices are recomputed anyway
FIRST_RETRY = timedelta(minutes=15)  # after a failure; doubled with each further one
LAST_RETRY = timedelta(hours=12)


class Service:
    """A running daemon.

    Args:
        load: reads configuration, plugins and indices, and raises what is wrong with them.
    """

    def __init__(self, load: Callable[[], Session]) -> None:
        self._load = load
        self._session = load()
        self._triggers = _checked(self._session)
        self._stopping = threading.Event()
        self._reload = threading.Event()
        # Not a SimpleQueue: in CPython 3.11 a signal that comes at the very end of the timeout of
        # its `get` makes it wait for ever, and the daemon would not stop.
        self._results: queue.Queue[tuple[str, list[Result] | None]] = queue.Queue()
        self._jobs: dict[str, Job] = {}
        self._failures: Counter[str] = Counter()
        self._position = 0

    def run(self) -> None:
        """Stay up until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        signal.signal(signal.SIGHUP, lambda *_: self._reload.set())
        with only_daemon(self._session.database):
            while not self._stopping.is_set():
                self._run_with(self._session)
        log.info("stopped")

    def _run_with(self, session: Session) -> None:
        """Serve with one configuration, until stopped or until there is another one."""
        set_up_logs(session.config)
        with ExitStack() as stack:
            webhook = stack.enter_context(open_webhook(session.config))
            connection = stack.enter_context(session.open())
            known = stack.enter_context(read_database(session.database, any_thread=True))
            http = stack.enter_context(
                open_client(session.config, connection, session.database, False)
            )
            stack.enter_context(
                answering(session.config.daemon.port, partial(read_database, session.database))
            )
            self._history, self._http = History(known), http
            self._closing = threading.Event()
            self._users = users(session.plugins)
            self._cities = catalog.known_ids(connection, "cities")
            self._workers = stack.enter_context(
                Workers(self._cities, session.config.refresh.processes)
            )
            self._alarms = Alarms(connection, webhook, self._triggers)
            self._chores = Chores(session, self._alarms)
            self._start(connection)
            scheduler = self._schedule(connection)
            self._chores.schedule(scheduler)
            notify(READY="1", STATUS="waiting for what is due")
            log.info("up, pid %d; %d sources scheduled", os.getpid(), len(self._jobs))
            self._serve(connection)
            notify(**({"RELOADING": "1"} if self._reload.is_set() else {"STOPPING": "1"}))
            scheduler.pause()
            self._finish(connection, http)
            scheduler.shutdown(wait=False)
            self._say(connection, stopped=now())
            keep_hosts(connection, http)
            with suppress(sqlite3.OperationalError):  # somebody reads just now: no harm
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _start(self, connection: sqlite3.Connection) -> None:
        """Take over from the last daemon: nothing is skipped, nothing is done twice."""
        session = self._session
        for name, error in note_broken(connection, session.plugins):
            log.error("%s: %s", name, error)
        outcome = compute_all(
            connection, session.plugins, session.indices.values(), session.methods, __version__
        )
        for name, error in outcome.failed:
            log.error("%s: %s", name, error)
        self._position = position(connection)
        self._state: dict[str, Any] = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": now(),
            "recomputed": None,
            "recompute_seconds": None,
        }
        self._say(connection)
        self._alarms.ranks()

    def _schedule(self, connection: sqlite3.Connection) -> BackgroundScheduler:
        """One job for each source; what was missed runs once, at once."""
        moment, threads = datetime.now(UTC), self._session.config.refresh.threads
        # Plugins that hang together hold up each other, but not those that are built in.
        scheduler = new_scheduler({"default": threads, "workers": threads})
        earlier, fetched = jobs.read_jobs(connection), jobs.last_runs(connection)
        apart = sources_apart(self._session.plugins)
        self._jobs = {}
        for source_id, (schedule, trigger) in self._triggers.items():
            last = max(
                filter(None, (fetched.get(source_id), _last(earlier, source_id))), default=None
            )
            job = earlier.get(source_id)
            # What failed, or was under way when the last daemon ended, is looked at again at once.
            done = last and not (job and (job.error or job.running_since))
            known = datetime.fromisoformat(last) if last and done else None
            first = next_run(trigger, known, moment)
            success = earlier[source_id].last_success if source_id in earlier else None
            self._jobs[source_id] = Job(source_id, schedule, _text(first), last, success, None, "")
            scheduler.add_job(
                self._fetch,
                trigger,
                args=[source_id, self._closing],
                id=source_id,
                next_run_time=first,
                executor="workers" if source_id in apart else "default",
            )
        with write(connection):
            jobs.keep_only_jobs(connection, self._jobs)
            jobs.save_jobs(connection, self._jobs.values())
        scheduler.start()
        self._scheduler = scheduler
        return scheduler

    def _fetch(self, source_id: str, closing: threading.Event) -> None:
        """In a thread of the scheduler: carry out what is due of one source."""
        if closing.is_set():
            return  # it waited for a thread until now; the next start finds it due
        self._results.put((source_id, []))
        try:
            with read_database(self._session.database, any_thread=True) as known:
                self._look(source_id, known)
        except Exception:
            log.exception("%s", source_id)
        finally:
            self._results.put((source_id, None))

    def _look(self, source_id: str, known: sqlite3.Connection) -> None:
        """Look at a source; ``known`` may be used by any thread."""
        session, settings = self._session, self._session.config.refresh
        using, secrets = self._users[source_id], session.config.secrets
        tasks = tasks_of(known, session.plugins, source_id, using, secrets)
        set_gates((task.plugin for task in tasks), self._history, session.config.quality)
        # Where many jobs overlap, what they share would never end.
        http = self._http.apart(LastAnswers(known, session.database))
        with http.refresh():
            for results in run_tasks(
                tasks, http, self._cities, settings.threads, settings.time_limit, self._workers
            ):
                self._results.put((source_id, results))

    def _serve(self, connection: sqlite3.Connection) -> None:
        """Store, watch and recompute until stopped."""
        settings = self._session.config.daemon
        version, first_change, last_change, next_beat = (-1, -1), 0.0, -LIVELY, 0.0
        clock = ClockWatch(self._scheduler)
        while not (self._stopping.is_set() or self._reload.is_set()):
            lively = time.monotonic() - last_change < LIVELY
            pause = settings.poll / 10 if lively else settings.poll
            self._take(connection, min(settings.gather, pause) if first_change else pause)
            moment = time.monotonic()
            seen = connection.execute("PRAGMA data_version").fetchone()[0], connection.total_changes
            if seen != version:
                version = seen
                if position(connection) > self._position:
                    first_change, last_change = first_change or moment, moment
            quiet = moment - last_change >= settings.gather
            if first_change and (quiet or moment - first_change >= LONGEST_GATHERING):
                first_change = 0.0
                self._recompute(connection)
                version = (version[0], connection.total_changes)
            if moment >= next_beat:
                next_beat = moment + BEAT
                self._say(connection)
                # A sleep of the machine stops APScheduler's clock; this makes it look again.
                clock.look()
                self._scheduler.wakeup()
                self._workers.end_idle(BEAT)
                notify(WATCHDOG="1")
                self._chores.tend(connection)

    def _take(self, connection: sqlite3.Connection, patience: float) -> None:
        """Store what the fetching threads hand over, if anything comes in time."""
        try:
            source_id, results = self._results.get(timeout=patience)
        except queue.Empty:
            return
        if results is None:
            self._ended(connection, source_id)
            return
        if not results:
            self._note(connection, source_id, running_since=now(), last_run=now())
            return
        store_results(connection, results)
        errors = [result.error for result in results if result.error]
        job = self._jobs[source_id]
        if errors and errors[0] != job.error:
            failed = next(result.task.name for result in results if result.error)
            log.warning("%s: %s", failed, errors[0])
        for result in results:
            if result.error:
                self._session.plugins.manager.hook.refresh_failed(
                    indicator_id=result.task.plugin.indicator.id,
                    source_id=source_id,
                    error=result.error,
                )
        if errors:
            self._note(connection, source_id, error=errors[0])
        elif job.last_success is None or job.last_success < (job.running_since or ""):
            if job.error:
                log.info("%s is well again", source_id)
            self._note(connection, source_id, error="", last_success=now())

    def _ended(self, connection: sqlite3.Connection, source_id: str) -> None:
        planned = self._scheduler.get_job(source_id)
        due_next = planned.next_run_time if planned else None
        if planned and self._jobs[source_id].error:
            # A yearly source that failed once must not wait for a year.
            pause = min(FIRST_RETRY * 2 ** min(self._failures[source_id], 10), LAST_RETRY)
            self._failures[source_id] += 1
            due_next = min(due_next, datetime.now(UTC) + pause)
            planned.modify(next_run_time=due_next)
        else:
            self._failures.pop(source_id, None)
        self._note(connection, source_id, running_since=None, next_run=_text(due_next))
        self._alarms.state(source_id, self._jobs[source_id].error)

    def _recompute(self, connection: sqlite3.Connection) -> None:
        session = self._session
        announce_changes(connection, session.plugins, self._position)
        done = follow(
            connection,
            self._position,
            session.plugins,
            session.indices.values(),
            session.methods,
            __version__,
        )
        self._position = done.position
        self._state |= {"recomputed": now(), "recompute_seconds": done.seconds}
        problem = "; ".join(f"{name}: {error}" for name, error in done.failed)
        if problem and problem != self._state.get("problem"):
            log.error("%s", problem)
        self._say(connection, problem=problem)
        for index in done.computed:
            session.plugins.manager.hook.index_computed(
                index_id=index.index_id, run_id=index.run_id, changed=index.changed
            )
        self._alarms.state("recompute", problem)
        if any(index.changed for index in done.computed):
            self._alarms.ranks()
        names = ", ".join(index.index_id for index in done.computed) or "no index"
        log.info("%d changes: %s recomputed in %.3f s", done.changes, names, done.seconds)

    def _finish(self, connection: sqlite3.Connection, http: Client) -> None:
        """Let running fetches finish within the grace, and keep what they bring."""
        self._closing.set()
        end = time.monotonic() + self._session.config.daemon.grace
        while self._running() and time.monotonic() < end:
            self._take(connection, 0.05)
        if self._reload.is_set():
            self._load_again()
        http.stop()
        self._workers.close()
        while not self._results.empty():
            self._take(connection, 0.0)
        if position(connection) > self._position:
            self._recompute(connection)

    def _running(self) -> bool:
        busy = any(job.running_since for job in self._jobs.values())
        return busy or not self._results.empty()

    def _load_again(self) -> None:
        self._reload.clear()
        try:
            session = self._load()
            planned = _checked(session)
            _check_change(self._session, session)
        except USER_ERRORS as error:
            log.error("the new configuration is refused, the old one stays: %s", error)
            return
        self._session, self._triggers = session, planned
        log.info("configuration, plugins and schedules were read again")

    def _note(self, connection: sqlite3.Connection, source_id: str, **changes: Any) -> None:
        job = self._jobs[source_id]._replace(**changes)
        self._jobs[source_id] = job
        with write(connection):
            jobs.save_jobs(connection, [job])

    def _say(self, connection: sqlite3.Connection, **changes: str | None) -> None:
        self._state |= changes
        state = {"stopped": None, "problem": "", **self._state}
        with write(connection):
            jobs.save_daemon(connection, {**state, "beat": now(), "position": self._position})


def _checked(session: Session) -> dict[str, tuple[str, BaseTrigger]]:
    """The schedules of a session in which the rest of the daemon's settings are good, too."""
    backup_trigger(session.config)
    open_webhook(session.config)
    return triggers(session)


def _check_change(old: Session, new: Session) -> None:
    """Refuse what a running daemon cannot change to, while the old configuration still serves.

    Raises:
        ConfigError: another database, a port that is taken, a log that cannot be written.
    """
    if new.database != old.database:
        raise ConfigError("database.path: is another file; stop the daemon and start it again")
    if new.config.daemon.port != old.config.daemon.port:
        check_port(new.config.daemon.port)
    set_up_logs(new.config)


def _last(earlier: dict[str, Job], source_id: str) -> str | None:
    return earlier[source_id].last_run if source_id in earlier else None


def _text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
