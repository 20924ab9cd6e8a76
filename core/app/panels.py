"""Panels of experts: asked in rounds, under pseudonyms, until they agree.

What the experts are asked is made here, what they answer is checked and stored here, by file and by
page alike.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from cityflux.core.model.errors import ImportRefused, IndexDefinitionError, StorageError
from cityflux.core.model.questionnaire import Given, Line, Questionnaire, checked, share
from cityflux.core.model.version import __version__
from cityflux.core.reading.asked import asked_nodes
from cityflux.storage import panels as storage
from cityflux.storage.database import write
from cityflux.storage.panels import Answer, Panel, Rating

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition

#: When a panel has agreed on an item, unless it says otherwise: the interquartile range and the
#: coefficient of variation at the most; and the p below which the panel as a whole agrees.
RULE: Mapping[str, float] = {"iqr": 1.0, "cv": 0.25, "p": 0.05}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def begin(
    connection: sqlite3.Connection,
    panel: Panel,
    definition: Definition,
    names: Sequence[str],
    nodes: Sequence[str] = (),
    *,
    proposing: bool = False,
) -> dict[str, str]:
    """Begin a panel with its first round; experts get pseudonyms in an order of no meaning.

    Args:
        connection: for writing.
        panel: the panel.
        definition: its index.
        names: of the experts.
        nodes: what is rated; what stands right under the root without any.
        proposing: whether nodes may be struck and proposed.

    Returns:
        The name behind each pseudonym.

    Raises:
        StorageError: there is one of this name.
        ImportRefused: nobody is asked, or somebody twice, or the panel makes no sense.
        IndexDefinitionError: as `next_round`.
    """
    if not _NAME.fullmatch(panel.name):
        raise ImportRefused(f"{panel.name!r}: use small letters, digits and underscores", [])
    if panel.least >= panel.most:
        raise ImportRefused(f"a scale from {panel.least} to {panel.most} has no steps", [])
    if not names:
        raise ImportRefused("a panel needs experts; name them with --experts or --expert", [])
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ImportRefused(f"the expert {twice!r} is named twice; name each once", [])
    rated = _rated(definition, nodes)
    mixed = secrets.SystemRandom().sample(list(names), len(names))
    width = max(2, len(str(len(names))))
    known = {f"E{place:0{width}}": name for place, name in enumerate(mixed, 1)}
    with write(connection):
        storage.save_panel(connection, panel, known, __version__)
        storage.open_round(connection, panel.name, rated, proposing=proposing)
    return known


def next_round(
    connection: sqlite3.Connection,
    panel: Panel,
    definition: Definition,
    nodes: Sequence[str] = (),
    *,
    proposing: bool = False,
) -> int:
    """Open the next round of a panel.

    Args:
        connection: for writing.
        panel: the panel.
        definition: its index.
        nodes: what is rated; that of the round before without any.
        proposing: whether nodes may be struck and proposed.

    Raises:
        IndexDefinitionError: the index has no such node, or fewer than two are compared.
        StorageError: a round is open.
    """
    before = storage.rounds(connection, panel.name)
    if not nodes and before:
        last = storage.round_nodes(connection, panel.name, before[-1].round)
        nodes = [node for node, _ in last]
    rated = _rated(definition, nodes)
    with write(connection):
        return storage.open_round(connection, panel.name, rated, proposing=proposing)


def _rated(definition: Definition, nodes: Sequence[str]) -> list[tuple[str, str]]:
    """What is rated, each with its parent; without names what stands right under the root."""
    known = {node.id: node for node in definition.tree}
    nodes = list(dict.fromkeys(nodes)) or [child.id for child in definition.children[definition.id]]
    unknown = [name for name in nodes if name not in known or known[name].parent is None]
    if unknown:
        raise IndexDefinitionError(
            f"{definition.id} has no node {unknown[0]!r} that could be weighted; "
            f"see: cityflux weights {definition.id}"
        )
    if len(nodes) < 2:
        raise IndexDefinitionError("a panel weighs nodes against each other; name two or more")
    return [(name, known[name].parent or "") for name in nodes]


def questionnaire(
    connection: sqlite3.Connection, panel: Panel, number: int, expert: str
) -> Questionnaire:
    """What one expert is asked in a round, with what came of the round before."""
    rated = storage.round_nodes(connection, panel.name, number)
    facts = asked_nodes(connection, panel.index_id, [node for node, _ in rated])
    before = feedback(connection, panel, number - 1) if number > 1 else {}
    own: dict[tuple[str, str, str], float] = {}
    if number > 1:
        last = storage.last_ratings(connection, panel.name, number - 1)
        own = {
            (each.part, each.node_id, each.other_id): each.value for each in last.get(expert, ())
        }
    lines = []
    for part, node, other in keys(panel.kind, rated):
        one, two = facts[node], facts.get(other)
        median, low, high = before.get((part, node, other), (None, None, None))
        lines.append(
            Line(
                part,
                node,
                other,
                one.name_zh if two is None else f"{one.name_zh} : {two.name_zh}",
                one.name_en if two is None else f"{one.name_en} : {two.name_en}",
                one.definition if two is None else "",
                one.coverage if two is None else None,
                median,
                low,
                high,
                own.get((part, node, other)),
            )
        )
    proposing = next(
        each.proposing for each in storage.rounds(connection, panel.name) if each.round == number
    )
    return Questionnaire(panel.name, number, expert, panel.least, panel.most, lines, proposing)


def keys(kind: str, nodes: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """What is asked of some nodes with their parents: part, node, and the other one of a pair."""
    if kind == "scale":
        return [("scale", node, "") for node, _ in nodes]
    found: list[tuple[str, str, str]] = []
    for siblings in families(nodes).values():
        if kind == "ahp":
            found += [("pair", *pair) for pair in combinations(siblings, 2)]
        else:
            found += [(part, node, "") for part in ("best", "worst") for node in siblings]
    return found


def families(nodes: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Nodes by their parent, which are compared with each other."""
    found: dict[str, list[str]] = {}
    for node, parent in nodes:
        found.setdefault(parent, []).append(node)
    return found


