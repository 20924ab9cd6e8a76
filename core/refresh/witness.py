"""The client of one fetch, which remembers every document that it brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cityflux.core.model.document import Document

if TYPE_CHECKING:
    from cityflux.core.model.http import Params
    from cityflux.scrapers.http.client import Client


class Witness:
    """The client of one fetch, which remembers every document that it brought.

    A scraper looks into more than it hands over: lists of links, trees, pages that turned out to
    be refusals. They are kept as well.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.documents: list[Document] = []

    def get(self, address: str, **options: Any) -> Document:
        """As `scrapers.http.client.Client.get`."""
        return self._noted(self._client.get(address, **options))

    def post(self, address: str, **options: Any) -> Document:
        """As `scrapers.http.client.Client.post`."""
        return self._noted(self._client.post(address, **options))

    def known(self, address: str, params: Params | None = None) -> bool:
        """As `scrapers.http.client.Client.known`."""
        return self._client.known(address, params)

    def secret(self, name: str) -> str:
        """As `scrapers.http.client.Client.secret`."""
        return self._client.secret(name)

    def _noted(self, document: Document) -> Document:
        self.documents.append(document)
        return document
