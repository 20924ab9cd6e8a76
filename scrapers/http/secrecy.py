"""Secrets come from the environment; who hands one out has it struck out from then on."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace

from cityflux.core.model.errors import Refused
from cityflux.core.model.secrecy import know, redact, redact_bytes
from cityflux.scrapers.http.roundtrip import Answer

_VALIDATORS = ("etag", "last-modified")


class Secrets:
    """Hands out secrets.

    Args:
        variables: for the name of each secret the environment variable that holds it.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def get(self, name: str) -> str:
        """The value of a secret, which is struck out of all that people read from now on.

        Raises:
            Refused: when no variable is named for it, or the variable is not set.
        """
        variable = self._variables.get(name)
        if variable is None:
            raise Refused(
                f"secret {name!r} is unknown; name the environment variable that holds it "
                "in the client's secrets"
            )
        value = os.environ.get(variable, "").strip()
        if not value:
            raise Refused(f"secret {name!r} is not set; set the environment variable {variable}")
        know(value)
        return value


def without_secrets(answer: Answer) -> Answer:
    """What a host answered, without the secrets that it repeats.

    A validator that holds one goes: it would prove nothing without it. Where a redirect leads is
    followed as it is, and redacted where it is told.
    """
    headers = {
        name: value if name == "location" else redact(value)
        for name, value in answer.headers.items()
        if name not in _VALIDATORS or redact(value) == value
    }
    return replace(answer, headers=headers, body=redact_bytes(answer.body))


class SecretFilter(logging.Filter):
    """Strikes secrets out of log records, those of the HTTP library among them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, redacted."""
        record.msg, record.args = redact(record.getMessage()), None
        return True
