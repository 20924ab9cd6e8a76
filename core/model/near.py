"""What was meant by a name: the id of one thing, of several, or nearly one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cityflux.core.model.errors import UnknownName

#: Of a name that nobody knows so many characters are looked at, and shown.
_LONGEST = 60


def by_name(
    entries: Iterable[Sequence[str]], key: Callable[[str], str]
) -> dict[str, tuple[str, ...]]:
    """The ids by whatever they are called.

    Args:
        entries: of each thing its id and then its names, of which some may be empty.
        key: the form in which names are compared.
    """
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        for name in filter(None, map(key, filter(None, entry))):
            found.setdefault(name, {})[entry[0]] = None
    return {name: tuple(ids) for name, ids in found.items()}


def the_one(text: str, ids: Sequence[str], kind: str) -> str | None:
    """The id that is meant; None where nothing is called so.

    Raises:
        UnknownName: it is the name of several.
    """
    if len(ids) > 1:
        raise UnknownName(
            f"{text[:_LONGEST]!r} is the name of {', '.join(ids)}; write the id of one {kind}"
        )
    return ids[0] if ids else None


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The name of which another may be a slip; None where nothing is called nearly so.

    Args:
        name: what was written.
        known: what there is.
        cutoff: how alike a name must be, 0 to 1.
    """
    from difflib import get_close_matches

    return next(iter(get_close_matches(name[:_LONGEST], [*known], 1, cutoff)), None)


def meant(name: object, known: Iterable[str], otherwise: str, cutoff: float = 0.6) -> str:
    """``did you mean shanghai?``, or what is said where nothing is called nearly so.

    Args:
        name: as those of `nearest`.
        known: what there is.
        otherwise: where to look, or what there is.
        cutoff: as above.
    """
    near = nearest(str(name), known, cutoff)
    return f"did you mean {near}?" if near else otherwise
