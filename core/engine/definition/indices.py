"""The indices that there are: those of the plugins, and those that config.toml names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cityflux.core.engine.definition.index import Definition, read_definition
from cityflux.core.model.errors import IndexDefinitionError
from cityflux.core.model.near import meant


def read_indices(files: Sequence[Path]) -> tuple[dict[str, Definition], dict[Path, str]]:
    """Read index definitions from files.

    Returns:
        Those that can be read, by id; and for each other file what is wrong with it: of two with
        the same id the first one stays.
    """
    found: dict[str, Definition] = {}
    wrong: dict[Path, str] = {}
    for path in files:
        try:
            definition = read_definition(path)
        except IndexDefinitionError as error:
            wrong[path] = str(error)
            continue
        except Exception as error:  # such as tables in tables a thousand times
            wrong[path] = f"{path}: cannot be read ({type(error).__name__}: {error})"
            continue
        if before := found.get(definition.id):
            wrong[path] = (
                f"{path}: the index {definition.id} stands in {before.origin} too; "
                "give one of them another id"
            )
        else:
            found[definition.id] = definition
    return found, wrong


def find_index(indices: Mapping[str, Definition], name: str) -> Definition:
    """The index of this name.

    Raises:
        IndexDefinitionError: there is none.
    """
    if name not in indices:
        hint = meant(name, indices, f"there are: {', '.join(sorted(indices))}")
        raise IndexDefinitionError(f"there is no index {name!r}; {hint}")
    return indices[name]
