"""What each language writes its own way: names, units, periods, days and lists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cityflux.core.model.period import Period, is_period
from cityflux.core.words import catalogue
from cityflux.core.words.catalogue import Code
from cityflux.core.words.names import pick

_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Language:
    """Chinese or English."""

    def __init__(self, code: Code) -> None:
        self.code: Code = code

    @property
    def tag(self) -> str:
        """The language tag of HTML."""
        return self.text("common.tag")

    def text(self, key: str, /, **values: Any) -> str:
        """A text with its values, see `core.words.catalogue.text`."""
        return catalogue.text(self.code, key, **values)

    def name(self, row: Mapping[str, Any], prefix: str = "name") -> str:
        """The name in this language, or in the other where it is empty."""
        return pick(self.code, row[f"{prefix}_zh"], row[f"{prefix}_en"])

    def own(self, text: str) -> str:
        """The part of a text in this language where it has both, as ``中文 · English``."""
        parts = text.split(" · ")
        if [bool(_CHINESE.search(part)) for part in parts] != [True, False]:
            return text
        return parts[0 if self.code == "zh" else 1]

    def unit(self, unit: str) -> str:
        """A unit in this language; as it is stored where there is no other word for it."""
        return catalogue.texts(self.code).get(f"units.{unit}", unit)

    def day(self, moment: str) -> str:
        """The day of a moment in UTC, such as ``2026-01-31T08:00:00.000Z``."""
        return self._date("day", date.fromisoformat(moment[:10]))

    def period(self, text: str) -> str:
        """A period as people write it; as it is stored where it is none."""
        if not is_period(text):
            return text
        period = Period.parse(text)
        if period.precision == "span":
            first, last = text.split("/")
            return self.text("dates.span", first=first, last=last)
        return self._date(period.precision, period.start)

    def _date(self, precision: str, start: date) -> str:
        quarter = (start.month - 1) // 3 + 1
        return self.text(
            f"dates.quarter_{quarter}" if precision == "quarter" else f"dates.{precision}",
            year=start.year,
            month=self.text(f"dates.month_{start.month}"),
            day=start.day,
        )

    def listed(self, items: Sequence[str], most: int = 12) -> str:
        """Some names as a list in a sentence; of many only the first, with the number of the rest.

        Args:
            items: one or more.
            most: so many at the most.
        """
        shown, rest = list(items[:most]), len(items) - most
        comma = self.text("common.comma")
        if rest > 0:
            return self.text("common.and_more", items=comma.join(shown), n=rest)
        if len(shown) < 2:
            return "".join(shown)
        return comma.join(shown[:-1]) + self.text("common.and") + shown[-1]


def moment(text: str) -> str:
    """A moment of the database to the minute, in both languages alike; it is UTC."""
    return f"{text[:10]} {text[11:16]} UTC"
