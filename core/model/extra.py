"""What the extra ``cityflux[report]`` brings, and the error where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

from cityflux.core.model.errors import ReportError

_NEEDED = ("altair", "jinja2", "vl_convert")


def need_extra() -> None:
    """Check that charts can be drawn here.

    Raises:
        ReportError: the extra is not installed.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise ReportError(
            f"{', '.join(missing)}: not installed; charts and the report need the extra: "
            "pip install 'cityflux[report]'"
        )
