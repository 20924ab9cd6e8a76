"""Plugins that come as installed packages, by the entry point group ``cityflux``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = str(Path(__file__).resolve().parents[1])
GOOD = '''
import click
import polars as pl
from cityflux import Document, Indicator, Source, hookimpl


@hookimpl
def indicator():
    return Indicator("installed.trams", "有轨电车", "Trams", "辆")


@hookimpl
def source():
    return Source("installed.trams", "Example", "bundled:trams", licence="own", access="bundled")


@hookimpl
def fetch(http, source, since):
    return [Document(source.address, b"12")]


@hookimpl
def normalize(documents):
    return pl.DataFrame({"city": ["shanghai"], "period": ["2020"], "value": [12.0]})


@hookimpl
def register_commands(cli):
    @cli.command()
    def trams():
        """Ring."""
        click.echo("ding")
'''
BROKEN = {
    "raising": "raise RuntimeError('no tram in sight')",
    "leaving": "raise SystemExit(3)",
    "crooked": "def indicator(:",
    "hookless": "x = 1",
    "other": "import cityflux\n\n\n@cityflux.hookimpl\ndef normalize(pages):\n    return pages",
}


def install(site: Path, name: str, code: str, module: str | None = None) -> None:
    """Lay a package down as an installer does: its module, and a dist-info that declares it."""
    site.mkdir(exist_ok=True)
    (site / f"{name}.py").write_text(code, encoding="utf-8")
    info = site / f"cityflux_{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: cityflux-{name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[cityflux]\n{name} = {module or name}\n")


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where the packages of ``site`` are installed."""
    path = os.pathsep.join([str(folder / "site"), ROOT])
    return subprocess.run(
        [sys.executable, "-m", "cityflux", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def states(folder: Path, **variables: str) -> dict[str, dict[str, Any]]:
    listed = run(folder, "plugins", "list", "--json", **variables)
    return {row["name"]: row for row in json.loads(listed.stdout)}


def test_an_installed_plugin_is_found_and_works(home: Path) -> None:
    install(home / "site", "trams", GOOD)
    row = states(home)["trams"]
    assert (row["state"], row["origin"], row["version"]) == ("loaded", "cityflux-trams", "1.2")
    assert row["indicators"] == ["installed.trams"]
    assert run(home, "trams").stdout == "ding\n"
    done = run(home, "refresh", "installed.trams", "--offline", "--json")
    assert done.returncode == 0, done.stderr
    listed = json.loads(run(home, "indicators", "--json").stdout)
    assert next(row for row in listed if row["id"] == "installed.trams")["figures"] == 1


def test_a_broken_one_costs_only_itself(home: Path) -> None:
    for name, code in BROKEN.items():
        install(home / "site", name, code)
    install(home / "site", "absent", "", module="a_module_that_is_not_there")
    install(home / "site", "trams", GOOD)
    found = states(home)
    for name in (*BROKEN, "absent"):
        assert found[name]["state"] == "broken"
        assert found[name]["error"]
    assert "no tram in sight (site/raising.py, line 1)" in found["raising"]["error"]
    whole = {name for name, row in found.items() if row["state"] == "loaded"}
    assert whole == set(found) - {*BROKEN, "absent"}
    assert {"trams", "plugins.capital"} <= whole


@pytest.mark.deep
def test_the_main_job_goes_on_without_the_broken_ones(home: Path) -> None:
    for name, code in BROKEN.items():
        install(home / "site", name, code)
    install(home / "site", "absent", "", module="a_module_that_is_not_there")
    install(home / "site", "trams", GOOD)
    done = run(home, "run", "--once", "--offline")
    assert done.returncode == 1, "something failed and is named"
    for name in (*BROKEN, "absent"):
        assert name in done.stderr
    assert "流量指数" in done.stdout
    listed = json.loads(run(home, "indicators", "--json").stdout)
    assert next(row for row in listed if row["id"] == "installed.trams")["figures"] == 1


def test_installed_plugins_can_be_left_out_by_name(home: Path) -> None:
    install(home / "site", "trams", GOOD)
    install(home / "site", "raising", BROKEN["raising"])
    assert "trams" not in states(home, CITYFLUX_LOAD_PLUGINS="")
    chosen = states(home, CITYFLUX_LOAD_PLUGINS="trams")
    assert chosen["trams"]["state"] == "loaded"
    assert "raising" not in chosen
