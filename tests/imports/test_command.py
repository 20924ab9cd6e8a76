"""`cityflux import` through the real command: each file a source of its own, told and undone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cityflux

PEOPLE = "people.population"


def stored(home: Path, *, source: str | None = None) -> dict[tuple[str, str, str], float]:
    with closing(sqlite3.connect(home / "data" / "cityflux.db")) as connection:
        rows = connection.execute(
            "SELECT source_id, city_id, period, value FROM observations "
            "WHERE source_id LIKE 'import.%' AND source_id = coalesce(?, source_id)",
            (source,),
        ).fetchall()
    return {(name, city, period): value for name, city, period, value in rows}


def preferred(home: Path, city: str, period: str) -> float:
    with closing(sqlite3.connect(home / "data" / "cityflux.db")) as connection:
        ((value,),) = connection.execute(
            "SELECT value FROM current_observations WHERE indicator_id = ? AND city_id = ? "
            "AND period = ?",
            (PEOPLE, city, period),
        ).fetchall()
    return float(value)


def write(home: Path, name: str, *rows: str) -> None:
    lines = ["单位：万人", "城市,年份,常住人口", *rows]
    (home / name).write_text("\n".join(lines), "utf-8")


def test_two_files_stand_side_by_side_and_the_later_first(home: Path, cityflux: Cityflux) -> None:
    write(home, "一.csv", "杭州,2031,1200", "上海,2031,2480", "合计,2031,9")
    write(home, "二.csv", "杭州市,2031年,1210")
    done = cityflux("import", "一.csv")
    assert done.returncode == 0, done.stderr
    assert "text, UTF-8, commas; head up to line 2, one figure a row, 3 rows" not in done.stderr
    assert "left out, figures of other places: 合计 (1)" in done.stdout
    done = cityflux("import", "二.csv")
    assert "1 figures differ from other sources: people.population hangzhou 2031 1,210 here" in (
        done.stdout
    )
    assert "(this file comes first)" in done.stdout
    assert preferred(home, "hangzhou", "2031") == 1210
    assert stored(home)["import.一", "hangzhou", "2031"] == 1200

    # The same file again, corrected and with a row less.
    write(home, "一.csv", "杭州,2031,1201")
    done = cityflux("import", "一.csv")
    assert "1 figures that it gave before are no longer in it: people.population shanghai" in (
        done.stdout
    )
    assert stored(home)["import.一", "shanghai", "2031"] == 2480
    assert preferred(home, "hangzhou", "2031") == 1210
    cityflux("import", "一.csv", "--prune")
    assert ("import.一", "shanghai", "2031") not in stored(home)

    # Back, step by step.
    done = cityflux("import", "--undo", "一.csv")
    assert (done.returncode, "1 are what they were" in done.stdout) == (0, True), done.stdout
    assert stored(home)["import.一", "shanghai", "2031"] == 2480
    cityflux("import", "--undo", "一.csv")
    assert stored(home)["import.一", "hangzhou", "2031"] == 1200
    cityflux("import", "--undo")
    assert stored(home, source="import.二") == {}
    cityflux("import", "--undo", "--json")
    assert stored(home) == {}
    done = cityflux("import", "--undo")
    assert (done.returncode, "no import of any file can be undone" in done.stderr) == (1, True)


def test_a_curated_source_is_not_written_into(home: Path, cityflux: Cityflux) -> None:
    write(home, "a.csv", "杭州,2031,1200")
    with closing(sqlite3.connect(home / "data" / "cityflux.db")) as connection:
        (curated, publisher), *_ = connection.execute(
            "SELECT id, publisher FROM sources WHERE id IN "
            "(SELECT source_id FROM indicator_sources WHERE indicator_id = ?)",
            (PEOPLE,),
        ).fetchall()
    done = cityflux("import", "a.csv", "--source", curated)
    assert done.returncode == 1
    assert f"source {curated} ({publisher}) is no file that was taken in" in done.stderr
    named = f"indicator,city,period,value,source\n{PEOPLE},hangzhou,2031,1200,{curated}\n"
    (home / "b.csv").write_text(named)
    done = cityflux("import", "b.csv")
    assert (done.returncode, f"rows name the source {curated}" in done.stderr) == (1, True)
    assert cityflux("import", "b.csv", "--force").returncode == 0
    with closing(sqlite3.connect(home / "data" / "cityflux.db")) as connection:
        again = connection.execute("SELECT publisher FROM sources WHERE id = ?", (curated,))
        assert again.fetchall() == [(publisher,)]


def test_a_file_over_a_curated_figure_stands_beside_it(home: Path, cityflux: Cityflux) -> None:
    curated = preferred(home, "hangzhou", "2019")
    write(home, "a.csv", f"杭州,2019,{curated * 1e4:.0f}")
    done = cityflux("import", "a.csv")
    assert "1 figures are suspect and enter no index" in done.stdout
    assert preferred(home, "hangzhou", "2019") == curated
    # The same slip again, then its correction: the file wins, and what it contradicts is told.
    write(home, "a.csv", f"杭州,2019,{curated * 1e4:.0f}", "杭州,2041,—")
    assert "1 figures are suspect" in cityflux("import", "a.csv").stdout
    assert preferred(home, "hangzhou", "2019") == curated
    write(home, "a.csv", f"杭州,2019,{curated * 1.01:.4f}")
    done = cityflux("import", "a.csv")
    assert "suspect" not in done.stdout
    assert f"hangzhou 2019 {curated * 1.01:,.6g} here" in done.stdout
    assert preferred(home, "hangzhou", "2019") == pytest.approx(curated * 1.01)
    for _ in range(3):
        assert cityflux("import", "--undo").returncode == 0
    assert preferred(home, "hangzhou", "2019") == curated


@pytest.mark.parametrize(
    ("value", "reason"),
    [("12000000", "as a slip of unit makes it"), ("1e300", "more than there can be of anything")],
)
def test_what_cannot_be_right_is_suspect(
    home: Path, cityflux: Cityflux, value: str, reason: str
) -> None:
    write(home, "a.csv", *(f"杭州,{year},120{year % 10}" for year in range(2030, 2036)))
    assert cityflux("import", "a.csv").returncode == 0
    write(home, "b.csv", f"杭州,2036,{value}")
    done = cityflux("import", "b.csv", "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert (told["stored"], len(told["suspect"])) == (False, 1)
    assert reason in told["suspect"][0]
    done = cityflux("import", "b.csv")
    assert "1 figures are suspect and enter no index" in done.stdout
    assert ("import.b", "hangzhou", "2036") in stored(home)


def test_a_name_that_several_series_have(home: Path, cityflux: Cityflux) -> None:
    def told(text: str, *options: str) -> str:
        (home / "a.csv").write_text(text, "utf-8")
        done = cityflux("import", "a.csv", "--dry-run", *options)
        return done.stdout + done.stderr

    # Those that only retell what offices say leave the name to the office's series.
    assert "overall_economy.gdp hangzhou 2031 20,059 亿元" in told(
        "城市,年份,地区生产总值（亿元）\n杭州,2031,20059\n"
    )
    # Else the user says which is meant, and only of those that are called so.
    text = "城市,年份,对外投资额（亿美元）\n杭州,2031,30\n"
    assert "write the id of one indicator" in told(text)
    outward = "goods_commerce.outward_investment"
    assert f"{outward} hangzhou 2031 30 亿美元" in told(text, "--indicator", outward)
    titled = "社会消费品零售总额（亿元）\n城市,2031\n杭州,7671\n"
    assert "check --indicator" in told(titled, "--indicator", "overall_economy.gdp")


def test_a_dry_run_shows_the_first_rows_and_stores_nothing(home: Path, cityflux: Cityflux) -> None:
    write(home, "a.csv", *(f"杭州,{year},1200" for year in range(2030, 2037)), "杭州,2037,—")
    done = cityflux("import", "a.csv", "--dry-run")
    assert done.stdout.splitlines()[:2] == [
        "a.csv: text, UTF-8, commas; head up to line 2, one figure a row, 8 rows, unit 万人",
        "  line 3: people.population hangzhou 2030 1,200 万人",
    ]
    assert "and 2 more" in done.stdout
    assert "1 cells say that there is no figure" in done.stdout
    assert stored(home) == {}


def test_a_cell_of_several_lines_is_told_in_one(home: Path, cityflux: Cityflux) -> None:
    (home / "a.csv").write_text('甲,"乙\n丙",丁\n戊,己,庚\n', "utf-8")
    done = cityflux("import", "a.csv")
    assert done.returncode == 1
    said, ended = done.stderr.splitlines()
    assert "乙 丙" in said and ended.startswith("Error: a.csv: 1 bad")
