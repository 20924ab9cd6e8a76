"""What the extras of the package bring, and the error where one is missing."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from cityflux.core.model.errors import ReportError

_NEEDED = {
    "report": ("altair", "jinja2", "vl_convert"),
    "web": ("altair", "jinja2", "vl_convert", "datasette"),
    "dask": ("distributed",),
}
_WHAT = {"report": "charts and the report", "web": "the pages", "dask": "audits on a cluster"}


def need_extra(name: Literal["report", "web", "dask"] = "report") -> None:
    """Check that charts can be drawn here, pages be shown, or a cluster be asked.

    Raises:
        ReportError: the extra is not installed.
    """
    if missing := [module for module in _NEEDED[name] if find_spec(module) is None]:
        raise ReportError(
            f"{', '.join(missing)}: not installed; {_WHAT[name]} need the extra: "
            f"pip install 'cityflux[{name}]'"
        )
