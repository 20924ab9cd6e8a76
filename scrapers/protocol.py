"""What a scraper needs of an HTTP client: two methods, so that tests can stand in for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from scrapers.document import Document


class Http(Protocol):
    """Fetches documents. The polite client is one; politeness is its business, not ours."""

    def get(
        self,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """Fetch an address."""

    def post(
        self, address: str, *, json: object = None, headers: Mapping[str, str] | None = None
    ) -> Document:
        """Send JSON to an address and bring home its answer."""
