"""``cityflux audit``: stored, repeatable, shown, and one line for whatever is wrong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cityflux import open as cityflux_open
from cityflux.core.app.session import Session
from cityflux.core.cli.main import cli
from cityflux.core.daemon.alarms import Alarms
from cityflux.core.daemon.chores import Chores
from cityflux.core.daemon.webhook import Webhook
from cityflux.core.model.errors import NotEnoughData
from tests.conftest import Cityflux
from tests.daemon.test_webhook import until

Run = Callable[..., Result]


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    return home


def audit(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments])


def stored(query: str, folder: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(folder / "data/cityflux.db") as connection:
        return connection.execute(query).fetchall()


def test_the_same_seed_gives_the_same_numbers_and_all_is_stored(here: Path) -> None:
    one = audit("flow_index", "--draws", "1000", "--seed", "3", "--json")
    two = audit("flow_index", "--draws", "1000", "--seed", "3", "--json")
    assert one.exit_code == 0, one.output
    assert one.output == two.output
    said = json.loads(one.output)
    assert (said["done"], said["failed"], said["missing"]) == (1000, {}, "not determined")
    assert {row["node"] for row in said["ranks"] if row["shares"]} == {"flow_index"}
    root = [row for row in said["ranks"] if row["node"] == "flow_index"]
    assert len(root) == 5
    assert all(row["bracketed"] and sum(row["shares"]) == pytest.approx(1) for row in root)
    pairs = {(row["city"], row["other"]): row["share"] for row in said["pairs"]}
    assert all(share + pairs[j, i] <= 1 + 1e-9 for (i, j), share in pairs.items())
    for table, mine, least in (
        ("audits", "id", 1),
        ("audit_ranks", "audit_id", 80),
        ("audit_pairs", "audit_id", 20),
    ):
        of_it = f"{mine} = (SELECT max(id) FROM audits WHERE index_id = 'flow_index')"
        rows = stored(f"SELECT count(*) FROM {table} WHERE {of_it}", here)
        assert rows[0][0] == least, table
    kinds = stored("SELECT DISTINCT kind FROM sensitivities ORDER BY kind", here)
    assert [kind for (kind,) in kinds] == ["figure", "sobol", "weight", "without"]
    assert stored("PRAGMA foreign_key_check", here) == []


def test_a_file_says_what_is_varied(here: Path) -> None:
    Path("wider.toml").write_text(
        'standardization = [{method = "rank"}]\naggregation = [{method = "geometric"}]\n'
        "[weights]\nnoise = 0.5\n",
        encoding="utf-8",
    )
    found = audit("flow_index", "--draws", "100", "--assumptions", "wider.toml", "--json")
    assert found.exit_code == 0, found.output
    said = json.loads(found.output)
    assert list(said["varied"]) == ["weights", "standardization", "aggregation"]
    (reason,) = said["failed"]
    assert reason == "a geometric mean takes positive scores only"
    assert said["done"] + said["failed"][reason] == 100
    spoken = audit("--draws", "100", "--assumptions", "wider.toml", "--lang", "en").output
    assert f"{said['failed'][reason]} draws came to nothing and are left out: " in spoken


def test_an_audit_older_than_its_run_says_so(here: Path) -> None:
    shown = CliRunner().invoke(cli, ["show", "--lang", "en"]).output
    assert "of the choices alone; without the missing figures: not determined" in shown
    assert "computed again since" not in shown
    CliRunner().invoke(cli, ["compute", "flow_index"])
    shown = CliRunner().invoke(cli, ["show", "--lang", "en"]).output
    line = "This audit is of run 3, and the index was computed again since: cityflux audit"
    assert line in shown
    never = CliRunner().invoke(cli, ["show", "paper_transport", "--lang", "zh"]).output
    assert "未经检验；命令：cityflux audit paper_transport" in never


def test_stopped_it_keeps_what_is_done(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cityflux.core.engine.audit.auditor import Auditor

    scores, calls = Auditor.scores, []

    def stop(self: Auditor, draws: object) -> object:
        calls.append(draws)
        if len(calls) == 3:  # the nominal draw and a chunk are done
            raise KeyboardInterrupt
        return scores(self, draws)  # type: ignore[arg-type]

    monkeypatch.setattr(Auditor, "scores", stop)
    found = audit("flow_index", "--draws", "5000", "--lang", "en")
    assert found.exit_code == 0, found.output
    assert "Stopped after 1024 of 5000 draws; what was done is kept." in found.output
    kept = "SELECT draws, done, stopped FROM audits WHERE index_id = 'flow_index'"
    assert stored(kept, here) == [(5000, 1024, 1)]


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--draws", "0"], 2, "Invalid value for '--draws': 0 is not in the range x>=2."),
        (["--draws", "many"], 2, "Invalid value for '--draws': 'many' is not a valid integer"),
        (["--seed", "one"], 2, "Invalid value for '--seed': 'one' is not a valid integer"),
        (["--seed", "-1"], 2, "Invalid value for '--seed': -1 is not in the range x>=0."),
        (["nothing"], 1, "there is no index 'nothing'"),
        (["--assumptions", "none.toml"], 1, "none.toml: cannot be read"),
    ],
)
def test_bad_options_are_one_line(
    arguments: list[str], code: int, line: str, cityflux: Cityflux
) -> None:
    found = cityflux("audit", *arguments)
    assert found.returncode == code
    assert line in found.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[weights]\nnodes = {nowhere = 0.1}\n", "flow_index has no node 'nowhere'"),
        ('leave_out = ["nowhere"]\n', "flow_index has no node 'nowhere'"),
        ('[weights]\nsets = ["other"]\n', "has no set of weights 'other'; there are: none"),
        ("[weights]\nnoise = 2\n", "weights.noise: input should be less than or equal to 1"),
        ("[weight]\n", "there is no key weight; did you mean weights?"),
        ("weights = [", "is no valid TOML"),
    ],
)
def test_bad_assumptions_are_one_line(
    text: str, line: str, cityflux: Cityflux, tmp_path: Path
) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    found = cityflux("audit", "--assumptions", "a.toml")
    assert found.returncode == 1
    assert found.stderr.startswith("Error: a.toml: ")
    assert line in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_an_index_of_one_city_is_one_line(cityflux: Cityflux, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(
        'id = "one"\nname_zh = "一"\nname_en = "One"\ncities = ["beijing"]\n'
        'indicators = ["overall_economy.gdp"]\n[periods]\nof = ["2020"]\n',
        encoding="utf-8",
    )
    (tmp_path / "config.toml").write_text('[indices]\nfiles = ["one.toml"]\n', encoding="utf-8")
    found = cityflux("audit", "one")
    assert found.returncode == 1
    assert "an index over 1 city compares nothing; name two cities or more" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_an_audit_that_a_hand_has_broken_is_none(here: Path) -> None:
    with sqlite3.connect(here / "data/cityflux.db") as connection:
        connection.execute("UPDATE audits SET failed = 'nothing that is JSON'")
    shown = CliRunner().invoke(cli, ["show", "--lang", "en"])
    assert shown.exit_code == 0
    assert "not audited; do it with: cityflux audit flow_index" in shown.output


def test_an_index_without_figures_is_one_line(cityflux: Cityflux) -> None:
    found = cityflux("audit", "flow_index")
    assert found.returncode == 1
    assert "flow_index has no data" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_a_notebook_has_the_tables_and_the_charts(here: Path) -> None:
    data = cityflux_open(here / "data/cityflux.db", language="en")
    found = data.audit("flow_index")
    assert list(found) == ["ranks", "pairs", "sensitivities"]
    root = found["ranks"].filter(node="flow_index")
    assert root["city"].to_list()[:2] == ["beijing", "shanghai"]
    assert found["pairs"].height == 20
    assert data.audit("paper_transport")["ranks"].is_empty()
    with pytest.raises(NotEnoughData, match="The ranks were not audited"):
        data.rank_matrix("paper_transport")


def test_the_daemon_keeps_audits_fresh_where_it_is_told_to(here: Path) -> None:
    settings = '[audit]\ndraws = 100\n[report]\nindices = ["paper_published"]\nform = "md"\n'
    Path("config.toml").write_text(settings, encoding="utf-8")
    session = Session()
    with session.open() as connection:
        chores = Chores(session, Alarms(connection, Webhook("", "text", 1.0), []))
        for name in set(session.indices) - {"flow_index", "paper_published"}:
            del session.indices[name]
        for _ in range(3):
            chores.tend(connection)
        named = "WHERE index_id <> 'main_cities_index'"  # which is no index of this session
        fresh = stored(f"SELECT index_id, draws FROM audits {named} ORDER BY 1", here)
        assert fresh == [("flow_index", 100), ("paper_published", 100)]
        before = stored("SELECT id FROM audits ORDER BY 1", here)
        chores.tend(connection)
        assert stored("SELECT id FROM audits ORDER BY 1", here) == before
        # Then the reports that are wanted are written, once for a run.
        report = here / "reports" / "paper_published_2011-2020.md"

        def written() -> bool:
            chores.tend(connection)
            return report.exists() and bool(report.read_text(encoding="utf-8"))

        until(written)
        assert report.read_text(encoding="utf-8").startswith("# ")
        report.unlink()
        chores.tend(connection)
        chores.give_up()
        assert not report.exists()
