"""A client that answers from memory: saved pages in place of the network."""

from __future__ import annotations

import mimetypes
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Missing, Refused
from cityflux.core.model.http import Params

#: What an address answers: bytes, text, a file, a whole document, or an error that is raised.
Answer = bytes | str | Path | Document | Exception

#: Stands for every address that is not named.
ANY = "*"


class SavedPages:
    """Answers `fetch` as the client does (`core.model.http.Http`), and asks nobody.

    Args:
        pages: by their whole address, query included; ``"*"`` answers all others. Several in a
            list are given one after the other, and the last one stays.
        secrets: what the user has set, by name.
        kept: the whole addresses that an earlier fetch has handed over.

    Attributes:
        requests: the whole addresses that were asked for, in their order.
    """

    def __init__(
        self,
        pages: Mapping[str, Answer | list[Answer]],
        secrets: Mapping[str, str] | None = None,
        kept: Collection[str] = (),
    ) -> None:
        self._pages = {address: _several(page) for address, page in pages.items()}
        self._secrets = dict(secrets or {})
        self._kept = set(kept)
        self.requests: list[str] = []

    def get(
        self,
        address: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """The page of an address.

        Raises:
            Missing: there is none.
        """
        whole = _whole(address, params)
        self.requests.append(whole)
        pages = self._pages.get(whole) or self._pages.get(ANY)
        if not pages:
            there = ", ".join(self._pages) or "none"
            raise Missing(f"{whole}: no page is saved; those that are: {there}", address=whole)
        page = pages.pop(0) if len(pages) > 1 else pages[0]
        if isinstance(page, Exception):
            raise page
        return _document(whole, page)

    def post(
        self,
        address: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """The page of an address, whatever is sent to it.

        Raises:
            Missing: there is none.
        """
        return self.get(address)

    def known(self, address: str, params: Params | None = None) -> bool:
        """Whether an earlier fetch is said to have handed over a document of this address."""
        return _whole(address, params) in self._kept

    def secret(self, name: str) -> str:
        """A secret.

        Raises:
            Refused: it is not among those that were given.
        """
        if name not in self._secrets:
            raise Refused(f"the secret {name} is not set")
        return self._secrets[name]


def _several(page: Answer | list[Answer]) -> list[Answer]:
    return [*page] if isinstance(page, list) else [page]


def _whole(address: str, params: Params | None) -> str:
    return (
        f"{address}{'&' if '?' in address else '?'}{urlencode(params, True)}" if params else address
    )


def _document(address: str, page: bytes | str | Path | Document) -> Document:
    if isinstance(page, Document):
        return page
    if isinstance(page, Path):
        return Document(address, page.read_bytes(), mimetypes.guess_type(page.name)[0] or "")
    return Document(address, page.encode() if isinstance(page, str) else page)
