"""What a reader asked for: the page, its arguments and the language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlencode

from cityflux.core.words.catalogue import CODES, Code

#: Our pages stand where Datasette keeps its own, so that none hides a database of the same name.
ROOT = "-/"
COOKIE = "cityflux_language"


class NotHere(LookupError):
    """A page asked for something that the database does not hold; the message says what."""


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        language: in which the page is written.
        path: the path below the base address, without arguments.
        arguments: the first value of each argument of the address.
        places: the parts of the path that the route names.
        base: the path under which everything stands; ends with a slash.
    """

    language: Code = "en"
    path: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    base: str = "/"

    def place(self, name: str) -> str:
        """A part of the path, decoded."""
        return unquote(self.places[name])

    def text(self, name: str) -> str | None:
        """An argument; None where it is missing or empty."""
        return self.arguments.get(name) or None

    def needed(self, name: str) -> str:
        """An argument that the page cannot do without.

        Raises:
            NotHere: it is missing.
        """
        if found := self.text(name):
            return found
        raise NotHere(f"?{name}=")

    def number(self, name: str) -> int:
        """A positive whole number; 1 where there is none."""
        text = self.arguments.get(name, "")
        return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1

    def link(self, *parts: object, **arguments: object) -> str:
        """The address of a page of ours; arguments that are None are left out."""
        path = "/".join(quote(str(part), safe="") for part in parts)
        return f"{self.base}{ROOT if parts else ''}{path}{_query(arguments)}"

    def again(self, **arguments: object) -> str:
        """The address of this page with other arguments; those that are None go."""
        return f"{self.base}{self.path}{_query({**self.arguments, **arguments})}"

    def data(self, *parts: str, **arguments: object) -> str:
        """The address of a page of Datasette, in its own way of writing names."""
        from datasette.utils import tilde_encode

        return f"{self.base}{'/'.join(map(tilde_encode, parts))}{_query(arguments)}"


def _query(arguments: Mapping[str, object]) -> str:
    given = {name: value for name, value in arguments.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def preferred(accepted: str) -> Code:
    """The language that the header ``Accept-Language`` puts first among ours (RFC 9110, 12.5.4)."""
    weighted = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, parameters = part.strip().lower().partition(";")
        try:
            weight = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        weighted.append((-weight, place, tag.partition("-")[0]))
    found = next((tag for weight, _, tag in sorted(weighted) if weight and tag in CODES), "")
    return "zh" if found == "zh" else "en"