def feedback(
    connection: sqlite3.Connection, panel: Panel, number: int
) -> dict[tuple[str, str, str], tuple[float, float, float]]:
    """Median and quartiles of a round, by part, node and other."""
    import numpy as np

    values: dict[tuple[str, str, str], list[float]] = {}
    for rated in storage.last_ratings(connection, panel.name, number).values():
        for each in rated:
            values.setdefault((each.part, each.node_id, each.other_id), []).append(each.value)
    found = {}
    for key, known in values.items():
        low, median, high = np.quantile(known, (0.25, 0.5, 0.75)).tolist()
        found[key] = (median, low, high)
    return found


def take_in(
    connection: sqlite3.Connection,
    panel: Panel,
    given: Given,
    digest: str,
    *,
    partial: bool = False,
    correct: bool = False,
) -> int:
    """Check what an expert answered and store it, all or nothing.

    Args:
        connection: for writing.
        panel: the panel.
        given: what came back.
        digest: by which the same answer is known again.
        partial: whether answers may lack.
        correct: whether it may stand in the place of an earlier one.

    Returns:
        Which answer of the expert in this round it is, from 1 on.

    Raises:
        ImportRefused: something in it is wrong.
        StorageError: the round is closed, or it was answered already.
        UnknownName: the panel has no such expert.
    """
    if given.panel != panel.name:
        raise ImportRefused(
            f"{given.expert}: is of the panel {given.panel!r}, not of {panel.name!r}", []
        )
    with write(connection):
        known = {each.round: each for each in storage.rounds(connection, panel.name)}
        number = int(given.number) if given.number.isdecimal() else 0
        if number not in known:
            raise ImportRefused(f"{given.expert}: {panel.name} has no round {given.number!r}", [])
        if known[number].closed is not None:
            raise StorageError(
                f"{given.expert}: round {number} of {panel.name} is closed since "
                f"{str(known[number].closed)[:10]}; nothing was stored"
            )
        asked = questionnaire(connection, panel, number, given.expert)
        values = checked(asked, given, partial=partial)
        ratings = [
            Rating(node, other, part, value) for (part, node, other), value in values.items()
        ]
        proposals = [("strike", each) for each in given.struck]
        proposals += [("propose", each) for each in given.proposed]
        answer = Answer(
            given.expert, digest, share(given.basis), share(given.familiarity), ratings, proposals
        )
        return storage.save_answer(connection, panel.name, number, answer, correct=correct)


def digest_of(given: Given) -> str:
    """By which an answer that came without a file is known again."""
    said = [given.expert, given.basis, given.familiarity, sorted(map(list, given.answers.items()))]
    said += [list(given.struck), list(given.proposed), secrets.token_hex(8)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def read_experts(path: Path) -> list[str]:
    """The names in a text file, one a line; empty lines and those with # in front do not count.

    Raises:
        ImportRefused: the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"{path}: cannot be read ({error})", []) from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


@dataclass(frozen=True)
class Links:
    """The links of a round: by pseudonym a token that opens one questionnaire."""

    tokens: Mapping[str, str]


def new_links(connection: sqlite3.Connection, panel: Panel) -> Links:
    """Make a link for each expert for the round that is open; earlier ones open nothing more.

    Raises:
        StorageError: no round is open.
    """
    with write(connection):
        number = storage.open_number(connection, panel.name)
        known = storage.experts(connection, panel.name)
        tokens = {expert: secrets.token_urlsafe(32) for expert in known}
        storage.save_tokens(connection, panel.name, number, tokens)
    return Links(tokens)
