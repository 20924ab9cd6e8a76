"""What a file may name: cities and indicators, in whatever way people write them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from cityflux.core.model.near import by_name, nearest, the_one
from cityflux.scrapers.tables.labels import key, split_languages, split_marks, split_unit
from cityflux.storage import catalog

_ALIKE = 0.75
_MOST_HINTS = 100  # a near name takes milliseconds to be found
#: What may stand in brackets behind a name without making it another one.
_HARMLESS = re.compile(
    r"[(（\[【]\s*(?:当年价格?|现价|按当年价格?计算|全市|合计|初步数?|快报数?|年末数?"
    r"|current prices?|gdp|grp|total)\s*[)）\]】]",
    re.I,
)
#: Provinces of which one is called as a city is: 吉林 among them is none.
PROVINCES = frozenset(
    re.findall(
        r"\S+",
        """
        河北 山西 内蒙古 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西
        海南 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆
        """,
    )
)
_PROVINCE = re.compile(
    rf"(?:{'|'.join(sorted(PROVINCES))})(?:省|(?:壮族|回族|维吾尔)?自治区)?(?P<city>\S{{2,}})"
)
_CITY_END = re.compile(r"(?:市|\s*(?:city|municipality|shi))$")


@dataclass(frozen=True)
class Names:
    """The ids by what they may be called; several ids where a name says too little.

    Attributes:
        units: the unit of each indicator.
        frequencies: how often each indicator is published.
        sources: the ids of all sources.
        cities: by `city_key`.
        indicators: by `series_key`.
        declared: the indicators that the file itself declares, each with its unit.
    """

    units: Mapping[str, str]
    frequencies: Mapping[str, str]
    sources: Collection[str]
    cities: Mapping[str, tuple[str, ...]] = field(repr=False)
    indicators: Mapping[str, tuple[str, ...]] = field(repr=False)
    declared: Collection[str] = frozenset()
    _hints: list[int] = field(default_factory=lambda: [_MOST_HINTS], repr=False)

    def city(self, text: str) -> str | None:
        """The city of a label, perhaps behind its province (浙江省杭州市), or None."""
        found = self.cities.get(city_key(text))
        if found is None and (match := _PROVINCE.match(re.sub(r"\s", "", text))):
            found = self.cities.get(city_key(match["city"]))
        return the_one(text, found or (), "city")

    def indicator(self, text: str) -> str | None:
        """The indicator of a label, or None.

        Raises:
            UnknownName: several indicators are called so.
        """
        return the_one(text, self.called(text), "indicator")

    def called(self, text: str) -> tuple[str, ...]:
        """The indicators that a label may mean."""
        if text in self.units:
            return (text,)
        for each in (text, *split_languages(text)):
            if each and (found := self.indicators.get(series_key(each))):
                return found
        return ()

    def indicators_in(self, title: str) -> list[tuple[str, ...]]:
        """What each name in a title may mean; a name inside a longer one does not count."""
        plain = series_key(title)
        found = {name for name in self.indicators if len(name) > 2 and name in plain}
        longest = [name for name in found if not any(name != o and name in o for o in found)]
        return [self.indicators[name] for name in longest]

    def near_city(self, text: str) -> str:
        """``; did you mean hangzhou?`` for what is nearly the name of a city."""
        return self._near(city_key(text), self.cities)

    def near_indicator(self, text: str) -> str:
        """The same for an indicator."""
        return self._near(text, self.units) or self._near(series_key(text), self.indicators)

    def _near(self, text: str, known: Mapping[str, object]) -> str:
        """What is meant, perhaps; a file of thousands of unknown names is not looked through."""
        self._hints[0] -= 1
        found = nearest(text, known, _ALIKE) if self._hints[0] >= 0 else None
        return f"; did you mean {found}?" if found else ""


def read_names(connection: sqlite3.Connection, aliases: Mapping[str, Iterable[str]]) -> Names:
    """What the catalogue holds.

    Args:
        connection: any.
        aliases: what else indicators are called, by id.
    """
    return names_of(
        catalog.city_names(connection),
        [
            (each, *names, *aliases.get(each, ()))
            for each, names in catalog.indicator_names(connection).items()
        ],
        catalog.units(connection),
        catalog.frequencies(connection),
        catalog.known_ids(connection, "sources"),
        catalog.retold(connection),
    )


def names_of(
    cities: Iterable[tuple[str, ...]],
    indicators: Iterable[tuple[str, ...]],
    units: Mapping[str, str],
    frequencies: Mapping[str, str],
    sources: Collection[str],
    retold: Collection[str] = (),
) -> Names:
    """Names of some cities and indicators.

    Args:
        cities: id, names and code of each.
        indicators: id and names of each.
        units: by indicator.
        frequencies: by indicator.
        sources: the ids of all sources.
        retold: indicators of which others retell what offices say: a name that an office's series
            has as well is not theirs.
    """
    series = by_name(((*each, each[0].rpartition(".")[2]) for each in indicators), series_key)
    own = {name: tuple(each for each in ids if each not in retold) for name, ids in series.items()}
    return Names(
        units,
        frequencies,
        frozenset(sources),
        by_name(cities, city_key),
        {name: own[name] or ids for name, ids in series.items()},
    )


def city_key(text: str) -> str:
    """The form in which cities are compared: 杭 州 市① and Hangzhou City are 杭州 and hangzhou."""
    chinese, english = split_languages(split_marks(text)[0])
    plain = key(chinese or english)
    short = _CITY_END.sub("", plain) if len(plain) > 2 else plain
    return re.sub(r"[\s'’_-]", "", short)


def series_key(text: str) -> str:
    """The form in which indicators are compared: without unit, marks and harmless remarks."""
    plain = split_unit(split_marks(text)[0])[0]
    return re.sub(r"[\s_]", "", key(split_unit(_HARMLESS.sub("", plain))[0]))
