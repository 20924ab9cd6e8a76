"""The report on an index as a whole: what it holds, whatever it is written as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cityflux.core.reading.facts import Facts
from cityflux.core.report.blocks import Chart, Section
from cityflux.core.report.cover import Cover, cover
from cityflux.core.report.sections import sections
from cityflux.core.report.view import look
from cityflux.core.words.catalogue import Code
from cityflux.core.words.language import Language


@dataclass(frozen=True)
class Report:
    """A report in one language.

    Attributes:
        language: in which it is written.
        cover: its first page.
        sections: the others.
    """

    language: Language
    cover: Cover
    sections: Sequence[Section]

    @property
    def charts(self) -> list[Chart]:
        """All charts, in their order."""
        return [
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Chart)
        ]


def make_report(
    facts: Facts, language: Code, focus: str | None = None, rival: str | None = None
) -> Report:
    """Put a report together.

    Args:
        facts: what is known.
        language: ``zh`` or ``en``.
        focus: the city that it is about; the first one of the index unless given.
        rival: the city to compare with; the one with the nearest score unless given.

    Raises:
        IndexDefinitionError: a city is not in the index, or both are the same.
        NotEnoughData: no city has a score in this period.
    """
    view = look(facts, Language(language), focus, rival)
    return Report(view.language, cover(view), sections(view))
