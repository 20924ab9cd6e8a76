"""The distributions as a stranger gets them, built once from a copy of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
#: What a distribution is made of; the links among them are copied as links, as git keeps them.
_PARTS = (
    "cityflux",
    "core",
    "plugins",
    "scrapers",
    "storage",
    "pyproject.toml",
    "README.md",
    "MANIFEST.in",
    "tests",
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Installed:
    """An environment that has cityflux, and the libraries of this one."""

    python: Path

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``python …`` in a folder."""
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=folder,
            env=environment | {"NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def packages(self) -> Path:
        """Where it is installed."""
        (found,) = self.python.parents[1].glob("lib/python*/site-packages")
        return found


def python(*arguments: str, cwd: Path) -> None:
    """Run this Python, which must succeed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, since building writes into it."""
    folder = tmp_path_factory.mktemp("checkout")
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in (*_PARTS, "LICENSE"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignore)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def built(checkout: Path) -> Path:
    """The folder with the sdist, and with the wheel that was made from it."""
    python("-m", "build", "--no-isolation", "--outdir", "dist", cwd=checkout)
    return checkout / "dist"


def environment(folder: Path, what: list[str]) -> Installed:
    """A new environment with the libraries of this one, in which ``what`` is installed."""
    python("-m", "venv", "--without-pip", str(folder), cwd=folder)
    made = Installed(folder / "bin" / "python")
    libraries = str(Path(click.__file__).parents[1])
    (made.packages / "libraries.pth").write_text(libraries + "\n", encoding="utf-8")
    arguments = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet")
    pip = ("-m", "pip", "--python", str(made.python), "install", "--ignore-installed")
    python(*pip, *arguments, *what, cwd=folder)
    return made


@pytest.fixture(scope="session")
def from_wheel(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Cityflux, installed from the wheel."""
    (wheel,) = built.glob("*.whl")
    return environment(tmp_path_factory.mktemp("wheel"), [str(wheel)])


@pytest.fixture(scope="session")
def editable(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Cityflux, installed with ``pip install -e``."""
    return environment(tmp_path_factory.mktemp("editable"), ["-e", str(checkout)])
