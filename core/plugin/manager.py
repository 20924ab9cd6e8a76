"""Finding plugins, and keeping the broken ones from breaking anything else.

Plugins are found in three ways: built in (the modules of ``plugins/``), as ``.py`` files in the
folders of ``[plugins] dirs``, and as installed packages with an entry point in the group
``cityflux``. Each is loaded by itself; what goes wrong is written down with its name.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pluggy

from cityflux.core.model.errors import PluginError
from cityflux.core.model.nouns import City, Flow, Indicator, Source
from cityflux.core.plugin.hook_manager import HookManager
from cityflux.core.plugin.hookspecs import ExtensionSpec, IndicatorSpec

State = Literal["loaded", "disabled", "broken"]
BUILT_IN = "built in"
_CITY_ID = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass
class PluginRecord:
    """What is known of one plugin file, package or built-in module."""

    name: str
    origin: str
    version: str = ""
    state: State = "loaded"
    error: str = ""
    indicators: list[str] = field(default_factory=list)


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
    """

    plugin: object
    indicator: Indicator
    sources: tuple[Source, ...]
    record: PluginRecord
    manager: pluggy.PluginManager
    apart: Selection | None = None

    @property
    def derived(self) -> bool:
        """Whether the figures are computed from those of other indicators."""
        return bool(self.indicator.inputs)

    def call(self, hook: str, **arguments: Any) -> Any:
        """Call one hook of this plugin, with the wrapping plugins around it and nobody else."""
        return getattr(self.manager.hook, hook)(**arguments)


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
        raise PluginError(" ".join(str(error).split())) from error
    return manager


class Plugins:
    """All plugins of one configuration.

    Attributes:
        records: every plugin that was found, in the order of loading.
        indicators: by id, every indicator that can be refreshed.
        flows: by kind, every flow between cities that can be refreshed.
        cities: by id.
        manager: for the hooks that are broadcast.
    """

    def __init__(self, selection: Selection, on_demand: bool = False) -> None:
        self.records: list[PluginRecord] = []
        self.indicators: dict[str, IndicatorPlugin] = {}
        self.flows: dict[str, IndicatorPlugin] = {}
        self.cities: dict[str, City] = {}
        self.index_files: list[Path] = []
        self.manager = HookManager(IndicatorSpec, ExtensionSpec)
        self._selection = selection
        self._disabled = set(selection.disabled)
        self._loaded: list[tuple[object, PluginRecord]] = []
        self._apart = selection
        self._on_demand = on_demand
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

    def load(self, name: str, origin: str, find: Callable[[], object], version: str = "") -> None:
        """Load one plugin; whatever it raises costs this plugin alone."""
        record = PluginRecord(name, origin, version)
        self.records.append(record)
        if name in self._disabled:
            record.state = "disabled"
            return
        try:
            plugin = find()
            indicator_manager(plugin)
            self.manager.register(plugin, name=name)
            if not self.manager.get_hookcallers(plugin) and origin != BUILT_IN:
                raise PluginError("has no hooks; decorate its functions with @cityflux.hookimpl")
        except (Exception, SystemExit) as error:
            _mark_broken(record, error)
            return
        if not self.manager.get_hookcallers(plugin):
            self.records.remove(record)  # a module that the built-in plugins share
        record.version = version or str(getattr(plugin, "__version__", ""))
        self._loaded.append((plugin, record))

    def collect(self) -> None:
        """Ask the loaded plugins for their cities, indices and indicators."""
        around = [(plugin, record) for plugin, record in self._loaded if _wraps(plugin)]
        wrappers = tuple(plugin for plugin, _ in around)
        # What is wrapped around everything brings everything with it.
        wrapped = any(record.origin != BUILT_IN for _, record in around)
        self._apart = replace(self._selection, built_in=wrapped)
        for plugin, record in self._loaded:
            callers = {caller.name for caller in self.manager.get_hookcallers(plugin) or ()}
            try:
                if "register_cities" in callers:
                    self._implementation("register_cities", plugin)(register=self._add_city)
                if "register_indices" in callers:
                    self._implementation("register_indices", plugin)(register=self._add_index)
                add = partial(self._add, record=record, wrappers=wrappers)
                if "indicator" in callers:
                    add(plugin)
                if "register_indicators" in callers:
                    self._implementation("register_indicators", plugin)(register=add)
            except (Exception, SystemExit) as error:
                _mark_broken(record, error)

    def _implementation(self, hook: str, plugin: object) -> Callable[..., Any]:
        others = [other for other in self.manager.get_plugins() if other is not plugin]
        return self.manager.subset_hook_caller(hook, remove_plugins=others)

    def _add_city(self, city: City) -> None:
        if not _CITY_ID.fullmatch(city.id):
            raise PluginError(
                f"registers a city with the id {city.id!r}; write small letters, digits, _ and -, "
                "a letter first"
            )
        self.cities[city.id] = city

    def _add_index(self, path: str) -> None:
        self.index_files.append(Path(path))

    def _add(self, plugin: object, **options: Any) -> None:
        """Add an indicator, or put that off, where the id is to be had without all the checks."""
        look = partial(self._look_at, plugin, **options)
        declare = getattr(plugin, "indicator", None)
        if self._on_demand and callable(declare):
            self._waiting.setdefault(declare().id, look)
        else:
            self._keep(look())

    def _look_at(
        self, plugin: object, *, record: PluginRecord, wrappers: tuple[object, ...]
    ) -> IndicatorPlugin:
        manager = indicator_manager(plugin)
        indicator, sources = declaration(manager)
        for wrapper in wrappers:
            if wrapper is not plugin:
                manager.register(wrapper)
        apart = self._apart if self._apart.built_in or record.origin != BUILT_IN else None
        return IndicatorPlugin(plugin, indicator, sources, record, manager, apart)

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


