"""What `cityflux plugins check` looks at: the contract, and when the clock looks at each source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cityflux.core.app.session import methods_with
from cityflux.core.app.timetable import zone_of
from cityflux.core.cli.session import Session
from cityflux.core.model.errors import CityfluxError, ConfigError
from cityflux.core.plugin.check import Checked, Means, check, find_record
from cityflux.core.plugin.inputs import Inputs, inputs_of
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins, load_plugins
from cityflux.core.plugin.record import PluginRecord
from cityflux.core.plugin.saved import ANY, SavedPages
from cityflux.core.refresh.derive import read_inputs
from cityflux.core.refresh.schedule import next_run, schedules, trigger_of
from cityflux.core.refresh.tasks import missing_secret, users
from cityflux.storage.database import as_moment
from cityflux.storage.jobs import last_runs

if TYPE_CHECKING:
    from cityflux.core.model.http import Http
    from cityflux.core.model.nouns import Source


def check_plugin(
    session: Session, plugin: str, pages: tuple[Path, ...], live: bool
) -> list[Checked]:
    """Look at one plugin.

    Args:
        session: the configuration, the other plugins, and the figures that are stored.
        plugin: the path of a file or folder, or a name.
        pages: saved answers of a live source.
        live: whether a live source is asked.

    Raises:
        PluginError: there is no such plugin.
    """
    from cityflux.core.refresh.client import open_bare_client, policy_of

    found, record = _find(session, plugin)
    with ExitStack() as stack:
        policy = policy_of(session.config.client, session.config.secrets, offline=not live)
        http = stack.enter_context(open_bare_client(policy))
        stack.enter_context(http.refresh())  # what many indicators read is asked for once

        def client(source: Source) -> Http | None:
            if source.access == "bundled" or (source.access == "live" and live):
                return http
            if source.access == "live" and pages:
                return SavedPages({ANY: [*pages]})
            return None

        means = Means(
            client, len(pages) or (1 if live else None), lambda each: _stored(session, each)
        )
        looks = _looks(session, found, record)
        return [*check(found, record, means), *_indices(found, record), *looks]


def _find(session: Session, plugin: str) -> tuple[Plugins, PluginRecord]:
    path = Path(plugin)
    if path.suffix != ".py" and not path.is_dir():
        return session.plugins, find_record(session.plugins, plugin)
    for record in session.plugins.records:
        if Path(record.name).resolve() == path.resolve():
            return session.plugins, record
    settings = session.config.plugins
    found = load_plugins(settings.dirs, settings.disabled, [path])
    return found, find_record(found, str(path))


def _stored(session: Session, plugin: IndicatorPlugin) -> Inputs:
    """The current figures and flows of its inputs; none where there is no database."""
    if not session.database.exists():
        return inputs_of([])
    with session.read() as connection:
        return read_inputs(connection, [plugin])


def _indices(plugins: Plugins, record: PluginRecord) -> Iterator[Checked]:
    """Whether a plugin's methods and indices can be had."""
    from cityflux.core.engine.checking import check_methods
    from cityflux.core.engine.definition.indices import read_indices

    methods = methods_with(plugins)
    for name, why in plugins.take_news():
        if name == record.name:
            yield Checked("methods", why)
    found, wrong = read_indices(
        [path for path, owner in plugins.index_files.items() if owner is record]
    )
    for path, why in wrong.items():
        yield Checked(f"index {path.name}", why)
    for definition in found.values():
        try:
            check_methods(definition, methods)
        except CityfluxError as error:
            yield Checked(f"index {definition.id}", str(error))
        else:
            yield Checked(f"index {definition.id}", note=f"{len(definition.leaves)} indicators")


def _looks(session: Session, plugins: Plugins, record: PluginRecord) -> Iterator[Checked]:
    """When each source is looked at next."""
    planned, fetched = schedules(plugins, session.config.schedule), users(plugins)
    sources = {
        source.id: source
        for plugin in (*plugins.indicators.values(), *plugins.flows.values())
        if plugin.record is record
        for source in plugin.sources
    }
    for source in sources.values():
        what = f"{source.id}: when"
        if source.access == "bundled":
            yield Checked(what, note="bundled: read by run --once and refresh, not by the clock")
        elif source.access == "live" and source.id not in fetched:
            yield Checked(what, note="with the first source of its page")
        elif source.access == "live":
            schedule = planned[source.id]
            try:
                yield Checked(what, note=_when(session, source, schedule))
            except ConfigError as error:
                yield Checked(what, str(error))


def _when(session: Session, source: Source, schedule: str) -> str:
    if variable := missing_secret(source, session.config.secrets):
        return f"not looked at until {variable} is set"
    trigger = trigger_of(schedule, source.id, zone_of(session.config))
    if trigger is None:
        return "never: [schedule] in config.toml says so"
    declared = source.schedule or source.id in session.config.schedule
    said = schedule if declared else f"{schedule}, after the frequency of its indicators"
    last, now = _last_look(session, source.id), datetime.now(UTC)
    due = next_run(trigger, last, now)
    moment = due.isoformat(timespec="minutes") if due > now else "as soon as the daemon runs"
    return f"{said}; next: {moment}"


def _last_look(session: Session, source_id: str) -> datetime | None:
    if not session.database.exists():
        return None
    with session.read() as connection:
        last = last_runs(connection).get(source_id)
    return as_moment(last)
