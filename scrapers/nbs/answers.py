"""What an answer of data.stats.gov.cn is before its content counts: JSON, a block, or a page."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.scrapers.tables.html import page_instead

#: What to do where the site does not let a program in.
ADVICE = (
    "the site blocks by address and perhaps by client; wait, or download the table by hand "
    "and read it with cityflux.scrapers.nbs.read_download"
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


class Shape(BaseModel):
    """Base of the shapes that answers have; a number where a text is due becomes one."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


Shaped = TypeVar("Shaped")


def shaped(document: Document, shape: type[Shaped], content: Any) -> Shaped:
    """Check that the content of an answer has the known shape, and return it typed.

    Raises:
        Unexpected: when it has not; names the first place that does not fit.
    """
    try:
        return TypeAdapter(shape).validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the answer"
        raise unexpected(
            document,
            f"{place}: {first['msg']}, got {str(first['input'])[:60]!r}; "
            "the shape of the answer has changed",
        ) from error


def data_of(document: Document, shape: type[Shaped]) -> Shaped:
    """The ``data`` of an answer of the current interface: ``{"success": true, "data": …}``.

    Raises:
        Refused: as `json_of`.
        Unexpected: when the site reports a failure, or the data have another shape.
    """
    answer = json_of(document)
    if not isinstance(answer, dict) or not answer.get("success", "data" in answer):
        told = answer.get("message") if isinstance(answer, dict) else answer
        raise unexpected(document, f"the site answered: {str(told)[:80]}")
    return shaped(document, shape, answer.get("data"))


def unexpected(document: Document, message: str) -> Unexpected:
    """The error for an answer that cannot be read."""
    return Unexpected(
        f"{document.address}: {message}", address=document.address, status=document.status
    )