def declaration(manager: pluggy.PluginManager) -> tuple[Indicator, tuple[Source, ...]]:
    """What an indicator plugin declares of itself.

    Args:
        manager: from `indicator_manager`, with nothing wrapped around the plugin yet.

    Raises:
        PluginError: a hook is missing or returns something else.
    """
    (plugin,) = manager.get_plugins()
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    indicator = manager.hook.indicator()
    if not isinstance(indicator, Indicator):
        raise PluginError(f"indicator() returned {indicator!r}; return a cityflux.Indicator")
    needed = {"derive"} if indicator.inputs else {"source", "fetch", "normalize"}
    if missing := sorted(needed - implemented):
        raise PluginError(f"{indicator.id} lacks the hook {missing[0]}(); write it with @hookimpl")
    if "source" not in implemented:
        return indicator, ()
    found = manager.hook.source()
    sources = (found,) if isinstance(found, Source) else tuple(found or ())
    if not sources or not all(isinstance(source, Source) for source in sources):
        raise PluginError(f"{indicator.id}: source() returned {found!r}; return a cityflux.Source")
    return indicator, sources


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
    for name, find in _built_in() if selection.built_in else ():
        plugins.load(name, BUILT_IN, find)
    for name, find in _in_folders(selection.dirs):
        plugins.load(name, "file", find)
    for path in selection.files:
        plugins.load(str(path), "file", partial(load_file, path))
    for name, find, distribution, version in _installed():
        plugins.load(name, distribution, find, version)
    plugins.collect()
    return plugins


def _built_in() -> Iterator[tuple[str, Callable[[], object]]]:
    package = importlib.import_module("cityflux.plugins")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        name = f"plugins.{module.name}"
        yield name, partial(importlib.import_module, f"{package.__name__}.{module.name}")


def _in_folders(dirs: Sequence[Path]) -> Iterator[tuple[str, Callable[[], object]]]:
    for folder in dirs:
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith(("_", "test_", "conftest")):
                yield str(path), partial(load_file, path)


def load_file(path: Path) -> ModuleType:
    """Load a plugin file under a private name, so that two of the same name do not clash.

    Raises:
        PluginError: it is no Python file. Whatever the file raises passes through.
    """
    name = f"cityflux_plugin_{abs(hash(str(path.resolve())))}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path}: is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _installed() -> Iterator[tuple[str, Callable[[], object], str, str]]:
    chosen = os.environ.get("CITYFLUX_LOAD_PLUGINS")
    for point in sorted(entry_points(group="cityflux"), key=lambda point: point.name):
        if chosen is None or point.name in chosen.split(","):
            package = point.dist.name if point.dist else point.value
            yield point.name, point.load, package, point.dist.version if point.dist else ""


def _wraps(plugin: object) -> bool:
    """Whether a plugin stands around fetch or normalize."""
    manager = pluggy.PluginManager("cityflux")
    for hook in ("fetch", "normalize"):
        options = manager.parse_hookimpl_opts(plugin, hook) if hasattr(plugin, hook) else None
        if options and options["wrapper"]:
            return True
    return False


def _mark_broken(record: PluginRecord, error: BaseException) -> None:
    record.state = "broken"
    where = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
    kind = "" if isinstance(error, PluginError) else f"{type(error).__name__}: "
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    record.error = f"{kind}{' '.join(text.split())}{where}"
