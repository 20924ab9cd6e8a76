"""Charts as SVG, PNG and interactive HTML, all without a browser and without the network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert

from cityflux.core.charts.style import PICTURE_FONTS
from cityflux.core.model.errors import ReportError
from cityflux.core.words.text import clean

#: Where systems without fontconfig keep their Chinese fonts.
_FONT_FILES = (
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)
_ID = re.compile(r'(?<= id=")[^"]+')
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def specification(chart: Any) -> dict[str, Any]:
    """The Vega-Lite of a chart, without letters that no drawing may hold.

    The parts of a chart were checked when they were made; to check the whole takes as long again.
    """
    spec: dict[str, Any] = _cleaned(chart.to_dict(validate=False))
    return spec


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {key: _cleaned(each) for key, each in value.items()}
    return value


def svg(chart: Any, name: str = "") -> str:
    """Draw a chart as SVG, in which text stays text.

    Args:
        chart: of Altair.
        name: from which every id in the drawing is made, so that several can stand in one page,
            and the same chart is drawn the same twice.
    """
    drawn: str = vl_convert.vegalite_to_svg(specification(chart), allowed_base_urls=[])
    if name:
        for place, old in enumerate(dict.fromkeys(_ID.findall(drawn))):
            drawn = drawn.replace(f' id="{old}"', f' id="{name}-{place}"')
            drawn = drawn.replace(f"url(#{old})", f"url(#{name}-{place})")
    return drawn


def png(chart: Any, scale: float = 2.0) -> bytes:
    """Draw a chart as PNG.

    Args:
        chart: of Altair.
        scale: pixels of the picture for each of the chart.

    Raises:
        ReportError: the chart has Chinese text, and no font here can draw it.
    """
    spec = specification(chart)
    spec["config"]["font"] = PICTURE_FONTS
    if _CHINESE.search(json.dumps(spec, ensure_ascii=False)) and not has_chinese_font():
        raise ReportError(
            "no font here has Chinese characters, which would all be empty boxes; install one, on "
            "Debian: apt-get install fonts-noto-cjk"
        )
    drawn: bytes = vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    return drawn


@cache
def has_chinese_font() -> bool:
    """Whether a font of this system can draw Chinese characters."""
    if shutil.which("fc-list"):
        found = subprocess.run(
            ["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False
        )
        return bool(found.stdout.strip())
    return any(Path(file).exists() for file in _FONT_FILES)


def bundle(snippet: str) -> str:
    """JavaScript with Vega, Vega-Lite and Vega-Embed inside, which asks no host for anything.

    Args:
        snippet: what is done with them; it may call ``vegaEmbed(element, spec)``.
    """
    code: str = vl_convert.javascript_bundle(snippet)
    return code.replace("</script", r"<\/script")


def embedded(charts: Mapping[str, Any]) -> str:
    """The specifications of charts as JSON that can stand inside a ``<script>`` element.

    Args:
        charts: by the id of the element that each replaces.
    """
    specs = {name: specification(chart) for name, chart in charts.items()}
    text = json.dumps(specs, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")
