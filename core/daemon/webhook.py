"""A message to an address of the user's, in a thread of its own and with patience."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from typing import TYPE_CHECKING, Any, Self

from cityflux.storage.database import now

if TYPE_CHECKING:
    from types import TracebackType

    from cityflux.core.app.config import Config

log = logging.getLogger("cityflux")

Message = dict[str, Any]

FIRST_PAUSE = 1.0  # seconds before the second try; doubled with each further one
LONGEST_PAUSE = 300.0
PATIENCE = 5  # tries after which the log says that a message waits
LAST_WORDS = 5.0  # seconds that what is still waiting gets when the daemon stops
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Webhook:
    """Sends messages one after the other; without an address it sends none.

    A receiver that cannot be reached, or asks for patience, is asked again until it takes the
    message. One that refuses it is not.

    Args:
        url: http or https; empty for none.
        form: what the receiver understands, see `body_of`.
        timeout: seconds for one try.
    """

    def __init__(self, url: str, form: str, timeout: float) -> None:
        self._url, self._form, self._timeout = url, form, timeout
        self._waiting: queue.SimpleQueue[tuple[Message, int | None] | None] = queue.SimpleQueue()
        self._over: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="cityflux-webhook", daemon=True)

    @property
    def wanted(self) -> bool:
        """Whether there is an address."""
        return bool(self._url)

    def send(self, message: Message, number: int | None = None) -> None:
        """Send a message as soon as possible; returns at once.

        Args:
            message: from `message_of`.
            number: by which `over` names it.
        """
        if self._url:
            self._waiting.put((message, number))

    def over(self) -> list[int]:
        """The numbers of the messages that were delivered or refused since the last call."""
        return [self._over.get() for _ in range(self._over.qsize())]

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
        while (waiting := self._waiting.get()) is not None:
            message, number = waiting
            if self._deliver(message) and number is not None:
                self._over.put(number)

    def _deliver(self, message: Message) -> bool:
        """Try until it is delivered or refused; whether it was before the daemon stopped."""
        body, text = body_of(message, self._form), message["text"]
        for attempt in itertools.count(1):
            problem, again = self._try(body)
            if problem and not again:
                log.warning("webhook: %r was not delivered: %s", text, problem)
            if not again:
                return True
            if attempt == PATIENCE:
                log.warning("webhook: %r waits, and all after it: %s", text, problem)
            if self._stopping.wait(min(FIRST_PAUSE * 2 ** min(attempt - 1, 20), LONGEST_PAUSE)):
                log.warning("webhook: %r was not delivered yet: %s", text, problem)
                break
        return False

    def _try(self, body: Message) -> tuple[str, bool]:
        """Why it is not delivered, empty where it is, and whether to try again.

        Never says the address.
        """
        import httpx

        try:
            status = httpx.post(self._url, json=body, timeout=self._timeout).status_code
        except httpx.InvalidURL as error:
            return type(error).__name__, False
        except (httpx.HTTPError, OSError) as error:
            return type(error).__name__, True
        return "" if status < 300 else f"the receiver answers {status}", status in _TRY_AGAIN


def message_of(event: str, text: str, **details: Any) -> Message:
    """A message about something that happens now.

    Args:
        event: what programs tell messages apart by.
        text: what people read.
        details: what programs read.
    """
    return {"event": event, "text": text, "at": now(), **details}


def open_webhook(config: Config) -> Webhook:
    """The webhook of a configuration.

    Raises:
        ConfigError: the environment variable holds something else than an address.
    """
    settings = config.webhook
    return Webhook(settings.address(), settings.form, settings.timeout)


def body_of(message: Message, form: str) -> Message:
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
