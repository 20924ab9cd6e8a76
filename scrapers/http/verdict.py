"""What to make of an answer or an error: take it, try again, or give up."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from cityflux.core.model.errors import (
    DeadlinePassed,
    Failed,
    HostDown,
    Missing,
    Refused,
    SourceError,
    TooSlow,
    Unexpected,
    Unreachable,
)
from cityflux.scrapers.http.policy import Policy
from cityflux.scrapers.http.request import REDIRECTS
from cityflux.scrapers.http.roundtrip import Answer

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 86400.0  # seconds; more is a slip, such as a moment in place of seconds
Advice = tuple[type[SourceError], str]
_BROKEN: Advice = (Failed, "the source is broken; try later")
_STRANGE: Advice = (Unexpected, "nobody expects that here; check address and parameters")
_ADVICE: dict[int, Advice] = {
    401: (Refused, "a login is needed"),
    403: (Refused, "the source refuses us; ask its operator, there is no way round"),
    404: (Missing, "nothing is there any more; look up the new address"),
    407: (Refused, "a proxy wants a login"),
    408: (TooSlow, "the source gave up waiting for us"),
    410: (Missing, "it was taken away for good"),
    425: (Refused, "the source wants to be asked later"),
    429: (Refused, "we ask more often than the source allows; lower the pace of this host"),
    451: (Refused, "the source may not show it, for legal reasons"),
}


def verdict(answer: Answer, policy: Policy, wall: float) -> SourceError | None:
    """The error that an answer stands for, or None for one to work with.

    Args:
        answer: the answer.
        policy: says how long we wait at the wish of a source.
        wall: the time, in seconds since 1970.
    """
    status = answer.status
    if (200 <= status < 300 and status != 206) or status == 304 or status in REDIRECTS:
        return None
    kind, advice = _ADVICE.get(status, _BROKEN if status >= 500 else _STRANGE)
    pause = None
    if status in _WORTH_ANOTHER_TRY:
        pause = retry_after(answer.headers.get("retry-after", ""), wall)
    if pause is not None:
        when = datetime.fromtimestamp(wall + pause, UTC)
        advice = f"it asks us to come back in {pause:.0f} s ({when:%Y-%m-%d %H:%M:%S} UTC)"
        if pause > policy.longest_wait:
            kind = Refused
    return kind(f"answered {status} {_phrase(status)}; {advice}", status=status, retry_after=pause)


def is_worth_another_try(error: SourceError, policy: Policy) -> bool:
    """Whether an error may pass within the time that we are ready to wait."""
    if isinstance(error, HostDown | DeadlinePassed):
        return False
    if (error.retry_after or 0) > policy.longest_wait:
        return False
    return isinstance(error, Unreachable | TooSlow) or error.status in _WORTH_ANOTHER_TRY


def is_failure_of_the_host(error: SourceError) -> bool:
    """Whether an error counts against the host; one that answers sensibly is alive."""
    return isinstance(error, Unreachable | TooSlow | Failed) or error.status in (425, 429)


def backoff(attempt: int, policy: Policy) -> float:
    """The seconds to pause after a failed attempt, counted from 0.

    Exponential with full jitter: evenly spread between 0 and min(cap, base 2^attempt), after
    M. Brooker (2015), "Exponential Backoff and Jitter", AWS Architecture Blog.
    """
    return random.uniform(0, min(policy.backoff_cap, policy.backoff_base * 2**attempt))


def retry_after(value: str, wall: float) -> float | None:
    """The seconds of a Retry-After header: a number or a date (RFC 9110, section 10.2.3).

    Args:
        value: the header, or ``""``.
        wall: the time, in seconds since 1970.
    """
    try:
        is_number = value.isascii() and value.isdigit()
        pause = float(value) if is_number else parsedate_to_datetime(value).timestamp() - wall
    except ValueError:
        return None
    return min(max(pause, 0.0), _LONGEST_PAUSE)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(no known status)"
