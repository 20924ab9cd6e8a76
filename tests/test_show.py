"""``cityflux show`` and its siblings: each says one thing, and the former options still work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cityflux.core.cli.main import COMMANDS, cli
from tests.conftest import Cityflux, answer

SIBLINGS = ("show", "tree", "ranking", "strengths", "weights", "adjustments", "against")
FORMER = {
    "show flow_index --tree": "tree flow_index",
    "show flow_index --tree --depth 2 --lang en": "tree flow_index --depth 2 --lang en",
    "show --tree --city beijing --versus shanghai": "tree --city beijing --versus shanghai",
    "show flow_index --ranking --node transport": "ranking flow_index --node transport",
    "show paper_transport --ranking --lang zh --json": "ranking paper_transport --lang zh --json",
    "show paper_transport --strengths beijing": "strengths beijing paper_transport",
    "show flow_index --weights": "weights flow_index",
    "show flow_index --imputed --json": "adjustments flow_index --imputed --json",
    "show flow_index --treated": "adjustments flow_index --treated",
    "show flow_index --against paper_published": "against paper_published flow_index",
}
KINDS = ("imputed", "treated")
Run = Callable[..., Result]


@pytest.mark.parametrize("former", FORMER)
def test_a_former_option_hands_over(former: str, read_only: Run) -> None:
    before, now = read_only(*former.split()), read_only(*FORMER[former].split())
    assert before.exit_code == now.exit_code == 0, before.output
    assert before.output == now.output != ""


@pytest.mark.parametrize(
    ("asked", "goes_with"),
    [
        (("show", "--node", "transport"), "cityflux ranking"),
        (("show", "--tree", "--city", "beijing"), "--city and --versus go together"),
        (("show", "--weights", "--depth", "1"), "cityflux tree"),
    ],
)
def test_a_former_option_alone_is_wrong_usage(
    asked: tuple[str, ...], goes_with: str, read_only: Run
) -> None:
    done = read_only(*asked)
    assert done.exit_code == 2
    assert goes_with in done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_fits_on_a_screen(name: str) -> None:
    said = CliRunner(env={"COLUMNS": "80"}).invoke(cli, [name, "--help"]).output
    assert len(said.splitlines()) <= 24
    assert f"Example: cityflux {name}" in said
    assert name not in SIBLINGS or "--json" in said


def test_show_says_nothing_of_the_former_options() -> None:
    command = cli.get_command(click.Context(cli), "show")
    assert command is not None
    shown = {
        each.name for each in command.params if not (isinstance(each, click.Option) and each.hidden)
    }
    assert shown == {"index", "groups", "leaves", "png", "lang", "as_json"}


def test_what_is_stored_is_shown_though_it_is_no_longer_defined(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the plugins nor the index files are asked: broken ones hinder nothing here."""
    (home / "my_plugins").mkdir()
    (home / "my_plugins" / "broken.py").write_text("this is no Python\n")
    (home / "bad.toml").write_text("id = 3")
    (home / "config.toml").write_text('[indices]\nfiles = ["bad.toml"]\n')
    monkeypatch.chdir(home)
    call = CliRunner().invoke
    for name in ("show", "tree", "ranking", "weights", "adjustments"):
        assert call(cli, [name, "flow_index"]).exit_code == 0, name
    assert call(cli, ["strengths", "beijing"]).exit_code == 0
    assert call(cli, ["against", "paper_published"]).exit_code == 0
    assert call(cli, ["trends", "flow_index_yearly", "--node", "regional_pull"]).exit_code == 0
    assert call(cli, ["analyse", "flow_index"]).exit_code == 0


def test_an_index_that_was_not_computed_is_named(read_only: Run) -> None:
    done = read_only("show", "flow_indx")
    assert done.exit_code == 1
    assert "did you mean flow_index?" in str(done.exception)
    assert "cityflux compute" in str(done.exception)


def test_a_city_that_is_not_compared_is_named_with_those_that_are(read_only: Run) -> None:
    for asked in (("strengths", "atlantis"), ("tree", "--city", "atlantis", "--versus", "beijing")):
        done = read_only(*asked)
        assert done.exit_code == 1
        said = "'atlantis' is not among the cities of the index flow_index: beijing, guangzhou"
        assert said in str(done.exception)


def test_cities_and_nodes_go_by_any_of_their_names(read_only: Run) -> None:
    by_id = read_only("tree", "--city", "beijing", "--versus", "shanghai", "--json").stdout
    for city in ("北京", "Beijing", "BEIJING", "110000"):
        done = read_only("tree", "--city", city, "--versus", "上海", "--json")
        assert done.stdout == by_id
    assert answer(read_only, "strengths", "上海") == answer(read_only, "strengths", "shanghai")
    ranked = answer(read_only, "ranking", "--node", "transport")
    for node in ("交通流", "交通流(包括海、陆、空)", "transport (sea, land, air)"):
        assert answer(read_only, "ranking", "--node", node) == ranked
    (one,) = answer(read_only, "ranking", "--node", "Population")
    for way in ("trends", "analyse"):
        by_id = answer(read_only, way, "flow_index_yearly", "--node", "regional_pull")
        assert by_id == answer(
            read_only, way, "flow_index_yearly", "--node", "Pull on the surrounding economy"
        )
    assert one["indicator"] == "people.population"


def test_a_slip_in_a_name_is_told_with_what_was_meant(read_only: Run) -> None:
    for asked, meant in (
        (("strengths", "shangai"), "no city is called 'shangai'; did you mean shanghai?"),
        (("tree", "--city", "北京市", "--versus", "shanghai"), "did you mean beijing?"),
        (("ranking", "--node", "transprot"), "did you mean transport?"),
    ):
        done = read_only(*asked)
        assert done.exit_code == 1
        assert meant in str(done.exception)


def test_the_notes_of_a_run_are_kept_as_it_said_them(home: Path, cityflux: Cityflux) -> None:
    said = cityflux("compute", "flow_index").stderr.splitlines()
    kept = cityflux("notes", "flow_index").stdout.splitlines()
    assert said == [f"note: flow_index: {line}" for line in kept]
    assert len(kept) > 5
    counted = cityflux("compute").stderr
    assert (
        f"note: flow_index: {len(kept)} notes on its figures: cityflux notes flow_index" in counted
    )


def test_the_used_weights_sum_to_the_whole(read_only: Run) -> None:
    rows = answer(read_only, "weights", "paper_transport")
    root, *leaves = rows
    assert root["share"] == 1
    assert sum(row["share"] for row in leaves) == pytest.approx(1)
    assert all(row["method"] is None for row in rows)


def test_both_kinds_of_adjustments_are_listed_together(read_only: Run) -> None:
    every = answer(read_only, "adjustments", "flow_index")
    kinds = [answer(read_only, "adjustments", "flow_index", f"--{kind}") for kind in KINDS]
    assert len(every) == sum(map(len, kinds))
    assert all(row["kind"] == kind for kind, rows in zip(KINDS, kinds, strict=True) for row in rows)
