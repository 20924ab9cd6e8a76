"""What was probably meant by a name that nothing has."""

from __future__ import annotations

from collections.abc import Iterable


def meant(name: object, known: Iterable[str], otherwise: str, cutoff: float = 0.6) -> str:
    """``did you mean shanghai?``, or what is said where nothing is called nearly so.

    Args:
        name: what was written.
        known: what there is.
        otherwise: where to look, or what there is.
        cutoff: how alike a name must be, 0 to 1.
    """
    from difflib import get_close_matches

    near = get_close_matches(str(name), list(known), n=1, cutoff=cutoff)
    return f"did you mean {near[0]}?" if near else otherwise
