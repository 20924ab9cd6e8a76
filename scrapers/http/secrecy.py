"""Secrets come from the environment and leave by no other way than the request itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

import httpx

from cityflux.core.model.errors import Refused

MASK = "***"


class Secrets:
    """Hands out secrets and strikes them out of everything that people get to read.

    Args:
        variables: for the name of each secret the environment variable that holds it.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._forms: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The value of a secret, which is struck out from now on.

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
        self._strike_out(value)
        return value

    def redact(self, text: str) -> str:
        """The text without any secret that was handed out."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def _strike_out(self, value: str) -> None:
        in_a_query = str(httpx.QueryParams({"": value})).removeprefix("=")
        in_a_message = {repr(value)[1:-1], repr(value.encode())[2:-1]}
        forms = {value, quote(value), quote(value, safe=""), quote_plus(value), in_a_query}
        # The longest first: a secret may be a part of another one.
        self._forms = tuple(sorted(forms.union(in_a_message, self._forms), key=len, reverse=True))


class SecretFilter(logging.Filter):
    """Strikes secrets out of log records, those of the HTTP library among them."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, redacted."""
        record.msg, record.args = self._secrets.redact(record.getMessage()), None
        return True
