"""What every reader of foreign bytes keeps to: one kind of error, and bounds before it reads.

A reader gives `SourceError` and nothing else. The bounds are far beyond what any source sends, and
low enough that what passes them is read within seconds and some hundred megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from cityflux.core.model.document import Document
from cityflux.core.model.errors import SourceError, StorageError, Unexpected

Given = ParamSpec("Given")
Read = TypeVar("Read")

_LONGEST_REASON = 200


@contextmanager
def blamed(address: str, kind: str) -> Iterator[None]:
    """Blame a document for whatever is raised while it is read.

    Damaged bytes make the readers written in Rust panic, which arrives as a BaseException that
    no ``except Exception`` stops.

    Args:
        address: of the document.
        kind: what it was read as: ``JSON``.

    Raises:
        Unexpected: in place of any error inside the block that is not a `SourceError`.
    """
    try:
        yield
    except (SourceError, StorageError):  # the snapshot that holds the bytes may be out of reach
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise Unexpected(
            f"{address}: cannot be read as {kind}, it seems damaged ({_reason(error)})",
            address=address,
        ) from error


def reader(kind: str) -> Callable[[Callable[Given, Read]], Callable[Given, Read]]:
    """Give a function that reads documents one kind of error, `SourceError` (see `blamed`).

    Args:
        kind: what it reads. Its first argument is the document, or several.
    """

    def guard(read: Callable[Given, Read]) -> Callable[Given, Read]:
        @wraps(read)
        def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Read:
            try:
                with blamed(_address(args[0] if args else None), kind):
                    return read(*args, **kwargs)
            except Unexpected as error:
                if isinstance(error.__cause__, TypeError):
                    _refuse_call(read, args, kwargs)
                raise

        return guarded

    return guard


def _refuse_call(
    read: Callable[..., object], given: tuple[object, ...], named: dict[str, object]
) -> None:
    """A call with the wrong arguments is a slip of whoever calls, and no fault of the document.

    Raises:
        TypeError: it is one.
    """
    try:
        signature(read).bind(*given, **named)
    except TypeError as error:
        raise TypeError(f"{read.__name__}(): {error}") from None


def bounded(document: Document, what: str, count: int, most: int) -> None:
    """Refuse a document that has more of something than is ever read.

    Raises:
        Unexpected: when there is more.
    """
    if count > most:
        raise Unexpected(
            f"{document.address}: has {count:,} {what}, more than the {most:,} that are read; "
            "look whether it is the right file, and cut it into parts if it is",
            address=document.address,
            status=document.status,
        )


def _address(given: object) -> str:
    if isinstance(given, Sequence) and not isinstance(given, str) and given:
        given = given[0]
    return given.address if isinstance(given, Document) else str(given or "the documents")


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    said = " ".join(str(error).partition("\n")[0].split())[:_LONGEST_REASON]
    known = isinstance(error, ValueError) and said
    return said if known else ": ".join(filter(None, (type(error).__name__, said)))
