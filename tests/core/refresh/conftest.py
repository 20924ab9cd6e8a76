"""A server with the page of the family, and a folder with its plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.refresh.family import COUNT, FAMILY, answer, page
from tests.servers import LoopbackServer


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        running.answer("/page", answer(page()))
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: LoopbackServer) -> Path:
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "config.toml").write_text(
        '[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n'
    )
    plugin = FAMILY.format(address=server.address("/page"), count=COUNT)
    (tmp_path / "my_plugins" / "family.py").write_text(plugin, encoding="utf-8")
    return tmp_path
