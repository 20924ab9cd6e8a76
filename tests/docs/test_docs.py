"""The documents name everything that there is, and their examples work."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import polars as pl
import pytest
from pydantic import BaseModel

from cityflux.core.app.config import Config
from cityflux.core.cli.main import COMMANDS, cli
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.plugin.contract import figures
from cityflux.core.plugin.declaration import declaration
from cityflux.core.plugin.finding import load_file
from cityflux.core.plugin.hookspecs import ExtensionSpec, IndicatorSpec
from cityflux.core.plugin.manager import indicator_manager
from cityflux.scrapers.http.client import Client, Policy
from cityflux.testing import DatabaseInFolder, PluginInTest
from tests.conftest import run_module
from tests.docs.commands import MainJob
from tests.isolation.plugins import rows
from tests.servers import LoopbackServer

ROOT = Path(__file__).resolve().parents[2]
CITIES = {"shanghai", "beijing"}


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", _text(name), re.M | re.S)


def _example(marks: str) -> str:
    """The example of the page on plugins in which something stands."""
    (code,) = (each for each in _blocks("docs/plugins.md", "python") if marks in each)
    return code


def _hooks() -> list[str]:
    """Every hook as the document writes it: its name, and its arguments in brackets."""
    found = []
    for spec in (IndicatorSpec, ExtensionSpec):
        for name, function in vars(spec).items():
            if not name.startswith("_") and inspect.isfunction(function):
                arguments = list(inspect.signature(function).parameters)[1:]
                found.append(f"{name}({', '.join(arguments)})")
    return found


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """``section.key`` and its default."""
    return {
        f"{section}.{key}": value for section, keys in values.items() for key, value in keys.items()
    }


def _commands() -> list[tuple[str, click.Command]]:
    context = click.Context(cli)
    found = []
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", each) for sub, each in command.commands.items()]
    return found


@pytest.mark.parametrize("hook", _hooks())
def test_each_hook_is_documented_with_its_arguments(hook: str) -> None:
    assert f"`{hook}`" in _text("docs/plugins.md")


def test_the_list_of_hooks_is_not_empty() -> None:
    assert {"fetch(http, source, since)", "register_cities(register)"} <= set(_hooks())


DEFAULTS = _settings(Config().model_dump(mode="json"))


def test_config_toml_holds_every_key_with_its_default() -> None:
    assert _settings(tomllib.loads(_text("config.toml"))) == DEFAULTS


@pytest.mark.parametrize("key", DEFAULTS)
def test_each_key_is_documented_with_its_default(key: str) -> None:
    (row,) = re.findall(
        rf"^\| `{re.escape(key)}` \| `(.*?)` \|", _text("docs/configuration.md"), re.M
    )
    assert tomllib.loads(f"value = {row}")["value"] == DEFAULTS[key]


def test_every_section_of_the_configuration_is_a_table() -> None:
    sections = [name for name, value in Config() if isinstance(value, BaseModel | dict)]
    assert sections == list(Config.model_fields)


@pytest.mark.parametrize(("name", "command"), _commands())
def test_each_command_is_documented_and_has_an_example(name: str, command: click.Command) -> None:
    assert command.help
    assert (command.epilog or "").startswith("Example: cityflux ")
    assert f"cityflux {name}" in _text("docs/cli.md")
    if " " not in name:
        assert re.search(rf"^## {name}$", _text("docs/cli.md"), re.M)


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md"])
def test_the_plugin_of_the_readme_keeps_the_contract(document: str, tmp_path: Path) -> None:
    (code,) = _blocks(document, "python")
    path = tmp_path / "example.py"
    path.write_text(code, encoding="utf-8")
    manager = indicator_manager(load_file(path))
    indicator, (source,) = declaration(manager)
    hook = manager.hook
    with Client(Policy(offline=True)) as http:
        documents = list(hook.fetch(http=http, source=source, since=None))
    found = figures(hook.normalize(documents=documents), "normalize", CITIES)
    assert indicator.name_zh
    assert {figure.city_id for figure in found} == CITIES


def _refreshed(folder: Path, code: str, *names: str) -> list[tuple[Any, ...]]:
    """What an example, which is served here, brings: indicator, city, period and value."""
    (folder / "my_plugins").mkdir()
    (folder / "my_plugins" / "example.py").write_text(code, encoding="utf-8")
    (folder / "config.toml").write_text('[client]\nallow_hosts = ["127.0.0.1"]\n')
    done = run_module("cityflux", "refresh", *names, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return rows(
        folder,
        "SELECT indicator_id, city_id, period, value FROM observations "
        "WHERE indicator_id LIKE 'local.%' ORDER BY 1, 2",
    )


def test_the_plugin_for_a_table_on_a_web_page_has_ten_lines_and_works(tmp_path: Path) -> None:
    code = _example("import Indicator, Source, hookimpl, web_table")
    assert len([line for line in code.splitlines() if line and line != "@hookimpl"]) == 10
    table = "".join(
        f"<tr><td>{port}</td><td>2024年</td><td>{value}</td></tr>"
        for port, value in {"上海港": "75,277", "宁波港": "137,000", "广州港": "65,500"}.items()
    )
    with LoopbackServer() as server:
        server.answer("/cargo", f"<table><tr><th>港<th>年<th>吞吐量（万吨）</tr>{table}</table>")
        code = code.replace("https://ports.example/", server.address("/"))
        assert _refreshed(tmp_path, code, "local.cargo") == [
            ("local.cargo", "guangzhou", "2024", 65500.0),
            ("local.cargo", "shanghai", "2024", 75277.0),
        ]


def test_the_tests_of_the_documents_pass(
    cityflux_plugin: Callable[..., PluginInTest],
    cityflux_database: DatabaseInFolder,
    tmp_path: Path,
) -> None:
    path = tmp_path / "cargo.py"
    path.write_text(_example("import Indicator, Source, hookimpl, web_table"), encoding="utf-8")
    written: dict[str, Any] = {}
    exec(_example("def test_"), written)
    tests = {name: each for name, each in written.items() if name.startswith("test_")}
    given = {
        "cityflux_plugin": lambda name: cityflux_plugin(tmp_path / name),
        "cityflux_database": cityflux_database,
    }
    assert len(tests) == 2
    for test in tests.values():
        test(**{name: given[name] for name in inspect.signature(test).parameters})


def test_the_page_of_many_indicators_is_asked_for_once_and_converted(tmp_path: Path) -> None:
    code = _example("Page(SOURCE")
    found = [
        {"name": "年末常住人口", "year": "2024", "value": 24802600, "unit": "人"},
        {"name": "货物运输量", "year": "2024", "value": 15.5, "unit": "亿吨"},
        {"name": "别的", "year": "2024", "value": 1, "unit": "个"},
    ]
    with LoopbackServer() as server:
        server.answer("/2024.json", json.dumps(found))
        code = code.replace("https://office.example/", server.address("/"))
        assert _refreshed(tmp_path, code, "local.residents", "local.freight") == [
            ("local.freight", "shanghai", "2024", 155000.0),
            ("local.residents", "shanghai", "2024", 2480.26),
        ]
        assert server.count("/2024.json") == 1
    assert rows(tmp_path, "SELECT count(*) FROM fetches WHERE source_id = 'local.yearbook'") == [
        (1,)
    ]


def test_the_computed_indicator_of_the_documents_computes(tmp_path: Path) -> None:
    code = _example("def derive")
    path = tmp_path / "example.py"
    path.write_text(code, encoding="utf-8")
    manager = indicator_manager(load_file(path))
    indicator, _ = declaration(manager)
    known = pl.DataFrame(
        {
            "indicator": list(indicator.inputs),
            "city": ["shanghai", "shanghai"],
            "period": ["2020", "2020"],
            "value": [40_000.0, 2_500.0],
        }
    )
    hook = manager.hook
    (figure,) = figures(hook.derive(figures=known, flows=None, places=None), "derive", CITIES)
    assert figure.value == 16.0
    assert (
        figures(hook.derive(figures=known.clear(), flows=None, places=None), "derive", CITIES) == []
    )


def test_the_wrapping_plugin_of_the_documents_marks_what_is_doubtful(tmp_path: Path) -> None:
    code = _example("wrapper=True")
    (plain,) = _blocks("README.md", "python")
    for name, text in (("wrapper", code), ("plain", plain.replace(",2.5", ",2.5e13"))):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    manager = indicator_manager(load_file(tmp_path / "plain.py"))
    _, (source,) = declaration(manager)
    manager.register(load_file(tmp_path / "wrapper.py"))
    documents = manager.hook.fetch(http=None, source=source, since=None)
    found = figures(manager.hook.normalize(documents=documents), "normalize", CITIES)
    assert [(figure.value, figure.status) for figure in found] == [(1.5, "ok"), (2.5e13, "suspect")]


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_what_the_main_job_prints(document: str, main_job: MainJob) -> None:
    shown = _blocks(document, "console")[0].splitlines()
    assert shown[0] == "$ make run"
    assert shown[1:] == [line.rstrip() for line in main_job.printed.splitlines()]


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "docs/indices.md"])
def test_the_index_of_the_documents_is_valid(document: str) -> None:
    (definition,) = (
        parse_definition(tomllib.loads(each), document) for each in _blocks(document, "toml")
    )
    assert definition.leaves


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(
            r"\]\((?!https?:|#)([\w./-]+\.\w+)(?:#[^)]*)?\)", document.read_text("utf-8")
        )
        if not (document.parent / target).exists()
    ]
    assert broken == []
