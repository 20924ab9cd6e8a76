"""The client of one fetch, which remembers every document that it brought."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cityflux.core.model.document import Document
from cityflux.core.model.secrecy import known, redact, redact_bytes

if TYPE_CHECKING:
    from cityflux.core.model.http import Http, Params

_TOLD = ("address", "media_type", "charset", "etag", "last_modified", "period", "final_address")


class Witness:
    """The client of one fetch, which remembers every document that it brought.

    A scraper looks into more than it hands over: lists of links, trees, pages that turned out to
    be refusals. They are kept as well.
    """

    def __init__(self, client: Http) -> None:
        self._client = client
        self.documents: list[Document] = []

    def get(self, address: str, **options: Any) -> Document:
        """As `core.model.http.Http.get`."""
        return self._noted(self._client.get(address, **options))

    def post(self, address: str, **options: Any) -> Document:
        """As `core.model.http.Http.post`."""
        return self._noted(self._client.post(address, **options))

    def known(self, address: str, params: Params | None = None) -> bool:
        """As `core.model.http.Http.known`."""
        return self._client.known(address, params)

    def secret(self, name: str) -> str:
        """As `core.model.http.Http.secret`."""
        return self._client.secret(name)

    def redacted(self, document: Document) -> Document:
        """A document that somebody else's code hands over, without the secrets that it put there.

        What the client brought holds none.
        """
        if not known():
            return document
        told: dict[str, Any] = {
            name: redact(value) for name in _TOLD if (value := getattr(document, name))
        }
        if not any(document.content is each.content for each in self.documents):
            told |= {"content": redact_bytes(document.body), "known_sha256": None}
        return replace(document, **told)

    def _noted(self, document: Document) -> Document:
        self.documents.append(document)
        return document
