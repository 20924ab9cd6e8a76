"""HTML as a tree that is bounded in size and depth.

The standard library's parser reads it, always: what a page says must not depend on whether lxml
happens to be installed.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import Tag
from bs4.exceptions import ParserRejectedMarkup

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.foreign import bounded

_MOST_CHARACTERS = 10_000_000
_MOST_TAGS = 100_000
#: Cells that are never closed lie in one another: a table of so many is still read.
_DEEPEST = 20_000
#: The parser looks for the end of each of them to the end of the page.
_MOST_UNCLOSED = 50


def soup_of(document: Document, *, deepest: int = _DEEPEST) -> Soup:
    """Parse a page.

    Args:
        document: the page.
        deepest: how many elements may lie in one another, closed or not.

    Raises:
        Unexpected: when it is no markup, or larger or deeper than any page.
    """
    text = document.text
    bounded(document, "characters", len(text), _MOST_CHARACTERS)
    bounded(document, "tags", text.count("<"), _MOST_TAGS)
    unclosed = text.count("<", text.rfind(">") + 1)
    unclosed += text.count("<!--", text.rfind("-->") + 1)
    bounded(document, "tags and comments that are never closed", unclosed, _MOST_UNCLOSED)
    # An XHTML page says that it is XML, of which the parser would warn.
    text = re.sub(r"<\?xml[^>]*>", "", text, flags=re.IGNORECASE)
    try:
        return Soup(document, text, deepest)
    except (ParserRejectedMarkup, AssertionError) as error:
        raise Unexpected(
            f"{document.address}: expected an HTML page, got broken markup; look at the address "
            "in a browser",
            address=document.address,
            status=document.status,
        ) from error


class Soup(BeautifulSoup):
    """A tree that stops growing where it gets too deep.

    Attributes:
        depth: how deep it is.
    """

    def __init__(self, document: Document, text: str, deepest: int) -> None:
        self._document, self._deepest, self.depth = document, deepest, 0
        # Short text without a tag is warned of as a mistaken path, but for a line end.
        super().__init__(text if "<" in text else f"{text}\n", "html.parser")

    def pushTag(self, tag: Tag) -> None:  # noqa: N802 - its name there
        """Open an element."""
        super().pushTag(tag)
        self.depth = max(self.depth, len(self.tagStack))
        if self.depth > self._deepest:
            raise Unexpected(
                f"{self._document.address}: has more than {self._deepest:,} elements in one "
                "another; look at the address in a browser",
                address=self._document.address,
                status=self._document.status,
            )
