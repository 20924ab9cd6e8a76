"""The options of ``cityflux show`` that became commands: the old spellings go on working."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import click

_HIDDEN = (
    click.option("--against", hidden=True),
    click.option("--strengths", hidden=True),
    click.option("--tree", is_flag=True, hidden=True),
    click.option("--city", hidden=True),
    click.option("--versus", hidden=True),
    click.option("--depth", type=click.IntRange(min=0), hidden=True),
    click.option("--ranking", is_flag=True, hidden=True),
    click.option("--node", hidden=True),
    click.option("--weights", is_flag=True, hidden=True),
    click.option("--imputed", is_flag=True, hidden=True),
    click.option("--treated", is_flag=True, hidden=True),
)
#: The command that each option became, and which further options went with it.
_COMMANDS = {
    "ranking": ("ranking:ranking", ("node", "lang")),
    "strengths": ("strengths:strengths", ()),
    "weights": ("weights:weights", ()),
    "imputed": ("weights:adjustments", ()),
    "treated": ("weights:adjustments", ()),
    "tree": ("tree:tree", ("city", "versus", "depth", "lang")),
    "against": ("against:against", ()),
}


def former_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take the options that ``show`` once had, without a word of them in its help."""
    for option in _HIDDEN:
        command = option(command)
    return command


def hand_over(
    context: click.Context, index: str | None, as_json: bool, former: Mapping[str, Any]
) -> None:
    """Run the command that a former option became, of which one at least is given.

    Raises:
        UsageError: an option stands without that with which it goes.
    """
    given = {name: value for name, value in former.items() if value not in (None, False)}
    chosen = next((name for name in _COMMANDS if name in given), None)
    place, further = _COMMANDS[chosen] if chosen else ("", ())
    for name in given:
        if name not in _COMMANDS and name not in further and (chosen or name != "lang"):
            homes = [f"cityflux {option}" for option in _COMMANDS if name in _COMMANDS[option][1]]
            raise click.UsageError(f"--{name} goes with {' or '.join(homes)}")
    assert chosen  # nothing else goes alone
    module, _, command = place.partition(":")
    called = getattr(importlib.import_module(f"cityflux.core.cli.{module}"), command)
    values = {name: former[name] for name in further}
    if chosen in ("imputed", "treated"):
        values = {"imputed": chosen == "imputed", "treated": chosen == "treated"}
    elif chosen in ("strengths", "against"):
        values = {{"strengths": "city", "against": "other"}[chosen]: former[chosen]}
    (context.parent or context).invoke(called, index=index, as_json=as_json, **values)
