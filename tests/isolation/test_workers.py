"""What a plugin in a worker process gets is what it would get in a thread."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cityflux
from tests.isolation.plugins import rows, write_plugin
from tests.servers import Answer, LoopbackServer

GET = "return [http.get(source.address)]"


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        running.answer("/page", Answer("7 3", headers={"ETag": '"1"'}))
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(
        '[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n'
        '[secrets]\nlocal_key = "LOCAL_KEY"\n'
    )
    return tmp_path


def figures(folder: Path, name: str) -> list[float]:
    query = f"SELECT value FROM observations WHERE indicator_id = 'local.{name}' ORDER BY city_id"
    return [value for (value,) in rows(folder, query)]


def test_the_network_is_the_parents_one_page_for_two_plugins_and_kept_documents_are_read_again(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    for name in ("one", "two"):
        write_plugin(folder, name, GET, address=server.address("/page"))
    done = cityflux("refresh", "local.one", "local.two")
    assert done.returncode == 0, done.stderr
    assert figures(folder, "one") == figures(folder, "two") == [3.0, 7.0]
    assert server.count("/page") == 1
    done = cityflux("refresh", "local.one", "local.two")
    assert "2 sources unchanged" in done.stdout
    assert server.requests[-1].headers["if-none-match"] == '"1"'
    kept = "SELECT count(*), count(DISTINCT f.snapshot) FROM fetches f JOIN snapshots ON sha256 = "
    assert rows(folder, kept + "f.snapshot WHERE size = 3") == [(4, 1)]
    mended = "return pl.DataFrame({'city': ['shanghai'], 'period': ['2020'], 'value': [8.5]})"
    write_plugin(folder, "one", GET, mended, server.address("/page"))
    asked = server.count("/page")
    done = cityflux("refresh", "--from-snapshots", "local.one")
    assert done.returncode == 0, done.stderr
    assert 8.5 in figures(folder, "one")
    assert server.count("/page") == asked


def test_errors_of_the_client_arrive_as_what_they_are(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    code = f"""
from cityflux.core.model.errors import Missing, Refused
try:
    http.get("{server.address("/gone")}")
except Missing as error:
    assert error.status == 404 and error.address
try:
    http.secret("local_key")
except Refused as error:
    assert "LOCAL_KEY" in str(error)
assert not http.known("{server.address("/page")}")
print("not for those who read what the command prints")
{GET}
"""
    write_plugin(folder, "one", code, address=server.address("/page"))
    write_plugin(folder, "two", "http.get('/x', verify=False)")
    write_plugin(folder, "three", "http.get(lambda: 1)")
    done = cityflux("refresh", "local.one", "local.two", "local.three", "--json")
    found = json.loads(done.stdout)
    assert figures(folder, "one") == [3.0, 7.0], found["failed"]
    failed = {row["name"].partition(" ")[0]: row["error"] for row in found["failed"]}
    assert set(failed) == {"local.two", "local.three"}
    assert "TypeError" in failed["local.two"]
    assert "pickle" in failed["local.three"]


def test_what_was_seen_before_the_cut_is_kept(
    folder: Path, server: LoopbackServer, cityflux: Cityflux
) -> None:
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(f"{config}[refresh]\ntime_limit = 3\n")
    endless = "import threading; threading.Event().wait()"
    write_plugin(folder, "one", GET, endless, server.address("/page"))
    done = cityflux("refresh", "local.one")
    assert "normalize did not end: gave up after 3 s" in done.stderr
    assert rows(folder, "SELECT size FROM snapshots WHERE size = 3") == [(3,)]
    assert figures(folder, "one") == []


def test_what_is_wrapped_around_a_built_in_plugin_is_no_more_trusted_than_another(
    folder: Path, cityflux: Cityflux
) -> None:
    (folder / "my_plugins").mkdir()
    (folder / "my_plugins" / "wrapper.py").write_text(
        "import os\nfrom cityflux import hookimpl\n\n\n@hookimpl(wrapper=True)\n"
        "def normalize(documents):\n    yield\n    os._exit(5)\n"
    )
    done = cityflux("refresh", "--offline", "overall_economy.gdp")
    assert done.returncode == 1
    assert "normalize ended its process (exit status 5)" in done.stderr


def test_a_file_that_declares_something_else_by_now_is_not_used(
    folder: Path, cityflux: Cityflux
) -> None:
    # The command has loaded all plugins when the hooks of the first one rewrite the second.
    changed = write_plugin(folder, "two", unit="万个").read_text(encoding="utf-8")
    write_plugin(folder, "two")
    target = folder / "my_plugins" / "two.py"
    (folder / "config.toml").write_text("[refresh]\nthreads = 1\n")
    rewrite = f"from pathlib import Path; Path({str(target)!r}).write_text({changed!r})"
    write_plugin(folder, "one", f"{rewrite}; import os; os._exit(1)")  # its worker is gone, too
    done = cityflux("refresh", "local.one", "local.two")
    assert "local.two: the plugin has changed since it was loaded" in done.stderr
    assert figures(folder, "two") == []


def test_a_thread_that_outlives_its_fetch_hears_that_it_is_over(
    folder: Path, cityflux: Cityflux
) -> None:
    (folder / "config.toml").write_text("[refresh]\nthreads = 1\nprocesses = 1\n")
    left = """
import threading
def ask():
    try:
        while True:
            http.known("http://127.0.0.1:9/")
    except Exception as error:
        import builtins
        builtins.heard = repr(error)
threading.Thread(target=ask, daemon=True).start()
"""
    write_plugin(folder, "one", left)
    wait = """
import builtins, time
while not hasattr(builtins, "heard"):
    time.sleep(0.01)
raise ValueError(builtins.heard)
"""
    write_plugin(folder, "two", "", wait)
    done = cityflux("refresh", "local.one", "local.two")
    assert figures(folder, "one") == [3.0, 7.0]
    assert "Stopped('stopped: this fetch has come to its end')" in done.stderr


def test_the_quality_gate_knows_the_past(folder: Path, cityflux: Cityflux) -> None:
    past = "return [Document('file:x', b'7 3', period='2020')]"
    write_plugin(folder, "one", past)
    assert cityflux("refresh", "local.one").returncode == 0
    later = "return pl.DataFrame({'city': ['shanghai'], 'period': ['2021'], 'value': [70000.0]})"
    write_plugin(folder, "one", past.replace("7 3", "7 4"), later)
    assert cityflux("refresh", "local.one").returncode == 0
    found = rows(folder, "SELECT status, note FROM observations WHERE period = '2021'")
    assert [status for status, _ in found] == ["suspect"]
    assert "a slip of unit" in found[0][1]
