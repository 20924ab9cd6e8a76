"""The log: for people and for programs, in files that take turns, and without secrets."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cityflux.core.app.config import Config, Log
from cityflux.core.daemon.logs import TALKATIVE, set_up_logs
from cityflux.core.model.errors import ConfigError

log = logging.getLogger("cityflux")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in TALKATIVE}
    root.handlers[:] = []
    yield
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level = handlers, level


def test_json_is_one_object_a_line_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_COOKIE", "geheim+wort")
    monkeypatch.setenv("HOOK", "https://example.org/token-123")
    file = tmp_path / "logs" / "daemon.log"
    config = Config.model_validate(
        {
            "log": {"format": "json", "file": str(file)},
            "secrets": {"baidu_cookie": "A_COOKIE", "other": "NOT_SET"},
            "webhook": {"variable": "HOOK"},
        }
    )
    set_up_logs(config)
    log.info("上海 %s", "geheim+wort")
    try:
        raise ValueError("at https://example.org/token-123")
    except ValueError:
        log.exception("broken")
    first, second = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert (first["level"], first["logger"], first["message"]) == ("info", "cityflux", "上海 ***")
    assert first["time"].endswith("Z")
    assert second["traceback"].endswith("ValueError: at ***")


def test_a_full_file_is_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "daemon.log"
    set_up_logs(Config(log=Log(file=file, max_megabytes=1, keep=2)))
    for _ in range(5):
        log.info("x" * 700_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "daemon.log",
        "daemon.log.1",
        "daemon.log.2",
    ]


def test_lines_for_people_have_the_time_unless_the_journal_adds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "stderr").open("w+") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        found = os.fstat(stream.fileno())
        # The journal's stream is somebody else's.
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino + 1}")
        set_up_logs(Config())
        log.info("one")
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        set_up_logs(Config())
        log.info("two")
        log.debug("too much")
        stream.seek(0)
        first, second = stream.read().splitlines()
    assert first.endswith(" INFO one")
    assert first[:2] == "20"
    assert second == "INFO two"


def test_what_libraries_say_of_each_request_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "daemon.log"
    set_up_logs(Config(log=Log(file=file, level="debug")))
    logging.getLogger("httpx").info("HTTP Request: POST https://example.org/token")
    logging.getLogger("apscheduler.executors.default").info("Running job")
    log.debug("said")
    assert file.read_text().endswith("DEBUG said\n")
    assert len(file.read_text().splitlines()) == 1


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"log.file: .* cannot be written"):
        set_up_logs(Config(log=Log(file=tmp_path / "file" / "x.log")))
