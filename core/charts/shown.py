"""Altair charts that a notebook shows as SVG: no JavaScript, no host, the right fonts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import altair as alt

from cityflux.core.charts.render import svg


class _Shown:
    """What a notebook asks of an object that it shows."""

    def _repr_html_(self) -> str:
        spec = json.dumps(self.to_dict(), sort_keys=True)  # type: ignore[attr-defined]
        # Several drawings stand in one notebook, each with ids of its own.
        return svg(self, f"drawing-{hashlib.sha256(spec.encode()).hexdigest()[:8]}")

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, str]:
        """In the place of Altair's own, which loads Vega from a host."""
        return {"text/html": self._repr_html_(), "text/plain": f"<{type(self).__name__}>"}


class LayerChart(_Shown, alt.LayerChart):
    """A chart of layers that shows itself."""


def shown(chart: alt.LayerChart) -> alt.LayerChart:
    """Let a chart show itself, as do the copies that Altair's methods make of it."""
    # Altair's own way to set an attribute would take it for a property of the chart.
    object.__setattr__(chart, "__class__", LayerChart)
    return chart
