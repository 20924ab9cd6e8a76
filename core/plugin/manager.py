"""Finding plugins, and keeping the broken ones from breaking anything else.

Plugins are found in three ways: built in (the modules of ``plugins/``), as files or packages in the
folders of ``[plugins] dirs``, and as installed packages with an entry point in the group
``cityflux``. Each is loaded by itself; what goes wrong is written down with its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pluggy

from cityflux.core.model.errors import PluginError
from cityflux.core.model.nouns import City, Flow, Indicator, Source
from cityflux.core.model.secrecy import redact
from cityflux.core.plugin.declaration import (
    check_city,
    check_declaration,
    check_schedules,
    declaration,
    missing_input,
    refuse_double,
    told,
)
from cityflux.core.plugin.dispatch import around, contained, guarded, listener
from cityflux.core.plugin.finding import (
    built_in,
    file_of,
    first_file,
    in_folders,
    installed,
    load_path,
)
from cityflux.core.plugin.hook_manager import HookManager
from cityflux.core.plugin.hookspecs import ExtensionSpec, IndicatorSpec
from cityflux.core.plugin.record import BUILT_IN, PluginRecord
from cityflux.core.plugin.traces import code_mark, one_line

#: The hooks that are called by the manager, of all plugins at once.
_BROADCAST = ("prepare_connection", "observations_changed", "index_computed", "refresh_failed")
#: The hooks that others may stand around.
_WRAPPED = ("fetch", "normalize")


@dataclass(frozen=True)
class Selection:
    """Which plugins are loaded: all that another process needs to find the same ones.

    Attributes:
        dirs: the folders whose files are plugins.
        disabled: names of plugins, or ids of indicators, that are left out.
        files: single files besides.
        built_in: whether those of ``plugins/`` are loaded.
    """

    dirs: tuple[Path, ...] = ()
    disabled: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    built_in: bool = True


@dataclass(frozen=True)
class IndicatorPlugin:
    """An object that implements the hooks of one indicator, with what it declares.

    Attributes:
        plugin: the object.
        indicator: what it measures.
        sources: where the figures come from.
        record: the file, package or module that it is of.
        manager: knows this plugin and what is wrapped around it.
        apart: for whoever calls `fetch` and `normalize` in a process of its own, since code that
            is not built in has a part in them: how that process finds it. None for the others.
        homes: the files and folders of its author, and of those who wrap it.
        code: what tells their code from that of other versions.
    """

    plugin: object
    indicator: Indicator
    sources: tuple[Source, ...]
    record: PluginRecord
    manager: pluggy.PluginManager
    apart: Selection | None = None
    homes: tuple[Path, ...] = ()
    code: str = ""

    @property
    def derived(self) -> bool:
        """Whether the figures are computed from those of other indicators."""
        return bool(self.indicator.inputs)

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call one hook of this plugin, with the wrapping plugins around it and nobody else."""
        return getattr(self.manager.hook, hook)(**arguments)

    def told(self, error: BaseException) -> str:
        """What one of its hooks raised, in one line that names the author's file and line."""
        return one_line(error, self.homes)


def indicator_manager(plugin: object) -> pluggy.PluginManager:
    """A plugin manager that knows one indicator; what is wrapped around it may be added.

    Each indicator keeps one of its own: hooks are dispatched to the one that is due, and making
    a manager takes as long as reading a document.

    Raises:
        PluginError: a hook has a wrong signature, or a name that does not exist.
    """
    manager = HookManager(IndicatorSpec)
    try:
        manager.register(plugin)
        if any(not hook.has_spec() for hook in manager.get_hookcallers(plugin) or ()):
            manager.add_hookspecs(ExtensionSpec)  # a module may have those hooks as well
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        from cityflux.core.plugin.slips import marked_hooks, wrong_hook

        wrong = wrong_hook(marked_hooks(plugin))
        raise PluginError(wrong or " ".join(str(error).split())) from error
    return manager


