"""How the client behaves: every limit, and what it stands for."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

#: The name by which robots.txt files address us.
PRODUCT = "cityflux"


@dataclass(frozen=True, slots=True)
class Budget:
    """What one host may be asked.

    Attributes:
        requests_per_second: the pace; ``math.inf`` for a server of one's own.
        connections: how many connections at the same time.
    """

    requests_per_second: float = 1.0
    connections: int = 2

    def __post_init__(self) -> None:
        if not self.requests_per_second > 0:
            raise ValueError(f"requests_per_second is {self.requests_per_second}; give more than 0")
        if self.connections < 1:
            raise ValueError(f"connections is {self.connections}; give 1 or more")

    @property
    def interval(self) -> float:
        """The seconds between two requests."""
        return 1 / self.requests_per_second


@dataclass(frozen=True)
class Policy:
    """How the client behaves. The defaults suit a public office's web site.

    Attributes:
        contact: a web page or mail address at which the operator of a source reaches whoever
            runs this; it stands in the User-Agent.
        budget: what a host may be asked.
        hosts: other budgets for single hosts, by name.
        connect_timeout: seconds to find a host and connect to it.
        read_timeout: seconds without a byte.
        deadline: seconds for one whole answer, from connecting to the last byte.
        max_bytes: the most that an answer may hold, on the wire and also after decompression.
        max_redirects: how many redirects are followed.
        retries: how often a request is repeated that failed in a way that may pass.
        backoff_base: the upper bound of the first pause before a retry, in seconds; it doubles
            each time.
        backoff_cap: the upper bound that it never passes.
        longest_wait: the longest pause, in seconds, that we take at the wish of a source
            (Retry-After, Crawl-delay); where more is wanted, the request is refused at once.
        circuit_threshold: after so many failures in a row a host is left alone.
        circuit_cool_down: for so many seconds; then one request tries whether it is back.
        allow_hosts: names of hosts that may be at private addresses, such as ``localhost``.
        obey_robots: whether robots.txt decides what may be asked.
        secrets: for the name of each secret the environment variable that holds it.
        offline: nothing is asked at all.
    """

    contact: str = ""
    budget: Budget = Budget()
    hosts: Mapping[str, Budget] = field(default_factory=dict, hash=False)
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    deadline: float = 120.0
    max_bytes: int = 64 * 2**20
    max_redirects: int = 5
    retries: int = 3
    backoff_base: float = 1.0
    backoff_cap: float = 60.0
    longest_wait: float = 120.0
    circuit_threshold: int = 5
    circuit_cool_down: float = 300.0
    allow_hosts: Collection[str] = frozenset()
    obey_robots: bool = True
    secrets: Mapping[str, str] = field(default_factory=dict, hash=False)
    offline: bool = False

    def __post_init__(self) -> None:
        for name in ("connect_timeout", "read_timeout", "deadline", "max_bytes"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; give a number above 0")
        for name in ("max_redirects", "retries", "backoff_base", "longest_wait"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; give 0 or more")
        if self.circuit_threshold < 1:
            raise ValueError(f"circuit_threshold is {self.circuit_threshold}; give 1 or more")
        if not (self.contact.isascii() and self.contact.isprintable()):
            raise ValueError(f"contact {self.contact!r} cannot stand in a header; use ASCII")

    def budget_of(self, host: str) -> Budget:
        """What a host may be asked."""
        return self.hosts.get(host, self.budget)

    @cached_property
    def user_agent(self) -> str:
        """Who we say we are: ``cityflux/0.1.0 (+https://example.org/contact)``."""
        try:
            product = f"{PRODUCT}/{version(PRODUCT)}"
        except PackageNotFoundError:  # run from a source tree
            product = PRODUCT
        return f"{product} (+{self.contact})" if self.contact else product
