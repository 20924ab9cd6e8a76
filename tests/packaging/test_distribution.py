"""One name on the shelf: what is installed is called cityflux, and nothing else can claim it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, Installed

pytestmark = pytest.mark.xdist_group("packaging")

#: What the stock sqlite-utils loads of ours.
LOADED = (
    "cityflux/__init__.py",
    "cityflux/storage/__init__.py",
    "cityflux/storage/sql_functions.py",
)
ROOMS = ("core", "plugins", "scrapers", "storage")


def _files() -> set[str]:
    """All that the rooms hold, by the name that it has when it is installed."""
    rooms = [path for room in ROOMS for path in (ROOT / room).rglob("*")]
    found = [(path, path.relative_to(ROOT)) for path in rooms]
    ours = [*(ROOT / "cityflux").glob("*"), *(ROOT / "cityflux" / "testing").rglob("*")]
    found += [(path, path.relative_to(ROOT / "cityflux")) for path in ours]
    return {
        f"cityflux/{name}"
        for path, name in found
        if path.is_file() and "__pycache__" not in name.parts
    }


def test_the_wheel_holds_one_package_with_real_files(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        files = {item.filename: item for item in wheel.infolist()}
    assert {name.split("/")[0].split("-")[0] for name in files} == {"cityflux"}
    assert not [name for name, item in files.items() if item.external_attr >> 28 == 0o12]
    assert sorted(_files() - set(files)) == []
    (top,) = (name for name in files if name.endswith("top_level.txt"))
    with zipfile.ZipFile(path) as wheel:
        assert wheel.read(top).decode().split() == ["cityflux"]


def test_the_sdist_holds_the_same(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        files = {item.name.partition("/")[2]: item for item in sdist.getmembers()}
    assert sorted(_files() - {name for name, item in files.items() if item.isreg()}) == []
    assert not [name for name, item in files.items() if item.issym()]
    top = {name.partition("/")[0] for name, item in files.items() if item.isreg()}
    made = {"PKG-INFO", "setup.cfg", "cityflux.egg-info"}
    wanted = {"cityflux", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"}
    assert top - made == wanted


@pytest.fixture(params=["from_wheel", pytest.param("editable", marks=pytest.mark.deep)])
def installed(request: pytest.FixtureRequest) -> Installed:
    """Either kind of install."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Installed)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder in which somebody has files of the same names as our rooms."""
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("", encoding="utf-8")
    for room in ROOMS:
        text = f"raise RuntimeError('this {room} is not of cityflux')\n"
        (tmp_path / f"{room}.py").write_text(text, encoding="utf-8")
    return tmp_path


def test_files_of_the_same_names_are_in_nobodys_way(installed: Installed, folder: Path) -> None:
    done = installed.run(folder, "-m", "cityflux", "indicators", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) >= 127
    code = (
        "import cityflux, sys; print(cityflux.open.__name__); "
        "print(*{'core', 'plugins', 'scrapers', 'storage'} & {*sys.modules})"
    )
    done = installed.run(folder, "-c", code)
    assert (done.stdout.split(), done.stderr) == (["open_database"], "")


def test_the_main_job_runs_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    done = installed.run(tmp_path, "-m", "cityflux", "run", "--once", "--offline")
    assert done.returncode == 0, done.stderr
    assert "北京" in done.stdout


def broken_copy(installed: Installed, folder: Path, *sound: str) -> str:
    """A copy of what is installed, in which all but a few files of ours are broken."""
    copy = folder / "packages"
    shutil.copytree(installed.packages, copy)
    broken = "raise ImportError('broken')\n"
    for path in (copy / "cityflux").rglob("*.py"):
        if str(path.relative_to(copy)) not in sound:
            path.write_text(broken, encoding="utf-8")
    for library in ("polars", "httpx", "pydantic", "numpy"):
        (copy / f"{library}.py").write_text(broken, encoding="utf-8")
    return str(copy)


def test_a_broken_cityflux_breaks_nobodys_tests(from_wheel: Installed, tmp_path: Path) -> None:
    copy = broken_copy(from_wheel, tmp_path, "cityflux/__init__.py", "cityflux/testing/__init__.py")
    (tmp_path / "test_other.py").write_text(
        "import sys\n\n\ndef test_other():\n    assert 'cityflux.testing' in sys.modules\n"
    )
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import pytest; pytest.main(sys.argv[1:])"
    )
    done = from_wheel.run(tmp_path, "-c", code, copy, "-q", "-W", "error", "test_other.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_plugin_that_new_writes_passes_its_tests(installed: Installed, tmp_path: Path) -> None:
    done = installed.run(tmp_path, "-m", "cityflux", "plugins", "new", "boats", "--dir", ".")
    assert done.returncode == 0, done.stderr
    done = installed.run(tmp_path, "-m", "pytest", "-q", "-W", "error")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_broken_cityflux_breaks_no_command_of_sqlite_utils(
    from_wheel: Installed, tmp_path: Path
) -> None:
    """Whatever is broken in it, or in what it needs: the entry point takes none of that."""
    copy = broken_copy(from_wheel, tmp_path, *LOADED)
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from sqlite_utils.cli import cli; cli()"
    )
    sql = "SELECT zscore(3.0, 1.0, 2.0) AS z, period_year('2020-Q3') AS y"
    done = from_wheel.run(tmp_path, "-c", code, copy, "query", ":memory:", sql)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [{"z": 1.0, "y": 2020}]
    done = from_wheel.run(tmp_path, "-c", code, copy, "plugins")
    assert "cityflux" in {row["name"] for row in json.loads(done.stdout)}


def test_sqlite_utils_loads_three_small_modules_of_ours() -> None:
    code = (
        "import sys, sqlite_utils.cli\n"
        "print(*(name for name in sys.modules if name.split('.')[0] == 'cityflux'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in LOADED
    }
    assert set(done.stdout.split()) == names
