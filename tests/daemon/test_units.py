"""The files that service managers read, judged by the managers' own readers where there are any."""

from __future__ import annotations

import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cityflux.core.daemon.units import Setting, unit
from cityflux.core.model.errors import ConfigError
from tests.conftest import run_module

ODD = 'a "b" 100% $HOME 城'


def setting(tmp_path: Path, **changes: object) -> Setting:
    (tmp_path / ODD).mkdir(exist_ok=True)
    values: dict[str, object] = {
        "config": tmp_path / ODD / "config.toml",
        "database": tmp_path / ODD / "cityflux.db",
        "folders": (),
        "folder": tmp_path / ODD,
        "grace": 20.0,
        "port": 0,
    }
    return Setting(**{**values, **changes})  # type: ignore[arg-type]


def lines(text: str) -> dict[str, str]:
    """The keys of a unit; the last one counts."""
    return dict(
        line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] not in "#["
    )


def test_the_systemd_unit_starts_this_daemon_and_no_more_rights_than_needed(
    tmp_path: Path,
) -> None:
    made = setting(tmp_path)
    found = lines(unit("systemd", made))
    words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(found["ExecStart"])]
    assert words == made.command()
    assert words[0] == sys.executable
    assert words[-1] == "run"
    assert (found["Type"], found["TimeoutStopSec"]) == ("notify", "50")
    assert int(found["WatchdogSec"]) > 60
    assert (found["NoNewPrivileges"], found["ProtectSystem"]) == ("yes", "strict")
    written = shlex.split(found["ReadWritePaths"])
    assert [word.replace("%%", "%") for word in written] == [str(tmp_path / ODD)]
    assert "StateDirectory" not in found


def test_systemd_makes_a_folder_of_state_itself(tmp_path: Path) -> None:
    database = Path("/var/lib/cityflux/cityflux.db")
    found = lines(unit("systemd", setting(tmp_path, database=database)))
    assert found["StateDirectory"] == '"cityflux"'
    assert "ReadWritePaths" not in found


def test_systemd_itself_takes_the_unit(tmp_path: Path) -> None:
    path = tmp_path / "cityflux.service"
    text = unit("systemd", setting(tmp_path))
    path.write_text(text, encoding="utf-8")
    # Where systemd is not installed nothing but systemd can judge: its keys are looked at above.
    if analyze := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [analyze, "verify", str(path)], capture_output=True, text=True, timeout=60, check=False
        )
        assert [line for line in done.stderr.splitlines() if "cityflux.service" in line] == []
        assert done.returncode == 0, done.stderr
    assert text.count("[Service]") == 1


def test_the_plist_is_one(tmp_path: Path) -> None:
    made = setting(tmp_path)
    found = plistlib.loads(unit("launchd", made).encode())
    assert found["ProgramArguments"] == made.command()
    assert found["WorkingDirectory"] == str(tmp_path / ODD)
    assert found["KeepAlive"] == {"SuccessfulExit": False}


def test_the_container_runs_as_nobody_in_particular(tmp_path: Path) -> None:
    text = unit("container", setting(tmp_path))
    assert "\nUSER 10001:10001\n" in text
    assert text.rstrip().endswith('CMD ["run"]')
    assert "HEALTHCHECK" not in text
    with_port = unit("container", setting(tmp_path, port=9123))
    assert "HEALTHCHECK" in with_port
    assert "127.0.0.1:9123/health" in with_port


def test_a_path_of_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no service manager takes"):
        unit("systemd", setting(tmp_path, folder=Path("/a\nUser=root")))


def test_the_command_writes_it_once_and_to_standard_output(tmp_path: Path) -> None:
    done = run_module("cityflux", "run", "--as-service", "systemd", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = lines(done.stdout)
    assert f'"--database" "{tmp_path}/data/cityflux.db" "run"' in found["ExecStart"]
    assert "--config" not in found["ExecStart"]
    assert found["WorkingDirectory"] == str(tmp_path)

    (tmp_path / "config.toml").write_text('[database]\npath = "x/y.db"\n')
    arguments = ("run", "--as-service", "launchd", "--out", "cityflux.plist")
    assert run_module("cityflux", *arguments, cwd=tmp_path).returncode == 0
    plist = plistlib.loads((tmp_path / "cityflux.plist").read_bytes())
    assert plist["ProgramArguments"][3:5] == ["--config", str(tmp_path / "config.toml")]
    again = run_module("cityflux", *arguments, cwd=tmp_path)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    assert not (tmp_path / "x").exists()
    assert run_module("cityflux", "run", "--out", "x", cwd=tmp_path).returncode == 2
