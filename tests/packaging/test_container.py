"""The container files are built where docker can; here they are read as docker reads them."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from tests.conftest import run_module

ROOT = Path(__file__).resolve().parents[2]
INSTRUCTIONS = {
    *("FROM", "RUN", "COPY", "ENV", "WORKDIR", "VOLUME", "USER", "STOPSIGNAL"),
    *("HEALTHCHECK", "ENTRYPOINT", "CMD"),
}


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction with what follows it, continued lines joined."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = kept.replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]


@pytest.mark.parametrize("written", ["checkout", "release"])
def test_the_container_file_is_one_and_runs_as_nobody(written: str, tmp_path: Path) -> None:
    if written == "checkout":
        text = (ROOT / "Containerfile").read_text("utf-8")
    else:
        text = run_module("cityflux", "run", "--as-service", "container", cwd=tmp_path).stdout
    found = instructions(text)
    assert found[0][0] == "FROM"
    assert {name for name, _ in found} <= INSTRUCTIONS
    said = dict(found)
    assert json.loads(said["ENTRYPOINT"]) == ["python", "-m", "cityflux"]
    assert json.loads(said["CMD"]) == ["run"]
    assert not re.match(r"(root|0)\b", said["USER"])
    assert said["VOLUME"] == said["WORKDIR"] == "/data"
    assert shlex.split(said["RUN"])
    minor = int(re.fullmatch(r"python:3\.(\d+)-slim", said["FROM"])[1])  # type: ignore[index]
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert minor >= int(wanted["requires-python"].removeprefix(">=3."))
    for name, rest in found:
        if name == "COPY":
            assert [each for each in rest.split()[:-1] if not (ROOT / each).exists()] == []