class Plugins:
    """All plugins of one configuration.

    Attributes:
        records: every plugin that was found, in the order of loading.
        indicators: by id, every indicator that can be refreshed.
        flows: by kind, every flow between cities that can be refreshed.
        cities: by id.
        index_files: those that plugins register, each with whose it is.
        manager: for the hooks that are broadcast.
        news: what failed since `take_news`.
    """

    def __init__(self, selection: Selection, on_demand: bool = False) -> None:
        self.records: list[PluginRecord] = []
        self.indicators: dict[str, IndicatorPlugin] = {}
        self.flows: dict[str, IndicatorPlugin] = {}
        self.cities: dict[str, City] = {}
        self.index_files: dict[Path, PluginRecord] = {}
        self.manager = HookManager(IndicatorSpec, ExtensionSpec)
        self._selection = selection
        self._disabled = set(selection.disabled)
        self._loaded: list[tuple[object, PluginRecord]] = []
        self._apart = selection
        self._on_demand = on_demand
        self.news: list[tuple[str, str]] = []
        self._waiting: dict[str, Callable[[], IndicatorPlugin]] = {}

    @property
    def broken(self) -> list[PluginRecord]:
        """The plugins that could not be loaded, or whose indicators could not."""
        return [record for record in self.records if record.state == "broken"]

    def find(self, indicator_id: str) -> IndicatorPlugin | None:
        """An indicator or a flow; where looking at it was put off, that is done now, each time."""
        if look := self._waiting.get(indicator_id):
            return look()
        return self.indicators.get(indicator_id) or self.flows.get(indicator_id)

    def take_news(self) -> list[tuple[str, str]]:
        """What failed of which plugin since this was asked the last time."""
        news = [*self.news]
        self.news.clear()
        return news

    def hear(self, news: Iterable[tuple[str, str]]) -> None:
        """Take over what failed in another process, as its `take_news` gave it."""
        records = {record.name: record for record in self.records}
        for name, text in news:
            records[name].tell(text)

    def load(
        self, name: str, origin: str, find: Callable[[], object], version: str = "", file: str = ""
    ) -> None:
        """Load one plugin; whatever it raises costs this plugin alone."""
        record = PluginRecord(name, origin, version, file=file, news=self.news)
        self.records.append(record)
        if name in self._disabled:
            record.state = "disabled"
            return
        with contained(record.mark):
            plugin = find()
            record.file = file or file_of(plugin)
            record.code = code_mark(record.file)
            hooks = indicator_manager(plugin).get_hookcallers(plugin)
            if origin != BUILT_IN:
                _refuse_slips(plugin)
            if not hooks and origin != BUILT_IN:
                raise PluginError("has no hooks; decorate its functions with @cityflux.hookimpl")
            if not hooks:
                self.records.remove(record)  # a module that the built-in plugins share
            self.manager.register(plugin, name=name)
            for caller in hooks or ():
                if caller.name in _BROADCAST:
                    self._contain(plugin, record, caller.name)
            record.version = redact(version or str(getattr(plugin, "__version__", "")))
            self._loaded.append((plugin, record))

    def _contain(self, plugin: object, record: PluginRecord, hook: str) -> None:
        """Let what a broadcast hook of a plugin raises cost it alone; the manager calls it."""
        for impl in getattr(self.manager.hook, hook).get_hookimpls():
            if impl.plugin is plugin:
                function = (around if impl.wrapper else listener)(record, hook, impl.function)
                impl.function = function  # pluggy has no other way

    def collect(self) -> None:
        """Ask the loaded plugins for their cities, indices and indicators."""
        wrappers = []
        self._apart = replace(self._selection, built_in=False)
        for plugin, record in self._loaded:
            if hooks := _wrapping(plugin):
                wrappers.append(_Around(plugin, record, hooks))
                if record.origin != BUILT_IN:  # wrapped around everything it brings it with it
                    self._apart = replace(self._selection, built_in=True)
        for plugin, record in self._loaded:
            callers = {caller.name for caller in self.manager.get_hookcallers(plugin) or ()}
            add = partial(self._add, record=record, wrappers=wrappers)
            if "indicator" in callers:
                with contained(record.mark):
                    add(plugin)
            for hook, take in (
                ("register_cities", partial(self._add_city, record)),
                ("register_indices", partial(self._add_index, record)),
                ("register_indicators", add),
            ):
                if hook in callers:
                    with contained(record.mark):
                        register = partial(_one_by_one, record, take)
                        self._implementation(hook, plugin)(register=register)
        for found in (*self.indicators.values(), *self.flows.values()):
            if unknown := {each.city for each in found.indicator.breaks} - {"", *self.cities}:
                lost = f"{found.indicator.id} declares a break of no known city: {min(unknown)!r}"
                found.record.mark(f"{lost}; register it, or mend the id")

    def check_inputs(self) -> None:
        """Name the indicators an input of which no plugin declares; one that is disabled may."""
        for found in () if self._disabled else self.indicators.values():
            if lost := missing_input(found.indicator, {**self.indicators, **self.flows}):
                found.record.mark(f"{found.indicator.id}: {lost}")

    def ask(self, hook: str, take: Callable[[PluginRecord], Callable[..., Any]]) -> None:
        """Call a hook of every plugin that has it, each with something of its own to call.

        Args:
            hook: one that registers something by its only argument, ``register`` or ``cli``.
            take: gives what a plugin is handed.
        """
        for impl in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            record = next(record for plugin, record in self._loaded if plugin is impl.plugin)
            call = self._implementation(hook, impl.plugin)
            (name,) = call.spec.argnames
            guarded(record, hook, partial(call, **{name: take(record)}))

    def _implementation(self, hook: str, plugin: object) -> Any:
        others = self.manager.get_plugins() - {plugin}
        return self.manager.subset_hook_caller(hook, remove_plugins=others)

    def _add_city(self, record: PluginRecord, city: City) -> None:
        if record.origin != BUILT_IN:
            check_city(city)
            city = told(city)
            refuse_double(city, self.cities.values())
        if self.cities.setdefault(city.id, city) != city:
            raise PluginError(
                f"registers the city {city.id}, which is there with other names or places; the "
                "earlier one is kept"
            )

    def _add_index(self, record: PluginRecord, path: str) -> None:
        if not isinstance(path, str | Path):
            raise PluginError(f"registers {path!r} as an index; register the path of a TOML file")
        self.index_files.setdefault(Path(path), record)

    def _add(self, plugin: object, **options: Any) -> None:
        """Add an indicator, or put that off, where the id is to be had without all the checks."""
        look = partial(self._look_at, plugin, **options)
        declare = getattr(plugin, "indicator", None)
        if self._on_demand and callable(declare):
            self._waiting.setdefault(declare().id, look)
        else:
            self._keep(look())

    def _look_at(
        self,
        plugin: object,
        *,
        record: PluginRecord,
        wrappers: Sequence[_Around],
    ) -> IndicatorPlugin:
        manager = indicator_manager(plugin)
        indicator, sources = declaration(manager)
        if record.origin != BUILT_IN:  # that is checked by its tests
            check_declaration(indicator, sources)
            indicator, sources = told(indicator), tuple(map(told, sources))
        homes, code = record.homes, record.code
        for wrapper in wrappers:
            if wrapper.plugin is not plugin:
                manager.register(wrapper)
                homes += wrapper.record.homes
                code += wrapper.record.code
        apart = self._apart if self._apart.built_in or record.origin != BUILT_IN else None
        return IndicatorPlugin(plugin, indicator, sources, record, manager, apart, homes, code)

    def _keep(self, found: IndicatorPlugin) -> None:
        indicator, record = found.indicator, found.record
        if indicator.id in self._disabled:
            return
        if rival := self.indicators.get(indicator.id) or self.flows.get(indicator.id):
            raise PluginError(
                f"declares {indicator.id}, which {rival.record.name} ({rival.record.origin}) "
                "declares too; the earlier one is kept; rename or disable one of them"
            )
        kind = self.flows if isinstance(indicator, Flow) else self.indicators
        kind[indicator.id] = found
        record.indicators.append(indicator.id)
        if record.origin != BUILT_IN:
            check_schedules(found.sources)


