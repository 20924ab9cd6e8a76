"""Moments and texts of others, as markup of a page."""

from __future__ import annotations

from markupsafe import Markup

from cityflux.core.words import language
from cityflux.core.words.numbers import MISSING


def moment(value: str | None) -> Markup:
    """A moment of the database, to the minute; the whole of it for machines."""
    if not value:
        return Markup(MISSING)
    return Markup('<time datetime="{}">{}</time>').format(value, language.moment(value))


def isolated(value: object) -> Markup:
    """Text of others: shown as it is, and its direction stays its own."""
    return Markup("<bdi>{}</bdi>").format(value)
