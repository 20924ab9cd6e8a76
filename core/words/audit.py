"""How sure the ranks are, in words."""

from __future__ import annotations

from cityflux.core.model.audit import DECIDED, AuditFacts, CityAudit
from cityflux.core.words.catalogue import Code, term, text
from cityflux.core.words.names import pick
from cityflux.core.words.numbers import percent


def interval(city: CityAudit) -> str:
    """The ranks of nine draws in ten, such as ``2-5``; in brackets where no place is a rank."""
    if city.low is None:
        return "–"
    found = f"{city.low}" if city.low == city.high else f"{city.low}–{city.high}"
    return f"({found})" if city.bracketed else found


def title(code: Code, audit: AuditFacts) -> str:
    """What the intervals are over, with the label of what they leave out."""
    label = term(code, "audit_missing", audit.missing)
    return text(code, "audit.title", draws=audit.done, label=label)


def verdict(code: Code, audit: AuditFacts) -> list[str]:
    """Whether the first city is told from the second, and what a reader must know, a line each."""
    lines = []
    if audit.foremost:
        one, two = audit.foremost
        first, second = pick(code, one.name_zh, one.name_en), pick(code, two.name_zh, two.name_en)
        key = "audit.told" if audit.lead >= DECIDED else "audit.open"
        share = percent(audit.lead)
        lines.append(
            text(code, key, first=first, second=second, share=share, decided=percent(DECIDED))
        )
    else:
        lines.append(text(code, "audit.nothing"))
    if audit.foremost and audit.foremost[0].bracketed and audit.foremost[1].bracketed:
        lines.append(text(code, "audit.bracketed"))
    if audit.missing == "filled":
        lines.append(text(code, "audit.yardstick"))
    if audit.missing == "not determined":
        lines.append(text(code, "audit.not_determined"))
    return [*lines, *remarks(code, audit)]


def remarks(code: Code, audit: AuditFacts) -> list[str]:
    """What became of draws that are not there, and whether the index has moved on since."""
    lines = []
    if audit.failed:
        listed = text(code, "common.semicolon").join(
            f"{count}: {reason}" for reason, count in audit.failed.items()
        )
        lines.append(text(code, "audit.failed", n=sum(audit.failed.values()), reasons=listed))
    if audit.stopped:
        lines.append(text(code, "audit.stopped", done=audit.done, draws=audit.draws))
    if audit.stale:
        lines.append(text(code, "audit.stale", run=audit.run, index=audit.index))
    return lines


def assumption(code: Code, name: str) -> str:
    """What is varied, by its name in the database."""
    return term(code, "varied", name)
