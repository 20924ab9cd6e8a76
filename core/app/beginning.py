"""A folder of one's own to begin with: settings, a plugin, an index, and figures that work."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path

from cityflux.core.model.errors import ConfigError, NotEnoughData
from cityflux.core.plugin.data_file import toml_value
from cityflux.core.plugin.new import write_new
from cityflux.storage.catalog import what_is_known

CONFIG, INDEX = Path("config.toml"), Path("my_index.toml")
PLUGINS, _PLUGIN = Path("my_plugins"), "example"
_EXAMPLES = (CONFIG, INDEX, PLUGINS / "local.meta.toml", Path("figures.csv"))


def write_folder(folder: Path) -> list[Path]:
    """Write a folder whose commands work as they stand.

    Args:
        folder: made where it is not there.

    Returns:
        What was written.

    Raises:
        ConfigError: one of the files is there already; then nothing is written.
    """
    refuse_present(folder)
    written = [_write(folder / each, template(each.name)) for each in _EXAMPLES]
    return [*written, *write_new(_PLUGIN, folder / PLUGINS)]


def write_settings(folder: Path, index: str = "my_index", *, own_file: bool) -> Path:
    """Write the settings alone, for a folder whose figures come from a table.

    Args:
        folder: made where it is not there.
        index: that is meant where none is named.
        own_file: whether it is defined beside the settings; else in the plugin folder.
    """
    text = template(CONFIG.name).replace('default = "my_index"', f"default = {toml_value(index)}")
    if not own_file:
        text = text.replace(f'files = ["{INDEX}"]', "files = []")
    return _write(folder / CONFIG, text)


def refuse_present(folder: Path) -> None:
    """Refuse a folder in which somebody has begun.

    Raises:
        ConfigError: the settings, the index, a plugin or figures are there already.
    """
    plugin = PLUGINS / f"{_PLUGIN}.py"
    for name in (*_EXAMPLES, plugin, plugin.with_name(f"test_{plugin.name}")):
        if (folder / name).exists():
            raise ConfigError(f"{folder / name} is there already; name another folder")


def write_index(folder: Path, connection: sqlite3.Connection) -> Path:
    """Write an index of all figures that there are, each indicator with the same weight.

    Args:
        folder: beside the settings.
        connection: any.

    Raises:
        NotEnoughData: they are of one city.
    """
    indicators, cities, periods = what_is_known(connection)
    if len(cities) < 2:
        raise NotEnoughData(f"there are figures of {len(cities)} city, and an index needs two")
    head, _, steps = template(INDEX.name).partition("[standardization]")
    lines = [
        head.partition("cities = ")[0].rstrip(),
        f"cities = {toml_value(cities)}",
        f"indicators = {toml_value(indicators)}",
        "",
        "[periods]",
        f"of = {toml_value(periods)}",
        "",
        f"[standardization]{steps.partition('[[nodes]]')[0].rstrip()}",
    ]
    return _write(folder / INDEX, "\n".join(lines) + "\n")


def template(name: str) -> str:
    """A file as it is written into a new folder."""
    place = files("cityflux.core.app").joinpath("templates", name)
    return place.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
