"""Numbers, names and moments as a reader sees them."""

from __future__ import annotations

from markupsafe import Markup

from cityflux.core.web.asked import Language

#: What stands in the place of a number that is not known.
MISSING = "–"


def score(value: float | None) -> str:
    """A score with three decimals, as the command line prints it."""
    return MISSING if value is None else f"{value:,.3f}"


def figure(value: float | None) -> str:
    """A figure with the digits that it has, up to six decimals."""
    if value is None:
        return MISSING
    if value and not 1e-5 <= abs(value) < 1e15:
        return f"{value:.6g}"
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def size(count: int) -> str:
    """A number of bytes."""
    return f"{count:,} B" if count < 2**10 else f"{count / 2**10:,.1f} KiB"


def moment(value: str | None) -> Markup:
    """A moment of the database, to the minute; the whole of it for machines."""
    if not value:
        return Markup(MISSING)
    shown = f"{value[:10]} {value[11:16]} UTC"
    return Markup('<time datetime="{}">{}</time>').format(value, shown)


def pick(language: Language, zh: str, en: str, otherwise: str = "") -> str:
    """The name in the wanted language, or else in the other one, or else the id."""
    first, second = (zh, en) if language == "zh" else (en, zh)
    return first or second or otherwise


def isolated(value: object) -> Markup:
    """Text of others: shown as it is, and its direction stays its own."""
    return Markup("<bdi>{}</bdi>").format(value)
