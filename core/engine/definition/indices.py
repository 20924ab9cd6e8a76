"""The indices that there are: those of the plugins, and those that config.toml names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from cityflux.core.engine.definition.index import Definition, read_definition
from cityflux.core.model.errors import IndexDefinitionError


def read_indices(files: Sequence[Path]) -> dict[str, Definition]:
    """Read index definitions from files, by id.

    Raises:
        IndexDefinitionError: one cannot be read, or two have the same id.
    """
    found: dict[str, Definition] = {}
    origins: dict[str, Path] = {}
    for path in files:
        definition = read_definition(path)
        if definition.id in found:
            raise IndexDefinitionError(
                f"{path}: the index {definition.id} stands in {origins[definition.id]} too; "
                "give one of them another id"
            )
        found[definition.id] = definition
        origins[definition.id] = path
    return found


def find_index(indices: Mapping[str, Definition], name: str) -> Definition:
    """The index of this name.

    Raises:
        IndexDefinitionError: there is none.
    """
    if name not in indices:
        close = difflib.get_close_matches(name, indices, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(indices))}"
        raise IndexDefinitionError(f"there is no index {name!r}; {hint}")
    return indices[name]
