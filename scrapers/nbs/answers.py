"""What an answer of data.stats.gov.cn is before its content counts: JSON, a block, or a page."""

from __future__ import annotations

from typing import Any

from scrapers.document import Document
from scrapers.errors import Refused, Unexpected
from scrapers.tables import page_instead

#: What to do where the site does not let a program in.
ADVICE = (
    "the site blocks by address and perhaps by client; wait, or download the table by hand "
    "and read it with scrapers.nbs.read_download"
)


def json_of(document: Document) -> Any:
    """The JSON of an answer.

    Raises:
        Refused: when the site blocked the request (status 401 or 403, or a page that says
            ``UrlACL`` under any status), or asks for a login.
        Unexpected: when it sent a page, or anything else that is not JSON.
    """
    if document.status in (401, 403) or b"UrlACL" in document.body[:20_000]:
        reason = "UrlACL" if b"UrlACL" in document.body else f"status {document.status}"
        raise Refused(
            f"{document.address}: refused ({reason}); {ADVICE}",
            address=document.address,
            status=document.status,
        )
    if error := page_instead(document, "JSON"):
        raise error
    return document.json()


def items_of(document: Document, *fields: str, inside: str = "") -> list[dict[str, Any]]:
    """The objects that an answer of the current interface lists in ``data``.

    Args:
        document: the answer: ``{"success": true, "data": [...]}``.
        fields: what each object must have.
        inside: the field of ``data`` that holds the list, where it is not the list itself.

    Raises:
        Refused: as `json_of`.
        Unexpected: when the site reports a failure, or the answer has another shape.
    """
    answer = json_of(document)
    if not isinstance(answer, dict) or not answer.get("success", "data" in answer):
        told = answer.get("message") if isinstance(answer, dict) else answer
        raise unexpected(document, f"the site answered: {str(told)[:80]}")
    data = answer.get("data")
    listed = data.get(inside) if inside and isinstance(data, dict) else data
    if not isinstance(listed, list):
        raise unexpected(document, f"expected a list in data, got {str(listed)[:60]}")
    for item in listed:
        missing = [field for field in fields if not isinstance(item, dict) or field not in item]
        if missing:
            raise unexpected(
                document, f"no {missing[0]!r} in {str(item)[:60]}; the answer's shape has changed"
            )
    return listed


def unexpected(document: Document, message: str) -> Unexpected:
    """The error for an answer that cannot be read."""
    return Unexpected(
        f"{document.address}: {message}", address=document.address, status=document.status
    )
