"""The family of the published indicators: live pages, and the figures shipped with us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cityflux import Indicator, OnPages, Page, Place, Source
from cityflux.plugins import bundle


class Published(OnPages):
    """An indicator whose figures somebody publishes.

    Args:
        indicator: the declaration; its unit is the one into which published figures are converted.
        live: what stands on the network: pages that call it by its id, places on others, and
            sources that nothing reads yet.
    """

    def __init__(self, indicator: Indicator, live: Sequence[Page | Place | Source] = ()) -> None:
        places, declared = [*bundle.places().get(indicator.id, ())], []
        for each in live:
            if isinstance(each, Source):
                declared.append(each)
            else:
                places.append(each.at() if isinstance(each, Page) else each)
        known = replace(
            indicator,
            breaks=bundle.breaks().get(indicator.id, ()),
            publications=bundle.publications().get(indicator.id, ()),
        )
        super().__init__(known, *places, declared=declared)
