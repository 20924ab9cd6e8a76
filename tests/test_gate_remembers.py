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
