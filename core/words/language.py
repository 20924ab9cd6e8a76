"""Two languages: the texts of the report, and how each writes numbers, dates and lists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from cityflux.core.model.period import Period
from cityflux.core.words.text import percent

Code = Literal["zh", "en"]
CODES: tuple[Code, ...] = ("zh", "en")

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_QUARTERS = "一二三四"
_REMARK = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


@cache
def messages(code: Code) -> Mapping[str, Any]:
    """The texts of a language, by section and key."""
    text = (
        files("cityflux.core.words").joinpath(f"messages/{code}.toml").read_text(encoding="utf-8")
    )
    return tomllib.loads(text)


class Language:
    """Chinese or English."""

    def __init__(self, code: Code) -> None:
        self.code: Code = code
        self._messages = messages(code)

    @property
    def tag(self) -> str:
        """The language tag of HTML."""
        return "zh-CN" if self.code == "zh" else "en"

    def text(self, key: str, **values: Any) -> str:
        """A text with its values; ``n = 1`` chooses the singular where there is one."""
        section, _, name = key.partition(".")
        found = self._messages[section]
        one = found.get(f"{name}_one") if values.get("n") == 1 else None
        return str(one or found[name]).format(**values)

    def name(self, row: Mapping[str, Any], prefix: str = "name") -> str:
        """The name in this language, or in the other where it is empty."""
        other = "en" if self.code == "zh" else "zh"
        return str(row[f"{prefix}_{self.code}"] or row[f"{prefix}_{other}"] or "")

    def own(self, text: str) -> str:
        """The part of a text in this language where it has both, as ``中文 · English``."""
        parts = text.split(" · ")
        if [bool(_CHINESE.search(part)) for part in parts] != [True, False]:
            return text
        return parts[0 if self.code == "zh" else 1]

    def unit(self, unit: str) -> str:
        """A unit in this language; as it is stored where there is no other word for it."""
        return str(self._messages.get("units", {}).get(unit, unit))

    def number(self, value: float | None, decimals: int = 2, *, plus: bool = False) -> str:
        """A number with a real minus and no minus before zero; a dash for what is missing."""
        if value is None:
            return "–"
        text = f"{value:{'+' if plus else ''},.{decimals}f}"
        if not text.strip("+-0.,"):
            text = text.lstrip("+-")
        return text.replace("-", "−")

    def figure(self, value: float | None) -> str:
        """A published figure with at most six digits that count, never as a power of ten."""
        if value is None:
            return "–"
        whole = len(str(int(abs(value))))
        text = f"{value:,.{max(0, 6 - whole)}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return text.replace("-", "−")

    def percent(self, share: float | None) -> str:
        """A share, see `core.words.text.percent`."""
        return percent(share)

    def day(self, moment: str) -> str:
        """The day of a moment in UTC, such as ``2026-01-31T08:00:00.000Z``."""
        day = date.fromisoformat(moment[:10])
        if self.code == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def period(self, text: str) -> str:
        """A period as people write it."""
        period = Period.parse(text)
        year, month = period.start.year, period.start.month
        if period.precision == "span":
            first, last = text.split("/")
            return f"{first}—{last}年" if self.code == "zh" else f"{first}–{last}"
        if self.code == "zh":
            return {
                "year": f"{year}年",
                "quarter": f"{year}年第{_QUARTERS[(month - 1) // 3]}季度",
                "month": f"{year}年{month}月",
            }.get(period.precision, f"{year}年{month}月{period.start.day}日")
        return {
            "year": f"{year}",
            "quarter": f"Q{(month - 1) // 3 + 1} {year}",
            "month": f"{_MONTHS[month - 1]} {year}",
        }.get(period.precision, f"{period.start.day} {_MONTHS[month - 1]} {year}")

    def listed(self, items: Sequence[str], most: int = 12) -> str:
        """Some names as a list in a sentence; of many only the first, with the number of the rest.

        Args:
            items: one or more.
            most: so many at the most.
        """
        shown, rest = list(items[:most]), len(items) - most
        if rest > 0:
            return self.text("common.and_more", items=self._commas(shown), n=rest)
        if len(shown) < 2:
            return "".join(shown)
        return self._commas(shown[:-1]) + self.text("common.and") + shown[-1]

    def _commas(self, items: Sequence[str]) -> str:
        return ("、" if self.code == "zh" else ", ").join(items)


def short(name: str) -> str:
    """A name without a remark in brackets at its end, for labels of charts."""
    return _REMARK.sub("", name) or name
