"""Shared by the tests of the engine."""

from __future__ import annotations

import math
from collections.abc import Sequence


def close(
    actual: Sequence[float | None], expected: Sequence[float | None], tolerance: float = 1e-9
) -> bool:
    """Compare columns: null equals null only, numbers up to a relative tolerance."""
    return len(actual) == len(expected) and all(
        (a is None and e is None)
        or (
            a is not None
            and e is not None
            and math.isclose(a, e, rel_tol=tolerance, abs_tol=tolerance)
        )
        for a, e in zip(actual, expected, strict=True)
    )
