"""The one page that may write: an expert's own questionnaire, behind a link that nobody can guess.

It stands before the pages that are for reading, and only where ``cityflux web --panel`` says so. A
token opens the questionnaire of one expert in one round and nothing else; only its hash is stored.
The connection can add answers and do nothing else, whatever is asked. A form is good once: it
carries a mark that is made of the token and of how often it was answered, so that neither a foreign
page nor a form that was sent before can send one.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cityflux.core.app.panels import digest_of, questionnaire, take_in
from cityflux.core.model.errors import CityfluxError, ImportRefused
from cityflux.core.model.questionnaire import Given, Questionnaire
from cityflux.core.model.version import __version__
from cityflux.core.web.asked import preferred
from cityflux.core.web.limits import Limit
from cityflux.core.web.page import POLICY, environment
from cityflux.core.web.safety import HEADERS, Asgi
from cityflux.core.words.catalogue import CODES, Code, text
from cityflux.storage import panels as storage
from cityflux.storage.panel_access import opened_for_answers

#: The path of a questionnaire.
_PATH = re.compile(r"/panel/([A-Za-z0-9_-]{43})")
#: Requests a minute with one token, and with tokens that open nothing from one address.
OFTEN, GUESSES = 60, 20
#: Bytes of a form, and fields in it.
LARGEST, FIELDS = 256 * 1024, 5_000
_FORM = b"application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """What is sent back: a page, or the way to one."""

    status: HTTPStatus
    body: str = ""
    location: str = ""


class Answering:
    """The questionnaires of a database.

    Args:
        database: the file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._by_token, self._by_guess = Limit(OFTEN), Limit(GUESSES)
        with opened_for_answers(database):
            pass

    def before(self, application: Asgi) -> Asgi:
        """Put the questionnaires before the pages that are for reading."""

        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or not scope["path"].startswith("/panel/"):
                await application(scope, receive, send)
                return
            await _send(send, scope["method"], await self._reply(scope, receive))

        return wrapped

    async def _reply(self, scope: Any, receive: Any) -> Reply:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        language: Code = preferred(headers.get(b"accept-language", ""))
        for code in CODES:
            language = code if asked.get("lang") == code else language
        found, method = _PATH.fullmatch(scope["path"]), scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            return _told(language, "page_unknown", HTTPStatus.METHOD_NOT_ALLOWED)
        guesser = (scope.get("client") or ("",))[0]
        if found is None or self._by_guess.is_spent(guesser):
            return self._guessed(language, guesser)
        if not self._by_token.passes(storage.hash_of(found[1])):
            return _told(language, "page_busy", HTTPStatus.TOO_MANY_REQUESTS)
        form: Mapping[str, str] | None = None
        if method == "POST":
            if not _is_own(headers) or not headers.get(b"content-type", "").startswith(
                _FORM.decode()
            ):
                return _told(language, "page_replayed", HTTPStatus.FORBIDDEN)
            form = await _form(receive)
            if form is None:
                return _told(language, "page_wrong", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        work = partial(self._work, found[1], form, language, sent="sent" in asked)
        reply = await asyncio.to_thread(work)
        return reply or self._guessed(language, guesser)

    def _guessed(self, language: Code, guesser: str) -> Reply:
        if self._by_guess.passes(guesser):
            return _told(language, "page_unknown", HTTPStatus.NOT_FOUND)
        return _told(language, "page_busy", HTTPStatus.TOO_MANY_REQUESTS)

    def _work(
        self, token: str, form: Mapping[str, str] | None, language: Code, *, sent: bool
    ) -> Reply | None:
        """Show or take in one questionnaire; None where the token opens none."""
        with self._lock, opened_for_answers(self._database) as connection:
            opens = storage.token_of(connection, token)
            if opens is None:
                return None
            name, number, expert = opens
            panel = storage.find_panel(connection, name)
            known = {each.round: each for each in storage.rounds(connection, name)}
            if known[number].closed is not None:
                return _told(language, "page_closed", HTTPStatus.GONE)
            asked = questionnaire(connection, panel, number, expert)
            times = storage.answers_of(connection, name, number, expert)
            mark = self._mark(token, times)
            if form is None:
                before = _before(connection, asked, times)
                return _page(language, asked, mark, before, sent=sent and times > 0)
            if not hmac.compare_digest(form.get("once", ""), mark):
                return _told(language, "page_replayed", HTTPStatus.CONFLICT)
            given = _given(asked, form)
            try:
                take_in(connection, panel, given, digest_of(given), correct=True)
            except ImportRefused as error:
                reasons = error.reasons or [str(error)]
                return _page(language, asked, mark, form, reasons, HTTPStatus.BAD_REQUEST)
            except (CityfluxError, sqlite3.Error):
                return _told(language, "page_closed", HTTPStatus.GONE)
            return Reply(HTTPStatus.SEE_OTHER, location=f"/panel/{token}?sent=1&lang={language}")

    def _mark(self, token: str, times: int) -> str:
        """What makes a form good for one answer."""
        return hmac.digest(self._key, f"{token} {times}".encode(), "sha256").hex()


def _is_own(headers: Mapping[bytes, str]) -> bool:
    """Whether a form comes from a page of this site, as far as the browser says."""
    if headers.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get(b"origin")
    return origin is None or urlsplit(origin).netloc == headers.get(b"host", "")


async def _form(receive: Any) -> dict[str, str] | None:
    """The fields of a form; None where it is too large."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return None
        if not message.get("more_body"):
            break
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS
        )
    except ValueError:
        return None
    return dict(pairs)


def _given(asked: Questionnaire, form: Mapping[str, str]) -> Given:
    """What a form says; it names lines by their place, so that it can name none of others."""
    places = dict(enumerate(asked.lines))
    answers = {line.key: form.get(f"a{place}", "") for place, line in places.items()}
    struck = [line.node for place, line in places.items() if form.get(f"s{place}")]
    proposed = [each.strip() for each in form.get("propose", "").splitlines() if each.strip()]
    basis, familiarity = form.get("basis", ""), form.get("familiarity", "")
    number, name = str(asked.number), asked.panel
    return Given(name, number, asked.expert, basis, familiarity, answers, struck, proposed)


def _before(connection: sqlite3.Connection, asked: Questionnaire, times: int) -> dict[str, str]:
    """What this expert has answered in this round, by the fields of the form."""
    if not times:
        return {}
    last = storage.last_ratings(connection, asked.panel, asked.number).get(asked.expert, [])
    own = {(each.part, each.node_id, each.other_id): each.value for each in last}
    said = storage.last_answers(connection, asked.panel, asked.number)[asked.expert]
    found = dict(zip(("basis", "familiarity"), map(_written, said), strict=True))
    for place, line in enumerate(asked.lines):
        found[f"a{place}"] = _written(own.get(line.key))
    return found


def _written(value: float | None) -> str:
    return "" if value is None else repr(value).removesuffix(".0")


def _page(
    language: Code,
    asked: Questionnaire,
    mark: str,
    values: Mapping[str, str],
    reasons: list[str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    sent: bool = False,
) -> Reply:
    template = environment().get_template("questionnaire.html")
    body = template.render(
        language=language,
        t=partial(text, language),
        asked=asked,
        mark=mark,
        values=values,
        reasons=reasons or [],
        sent=sent,
        version=__version__,
    )
    return Reply(status, body)


def _told(language: Code, key: str, status: HTTPStatus) -> Reply:
    """A page with one sentence."""
    template = environment().get_template("told.html")
    said = text(language, f"delphi.{key}")
    return Reply(status, template.render(language=language, t=partial(text, language), said=said))


async def _send(send: Any, method: str, reply: Reply) -> None:
    headers = {
        **HEADERS,
        b"content-type": b"text/html; charset=utf-8",
        b"content-security-policy": POLICY.encode(),
        b"cache-control": b"no-store",
        b"x-robots-tag": b"noindex",
    }
    if reply.location:
        headers[b"location"] = reply.location.encode()
    if reply.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers[b"allow"] = b"GET, HEAD, POST"
    body = b"" if method == "HEAD" else reply.body.encode()
    start = {"type": "http.response.start", "status": int(reply.status)}
    await send({**start, "headers": list(headers.items())})
    await send({"type": "http.response.body", "body": body})
