"""The document, under the name by which a scraper that lives elsewhere finds it."""

from __future__ import annotations

from cityflux.core.model.document import Document, read_file

__all__ = ["Document", "read_file"]
