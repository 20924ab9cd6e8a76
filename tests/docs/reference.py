"""The reference of the documents, written from the code: ``python -m tests.docs.reference``."""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import cityflux
from cityflux.core.app.config import Config
from cityflux.core.cli.main import COMMANDS, cli
from cityflux.core.model import nouns
from cityflux.core.plugin.hookspecs import ExtensionSpec, IndicatorSpec
from cityflux.core.words.catalogue import section
from cityflux.storage.blueprint import blueprint

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
MARK = "Written by `python -m tests.docs.reference` from the code; do not change it here."


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]


def commands() -> list[str]:
    """Every command with its arguments, options and example."""
    lines = ["# Commands", "", MARK, ""]
    context = click.Context(cli, info_name="cityflux")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        lines += _command(command, f"cityflux {name}", "##")
        for sub, each in getattr(command, "commands", {}).items():
            lines += _command(each, f"cityflux {name} {sub}", "###")
    return lines


def _command(command: click.Command, name: str, head: str) -> list[str]:
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"{head} {name}", "", f"    {name} {usage}", ""]
    lines += [_escaped(each) + "\n" for each in inspect.cleandoc(command.help or "").split("\n\n")]
    options = [
        each for each in command.params if isinstance(each, click.Option) and not each.hidden
    ]
    if options:
        lines += [*_table(("option", "what it does"), map(_option, options)), ""]
    if command.epilog:
        lines += [f"    {command.epilog.removeprefix('Example: ')}", ""]
    return lines


def _option(option: click.Option) -> tuple[str, str]:
    metavar = "" if option.is_flag else f" {_escaped(option.make_metavar(click.Context(cli)))}"
    default = ""
    if option.show_default and option.default not in (None, False):
        default = f" (`{option.default}`)"
    return f"`{', '.join(option.opts)}{metavar}`", _escaped(option.help or "") + default


def plugins() -> list[str]:
    """Every hook, and every field of what plugins declare."""
    lines = ["# Hooks and nouns", "", MARK, "", "How they are used: [plugins](../plugins.md).", ""]
    for title, spec in (("Hooks of an indicator", IndicatorSpec), ("Other hooks", ExtensionSpec)):
        lines += [f"## {title}", ""]
        for name, function in vars(spec).items():
            if not name.startswith("_") and inspect.isfunction(function):
                arguments = ", ".join([*inspect.signature(function).parameters][1:])
                text = inspect.cleandoc(function.__doc__ or "").replace("``", "`")
                lines += [f"### {name}({arguments})", "", text, ""]
    for noun in (nouns.City, nouns.Indicator, nouns.Source, nouns.Break, nouns.Publication):
        doc = inspect.cleandoc(noun.__doc__ or "")
        said, meanings = doc.partition("\n\nAttributes:")[0], _attributes(doc)
        rows = (
            (f"`{each.name}`", f"`{_type(each)}`", _default(each), _escaped(meanings[each.name]))
            for each in dataclasses.fields(noun)
        )
        lines += [f"## {noun.__name__}", "", said, ""]
        lines += [*_table(("field", "type", "default", "meaning"), rows), ""]
    return lines


def _attributes(doc: str) -> dict[str, str]:
    """What a docstring says of each attribute."""
    listed = textwrap.dedent(doc.partition("Attributes:\n")[2].partition("\n\n")[0])
    return {match[1]: match[2] for match in re.finditer(r"^(\w+): (.*(?:\n +.*)*)", listed, re.M)}


def _type(field: dataclasses.Field[Any]) -> str:
    return str(field.type).replace("|", "or")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f"`{field.default!r}`"
    if field.default_factory is not dataclasses.MISSING:
        return f"`{field.default_factory()!r}`"
    return "needed"


def configuration() -> list[str]:
    """Every setting with its type and default, and the remark of config.toml."""
    remarks: dict[str, str] = {}
    part = ""
    for line in (ROOT / "config.toml").read_text("utf-8").splitlines():
        if found := re.match(r"\[(\w+)\]", line):
            part = found[1]
        if found := re.match(r"(\w+) = .*?  *# (.*)", line):
            remarks[f"{part}.{found[1]}"] = found[2]
    lines = [
        "# Settings",
        "",
        MARK,
        "",
        "What they mean at length: [configuration](../configuration.md).",
        "",
    ]
    for name, model in Config.model_fields.items():
        fields = getattr(model.annotation, "model_fields", {})
        lines += [f"## {name}", ""]
        if doc := inspect.getdoc(model.annotation) if fields else "":
            lines += [doc, ""]
        defaults = Config().model_dump(mode="json")[name]
        rows = (
            (f"`{name}.{key}`", f"`{value!r}`", _escaped(remarks.get(f"{name}.{key}", "")))
            for key, value in defaults.items()
        )
        lines += [*_table(("setting", "default", "remark"), rows), ""]
    return lines


def database() -> list[str]:
    """Every table and view with its columns, as Datasette's pages describe them."""
    from sqlite_utils import Database

    lines = [
        "# Tables and views",
        "",
        MARK,
        "",
        "How they belong together: [database](../database.md).",
        "",
    ]
    texts = {code: section(code, "tables") for code in ("en", "zh")}
    db = Database(memory=True)
    for thing in blueprint().values():
        if thing.kind in ("table", "view") and not re.match("CREATE VIRTUAL", thing.sql):
            db.execute(thing.sql)
    for name, said in sorted(texts["en"].items()):
        kind = "view" if name in db.view_names() else "table"
        columns = db.execute(f"PRAGMA table_info({name})").fetchall()
        words = {**section("en", "columns"), **section("en", f"columns_of.{name}")}
        chinese = {**section("zh", "columns"), **section("zh", f"columns_of.{name}")}
        rows = (
            (
                f"`{column}`",
                declared.lower(),
                *(_escaped(text.get(column, "")) for text in (words, chinese)),
            )
            for _, column, declared, *_ in columns
        )
        lines += [f"## {name}", "", f"A {kind}. {said} {texts['zh'][name]}", ""]
        lines += [*_table(("column", "type", "meaning", "含义"), rows), ""]
    db.close()
    return lines


def python() -> list[str]:
    """Every public name of the package with its docstring."""
    lines = ["# Python", "", MARK, "", "What a plugin and a notebook import from `cityflux`.", ""]
    for name in sorted(cityflux.__all__):
        thing = getattr(cityflux, name)
        doc = inspect.getdoc(thing) or ""
        signature = ""
        if inspect.isfunction(thing):
            signature = str(inspect.signature(thing))
        lines += [f"## {name}", ""]
        if signature:
            lines += [f"    {name}{signature}", ""]
        if inspect.isfunction(thing) or inspect.isclass(thing):
            lines += ["```text", doc, "```", ""]
        else:
            lines += [f"`{type(thing).__name__}`", ""]
    return lines


PAGES = {
    "commands": commands,
    "plugins": plugins,
    "configuration": configuration,
    "database": database,
    "python": python,
}


def page(name: str) -> str:
    """The text of a page."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(PAGES[name]())).rstrip() + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in PAGES:
        (FOLDER / f"{each}.md").write_text(page(each), encoding="utf-8")
