"""``cityflux add``: a city or an indicator, without Python."""

from __future__ import annotations

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
    from cityflux.core.app.data_files import data_file, plugin_folder, save_files
    from cityflux.core.model.errors import ConfigError, PluginError
    from cityflux.core.plugin.data_file import table_text

    path = data_file(plugin_folder(session), "local")
    if name in (session.plugins.cities if table == "cities" else session.plugins.indicators):
        raise ConfigError(f"{name} is there already; see: cityflux {table}")
    before = path.read_text(encoding="utf-8").rstrip() + "\n\n" if path.exists() else ""
    text = before + table_text(table, {key: value for key, value in row.items() if value})
    try:
        fresh = save_files(session, {path: text})
    except PluginError as error:
        raise PluginError(f"{name} cannot be added: {error}") from None
    with fresh.open():
        click.echo(f"added {name} to {path}")
