"""Shared by all tests: the samples, a database made by the main job, and no network."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import ipaddress
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from cityflux.core.cli.main import cli, main
from cityflux.core.daemon.logs import TALKATIVE
from cityflux.core.model import secrecy

# The fixtures for authors, also where what is installed does not declare them yet.
pytest_plugins = ["cityflux.testing"]

# Where work is judged, the same examples each time; elsewhere, new ones; `make deep` tries many. No
# example is timed: on a busy machine a slow one says nothing.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("here", deadline=None, max_examples=50)
settings.register_profile("deep", deadline=None, max_examples=2000)
#: Whether `make deep` asks: then what finds little more for much longer is tried as well.
_DEEP = bool(os.environ.get("DEEP"))
_PROFILE = "deep" if _DEEP else "ci" if os.environ.get("CI") else "here"
settings.load_profile(_PROFILE)

SHARED = Path(__file__).resolve().parents[2] / "shared"

Cityflux = Callable[..., "subprocess.CompletedProcess[str]"]


_ABSENT = f"{SHARED} is absent: the samples are read in place and never copied"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared samples; without them a test is skipped, or fails where work is judged."""
    if not SHARED.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(_ABSENT)
    return SHARED


#: Where the subject is a daemon, a worker, a browser, a printer, an install, a set of texts, or a
#: whole command.
_LONG = (
    *("chaos", "charts", "conformance", "daemon", "docs", "faces", "fuzzing", "hands", "isolation"),
    *("packaging", "plugins", "report", "web", "communique"),
    *("test_access.py", "test_attribution.py", "test_cells.py", "test_check.py", "test_derive.py"),
    *("test_dispatch.py", "test_history.py", "test_housekeeping.py", "test_job.py"),
    *("test_pages.py", "test_rewind.py", "test_slips.py", "test_version_before.py"),
    "test_ways.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long, by its folder or file; beside the rooms whole commands are run."""
    for item in items:
        inside = item.path.relative_to(Path(__file__).parent).parts
        if len(inside) == 1 or not {*_LONG}.isdisjoint(inside):
            item.add_marker("long")
    deep = [item for item in items if item.get_closest_marker("deep") and not _DEEP]
    if deep:
        items[0].config.hook.pytest_deselected(items=deep)
        items[:] = [item for item in items if item not in deep]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count at the end what was not looked at, as the shared samples are absent."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = sum(_ABSENT in str(report.longrepr) for report in skipped)
    if missed:
        terminalreporter.write_line(f"{missed} tests were left out: {_ABSENT}")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test whose code opens a connection to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = ipaddress.ip_address(str(address[0]).partition("%")[0])
            assert host.is_loopback, f"a test opened a connection to {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Take back what a command sets for the whole of its process: one runs here after another."""
    levels = {name: logging.getLogger(name).level for name in ("", "cityflux", *TALKATIVE)}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    secrecy.forget()


def run_process(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run ``python -m module`` from a folder of the test, where the process is the subject."""
    here = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": here}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _sqlite_utils(arguments: list[str]) -> None:
    from sqlite_utils.cli import cli as command

    command.main(args=arguments, prog_name="sqlite-utils")


#: What runs inside this process, since starting another takes longer than most commands.
_INSIDE: dict[str, Callable[[list[str]], None]] = {"cityflux": main, "sqlite_utils": _sqlite_utils}


def run_module(
    module: str, *arguments: str, cwd: Path, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m module`` in a folder, with ``text`` on its standard input."""
    if module not in _INSIDE:
        return run_process(module, *arguments, cwd=cwd)
    limit = csv.field_size_limit()
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    code: object = 0
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("NO_COLOR", "1")
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
        try:
            _INSIDE[module]([*arguments])
        except SystemExit as ended:
            code = ended.code
        finally:
            csv.field_size_limit(limit)  # sqlite-utils raises it for the whole process
    texts = []
    for stream in (out, err):
        stream.seek(0)
        texts.append(stream.read())
    return subprocess.CompletedProcess([module, *arguments], int(str(code or 0)), *texts)


def made_by_one(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first worker who asks for it fills; the others wait, and share it."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, done = base / name, base / f"{name}.made"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def _main_job(folder: Path) -> None:
    done = run_module("cityflux", "run", "--once", "--offline", cwd=folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ``cityflux run --once --offline`` was run, once for all tests."""
    return made_by_one(tmp_path_factory, "main_job_done", _main_job)


@pytest.fixture
def home(made_once: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test alone."""
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def read_only(made_once: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line inside this process in the folder of the main job; it only reads."""
    monkeypatch.chdir(made_once)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    return call


def answer(run: Callable[..., Result], *arguments: str) -> Any:
    """What a command prints with --json."""
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output, parse_constant=pytest.fail)  # NaN is no JSON


@pytest.fixture
def cityflux(tmp_path: Path) -> Cityflux:
    """Run the command line in the folder of the test."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_module("cityflux", *arguments, cwd=tmp_path)

    return run


@pytest.fixture
def sqlite_utils(tmp_path: Path) -> Cityflux:
    """Run the stock sqlite-utils command in the folder of the test."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_module("sqlite_utils", *arguments, cwd=tmp_path)

    return run
