"""Writing what a user declares without Python into a plugin folder: whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cityflux.core.app.session import Session
from cityflux.core.model.errors import ConfigError, PluginError
from cityflux.core.model.toml import read_checked
from cityflux.core.plugin.data_file import SUFFIX, table_text, toml_value
from cityflux.core.refresh.importing.declared import Declaration, Tree
from cityflux.core.refresh.importing.table_reader import Row

_MARK = "# Written by cityflux import"


def plugin_folder(session: Session) -> Path:
    """The folder that such files lie in.

    Raises:
        ConfigError: none is named.
    """
    if not (folders := session.config.plugins.dirs):
        raise ConfigError("no plugin folder is named in [plugins] dirs; name one in config.toml")
    return folders[0]


def save_files(session: Session, texts: Mapping[Path, str]) -> Session:
    """Write files of a plugin folder, and read everything anew.

    Args:
        session: before they are written.
        texts: by file.

    Raises:
        PluginError: what they declare is refused; then they are as they were.
    """
    before = {path: path.read_text("utf-8") if path.exists() else None for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        fresh = session.again()
        names = {*map(str, texts)}
        wrong = [each.error for each in fresh.plugins.records if each.name in names and each.error]
        indices = [why for path, why in fresh.wrong_index_files.items() if path in texts]
        for error in [*wrong, *indices]:
            raise PluginError(error)
    except BaseException:
        set_back(before)
        raise
    return fresh


def set_back(texts: Mapping[Path, str | None]) -> None:
    """Let files be what they were; None for one that was not there."""
    for path, text in texts.items():
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text, encoding="utf-8")


def declared_before(path: Path) -> set[str]:
    """The ids of the indicators and cities that an earlier import has declared in a file.

    Raises:
        ConfigError: somebody else has written it.
    """
    if not path.exists():
        return set()
    if not path.read_text("utf-8").startswith(_MARK):
        raise ConfigError(f"{path} is there already; give the file that you import another name")
    found = read_checked(path, ConfigError)
    return {each["id"] for table in ("indicators", "cities") for each in found.get(table, [])}


def data_file(folder: Path, stem: str) -> Path:
    """The data file of what a file of this name declares."""
    return folder / f"{stem}{SUFFIX}"


def texts_of(more: Declaration, rows: Sequence[Row], path: Path, file: str) -> dict[Path, str]:
    """The data file and the index definition of what a file declares.

    Args:
        more: what it declares.
        rows: its figures, which say of which cities and periods its index is.
        path: of the data file.
        file: what was taken in.
    """
    mark = f"{_MARK} from {file}, and written anew when that is taken in again."
    index = path.with_name(path.name.removesuffix(SUFFIX) + ".index.toml")
    head = [mark, f"indices = {toml_value([index.name])}"] if more.tree else [mark]
    parts = ["\n".join([*head, ""])]
    parts += [table_text("cities", each) for each in more.cities]
    parts += [table_text("indicators", each) for each in more.indicators]
    texts = {path: "\n".join(parts)}
    if more.tree:
        texts[index] = _index_text(more, more.tree, rows, mark)
    return texts


def _index_text(more: Declaration, tree: Tree, rows: Sequence[Row], mark: str) -> str:
    """The definition of the index, in the manner of COINr: min-max, and weighted means."""
    named = {each.id for each in tree.leaves}
    figures = [row.figure for row in rows if row.indicator_id in named]
    years = {each.period if "/" in each.period else each.period[:4] for each in figures}
    leaves: dict[str, list[object]] = {"": []}
    for leaf in tree.leaves:
        own: dict[str, object] = {"id": leaf.id, "weight": leaf.weight}
        own |= {"direction": leaf.direction} if leaf.direction else {}
        leaves.setdefault(leaf.parent, []).append(own)
    lines = [
        mark,
        f"id = {toml_value(more.prefix)}",
        f"name_zh = {toml_value(tree.name_zh)}",
        f"name_en = {toml_value(tree.name_en)}",
        f"cities = {toml_value([*dict.fromkeys(each.city_id for each in figures)])}",
        *([f"indicators = {toml_value(leaves[''])}"] if leaves[""] else []),
        "",
        f"[periods]\nof = {toml_value(sorted(years))}",
        "",
        '[standardization]\nmethod = "minmax"\nlower = 0\nupper = 100',
        "",
        '[aggregation]\nmethod = "mean"',
        "",
    ]
    for group in tree.groups:
        node: dict[str, object] = {"id": group.id, "name_zh": group.name_zh}
        node |= {"name_en": group.name_en, "weight": group.weight}
        node |= {"parent": group.parent} if group.parent else {}
        node |= {"indicators": leaves[group.id]} if group.id in leaves else {}
        lines.append(table_text("nodes", node))
    return "\n".join(lines)
