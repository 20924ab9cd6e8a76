"""What a scraper raises, under the name by which one that lives elsewhere finds it."""

from __future__ import annotations

from cityflux.core.model.errors import (
    DeadlinePassed,
    Failed,
    Forbidden,
    HostDown,
    Missing,
    Refused,
    SourceError,
    Stopped,
    TooLarge,
    TooSlow,
    Unexpected,
    Unreachable,
)

__all__ = [
    "DeadlinePassed",
    "Failed",
    "Forbidden",
    "HostDown",
    "Missing",
    "Refused",
    "SourceError",
    "Stopped",
    "TooLarge",
    "TooSlow",
    "Unexpected",
    "Unreachable",
]
