"""`derive` of plugins that are not built in: cut off where it does not end, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityflux.core.plugin.inputs import inputs_of
from cityflux.core.plugin.manager import Selection, load_selection
from cityflux.core.refresh.isolation.derivations import Derivations
from tests.conftest import Cityflux
from tests.isolation.plugins import (
    ENDLESS,
    LEAVING,
    rows,
    until,
    workers_of,
    write_derived,
    write_plugin,
)

INPUTS = [("local.given", "shanghai", "2020", 7.0), ("local.given", "beijing", "2020", 3.0)]
NEVER = "blocks", "adds"  # one sleeps, and one holds the interpreter
COUNT = "from pathlib import Path; Path('called').open('a').write('x')"


def test_one_that_ends_its_process_or_breaks_the_contract_costs_itself_alone(
    folder: Path, cityflux: Cityflux
) -> None:
    write_plugin(folder, "given")
    write_derived(folder, "doubled")
    write_derived(folder, "wrong", "return figures.select('city', 'value')")
    write_derived(folder, "invented", "return figures.with_columns(city=pl.lit('atlantis'))")
    for name, (fetch, normalize, _) in LEAVING.items():
        write_derived(folder, name, fetch or normalize)
    done = cityflux("refresh", "local.given")
    assert done.returncode == 1
    for name, (*_, said) in LEAVING.items():
        (line,) = [line for line in done.stderr.splitlines() if f"local.{name}: " in line]
        assert said.replace("fetch ", "derive ").replace("normalize ", "derive ") in line
    assert "local.wrong: derive() returned the columns city, value" in done.stderr
    assert "local.invented: derive() returned atlantis" in done.stderr
    derived = "SELECT indicator_id, value FROM observations WHERE indicator_id <> 'local.given'"
    assert rows(folder, f"{derived} ORDER BY value") == [
        ("local.doubled", 6),
        ("local.doubled", 14),
    ]
    lineage = "SELECT indicator_id, input_city_id FROM derivations ORDER BY 2"
    assert rows(folder, lineage) == [("local.doubled", "beijing"), ("local.doubled", "shanghai")]
    until(lambda: not workers_of(folder))


def test_one_that_never_ends_is_cut_off_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for name in NEVER:
        write_derived(folder, name, f"{COUNT}\n{''.join(ENDLESS[name])}")
    write_derived(folder, "doubled")
    plugins = load_selection(Selection((folder / "my_plugins",), built_in=False)).indicators
    with Derivations({"shanghai", "beijing"}, time_limit=1) as derivations:
        for _ in range(2):
            for name in NEVER:
                derived = derivations.derive(plugins[f"local.{name}"], inputs_of(INPUTS))
                assert "derive did not end: gave up after 1 s" in derived.error
                assert derived.found == []
        derived = derivations.derive(plugins["local.doubled"], inputs_of(INPUTS))
    assert [figure.value for figure in derived.found] == [14.0, 6.0]
    assert (folder / "called").read_text() == "x" * len(NEVER)
    until(lambda: not workers_of(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
