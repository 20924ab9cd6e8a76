"""What the scrapers ask of the client that fetches for them, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from cityflux.core.model.document import Document

#: The query of an address; a list repeats its name, as in ``geo=DE&geo=FR``.
Params = Mapping[str, str | Sequence[str]]


class Http(Protocol):
    """A client that waits its turn, keeps what it gets and says no with a `SourceError`.

    The address of a document that it returns is the whole one, query included: where an answer
    does not repeat what was asked, the parsers read it there.
    """

    def get(
        self,
        address: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """Fetch an address."""

    def post(
        self,
        address: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """Send a body to an address and fetch the answer."""

    def known(self, address: str, params: Params | None = None) -> bool:
        """Whether an earlier fetch has handed over a document of this address.

        An answer that never left its generator, such as a refusal under HTTP 200, does not count.
        """

    def secret(self, name: str) -> str:
        """Give a secret of the user, hidden from every log from then on.

        Raises:
            Refused: when the user has not set it.
        """


def backfill(
    http: Http,
    address: str,
    requests: Iterable[tuple[Params, bool]],
    headers: Mapping[str, str] | None = None,
) -> Iterator[Document]:
    """Fetch one document for each request, leaving out what is kept already.

    Args:
        http: the client.
        address: the address that all requests share.
        requests: for each one its query, and whether its answer is final.
        headers: sent with every request.
    """
    for params, final in requests:
        if not (final and http.known(address, params)):
            yield http.get(address, params=params, headers=headers)
