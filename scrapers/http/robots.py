"""What robots.txt allows us (RFC 9309)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Self

import httpx
from protego import Protego

from cityflux.core.model.charset import decode
from cityflux.core.model.errors import Forbidden, HostDown, Refused, SourceError, Stopped
from cityflux.scrapers.http.clock import Clock
from cityflux.scrapers.http.policy import PRODUCT
from cityflux.scrapers.http.request import authority, host
from cityflux.scrapers.http.roundtrip import Answer
from cityflux.scrapers.http.sharing import Sharing

_A_DAY = 86400.0  # seconds that rules may be kept (section 2.4)
_MOST = 500 * 2**10  # bytes that have to be read (section 2.5)


class Robots:
    """The rules of each host, read once and kept for a day.

    Args:
        read: gets an address over the network, past the rules.
        sharing: keeps failures for the length of a refresh.
        clock: the time.
    """

    def __init__(self, read: Callable[[str], Answer], sharing: Sharing, clock: Clock) -> None:
        self._read = read
        self._sharing = sharing
        self._clock = clock
        self._rules: dict[str, tuple[float, Protego]] = {}

    def apart(self, sharing: Sharing) -> Self:
        """The same rules, with the failures of another refresh."""
        twin = copy.copy(self)
        twin._sharing = sharing
        return twin

    def check(self, url: httpx.URL) -> float:
        """Make sure that an address may be asked; the Crawl-delay of its host in seconds, or 0.

        Raises:
            Refused: when the rules forbid it, or cannot be read.
            HostDown: when the host is not there.
        """
        rules = self._of(f"{url.scheme}://{authority(url)}")
        if not rules.can_fetch(str(url), PRODUCT):
            raise Refused(f"robots.txt of {host(url)} forbids this to us; ask its operator")
        return rules.crawl_delay(PRODUCT) or 0.0

    def _of(self, origin: str) -> Protego:
        kept = self._rules.get(origin)
        if kept and self._clock.now() < kept[0]:
            return kept[1]
        return self._sharing.once(("robots", origin), lambda: self._fetch(origin))

    def _fetch(self, origin: str) -> Protego:
        rules = Protego.parse(self._text(origin))
        self._rules[origin] = (self._clock.now() + _A_DAY, rules)
        return rules

    def _text(self, origin: str) -> str:
        try:
            return decode(self._read(f"{origin}/robots.txt").body[:_MOST])
        except (HostDown, Stopped):
            raise
        except Forbidden:
            return ""  # an endless redirect is no rule; where else it leads is checked anyway
        except SourceError as error:
            if error.status and 400 <= error.status < 500 and error.status != 429:
                return ""  # "unavailable" (section 2.3.1.3): there are no rules
            raise Refused(
                f"robots.txt could not be read, so that nothing may be asked (RFC 9309): {error}",
                retry_after=error.retry_after,
            ) from None