def load_plugins(
    dirs: Sequence[Path] = (), disabled: Sequence[str] = (), files: Sequence[Path] = ()
) -> Plugins:
    """Find and load all plugins: built in, in the folders, single files, installed.

    ``CITYFLUX_LOAD_PLUGINS`` limits the installed ones to the names it lists, none if empty.
    """
    return load_selection(Selection(tuple(dirs), tuple(disabled), tuple(files)))


def load_selection(selection: Selection, on_demand: bool = False) -> Plugins:
    """Find and load plugins, and the installed ones as `load_plugins` does.

    Args:
        selection: where they are.
        on_demand: whether indicators are looked at only when `Plugins.find` wants them, which saves
            time and memory where most are not wanted.
    """
    plugins = Plugins(selection, on_demand)
    for name, find in built_in() if selection.built_in else ():
        plugins.load(name, BUILT_IN, find)
    for path in in_folders(selection.dirs):
        plugins.load(str(path), "file", partial(load_path, path), file=first_file(path))
    for path in selection.files:
        plugins.load(str(path), "file", partial(load_path, path, named=True), file=first_file(path))
    for each in installed():
        plugins.load(each.name, each.package, each.load, each.version, each.file)
    plugins.collect()
    return plugins


def _refuse_slips(plugin: object) -> None:
    """Refuse a plugin whose author has forgotten something.

    Raises:
        PluginError: saying what.
    """
    from cityflux.core.plugin.slips import marked_hooks, missing_hooks, unmarked_hook

    marked = marked_hooks(plugin)
    if wrong := missing_hooks(marked, bool(_wrapping(plugin))) or unmarked_hook(plugin, marked):
        raise PluginError(wrong)


def _wrapping(plugin: object) -> list[str]:
    """Which hooks of others a plugin stands around."""
    manager, found = pluggy.PluginManager("cityflux"), []
    for hook in _WRAPPED:
        options = manager.parse_hookimpl_opts(plugin, hook) if hasattr(plugin, hook) else None
        if options and options["wrapper"]:
            found.append(hook)
    return found


class _Around:
    """What stands around the hooks of others: the wrapping hooks of a plugin, and no others."""

    def __init__(self, plugin: object, record: PluginRecord, hooks: Iterable[str]) -> None:
        self.plugin, self.record = plugin, record
        for hook in hooks:
            setattr(self, hook, around(record, hook, getattr(plugin, hook)))


def _one_by_one(
    record: PluginRecord, take: Callable[..., None], *arguments: Any, **options: Any
) -> None:
    """Take one thing that a plugin registers; what is wrong with it leaves out that thing alone."""
    with contained(record.mark):
        take(*arguments, **options)
