"""Altair charts that a notebook shows as SVG: no JavaScript, no host, the right fonts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import altair as alt

from core.report.render import svg


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


class ConcatChart(_Shown, alt.ConcatChart):
    """Charts side by side that show themselves."""


def shown(chart: alt.LayerChart | alt.ConcatChart) -> alt.LayerChart | alt.ConcatChart:
    """Let a chart show itself, as do the copies that Altair's methods make of it."""
    kind = LayerChart if isinstance(chart, alt.LayerChart) else ConcatChart
    object.__setattr__(
        chart, "__class__", kind
    )  # Altair's own takes it for a property of the chart
    return chart
