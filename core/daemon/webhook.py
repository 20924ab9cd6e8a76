"""A message to an address of the user's, in a thread of its own and with patience."""

from __future__ import annotations

import logging
import os
import queue
import threading
from typing import TYPE_CHECKING, Any, Self

from core.errors import ConfigError
from storage.database import now

if TYPE_CHECKING:
    from types import TracebackType

    from core.config import Config

log = logging.getLogger("cityflux")

TRIES = 5
FIRST_PAUSE = 1.0  # seconds before the second try; doubled with each further one
LAST_WORDS = 5.0  # seconds that what is still waiting gets when the daemon stops
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Webhook:
    """Sends messages one after the other; without an address it sends none.

    Args:
        url: http or https; empty for none.
        form: what the receiver understands, see `body_of`.
        timeout: seconds for one try.
    """

    def __init__(self, url: str, form: str, timeout: float) -> None:
        self._url, self._form, self._timeout = url, form, timeout
        self._waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="cityflux-webhook", daemon=True)

    @property
    def wanted(self) -> bool:
        """Whether there is an address."""
        return bool(self._url)

    def tell(self, event: str, text: str, **details: Any) -> None:
        """Send a message as soon as possible; returns at once."""
        if self._url:
            self._waiting.put({"event": event, "text": text, "at": now(), **details})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join(LAST_WORDS)

    def _work(self) -> None:
        while (message := self._waiting.get()) is not None:
            if problem := self._send(body_of(message, self._form)):
                log.warning("webhook: %r was not delivered: %s", message["text"], problem)

    def _send(self, body: dict[str, Any]) -> str:
        """Why it could not be delivered; empty where it was. Never says the address."""
        import httpx

        problem, pause = "", FIRST_PAUSE
        for attempt in range(TRIES):
            if attempt and self._stopping.wait(pause * 2 ** (attempt - 1)):
                break
            try:
                status = httpx.post(self._url, json=body, timeout=self._timeout).status_code
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                problem = type(error).__name__
                continue
            problem = "" if status < 300 else f"the receiver answers {status}"
            if status not in _TRY_AGAIN:
                break
        return problem


def open_webhook(config: Config) -> Webhook:
    """The webhook of a configuration.

    Raises:
        ConfigError: the environment variable holds something else than an address.
    """
    settings = config.webhook
    url = os.environ.get(settings.variable, "").strip()
    if url and not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"webhook.variable: {settings.variable} holds no address that begins with https://"
        )
    return Webhook(url, settings.form, settings.timeout)


def body_of(message: dict[str, Any], form: str) -> dict[str, Any]:
    """A message as its receiver wants it.

    Args:
        message: with ``text``, which people read.
        form: ``text`` for Slack, Mattermost and programs; ``feishu`` or ``dingtalk`` (and WeCom)
            for their robots, which take nothing but a text in a wrapping of their own.
    """
    match form:
        case "feishu":
            return {"msg_type": "text", "content": {"text": message["text"]}}
        case "dingtalk":
            return {"msgtype": "text", "text": {"content": message["text"]}}
    return message
