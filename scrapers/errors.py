"""What can go wrong between us and a source.

::

    SourceError
    ├── Unreachable      no connection, a broken stream, or we are offline
    │   └── HostDown     nobody there: refused, DNS, TLS; not asked again in the same refresh
    ├── TooSlow          a time limit passed: connect or read
    │   └── DeadlinePassed   the deadline of the whole answer; not tried again at once
    ├── TooLarge         more bytes than allowed, on the wire or after decompression
    ├── Refused          the source says no: 401, 403, 429, robots.txt, a login page, open circuit
    ├── Missing          404 or 410: the address is gone
    ├── Failed           the source is broken: 5xx
    ├── Forbidden        we do not go there: scheme, private address, too many redirects
    ├── Unexpected       an answer came, but not the one that the scraper knows how to read
    └── Stopped          we are shutting down and take no more work

Every message is one line: what happened, where, and what to do. ``kept`` names the snapshot
(sha256) in which the bytes are kept, where there are any.
"""

from __future__ import annotations


class SourceError(Exception):
    """Something between us and a source went wrong.

    Attributes:
        address: what was asked for.
        status: the HTTP status, if there was an answer.
        retry_after: the seconds after which the source wants to be asked again, if it said so.
        kept: the snapshot (sha256) in which the answer is kept, if it is.
    """

    def __init__(
        self,
        message: str,
        *,
        address: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.address = address
        self.status = status
        self.retry_after = retry_after
        self.kept: str | None = None


class Unreachable(SourceError):
    """No connection could be made, or it broke: refused, DNS, TLS, a truncated body."""


class HostDown(Unreachable):
    """Nobody there: no such name, connection refused, or no TLS. Asking again is no use now."""


class TooSlow(SourceError):
    """A time limit passed: connect, read, or the deadline of the whole answer."""


class DeadlinePassed(TooSlow):
    """The whole answer took too long; a second try would take as long again."""


class TooLarge(SourceError):
    """The answer holds more bytes than allowed, on the wire or after decompression."""


class Refused(SourceError):
    """The source says no: 401, 403, 429, robots.txt, a login page; or its circuit is open."""


class Missing(SourceError):
    """404 or 410: nothing is at the address any more."""


class Failed(SourceError):
    """The source itself is broken: a 5xx that stayed after the retries."""


class Forbidden(SourceError):
    """Where the client does not go: other schemes, private addresses, endless redirects."""


class Unexpected(SourceError):
    """An answer came, but not one that the scraper can read: says expected, got, and where."""


class Stopped(SourceError):
    """The client was told to stop: the work is given up, and nothing is wrong with the source."""
