"""The HTTP client of every scraper: polite, bounded, and safe to call from many threads.

::

    with Client(Policy(contact="https://example.org/cityflux")) as http, http.refresh():
        document = http.get("https://stats.example.org/table", params={"year": "2020"})

What it does and what it refuses to do is told in ``docs/client.md``.
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from types import TracebackType
from typing import Self

import httpx

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Forbidden, HostDown, SourceError, Stopped, Unreachable
from cityflux.core.model.http import Params
from cityflux.core.model.secrecy import redact
from cityflux.scrapers.http.cache import Cache, Validators, conditions, to_document
from cityflux.scrapers.http.circuit import HostState
from cityflux.scrapers.http.clock import Clock
from cityflux.scrapers.http.policy import Budget, Policy
from cityflux.scrapers.http.request import (
    REDIRECTS,
    authority,
    host,
    parse,
    prepare,
    question,
    redirected,
    shown,
)
from cityflux.scrapers.http.robots import Robots
from cityflux.scrapers.http.roundtrip import Answer, Speaker, exchange
from cityflux.scrapers.http.secrecy import SecretFilter, Secrets, without_secrets
from cityflux.scrapers.http.sharing import Sharing
from cityflux.scrapers.http.slots import Slot
from cityflux.scrapers.http.transport import GuardedTransport
from cityflux.scrapers.http.verdict import (
    backoff,
    is_failure_of_the_host,
    is_worth_another_try,
    verdict,
)
from cityflux.scrapers.http.waits import Waits
from cityflux.scrapers.http.watch import Watch

__all__ = ["Budget", "Cache", "Client", "HostState", "Policy", "Validators"]

# What writes of requests into the log; the secrets in them are struck out.
_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "cityflux.scrapers.http.circuit")


_DEFAULTS = Policy()


class Client:
    """Gets documents over HTTP.

    Args:
        policy: every limit.
        cache: what is known from earlier fetches; nothing if left out.
        clock: the time; a test puts its own.
        hosts: how the hosts were doing when an earlier client reported them.
        transport: what carries the requests instead of the guarded network; a test puts an
            `httpx.MockTransport` here.
    """

    def __init__(
        self,
        policy: Policy = _DEFAULTS,
        cache: Cache | None = None,
        clock: Clock | None = None,
        hosts: Iterable[HostState] = (),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._policy = policy
        self._cache = cache
        self._clock = clock or Clock()
        self._stopped = threading.Event()
        self._transport = transport or GuardedTransport(policy.allow_hosts)
        self._http = Speaker(policy, self._transport)
        self._slots: dict[str, Slot] = {}
        self._earlier = {state.host: state for state in hosts}
        self._slots_lock = threading.Lock()
        self._waits = Waits(policy, self._clock, self._stopped)
        self._sharing = Sharing(forget=self._forget)
        self._robots = Robots(self._read_robots, self._sharing, self._clock)
        self._secrets = Secrets(policy.secrets)
        self._filter = SecretFilter()
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._filter)

    def get(
        self,
        address: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """Get a document, or learn that it is unchanged.

        Args:
            address: an http or https address.
            params: added to the query of the address; a list repeats its name.
            headers: sent along, except for those that the client decides on.

        Raises:
            SourceError: one of those in `core.model.errors`, whose message is one line.
        """
        return self._document("GET", address, params, headers)

    def post(
        self,
        address: str,
        *,
        params: Params | None = None,
        json: object | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """Ask a question that is too long for an address; it is repeated like any other.

        Args:
            address: an http or https address.
            params: added to the query of the address.
            json: the body, as JSON; or
            data: the body, as a form.
            headers: sent along, except for those that the client decides on.

        Raises:
            SourceError: one of those in `core.model.errors`, whose message is one line.
        """
        return self._document("POST", address, params, headers, json, data)

    def known(self, address: str, params: Params | None = None) -> bool:
        """Whether an answer of this address was handed over, so that a backfill passes it over."""
        try:
            url = parse(address, params)
        except SourceError as error:
            raise self._named(error, address) from None
        known = self._validators(redact(str(url)))
        return known is not None and known.handed_over

    def secret(self, name: str) -> str:
        """A secret from the environment, from now on struck out of all that people read.

        Raises:
            Refused: when it is not there; says which variable to set.
        """
        return self._secrets.get(name)

    def refresh(self) -> AbstractContextManager[None]:
        """Within the block the same question is asked once, however many threads ask it.

        Answers, errors and dead hosts are kept to the end of the block; refreshes that overlap
        end together.
        """
        return self._sharing.refresh()

    def apart(self, cache: Cache | None = None) -> Self:
        """The same client for one of several refreshes side by side.

        It keeps the answers of its own refresh alone. Pace, connections, circuits and the end are
        those of all.

        Args:
            cache: what is known of earlier answers; as before if left out.
        """
        twin = copy.copy(self)
        twin._cache = cache or self._cache
        twin._sharing = Sharing(forget=self._forget)
        twin._robots = self._robots.apart(twin._sharing)
        return twin

    def hosts(self) -> list[HostState]:
        """How each host is doing, by name."""
        reports = [slot.report() for _, slot in sorted(self._all_slots())]
        return [replace(each, host=redact(each.host)) for each in reports]

    def stop(self) -> None:
        """Take no more work: whoever waits or reads gets `Stopped`."""
        self._stopped.set()
        for _, slot in self._all_slots():
            slot.wake()
        if isinstance(self._transport, GuardedTransport):
            self._transport.hang_up()

    def close(self) -> None:
        """Stop, and close all connections."""
        self.stop()
        self._transport.close()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _document(
        self,
        method: str,
        address: str,
        params: Params | None,
        headers: Mapping[str, str] | None,
        json: object | None = None,
        data: Mapping[str, str] | None = None,
    ) -> Document:
        try:
            if self._policy.offline:
                raise Unreachable("offline: the policy says that nothing is asked")
            url = parse(address, params)
            request = prepare(self._http, method, url, headers, json, data)
            return self._sharing.once(question(request), lambda: self._fetch(request))
        except SourceError as error:
            raise self._named(error, address) from None

    def _fetch(self, request: httpx.Request) -> Document:
        """Ask for a document, once."""
        address = redact(str(request.url))
        known = self._validators(address) if request.method == "GET" else None
        for name, value in conditions(known):
            request.headers[name] = value
        answer, last = self._follow(request)
        document = to_document(address, answer, known, self._cache)
        if last != request.url:
            document = replace(document, final_address=redact(str(last)))
        return document

    def _follow(
        self, request: httpx.Request, past_robots: bool = False
    ) -> tuple[Answer, httpx.URL]:
        """Ask, and follow redirects; says too where they led."""
        for _ in range(self._policy.max_redirects + 1):
            slot = self._slot(request.url)
            try:
                if self._policy.obey_robots and not past_robots:
                    slot.slow_down(self._robots.check(request.url))
                answer = self._ask(request, slot)
                if answer.status not in REDIRECTS:
                    return answer, request.url
                location = answer.headers.get("location", "")
                request = redirected(self._http, request, answer.status, location)
            except SourceError as error:
                raise self._named(error, str(request.url)) from None
        raise Forbidden(
            f"more than {self._policy.max_redirects} redirects, the last one to {request.url}; "
            "look up the address"
        )

    def _ask(self, request: httpx.Request, slot: Slot) -> Answer:
        """Send one request, and again while that may help."""
        attempt = 0
        while True:
            try:
                self._waits.wait(str(request.url))
                with slot.turn():
                    return self._send(request, slot)
            except SourceError as error:
                if error.status and error.retry_after:
                    self._waits.hold(str(request.url), error.retry_after)
                last = attempt >= self._policy.retries or slot.is_open
                if last or not is_worth_another_try(error, self._policy):
                    raise
                slot.hold(backoff(attempt, self._policy))
                attempt += 1

    def _send(self, request: httpx.Request, slot: Slot) -> Answer:
        """Send one request, and let its slot know what came of it."""
        watch = Watch(self._clock, self._stopped, self._policy.deadline)
        try:
            answer = without_secrets(exchange(self._http, request, self._policy, watch))
            if error := verdict(answer, self._policy, self._clock.wall()):
                raise error
        except SourceError as error:
            self._blame(slot, error)
            raise
        slot.answered()
        return answer

    def _blame(self, slot: Slot, error: SourceError) -> None:
        if is_failure_of_the_host(error):
            slot.failed(redact(str(error)))
        elif not isinstance(error, Forbidden | Stopped):
            slot.answered()
        if isinstance(error, HostDown):
            dead = HostDown(f"{error}; the host is not asked again in this refresh")
            self._sharing.if_open(lambda: slot.found_dead(dead))

    def _read_robots(self, address: str) -> Answer:
        request = self._http.build_request("GET", parse(address))
        return self._follow(request, past_robots=True)[0]

    def _validators(self, address: str) -> Validators | None:
        return self._cache.validators(address) if self._cache else None

    def _slot(self, url: httpx.URL) -> Slot:
        name = authority(url)
        with self._slots_lock:
            slot = self._slots.get(name)
            if slot is None:
                slot = Slot(host(url), name, self._policy, self._clock, self._stopped)
                if state := self._earlier.get(name):
                    slot.resume(state)
                self._slots[name] = slot
            return slot

    def _all_slots(self) -> list[tuple[str, Slot]]:
        with self._slots_lock:
            return list(self._slots.items())

    def _forget(self) -> None:
        for _, slot in self._all_slots():
            slot.forget()

    def _named(self, error: SourceError, address: str) -> SourceError:
        """The error, which says from here on what address it is about, and no secret."""
        if not error.address:
            # First without secrets, then shortened: half a secret would not be found any more.
            error.address = shown(redact(address))
            error.args = (f"{error.address}: {shown(redact(str(error)))}",)
        return error
