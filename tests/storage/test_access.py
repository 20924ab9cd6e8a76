"""Files follow the umask, a mode and a group, and are never for everybody to write."""

from __future__ import annotations

import grp
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cityflux.core.app.config import Config, Files, Log, load_config
from cityflux.core.app.lock import only_daemon
from cityflux.core.daemon.logs import set_up_logs
from cityflux.core.model.errors import ConfigError, StorageError
from cityflux.core.plugin.manager import load_plugins
from cityflux.storage.access import Access
from cityflux.storage.backup import back_up
from cityflux.storage.database import open_database
from tests.conftest import run_process


@pytest.fixture
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def use(folder: Path, access: Access) -> dict[str, int]:
    """Make each kind of file in a folder; returns the modes that they had while in use."""
    database = folder / "c.db"
    with only_daemon(database, access), open_database(database, access) as connection:
        connection.execute("SELECT * FROM cities").fetchall()
        back_up(database, folder / "copy.db")
        return modes(folder)


NAMES = {"c.db", "c.db-wal", "c.db-shm", "c.db.lock", "copy.db"}


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o027, 0o077], indirect=True)
def test_files_follow_the_umask_but_are_never_for_all_to_write(umask: int, tmp_path: Path) -> None:
    assert use(tmp_path, Access()) == dict.fromkeys(NAMES, 0o664 & ~umask) | {
        "c.db.lock": 0o666 & ~umask & ~0o002
    }


@pytest.mark.parametrize("umask", [0o000, 0o077], indirect=True)
@pytest.mark.parametrize("mode", [0o660, 0o640, 0o600, 0o664])
def test_a_mode_of_the_configuration_goes_before_the_umask(
    umask: int, mode: int, tmp_path: Path
) -> None:
    assert use(tmp_path, Access(mode)) == dict.fromkeys(NAMES, mode)


def test_what_everybody_may_write_is_taken_back(tmp_path: Path) -> None:
    use(tmp_path, Access())
    (tmp_path / "c.db").chmod(0o666)
    with open_database(tmp_path / "c.db"):
        assert modes(tmp_path)["c.db"] == 0o664


def test_the_log_has_them_too_also_after_its_turn(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        set_up_logs(Config(log=Log(file=tmp_path / "d.log"), files=Files(mode="640")))
        (handler,) = root.handlers
        handler.doRollover()  # type: ignore[attr-defined]
        assert modes(tmp_path) == {"d.log": 0o640, "d.log.1": 0o640}
        handler.close()
    finally:
        root.handlers[:], root.level = before


@pytest.mark.parametrize("mode", ["666", "662", "440", "rw", "0o660", "1777", "77"])
def test_a_mode_that_is_none_is_refused(mode: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[files]\nmode = "{mode}"\n')
    with pytest.raises(ConfigError, match=r"files\.mode: "):
        load_config(config)


def test_a_group_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no group 'nobodys' here; groupadd nobodys"):
        use(tmp_path, Access(0o660, "nobodys"))


@pytest.mark.parametrize(("mode", "may_write"), [(0o660, True), (0o640, False)])
def test_a_second_user_of_the_group_queries_a_live_database(mode: int, may_write: bool) -> None:
    """As root it switches users; else the group is one of ours, and the modes are looked at."""
    root = os.geteuid() == 0
    names = [each.gr_name for each in grp.getgrall() if root or each.gr_gid in os.getgroups()]
    group = names[-1]
    with tempfile.TemporaryDirectory() as name:  # that of pytest is for this user alone
        folder = Path(name)
        folder.chmod(0o755)
        if not root:
            assert use(folder, Access(mode, group)) == dict.fromkeys(NAMES, mode)
            number = grp.getgrnam(group).gr_gid
            assert {path.stat().st_gid for path in folder.iterdir()} == {number}
            return
        done = run_process("tests.storage.two_users", name, group, f"{mode:o}", cwd=folder)
    seen = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert seen == {
        "modes": " ".join([f"{mode:o}"] * 3),
        "of the group": "True True True",
        "colleague reads": "1",
        "colleague writes": '[{"rows_affected": 1}]'
        if may_write
        else "attempt to write a readonly database",
        "stranger reads": "unable to open database file",
        "owner at last": "2" if may_write else "1",
    }, done.stderr


PLUGIN = "import cityflux\n\n\n@cityflux.hookimpl\ndef prepare_connection(connection): ...\n"


def test_a_plugin_that_everybody_may_write_is_refused_with_what_mends_it(tmp_path: Path) -> None:
    folder = tmp_path / "my plugins"
    package = folder / "several"
    package.mkdir(parents=True)
    for file in (folder / "one.py", package / "__init__.py", package / "more.py"):
        file.write_text(PLUGIN)

    def broken() -> dict[str, str]:
        records = load_plugins([folder]).broken
        return {Path(record.name).name: record.error for record in records}

    assert broken() == {}
    (folder / "one.py").chmod(0o666)
    (package / "more.py").chmod(0o646)
    assert broken() == {
        "one.py": f"{folder}/one.py: everybody may write to it, and so say what runs here; "
        f"take that away: chmod o-w '{folder}/one.py'",
        "several": f"{package}/more.py: everybody may write to it, and so say what runs here; "
        f"take that away: chmod o-w '{package}/more.py'",
    }
    for file in (folder / "one.py", package / "more.py"):
        file.chmod(0o664)
    assert broken() == {}
    folder.chmod(0o1777)
    assert {name: said.split(": chmod")[1] for name, said in broken().items()} == dict.fromkeys(
        ("one.py", "several"), f" o-w '{folder}'"
    )
    (folder / "one.py").touch()
    assert not load_plugins(files=[folder / "one.py"]).broken, "it was named itself"
