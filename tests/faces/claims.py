"""Claims in texts: found by the templates of the catalogue, and held against what compares."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from string import Formatter

from cityflux.core.words.catalogue import CODES, Code, texts
from cityflux.core.words.names import pick, short

#: The keys of texts that say of a city that it stands before or behind others.
CLAIMS = (
    *("summary.place", "summary.behind", "summary.ahead", "summary.leads", "summary.lags"),
    *("summary.rival", "summary.versus", "summary.gains", "cover.rank_of", "group.place"),
    *("gap.title", "gap.lead", "claims.first", "claims.last", "bracket.rank", "web.up", "web.down"),
)
#: The keys of texts that name numbers or such words, and rank nobody: why something is in brackets,
#: how many compare, what the ways of counting show, and that a city is first or last in none.
HARMLESS = (
    *(key for key in texts("en") if key.startswith("bracket.") and key not in CLAIMS),
    *(key for key in texts("en") if key.startswith("verdict.") and not key.endswith(".points")),
    *("groups.lead", "claims.contradicted", "claims.none", "summary.leads_none"),
    *("summary.lags_none", "gap.lead_bracketed", "common.in_brackets", "distance.lead"),
    "growth.break",
)
#: Words that stand in such claims; a unit with one of them is held against the cities it names.
WORDS: dict[Code, str] = {
    "en": r"\b(?:first|last|leads?|ahead|behind|gaps?|strengths?|weakness(?:es)?|best|grow\w*)\b",
    "zh": "居首|首位|末位|领先|落后|差距|优势|短板|最优|增长",
}
_NUMBERS = ("rank", "n", "k", "places", "a", "b", "of")


def pattern(template: str) -> str:
    """A regular expression for all that a text of the catalogue can become."""
    parts = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(r"\d+" if name in _NUMBERS else r"[^。]+?")
    return "".join(parts)


def _patterns(code: Code, keys: Iterable[str], sentence: str = "$") -> re.Pattern[str]:
    """What finds the texts of some keys, or only the sentences in them that name something."""
    wanted = {*keys, *(f"{key}_one" for key in keys)} - {"verdict.part"}
    templates = [template for key, template in texts(code).items() if key in wanted]
    found = [part for each in templates for part in re.split(sentence, each) if "{" in part]
    return re.compile("|".join(map(pattern, sorted(found, key=len, reverse=True))))


_SENTENCE = r"(?<=。)|(?<=\.) |；"
_CLAIM = {code: _patterns(code, CLAIMS, _SENTENCE) for code in CODES}
_HARMLESS = {code: _patterns(code, HARMLESS) for code in CODES}


@dataclass
class Truth:
    """What compares in an index in a period, as the stored brackets have it."""

    connection: sqlite3.Connection
    index: str
    period: str
    alike: set[tuple[str, str]] = field(init=False)
    cities: list[str] = field(init=False)
    nodes: list[str] = field(init=False)

    def __post_init__(self) -> None:
        rows = self.connection.execute(
            "SELECT node_id, city_id, bracket FROM scores WHERE index_id = ? AND period = ?",
            (self.index, self.period),
        ).fetchall()
        self.alike = {(node, city) for node, city, bracket in rows if bracket is None}
        self.cities = sorted({city for _, city, _ in rows})
        self.nodes = sorted({node for node, _, _ in rows})
        self._named = {code: self._names(code) for code in CODES}

    def _names(self, code: Code) -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
        known: dict[str, tuple[str, str]] = {}
        for kind, query in (
            (
                "node",
                f"SELECT node_id, name_zh, name_en FROM nodes WHERE index_id = '{self.index}'",
            ),
            ("city", "SELECT id, name_zh, name_en FROM cities"),
        ):
            for key, zh, en in self.connection.execute(query).fetchall():
                if kind == "node" or key in self.cities:
                    name = pick(code, zh, en, key)
                    known[name] = known[short(name)] = (kind, key)
        longest = sorted(known, key=len, reverse=True)
        either = "|".join(map(re.escape, longest))
        return re.compile(rf"(?<![A-Za-z])(?:{either})(?![A-Za-z0-9])"), known

    def named(self, code: Code, text: str) -> tuple[list[str], list[str]]:
        """The nodes and the cities that a text names."""
        names, known = self._named[code]
        found = [known[each[0]] for each in names.finditer(text)]
        nodes, cities = ([key for kind, key in found if kind == own] for own in ("node", "city"))
        return nodes, cities

    def check(self, code: Code, text: str, node: str, city: str = "") -> Iterator[str]:
        """What a text says that nothing compares for.

        Args:
            code: its language.
            text: a sentence, or a row of a table.
            node: what it is about where it names no node.
            city: the same of cities.
        """
        rest = _HARMLESS[code].sub(" ", text)
        claim = _CLAIM[code].search(rest)
        if not claim and not re.search(WORDS[code], rest):
            return
        nodes, cities = self.named(code, rest)
        if not claim and not nodes and not cities:
            return
        for each in nodes or [node]:
            for who in cities or [city]:
                if who and (each, who) not in self.alike:
                    yield f"{each}, {who}: {text}"


def sentences(code: Code, text: str) -> list[str]:
    """The sentences of a text without what ranks nobody."""
    rest = _HARMLESS[code].sub(" ", text)
    return [each for each in re.split(_SENTENCE, rest) if each.strip()]
