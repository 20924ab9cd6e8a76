"""The gate remembers what was accepted, and a hand is seen: through the whole commands."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cityflux, run_module
from tests.test_quality import Home

Publish = Callable[[dict[tuple[str, str], float]], dict[str, tuple[float, str]]]
BY_HAND = "written by hand"
ALONE = {("shanghai", "2020"): 100.0}


@pytest.fixture
def office(tmp_path: Path) -> Publish:
    """Refreshes what an office publishes; gives value and status of 上海 by period."""
    home = Home(tmp_path)

    def publish(figures: dict[tuple[str, str], float]) -> dict[str, tuple[float, str]]:
        done = home.refresh(figures)
        assert done.returncode == 0
        rows = home.rows(
            "SELECT period, value, status FROM observations WHERE city_id = 'shanghai' "
            "AND indicator_id = 'local.visitors'"
        )
        doubted = any(status == "suspect" for *_, status in rows)
        assert ("1 suspect, 0 failed" in done.stdout) == doubted
        return {period: (value, status) for period, value, status in rows}

    return publish


def test_a_slip_stays_suspect_and_its_correction_is_not(
    office: Publish,
) -> None:
    assert office(ALONE)["2020"] == (100.0, "ok")
    assert office({("shanghai", "2020"): 1e6})["2020"] == (1e6, "suspect")
    # The same slip in a page that is another one by a byte, and a second slip.
    again = office({("shanghai", "2020"): 1e6, ("beijing", "2020"): 1.0})
    assert again["2020"] == (1e6, "suspect")
    assert office({("shanghai", "2020"): 1.01e6})["2020"] == (1.01e6, "suspect")
    assert office({("shanghai", "2020"): 101.0})["2020"] == (101.0, "ok")


def test_of_two_neighbours_the_odd_one_is_marked_even_where_it_is_stored(
    office: Publish,
) -> None:
    others = {(city, "2020"): value for city, value in (("beijing", 90.0), ("wuxi", 120.0))}
    others |= {("nanjing", "2020"): 80.0}
    first = {("shanghai", "2020"): 9e4}
    assert office(first)["2020"] == (9e4, "ok")  # nobody can know yet
    found = office({**others, **first, ("shanghai", "2021"): 100.0})
    assert found == {"2020": (9e4, "suspect"), "2021": (100.0, "ok")}


def test_a_value_that_was_edited_says_so_and_claims_no_fetch(
    tmp_path: Path, sqlite_utils: Cityflux
) -> None:
    home = Home(tmp_path)
    home.refresh(ALONE)
    edit = "UPDATE observations SET value = 120 WHERE indicator_id = 'local.visitors'"
    assert sqlite_utils("query", "data/cityflux.db", edit).returncode == 0
    shown = "SELECT value, status, note, fetch_id FROM observations"
    assert home.rows(f"{shown} WHERE indicator_id = 'local.visitors'") == [
        (120.0, "ok", "edited by hand; was 100.0", None)
    ]
    assert home.rows("SELECT value FROM revisions WHERE indicator_id = 'local.visitors'") == [
        (100.0,)
    ]
    # The publisher's next figure is the publisher's again.
    home.refresh({("shanghai", "2020"): 101.0})
    ((value, _, note, fetch),) = home.rows(f"{shown} WHERE indicator_id = 'local.visitors'")
    assert (value, note, fetch is not None) == (101.0, "", True)


def test_a_row_that_is_replaced_does_not_speak_for_its_old_fetch(
    tmp_path: Path, sqlite_utils: Cityflux
) -> None:
    home = Home(tmp_path)
    home.refresh(ALONE)
    shown = "SELECT value, status, note, fetch_id FROM observations"
    (before,) = home.rows(f"{shown} WHERE indicator_id = 'local.visitors'")
    assert before[3] is not None
    row = json.loads(
        sqlite_utils(
            "query",
            "data/cityflux.db",
            "SELECT * FROM observations WHERE indicator_id = 'local.visitors'",
        ).stdout
    )
    key = [f"--pk={name}" for name in ("indicator_id", "city_id", "period", "source_id")]
    for each, value in ((row[0], 100.0), ({**row[0], "value": 130.0}, 130.0)):
        (tmp_path / "row.json").write_text(json.dumps(each))
        command = ("insert", "data/cityflux.db", "observations", "row.json", *key, "--replace")
        done = sqlite_utils(*command)
        assert done.returncode == 0, done.stderr
        found = (100.0, "ok", "", before[3]) if value == 100 else (130.0, "ok", BY_HAND, None)
        assert home.rows(f"{shown} WHERE indicator_id = 'local.visitors'") == [found]
    assert home.rows("SELECT value FROM revisions WHERE indicator_id = 'local.visitors'") == [
        (100.0,)
    ]


def test_a_mended_normalize_reads_the_same_page_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    shown = "SELECT value FROM observations WHERE indicator_id = 'local.visitors'"
    assert "1 new or different" in home.refresh(ALONE).stdout
    assert "1 sources unchanged" in home.refresh(ALONE).stdout
    plugin = tmp_path / "my_plugins" / "local.py"
    text = plugin.read_text("utf-8")
    plugin.write_text(text.replace("cast(pl.Float64))", "cast(pl.Float64) * 1.5)"), "utf-8")
    done = home.refresh(ALONE)
    assert ("1 new or different" in done.stdout, home.rows(shown)) == (True, [(150.0,)])
    assert "1 sources unchanged" in home.refresh(ALONE).stdout


def test_a_page_that_says_everything_twice_gives_each_figure_once_or_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    shown = "SELECT value, status FROM observations WHERE indicator_id = 'local.visitors'"
    assert home.refresh(ALONE).returncode == 0
    home.file.write_text("city,period,value\n" + "shanghai,2020,101\n" * 2)
    done = home.run("refresh", "local.visitors")
    assert (done.returncode, home.rows(shown)) == (1, [(100.0, "ok")])
    assert "twice" in done.stderr
    home.file.write_text("city,period,value\nshanghai,2020,101\nshanghai,2020,1010000\n")
    done = home.run("refresh", "local.visitors")
    assert (done.returncode, home.rows(shown)) == (1, [(100.0, "ok")])


def test_status_says_how_many_figures_are_suspect(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.refresh(ALONE)
    home.refresh({("shanghai", "2020"): 1e6})
    assert "suspect: 1 figures" in home.run("status").stdout
    assert json.loads(home.run("status", "--json").stdout)["counts"]["suspect"] == 1


def test_a_changed_unit_turns_what_is_stored_or_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    of = "WHERE indicator_id = 'local.visitors'"
    home.refresh(ALONE)
    home.refresh({("shanghai", "2020"): 101.0})
    (fetch,) = home.rows(f"SELECT fetch_id FROM observations {of}")
    plugin = tmp_path / "my_plugins" / "local.py"
    text = plugin.read_text("utf-8")
    plugin.write_text(text.replace('"万人次"', '"人次"'), "utf-8")
    assert home.run("add", "city", "newtown", "新城", "Newtown").returncode == 0
    shown = "SELECT value, note, fetch_id FROM observations"
    assert home.rows(f"{shown} {of}") == [(1_010_000.0, "", *fetch)]
    assert home.rows(f"SELECT value FROM revisions {of} ORDER BY recorded_at") == [
        (1_000_000.0,),
        (1_010_000.0,),
    ]
    assert home.rows(f"SELECT DISTINCT new_value FROM changes {of} ORDER BY seq") == [
        (1_000_000.0,),
        (1_010_000.0,),
    ]
    # What counts something else is no figure of it: the plugin is refused, each time.
    plugin.write_text(text.replace('"万人次"', '"吨"'), "utf-8")
    for _ in range(2):
        done = home.run("refresh", "local.visitors")
        assert done.returncode == 1
        assert "declares the unit 吨, and 1 figures are stored in 人次" in done.stderr
    assert home.rows(f"{shown} {of}") == [(1_010_000.0, "", *fetch)]
    assert home.rows("SELECT unit FROM indicators WHERE id = 'local.visitors'") == [("人次",)]


CITY = """
from cityflux import City, hookimpl


