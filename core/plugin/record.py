"""What is known of a plugin: where it is from, what it gives, and what went wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cityflux.core.model.secrecy import redact
from cityflux.core.plugin.traces import home_of, one_line

State = Literal["loaded", "disabled", "broken"]
BUILT_IN = "built in"

#: How often a hook may fail before it is left alone.
MOST = 3
_NAMED = 3  # how many of several things that are wrong a line names


class TooLong(BaseException):
    """A call that had to be cut off; no Exception, so that a plugin does not pass over it."""


@dataclass
class PluginRecord:
    """What is known of one plugin file, package or built-in module.

    Attributes:
        name: a path, the name of an entry point, or that of a module.
        origin: how it was found.
        version: its own, or that of its package.
        state: ``broken`` where anything of it could not be loaded.
        error: what could not, in one line.
        indicators: the ids of those that it gives.
        file: where it lies.
        code: what tells its code from that of another version, as it was loaded.
        failures: how many calls of it failed since, by hook.
        news: where it tells of that, with its name.
        wrong: all that could not be loaded.
        told: all that it ever told.
    """

    name: str
    origin: str
    version: str = ""
    state: State = "loaded"
    error: str = ""
    indicators: list[str] = field(default_factory=list)
    file: str = ""
    code: str = ""
    failures: dict[str, int] = field(default_factory=Counter)
    news: list[tuple[str, str]] = field(default_factory=list, repr=False)
    wrong: list[str] = field(default_factory=list, repr=False)
    told: set[str] = field(default_factory=set, repr=False)

    @property
    def homes(self) -> tuple[Path, ...]:
        """Where its author looks for his mistakes; nowhere for what is built in."""
        return (home_of(self.file),) if self.file and self.origin != BUILT_IN else ()

    def mark(self, wrong: BaseException | str) -> None:
        """Write down that something of it could not be loaded."""
        self.wrong.append(self._line(wrong))
        more = len(self.wrong) - _NAMED
        named = "; ".join(self.wrong[:_NAMED])
        self.state, self.error = "broken", f"{named}; and {more} more" if more > 0 else named

    def note(self, hook: str, wrong: BaseException | str) -> None:
        """Write down that a call of it failed."""
        text = f"{hook}(): {self._line(wrong)}"
        self.failures[hook] += MOST if isinstance(wrong, TooLong) else 1
        if hook.startswith("register_"):
            self.mark(text)  # what it would have registered is not there
        elif self.is_off(hook):
            text += f"; it failed {MOST} times" if not isinstance(wrong, TooLong) else ""
            text += ", and is not called again before plugins are read anew"
        self.tell(text)

    def _line(self, wrong: BaseException | str) -> str:
        return redact(wrong) if isinstance(wrong, str) else one_line(wrong, self.homes)

    def tell(self, text: str) -> None:
        """Have something told, once."""
        if text not in self.told:
            self.told.add(text)
            self.news.append((self.name, text))

    def is_off(self, hook: str) -> bool:
        """Whether a hook has failed too often to be called again."""
        return self.failures[hook] >= MOST
