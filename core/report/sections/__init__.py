"""The sections of the report, in their order: each module makes one or a few from a view."""

from __future__ import annotations

from core.report.blocks import Section
from core.report.sections.atlas import atlas
from core.report.sections.citations import citations
from core.report.sections.comparison import difference, distance, groups
from core.report.sections.group_pages import group_pages
from core.report.sections.growth import growth
from core.report.sections.method import method
from core.report.sections.quality import quality
from core.report.sections.ranking import ranking
from core.report.sections.reproducibility import reproducibility
from core.report.sections.summary import summary
from core.report.view import View


def sections(view: View) -> list[Section]:
    """Make every section of the report; one that has nothing to show says what is missing."""
    return [
        summary(view),
        ranking(view),
        groups(view),
        distance(view),
        difference(view),
        *group_pages(view),
        atlas(view),
        growth(view),
        quality(view),
        citations(view),
        method(view),
        reproducibility(view),
    ]
