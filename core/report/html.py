"""The report as one HTML file: nothing in it asks any host for anything."""

from __future__ import annotations

from functools import cache
from typing import Any

from cityflux.core.charts import render
from cityflux.core.report.report import Report
from cityflux.core.words.text import clean

#: Replaces the drawings by charts that answer to the pointer.
_SNIPPET = """
const specs = JSON.parse(document.getElementById("specs").textContent);
for (const [id, spec] of Object.entries(specs)) {
  vegaEmbed(document.getElementById(id), spec, {renderer: "svg", actions: false, logLevel: 1});
}
"""


def html(report: Report, *, interactive: bool = False, unfolded: bool = False) -> str:
    """Write a report as HTML with its charts as SVG.

    Args:
        report: what it holds.
        interactive: embed Vega-Lite too (0.9 MB), so that the charts have tooltips.
        unfolded: show the tables behind the charts at once, as paper must.
    """
    from markupsafe import Markup

    # vl-convert draws text as text and escapes it; nothing else goes into the page unescaped.
    drawings = {chart.id: Markup(render.svg(chart.chart, chart.id)) for chart in report.charts}
    specs = {f"drawing-{chart.id}": chart.chart for chart in report.charts}
    text: str = (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            text=report.language.text,
            drawings=drawings,
            unfolded=unfolded,
            specs=Markup(render.embedded(specs)) if interactive else "",
            bundle=Markup(render.bundle(_SNIPPET)) if interactive else "",
        )
    )
    return text


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cityflux.core.report"),
        autoescape=True,
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["link"] = _link
    return environment


def _finalized(value: Any) -> Any:
    """What an expression of a template gives; text from the database holds any letters."""
    return clean(value) if type(value) is str else value


def _link(address: str) -> str:
    """An address that a click may follow: in the report, or on the web."""
    return address if address.startswith(("#", "http://", "https://")) else ""
