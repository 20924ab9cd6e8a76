"""``cityflux add``: a city or an indicator, without Python."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cityflux.core.cli.session import Session, pass_session


@click.group(epilog="Example: cityflux add city kunming 昆明 Kunming --code 530100")
def add() -> None:
    """Add a city or an indicator, to local.meta.toml in the first plugin folder."""


@add.command(epilog="Example: cityflux add city kunming 昆明 Kunming --code 530100")
@click.argument("id_", metavar="ID")
@click.argument("name_zh")
@click.argument("name_en")
@click.option("--code", default="", help="The office's own code, in China of six digits.")
@click.option("--country", default="CN", show_default=True, help="ISO 3166-1 alpha-2.")
@click.option("--region", default="", help="The city region.")
@pass_session
def city(
    session: Session, id_: str, name_zh: str, name_en: str, code: str, country: str, region: str
) -> None:
    """Add a city that figures may be about."""
    row = {"id": id_, "name_zh": name_zh, "name_en": name_en, "admin_code": code}
    _write(session, "cities", {**row, "country": country, "region": region}, id_)


@add.command(epilog="Example: cityflux add indicator local.cinemas 电影院 Cinemas 家")
@click.argument("id_", metavar="ID")
@click.argument("name_zh")
@click.argument("name_en")
@click.argument("unit")
@click.option("--less-is-better", is_flag=True, help="A smaller figure is the better one.")
@click.option("--definition", default="", help="What it counts and leaves out.")
@click.option("--alias", "aliases", multiple=True, help="What publishers call it, too.")
@pass_session
def indicator(
    session: Session,
    id_: str,
    name_zh: str,
    name_en: str,
    unit: str,
    less_is_better: bool,
    definition: str,
    aliases: tuple[str, ...],
) -> None:
    """Add an indicator of which figures are taken in with `cityflux import`."""
    row = {"id": id_, "name_zh": name_zh, "name_en": name_en, "unit": unit}
    more = {"direction": -1 if less_is_better else 1, "definition": definition}
    _write(session, "indicators", {**row, **more, "aliases": [*aliases]}, id_)


def _write(session: Session, table: str, row: dict[str, object], name: str) -> None:
    """Add a row to the file; where the plugin that this makes is refused, it is as it was."""
    from cityflux.core.model.errors import ConfigError, PluginError
    from cityflux.core.plugin.data_file import SUFFIX

    folders = session.config.plugins.dirs
    if not folders:
        raise ConfigError("no plugin folder is named in [plugins] dirs; name one in config.toml")
    if name in (session.plugins.cities if table == "cities" else session.plugins.indicators):
        raise ConfigError(f"{name} is there already; see: cityflux {table}")
    path = folders[0] / f"local{SUFFIX}"
    folders[0].mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else None
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in row.items() if value
    ]
    text = "\n".join([(before or "").rstrip(), "", f"[[{table}]]", *lines, ""]).lstrip("\n")
    path.write_text(text, encoding="utf-8")
    fresh = session.again()
    records = [each for each in fresh.plugins.records if each.name == str(path)]
    if wrong := [each.error for each in records if each.error]:
        _set_back(path, before)
        raise PluginError(f"{name} cannot be added: {wrong[0]}")
    with fresh.open():
        click.echo(f"added {name} to {path}")


def _set_back(path: Path, before: str | None) -> None:
    if before is None:
        path.unlink()
    else:
        path.write_text(before, encoding="utf-8")