@hookimpl
def register_cities(register):
    register(City(*NAMES))
"""


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("('hangzhou', '杭城', 'Hangcheng')", "the city hangzhou, which is there with other names"),
        ("('hz', '杭州市', 'Hangzhou')", "the city hz, which is there as hangzhou (杭州)"),
        (
            "('hz', '钱塘', 'Qiantang', 'CN', '', '330100')",
            "the city hz, which is there as hangzhou (330100)",
        ),
    ],
)
def test_no_plugin_renames_a_city_or_gives_it_twice(tmp_path: Path, names: str, told: str) -> None:
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "more.py").write_text(CITY.replace("*NAMES", names[1:-1]), "utf-8")
    listed = json.loads(run_module("cityflux", "plugins", "list", "--json", cwd=tmp_path).stdout)
    (mine,) = [each for each in listed if each["name"].endswith("more.py")]
    assert (mine["state"], told in mine["error"]) == ("broken", True), mine["error"]


def test_a_city_that_its_own_plugin_renames_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home(tmp_path)
    assert home.run("add", "city", "newtown", "新城", "Newtown").returncode == 0
    file = tmp_path / "my_plugins" / "local.meta.toml"
    file.write_text(file.read_text("utf-8").replace("新城", "旧城"), "utf-8")
    assert home.run("add", "city", "oldtown", "老城", "Oldtown").returncode == 0
    assert "the city newtown is called 旧城 Newtown now, and was 新城 Newtown" in caplog.text


def test_a_workbook_of_all_tables_and_a_csv_for_excel(tmp_path: Path) -> None:
    home = tmp_path
    Home(home).refresh(ALONE)
    done = run_module("cityflux", "export", "all", "--out", "all.xlsx", cwd=home)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(home / "all.xlsx") as archive:
        book = archive.read("xl/workbook.xml").decode()
    assert [f'name="{name}"' in book for name in ("observations", "scores", "provenance")] == [
        True
    ] * 3
    command = ("export", "observations", "--wide", "--bom", "--out", "s.csv")
    assert run_module("cityflux", *command, cwd=home).returncode == 0
    text = (home / "s.csv").read_bytes()
    head = b"\xef\xbb\xbfindicator_id,city_id,2020\n"
    assert text == head + b"local.visitors,shanghai,100.0\n"
    done = run_module("cityflux", "export", "all", cwd=home)
    assert (done.returncode, "all tables go into a workbook" in done.stderr) == (1, True)
