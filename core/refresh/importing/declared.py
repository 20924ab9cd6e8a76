"""Cities, indicators and the tree of an index that a file declares beside its figures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.units import is_known
from cityflux.core.refresh.importing.listed import Listed, Row, both, label
from cityflux.core.refresh.importing.names import Names, city_key, series_key
from cityflux.scrapers.tables.labels import has_chinese, key

_GROUPS = {"aggregate", "aggregation", "group", "汇总", "维度", "组", "一级指标", "二级指标"}
_ASIDE = {"denominator", "other", "分母", "其他"}
_DOWN = {"-1", "-", "负", "负向", "逆向", "反向", "成本型", "逆指标", "negative"}
_UP = {"", "1", "+", "+1", "正", "正向", "效益型", "正指标", "positive"}
_DEEPEST = 20  # a tree that is none has no end
_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


@dataclass(frozen=True)
class Group:
    """A node of the tree that is no indicator; ``parent`` is ``""`` right under the root."""

    id: str
    name_zh: str
    name_en: str
    parent: str
    weight: float


@dataclass(frozen=True)
class Leaf:
    """An indicator in the tree; ``direction`` is 0 where the file says none."""

    id: str
    parent: str
    weight: float
    direction: int


@dataclass(frozen=True)
class Tree:
    """The tree of an index: the names of its root, its groups and its indicators."""

    name_zh: str
    name_en: str
    groups: tuple[Group, ...]
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Declaration:
    """What a file declares.

    Attributes:
        prefix: the first part of the ids of its indicators, and the id of its index.
        cities: those that are not there yet: the fields of a `City`.
        indicators: those that are its own: the fields of an `Indicator`, publisher and licence.
        tree: of its index; None where it has neither parents nor weights.
        series: what the file calls indicators, by id.
        places: what it calls cities, by id.
    """

    prefix: str
    cities: tuple[Mapping[str, object], ...] = ()
    indicators: tuple[Mapping[str, object], ...] = ()
    tree: Tree | None = None
    series: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def said(self, what: str) -> str | None:
        """The publisher or the licence of its indicators; None where it says nothing."""
        found = dict.fromkeys(str(each[what]) for each in self.indicators if what in each)
        return "; ".join(found) or None


#: What most files declare.
NOTHING = Declaration("")


def declaration(
    listed: Listed, names: Names, stem: str, unit: str = "", own: Collection[str] = ()
) -> Declaration:
    """What the rows of a file declare, beside what is there.

    Args:
        listed: the rows.
        names: what is there.
        stem: the name of the file.
        unit: of indicators of which the rows state none that is known.
        own: ids of indicators and cities that an earlier taking in of this file has declared.

    Raises:
        CityfluxError: a row lacks something, or declares what another plugin does.
    """
    prefix = _slug(stem, "_") or f"book_{_digest(stem)}"
    parents = {key(row.get("parent", "")) for row in listed.indicators} - {""}
    groups: list[Row] = []
    leaves: list[Row] = []
    tree: list[Row] = []
    for row in listed.indicators:
        kind = _kind(row, parents)
        (groups if kind == "group" else leaves).append(row)
        tree += [row] if kind == "leaf" else []
    ids = [_id(row, prefix, names, own) for row in leaves]
    _refuse_same(zip((name for name, _ in ids), leaves, strict=True))
    declared = [
        _indicator(row, name, unit) for row, (name, new) in zip(leaves, ids, strict=True) if new
    ]
    of = {id(row): name for row, (name, _) in zip(leaves, ids, strict=True)}
    weighed = any(row.get("parent") or row.get("weight") for row in tree)
    cities, places = _cities(listed.cities, names, own)
    return Declaration(
        prefix,
        tuple(cities),
        tuple(declared),
        _tree(groups, [(of[id(row)], row) for row in tree], stem) if weighed else None,
        {of[id(row)]: (*both(row), row.get("id", ""), *_aliases(row)) for row in leaves},
        places,
    )


def names_with(names: Names, more: Declaration) -> Names:
    """The names with those that a file declares: in it they mean what it says."""
    cities, indicators, units = dict(names.cities), dict(names.indicators), dict(names.units)
    frequencies = dict(names.frequencies)
    for city, called in more.places.items():
        cities |= {city_key(each): (city,) for each in called if each}
    for indicator, called in more.series.items():
        indicators |= {series_key(each): (indicator,) for each in called if each}
    for each in more.indicators:
        units[str(each["id"])] = str(each["unit"])
        frequencies[str(each["id"])] = str(each.get("frequency", "annual"))
    return replace(
        names,
        units=units,
        frequencies=frequencies,
        cities=cities,
        indicators=indicators,
        declared=frozenset(more.series),
    )


def _kind(row: Row, parents: set[str]) -> str:
    """``group``, ``leaf``, or ``aside`` for an indicator that is in no tree."""
    said, level = key(row.get("type", "")), row.get("level", "")
    if said in _ASIDE:
        return "aside"
    if said in _GROUPS or re.fullmatch("[2-9]", level):
        return "group"
    own = {key(row.get("id", "")), *map(key, both(row))} - {""}
    return "group" if own & parents else "leaf"


def _id(row: Row, prefix: str, names: Names, own: Collection[str]) -> tuple[str, bool]:
    """The id of an indicator, and whether it is declared here.

    Raises:
        CityfluxError: another plugin has it.
    """
    said = row.get("id", "")
    if said in names.units and said not in own:
        return said, False
    last = _slug(said, "_") or _slug(both(row)[1], "_") or f"i_{_digest(both(row)[0])}"
    found = said if _ID.fullmatch(said) else f"{prefix}.{last}"
    if found in names.units and found not in own:
        raise CityfluxError(
            f"{label(row)}: {found} is there already; write this id in full if it is meant, or "
            "give the file another name"
        )
    return found, True


def _indicator(row: Row, name: str, unit: str) -> dict[str, object]:
    """The fields of an indicator, without those that are empty."""
    name_zh, name_en = both(row)
    stated = row.get("unit", "")
    if not is_known(stated) and not unit:
        why = f"its unit {stated!r} is not known" if stated else "no unit is stated"
        raise CityfluxError(
            f"{label(row)}: {why}; write one such as 亿元, 万人 or %, or say one for all such "
            "indicators, as --unit score"
        )
    other = f"unit as written: {stated}" if stated and not is_known(stated) else ""
    made: dict[str, object] = {
        "id": name,
        "name_zh": name_zh,
        "name_en": name_en,
        "unit": stated if is_known(stated) else unit,
        "direction": _direction(row),
        "definition": "; ".join(filter(None, (row.get("definition", ""), other))),
        "aliases": [*dict.fromkeys(filter(None, (row.get("id", ""), *_aliases(row))))],
    }
    more = ("frequency", "note", "publisher", "licence")
    made |= {each: row[each] for each in more if row.get(each)}
    return {each: value for each, value in made.items() if value not in ("", [])}


def _tree(groups: list[Row], leaves: Sequence[tuple[str, Row]], stem: str) -> Tree:
    """The tree of groups and indicators; the only group without a parent is its root."""
    known = {key(name): row for row in groups for name in (row.get("id", ""), *both(row)) if name}
    for row in [*groups, *(row for _, row in leaves)]:
        name = row.get("parent", "")
        if name and key(name) not in known:  # named, and not described
            known[key(name)] = {"id": name}
            groups.append(known[key(name)])
    ids = {
        id(row): _slug(row.get("id", ""), "_") or _slug(both(row)[1], "_") or f"group_{at}"
        for at, row in enumerate(groups, start=1)
    }
    tops = [row for row in groups if not row.get("parent")]
    root = tops[0] if len(tops) == 1 else None

    def parent(row: Row) -> str:
        above = known.get(key(row.get("parent", "")))
        return "" if above is None or above is root else ids[id(above)]

    below: dict[int, list[Row]] = {}
    for row in [*groups, *(row for _, row in leaves)]:
        below.setdefault(id(known.get(key(row.get("parent", "")))), []).append(row)

    return Tree(
        *(both(root) if root else (stem, stem)),
        tuple(
            Group(ids[id(row)], *both(row), parent(row), _together(row, below) or 1.0)
            for row in groups
            if row is not root
        ),
        tuple(
            Leaf(name, parent(row), _weight(row), _direction(row) if row.get("direction") else 0)
            for name, row in leaves
        ),
    )


def _together(row: Row, below: Mapping[int, list[Row]], depth: int = 0) -> float | None:
    """The weight of a row, or of all under it where it says none itself; None where they do not."""
    if row.get("weight"):
        return _weight(row)
    rows = below.get(id(row), []) if depth < _DEEPEST else []
    weights = [_together(each, below, depth + 1) for each in rows]
    stated = [weight for weight in weights if weight is not None]
    return round(sum(stated), 12) if rows and len(stated) == len(rows) else None


def _cities(
    rows: Sequence[Row], names: Names, own: Collection[str]
) -> tuple[list[dict[str, object]], dict[str, tuple[str, ...]]]:
    """The cities that are not there yet, and what the file calls each of its cities."""
    new: list[dict[str, object]] = []
    called: dict[str, tuple[str, ...]] = {}
    for row in rows:
        texts = (row.get("id", ""), *both(row), row.get("admin_code", ""))
        found = next((city for each in texts if each and (city := names.city(each))), "")
        if not found or found in own:
            found = found or _slug(texts[0], "-") or _slug(texts[2], "-")
            new.append(_city(row, found))
        if found in called:
            raise CityfluxError(f"{label(row)} and {called[found][0]} are both {found}; keep one")
        called[found] = texts
    return new, called


def _city(row: Row, name: str) -> dict[str, object]:
    if not name:
        raise CityfluxError(f"{label(row)}: no id can be made of it; write one, as id = newtown")
    name_zh, name_en = both(row)
    made: dict[str, object] = {"id": name, "name_zh": name_zh, "name_en": name_en}
    made |= {each: row.get(each, "") for each in ("country", "region", "admin_code")}
    try:
        made |= {each: float(row[each]) for each in ("latitude", "longitude") if row.get(each)}
    except ValueError:
        raise CityfluxError(f"{label(row)}: write latitude and longitude as degrees") from None
    return made


def _aliases(row: Row) -> list[str]:
    return [each.strip() for each in re.split(r"[;；、|]", row.get("aliases", "")) if each.strip()]


def _direction(row: Row) -> int:
    said = key(row.get("direction", "")).removesuffix(".0")
    if said not in _DOWN | _UP:
        raise CityfluxError(f"{label(row)}: direction is {row['direction']!r}; write 1 or -1")
    return -1 if said in _DOWN else 1


def _weight(row: Row) -> float:
    said = row.get("weight", "") or "1"
    try:
        return float(said.removesuffix("%"))
    except ValueError:
        raise CityfluxError(f"{label(row)}: weight is {said!r}; write a number") from None


def _refuse_same(found: Iterable[tuple[str, Row]]) -> None:
    first: dict[str, Row] = {}
    for name, row in found:
        if first.setdefault(name, row) is not row:
            raise CityfluxError(
                f"{label(row)} and {label(first[name])} are both {name}; write other ids"
            )


def _digest(text: str) -> str:
    """What stands for a name that is in no Latin letters: the same for the same name."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _slug(text: str, joint: str) -> str:
    """Small letters and digits of a text, a letter first; nothing where that is no name of it."""
    plain = re.sub(r"[^a-z0-9]+", joint, text.lower()).strip(joint)
    return plain if plain[:1].isalpha() and not has_chinese(text) else ""
