"""The one job: a broken plugin costs the indices alone that need it, and is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Cityflux
from tests.isolation.plugins import write_plugin

ROOT = Path(__file__).resolve().parents[2]
INDEX = """
id = "{0}"
name_zh = "{0}"
name_en = "{0}"
cities = ["shanghai", "beijing"]
indicators = ["local.{0}"]
[periods]
of = ["2020"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two indices; the plugin of the first of them cannot be loaded, and a third has no figures."""
    modules = [f"plugins.{path.stem}" for path in (ROOT / "plugins").glob("[a-z]*.py")]
    modules.remove("plugins.cities")
    (tmp_path / "config.toml").write_text(
        f"[plugins]\ndisabled = {json.dumps(modules)}\n[indices]\ndefault = 'sound'\n"
        "files = ['boats.toml', 'empty.toml', 'sound.toml']\n"
    )
    for name in ("boats", "empty", "sound"):
        (tmp_path / f"{name}.toml").write_text(INDEX.format(name))
    break_plugin(tmp_path)
    write_plugin(tmp_path, "sound")
    write_plugin(tmp_path, "empty", fetch="return []")
    return tmp_path


def break_plugin(folder: Path) -> None:
    path = folder / "my_plugins" / "boats.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("import no_such_module\n", encoding="utf-8")


def mend_plugin(folder: Path) -> None:
    write_plugin(folder, "boats")


def assert_named(stderr: str, folder: Path) -> None:
    """One line says which index fails, and which file is the cause."""
    (line,) = [line for line in stderr.splitlines() if "'local.boats' is not among" in line]
    assert line.startswith("failed: boats: boats: ")
    assert f"broken: {folder}/my_plugins/boats.py: ModuleNotFoundError: No module named" in line


def test_a_run_computes_and_prints_the_rest(folder: Path, cityflux: Cityflux) -> None:
    done = cityflux("run", "--once")
    assert done.returncode == 1
    assert_named(done.stderr, folder)
    assert "failed: empty: " in done.stderr
    assert "1 indices computed" in done.stderr
    assert "sound" in done.stdout
    assert "上海" in done.stdout
    assert cityflux("show", "sound").stdout == done.stdout

    mend_plugin(folder)
    done = cityflux("run", "--once", "boats")
    assert "local.boats" not in done.stderr
    assert "上海" in done.stdout
    break_plugin(folder)  # what is known of the indicator stays
    assert "local.boats" not in cityflux("compute").stderr


def test_computing_names_the_file(folder: Path, cityflux: Cityflux) -> None:
    assert cityflux("refresh").returncode == 1
    done = cityflux("compute")
    assert done.returncode == 1
    assert_named(done.stderr, folder)
    assert "sound: run 1, 4 scores changed" in done.stdout
    assert_named(cityflux("compute", "boats").stderr, folder)
    done = cityflux("compute", "boats", "--as-of", "2020-12-31")
    assert done.returncode == 1
    assert f"broken: {folder}/my_plugins/boats.py: " in done.stderr


def test_a_method_of_a_broken_file_is_lost_as_well(folder: Path, cityflux: Cityflux) -> None:
    index = INDEX.format("sound") + '[standardization]\nmethod = "halved"\n'
    (folder / "sound.toml").write_text(index)
    cityflux("refresh")
    (line,) = cityflux("compute", "sound").stderr.splitlines()
    assert "sound.toml: index sound: standardization: no standardization is called 'halved'" in line
    assert f"broken: {folder}/my_plugins/boats.py: ModuleNotFoundError" in line


def test_showing_what_could_not_be_computed_names_the_file(
    folder: Path, cityflux: Cityflux
) -> None:
    cityflux("run", "--once")
    done = cityflux("show", "boats")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: no index 'boats' was computed")
    assert f"broken: {folder}/my_plugins/boats.py: ModuleNotFoundError" in line


def test_several_broken_files_are_all_named(folder: Path, cityflux: Cityflux) -> None:
    (folder / "my_plugins" / "barges.py").write_text("def", encoding="utf-8")
    done = cityflux("compute", "boats")
    (line,) = done.stderr.splitlines()
    assert f"{folder}/my_plugins/barges.py: SyntaxError" in line
    assert f"{folder}/my_plugins/boats.py: ModuleNotFoundError" in line


def test_a_name_that_no_plugin_could_bring_blames_none(folder: Path, cityflux: Cityflux) -> None:
    (folder / "my_plugins" / "boats.py").unlink()
    done = cityflux("compute", "boats")
    assert "'local.boats' is not among the indicators" in done.stderr
    assert "broken" not in done.stderr
