"""One request to Baidu Index: the headers, the status codes, and stopping when told to."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.core.model.http import Http, Params
from cityflux.scrapers.expect import field, looks_like_html, unexpected

ADDRESS = "https://index.baidu.com"
SEARCH = "/api/SearchApi/index"
KEY = "/Interface/ptbk"

OK, NO_DATA, BAD_REQUEST, NOT_INCLUDED = 0, 1, 10002, 10003
REFUSALS = {
    10000: "not logged in, or the cookie has expired: copy a fresh one from a logged-in browser",
    10001: "the request is blocked and the account throttled: wait half an hour or longer",
    10018: "abnormal access is suspected (疑似存在异常访问行为): wait, then ask less often",
}
#: How long a refusal holds, in seconds: an account is throttled for about half an hour.
PAUSE = 30 * 60


class _Gate:
    """Lets one request through at a time, and none for a while after a refusal.

    It is one for the whole process, since a refusal is meant for the account: dozens of words
    share it, each with a generator of its own, and none of them may ask on.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._until = float("-inf")
        self._reason = ""

    def check(self, address: str) -> None:
        if time.monotonic() < self._until:
            raise Refused(f"{address}: not asked, because {self._reason}", address=address)

    def shut(self, reason: str) -> None:
        self._until, self._reason = time.monotonic() + PAUSE, reason

    def open(self) -> None:
        self._until = float("-inf")


_gate = _Gate()


def resume() -> None:
    """Forget a refusal, for instance after a new login; by itself it holds for half an hour."""
    _gate.open()


def ask(http: Http, address: str, params: Params) -> Document:
    """Make one request as the logged-in user.

    Raises:
        Refused: when the site turns the user away, now or in the last half hour, or when there
            is no cookie.
        Unexpected: when the answer is not JSON with a status.
    """
    headers = _headers(http)
    with _gate.lock:
        _gate.check(address)
        try:
            document = http.get(address, params=params, headers=headers)
            _stop_if_turned_away(document)
        except Refused as refusal:
            _gate.shut(f"Baidu Index refused an earlier request: {refusal}")
            raise
    return document


def status_of(document: Document) -> int:
    """The status code that Baidu Index puts into its answer; HTTP says 200 in any case.

    Raises:
        Unexpected: when the answer is not JSON with a status.
    """
    status = field(document, document.json(), "status")
    if not isinstance(status, int):
        raise unexpected(document, "a number under 'status'", status)
    return status


def message_of(document: Document) -> str:
    """What the site says about the status, or ``""``."""
    answer: Any = document.json()
    return " ".join(str(answer.get("message", "")).split())


def uniqid_of(document: Document) -> str:
    """What an answer and its key have in common."""
    return str(field(document, document.json(), "data", "uniqid"))


def _headers(http: Http) -> dict[str, str]:
    headers = {"Cookie": http.secret("baidu_cookie"), "Referer": f"{ADDRESS}/v2/main/index.html"}
    with suppress(Refused):  # a user may have none; the site says whether it minds
        headers["Cipher-Text"] = http.secret("baidu_cipher_text")
    return headers


def _stop_if_turned_away(document: Document) -> None:
    if looks_like_html(document):
        raise Refused(
            f"{document.address}: a page came in place of data, most likely the login; "
            "copy a fresh cookie from a logged-in browser",
            address=document.address,
        )
    try:
        status = status_of(document)
    except Unexpected:
        return  # not a refusal; whoever reads the answer says what is wrong with it
    if status in REFUSALS:
        raise Refused(
            f"{document.address}: status {status}, {REFUSALS[status]} "
            f"(the site says: {message_of(document) or 'nothing'})",
            address=document.address,
            status=document.status,
        )
