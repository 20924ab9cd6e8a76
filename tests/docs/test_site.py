"""The site: every page has its place, the reference is that of the code, every command exists.

The site itself is built, and its links and its search are looked at, by ``make docs``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from cityflux.core.cli.main import cli
from tests.conftest import answer
from tests.docs import reference

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: The documents at the top that the site takes in.
TOP = {"SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"}


def test_no_page_is_an_orphan_and_none_is_missing() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    listed = re.findall(r": (\S+\.md)$", nav, re.M)
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    assert sorted(listed) == sorted(pages | TOP)


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_is_that_of_the_code(name: str) -> None:
    stored = (DOCS / "reference" / f"{name}.md").read_text("utf-8")
    assert stored == reference.page(name), "write it anew with: python -m tests.docs.reference"


def test_every_field_and_setting_of_the_reference_says_what_it_means() -> None:
    for name in ("commands", "plugins"):
        rows = re.findall(r"^\| `.*\|$", reference.page(name), re.M)
        assert len(rows) > 40
        assert [row for row in rows if re.search(r"\|\s*\|$", row)] == []


def _typed() -> list[tuple[str, str]]:
    """Each line of the documents that begins with ``cityflux``, with its file."""
    found = []
    for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        if "reference" in path.parts:
            continue
        text = path.read_text("utf-8")
        lines = re.findall(r"^(?:    |\$ )(cityflux [^`\n|]+)$", text, re.M)
        for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S):
            lines += re.findall(r"^cityflux .+$", block, re.M)
        found += [(path.name, line.strip()) for line in lines]
    return sorted({*found})


def test_every_command_of_the_documents_exists_with_its_options() -> None:
    wrong, seen = [], 0
    for name, line in _typed():
        words = shlex.split(line.partition(" #")[0])[1:]
        try:
            context = cli.make_context("cityflux", words, resilient_parsing=True)
            rest = [*context._protected_args, *context.args]
            command: click.Command | None = cli
            while isinstance(command, click.Group) and rest:
                if command.name == "flows" and rest[0] not in command.commands:
                    rest = ["list", *rest]  # which is what it means then
                below = command.get_command(context, rest[0])
                if below is None:
                    command = command if command.invoke_without_command else None
                    break
                command, rest = below, rest[1:]
            if command is None:
                wrong.append(f"{name}: {line}")
                continue
            seen += 1
            known = {option for each in command.params for option in each.opts} | {"--help"}
            used = {word.partition("=")[0] for word in rest if word.startswith("--")}
            if used - known:
                wrong.append(f"{name}: {line}")
        except click.ClickException as error:
            wrong.append(f"{name}: {line}: {error.message}")
    assert wrong == []
    assert seen > 100


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("README.md", ("for analysts", "Why not a spreadsheet", "tutorial.md")),
        ("README.zh-CN.md", ("写给", "为什么不用电子表格", "tutorial.md")),
    ],
)
def test_the_first_ten_lines_say_what_for_whom_and_why_with_a_true_picture(
    name: str, words: tuple[str, ...], read_only: Callable[..., Result]
) -> None:
    head = "\n".join((ROOT / name).read_text("utf-8").splitlines()[:10])
    assert [word for word in words if word not in head] == []
    ((said, picture),) = re.findall(r"^!\[(.*)\]\((.*)\)$", head, re.M)
    assert (ROOT / picture).exists()
    split = answer(read_only, "tree", "flow_index", "--city", "shanghai", "--versus", "beijing")
    (lead,) = split["flow_index"].values()
    assert f"{lead:.2f}" in said, "draw it anew with: python -m tests.report.screenshots --readme"
