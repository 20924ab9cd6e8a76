"""What a command and the daemon share: configuration, plugins, indices, database; read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import IndexDefinitionError, UnknownName

if TYPE_CHECKING:
    import sqlite3

    from cityflux.core.app.config import Config
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.steps.methods import Methods
    from cityflux.core.plugin.manager import Plugins
    from cityflux.core.plugin.record import PluginRecord

#: What a method of a plugin must return, where whoever calls it could not tell whose mistake it is.
_RETURNS = {"standardization": "Expr", "aggregation": "Series", "weighting": "list"}


def methods_with(plugins: Plugins) -> Methods:
    """The built-in methods and those that plugins register."""
    from cityflux.core.engine.steps.methods import Methods
    from cityflux.core.plugin.dispatch import registered

    methods = Methods()

    def of(record: PluginRecord) -> Callable[[str, str, Callable[..., Any]], None]:
        def register(kind: str, name: str, function: Callable[..., Any]) -> None:
            returns = _RETURNS.get(kind, "")
            methods.register(kind, name, registered(record, f"{kind} {name}", function, returns))

        return register

    plugins.ask("register_methods", of)
    return methods


class Session:
    """One configuration and what it leads to, each read when it is needed.

    Args:
        config: the configuration file; ``config.toml`` or the defaults without one.
        database: the database file; that of the configuration without one.
    """

    def __init__(self, config: Path | None = None, database: Path | None = None) -> None:
        self._config_file = config
        self._database = database

    def again(self) -> Session:
        """The same with everything read anew: configuration, plugins and indices.

        Raises:
            CityfluxError: what is wrong with them.
        """
        fresh = Session(self._config_file, self._database)
        for each in (fresh.config, fresh.plugins, fresh.methods, fresh.indices):
            assert each is not None
        return fresh

    @cached_property
    def config(self) -> Config:
        """The configuration, with paths that do not depend on the current folder."""
        from cityflux.core.app.config import load_config

        return load_config(self._config_file)

    @property
    def config_file(self) -> Path | None:
        """The configuration file, absolute; None where the defaults hold without one."""
        from cityflux.core.app.config import DEFAULT_FILE

        if self._config_file is None and not DEFAULT_FILE.exists():
            return None
        return (self._config_file or DEFAULT_FILE).absolute()

    @property
    def database(self) -> Path:
        """The database file."""
        return self._database or self.config.database.path

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins, loaded."""
        from cityflux.core.model.secrecy import learn
        from cityflux.core.plugin.manager import load_plugins

        learn(self.config.secret_variables)  # before anybody else's code runs
        plugins = load_plugins(self.config.plugins.dirs, self.config.plugins.disabled)
        plugins.check_inputs()
        return plugins

    @cached_property
    def _index_files(self) -> tuple[dict[str, Definition], dict[Path, str]]:
        from cityflux.core.engine.definition.indices import read_indices

        return read_indices([*self.plugins.index_files, *self.config.indices.files])

    @property
    def indices(self) -> dict[str, Definition]:
        """All index definitions that can be read, by id."""
        return self._index_files[0]

    @property
    def wrong_index_files(self) -> dict[Path, str]:
        """The index files that cannot be read, each with what is wrong."""
        return self._index_files[1]

    @property
    def wrong_indices(self) -> list[tuple[str, str]]:
        """The index files that cannot be read: the plugin or the file, and what is wrong."""
        named = []
        for path, why in self._index_files[1].items():
            owner = self.plugins.index_files.get(path)
            named.append((owner.name, why) if owner else (str(path), why.removeprefix(f"{path}: ")))
        return named

    @cached_property
    def methods(self) -> Methods:
        """The methods that an index may name, with those of the plugins."""
        return methods_with(self.plugins)

    def methods_of(self, definition: Definition) -> Methods:
        """The methods by which an index aggregates; plugins are loaded where it names others.

        A stored index is read without its plugins wherever that is possible.
        """
        from cityflux.core.engine.steps.methods import Methods

        built_in = Methods()
        named = {node.aggregation.method for node in definition.tree if node.aggregation}
        return built_in if named <= set(built_in.aggregation) else self.methods

    def index_name(self, name: str | None) -> str:
        """The id of an index that was asked for, or of the default one."""
        return name or self.config.indices.default

    def index(self, name: str | None) -> Definition:
        """The definition of an index; of the default one without a name."""
        from cityflux.core.engine.definition.indices import find_index

        try:
            return find_index(self.indices, self.index_name(name))
        except IndexDefinitionError as error:
            if not self.wrong_indices:
                raise
            wrong = "; ".join(f"{name}: {why}" for name, why in self.wrong_indices)
            raise IndexDefinitionError(f"{error}; not loaded, as broken: {wrong}") from error

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """The database for writing, with the catalogue of the plugins in it."""
        from cityflux.core.refresh.catalog import sync_catalog
        from cityflux.storage.connection import lent
        from cityflux.storage.database import open_database

        with open_database(self.database, self.config.files.access) as connection:
            sync_catalog(connection, self.plugins)
            hook = self.plugins.manager.hook.prepare_connection
            if hook.get_hookimpls():
                with lent(connection):
                    hook(connection=connection)
            with self.naming_broken():
                yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The database for reading."""
        from cityflux.storage.read_only import read_database

        with read_database(self.database) as connection, self.naming_broken():
            yield connection

    @contextmanager
    def naming_broken(self) -> Iterator[None]:
        """Where an index or what it names is not there, say which plugins are broken.

        Raises:
            UnknownName: what was raised within, with the broken plugins after it.
        """
        try:
            yield
        except UnknownName as error:
            broken = "; ".join(f"{each.name}: {each.error}" for each in self.plugins.broken)
            if not broken or broken in str(error):
                raise
            raise UnknownName(f"{error}; not loaded, as broken: {broken}") from error
