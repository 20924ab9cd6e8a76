"""What is meant by a name: one id, several, or nearly one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from cityflux.core.model.errors import UnknownName

#: How alike a name must be for what was typed to be taken for a slip of it.
_ALIKE = 0.75
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


def nearest(text: str, known: Mapping[str, object]) -> str | None:
    """The name of which a text may be a slip, in the form in which they are compared."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(text[:_LONGEST], known, 1, _ALIKE)), None)
