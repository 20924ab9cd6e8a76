"""The sections of the report, in their order: each module makes one or a few from a view."""

from __future__ import annotations

from cityflux.core.report.blocks import Section
from cityflux.core.report.sections.atlas import atlas
from cityflux.core.report.sections.audit import audit
from cityflux.core.report.sections.citations import citations
from cityflux.core.report.sections.comparison import difference, distance, groups
from cityflux.core.report.sections.group_pages import group_pages
from cityflux.core.report.sections.growth import growth
from cityflux.core.report.sections.method import method
from cityflux.core.report.sections.quality import quality
from cityflux.core.report.sections.ranking import ranking
from cityflux.core.report.sections.reproducibility import reproducibility
from cityflux.core.report.sections.summary import summary
from cityflux.core.report.view import View


def sections(view: View) -> list[Section]:
    """Make every section of the report; one that has nothing to show says what is missing."""
    return [
        summary(view),
        ranking(view),
        audit(view),
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
