"""One broken index file costs itself alone, on every path to the others."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cityflux
from tests.core.plugin.test_dispatch import INDEX, SOUND, enter
from tests.core.plugin.written import write
from tests.daemon.test_service import ROOT, Daemon

BROKEN = {
    "syntax": (INDEX + "[nodes\n", "syntax.toml: is no valid TOML"),
    "method": (
        INDEX + 'aggregation = { method = "geometrc" }\n',
        "method.toml: index method: aggregation: no aggregation is called 'geometrc'; did you mean",
    ),
    "minmx": (
        INDEX + 'standardization = { method = "minmx" }\n',
        "standardization: no standardization is called 'minmx'; did you mean minmax?",
    ),
    "key": (INDEX + "citis = []\n", "key.toml: "),
    "deep": (INDEX + "x = " + "[" * 5_000, "deep.toml: "),
    "same": (INDEX, "same.toml: the index mine stands in "),
    "zero": (
        INDEX + 'standardization = { method = "none" }\naggregation = { method = "geometric" }\n',
        "zero",
    ),
    "city": (INDEX.replace('"beijing"', '"atlantis"'), "'atlantis' is not among the cities"),
}
ZERO = SOUND.replace("7.0, 3.0", "7.0, 0.0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "my_plugins" / "good.py", ZERO)
    files = []
    for name, (text, _) in BROKEN.items():
        own = text if name == "same" else text.replace('id = "mine"', f'id = "{name}"')
        (tmp_path / f"{name}.toml").write_text(own, encoding="utf-8")
        files.append(f"{name}.toml")
    (tmp_path / "mine.toml").write_text(INDEX, encoding="utf-8")
    (tmp_path / "folder.toml").mkdir()
    files = ["mine.toml", *files, "gone.toml", "folder.toml"]
    built_in = [f"plugins.{path.stem}" for path in (Path(ROOT) / "plugins").glob("[a-z]*.py")]
    disabled = [name for name in built_in if name != "plugins.cities"]
    (tmp_path / "config.toml").write_text(
        f'[database]\npath = "data/cityflux.db"\n[indices]\ndefault = "mine"\n'
        f"files = {json.dumps(files)}\n[plugins]\ndisabled = {json.dumps(disabled)}\n",
        encoding="utf-8",
    )
    return tmp_path


def named(text: str) -> None:
    for name, (_, said) in BROKEN.items():
        assert said in text, name
    assert "gone.toml: cannot be read (No such file" in text and "folder.toml: is no file" in text


def test_the_sound_one_is_computed_shown_and_analysed(folder: Path, cityflux: Cityflux) -> None:
    done = cityflux("run", "--once", "--offline")
    assert done.returncode == 1 and "shanghai" in done.stdout
    named(done.stderr)
    done = cityflux("compute", "--json")
    assert done.returncode == 1 and "mine" in [each["index"] for each in json.loads(done.stdout)]
    named(done.stderr)
    for command in (
        ["compute", "mine"],
        ["show", "mine"],
        ["analyse", "mine"],
        ["ranking", "mine"],
    ):
        done = cityflux(*command)
        assert done.returncode == 0, done.stderr
    done = cityflux("compute", "syntax")
    assert done.returncode == 1 and "there is no index 'syntax'" in done.stderr
    assert "syntax.toml: is no valid TOML" in done.stderr
    (found,) = (
        x for x in json.loads(cityflux("doctor", "--json").stdout) if x["check"] == "indices"
    )
    assert found["state"] == "failed" and found["detail"].startswith("8 broken: ")


def test_the_default_one_that_is_broken_stops_no_other(folder: Path, cityflux: Cityflux) -> None:
    config = folder / "config.toml"
    config.write_text(config.read_text().replace('default = "mine"', 'default = "syntax"'))
    done = cityflux("run", "--once", "--offline")
    assert done.returncode == 1 and "syntax.toml: is no valid TOML" in done.stderr
    assert cityflux("show", "mine").returncode == 0


def test_an_index_that_a_plugin_registers_is_named_with_the_plugin(
    folder: Path, cityflux: Cityflux
) -> None:
    (folder / "config.toml").write_text('[database]\npath = "data/cityflux.db"\n')
    code = "from cityflux import hookimpl\n\n\n@hookimpl\ndef register_indices(register):\n"
    lines = "".join(
        f"    register({name!r})\n" for name in ("gone.toml", "mine.toml", "minmx.toml")
    )
    talks = write(folder / "my_plugins" / "talks.py", f"{code}    register(5)\n{lines}")
    cityflux("refresh", "local.good")
    done = cityflux("compute")
    assert f"failed: {talks}: gone.toml: cannot be read" in done.stderr
    assert "mine: run " in done.stdout
    checked = cityflux("plugins", "check", str(talks)).stdout
    assert "registers 5 as an index" in checked and "gone.toml: cannot be read" in checked
    assert "did you mean minmax?" in checked and "ok     index mine" in checked


@pytest.fixture
def daemon(folder: Path) -> Iterator[Daemon]:
    write(folder / "my_plugins" / "live.py", ZERO.replace('access="bundled"', 'schedule="@yearly"'))
    running = Daemon(folder)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_no_reload_ends_a_daemon(daemon: Daemon) -> None:
    plugins, config = daemon.folder / "my_plugins", daemon.folder / "config.toml"
    text = config.read_text()
    daemon.start()
    daemon.until_said("sources scheduled")
    named(daemon.log.read_text())
    times = 1

    def reload(said: str) -> None:
        nonlocal times
        times += 1
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until_said("sources scheduled", times)
        assert said in daemon.log.read_text()

    for broken, said in {
        "[[[": "config.toml: is no valid TOML",
        "x = " + "[" * 5_000: "the old one stays",
        text + '[schedule]\n"office.live" = "0 0 31 feb *"\n': "schedule '0 0 31 feb *': never",
        text + '[daemon]\ntimezone = "Mars/Base"\n': "there is no time zone 'Mars/Base'",
        "\0": "config.toml: is no valid TOML",
    }.items():
        config.write_text(broken)
        reload(said)
    config.write_text(text)
    write(plugins / "file.py", ZERO.replace('access="bundled"', 'access="file"'))
    write(plugins / "leaves.py", "raise SystemExit(3)\n")
    write(plugins / "stops.py", "raise KeyboardInterrupt\n")
    reload("configuration, plugins and schedules were read again")
    log = daemon.log.read_text()
    assert "access is 'file'; there are live, bundled" in log
    assert "SystemExit: 3 (" in log and "KeyboardInterrupt (" in log
    connection = sqlite3.connect(daemon.database)
    with connection:
        enter(connection, 7.0)
    connection.close()
    wanted = "SELECT 1 FROM scores WHERE index_id = 'mine' AND node_id = 'mine' AND score > 0"
    daemon.until(lambda: daemon.rows(wanted))
    assert daemon.stop() == 0


FALLS = """
from pathlib import Path
from cityflux.core.app.session import Session
from cityflux.core.daemon.service import Service


class Falls(Session):
    def open(self):
        raise RuntimeError("it does not come up")


Service(lambda: Falls() if Path("falls").exists() else Session().again()).run()
"""


def test_a_configuration_that_does_not_come_up_gives_way_to_the_former(daemon: Daemon) -> None:
    with daemon.log.open("a") as log:
        daemon.process = subprocess.Popen(
            [sys.executable, "-c", FALLS],
            cwd=daemon.folder,
            env={**os.environ, "PYTHONPATH": ROOT},
            stdout=log,
            stderr=log,
        )
    daemon.until_said("sources scheduled")
    (daemon.folder / "falls").touch()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until_said("the old one stays: RuntimeError: it does not come up")
    daemon.until_said("sources scheduled", 2)
    assert daemon.stop() == 0
