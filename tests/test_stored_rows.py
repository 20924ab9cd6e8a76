"""Rows that any hand can write, past all checks of the tables: named, passed over, mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cityflux.core.app.doctor import examine
from cityflux.core.app.repair import repair
from cityflux.core.app.session import Session
from cityflux.core.reading.figures import figures_in_use
from cityflux.core.words.language import Language
from cityflux.storage.blueprint import blueprint
from cityflux.storage.flows import latest_flow
from cityflux.storage.observations import latest_period, read_current, read_known
from cityflux.storage.texts import garbled
from tests.hands import world

#: Past all checks, as SQLite lets any hand that wants to.
PAST_CHECKS = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return world.make(tmp_path_factory.mktemp("rows"))


@pytest.fixture
def session(made: Session, tmp_path: Path) -> Session:
    return world.copy(made, tmp_path)


@pytest.fixture
def by_hand(session: Session) -> Callable[[str], None]:
    """Run a script as the stock sqlite3 would, foreign keys and checks off."""

    def run(script: str) -> None:
        with closing(sqlite3.connect(session.database, isolation_level=None)) as connection:
            connection.executescript(PAST_CHECKS + script)

    return run


def scores(session: Session) -> list[tuple[object, ...]]:
    with session.read() as connection:
        return connection.execute(
            "SELECT index_id, node_id, city_id, period, score FROM scores ORDER BY 1, 2, 3, 4"
        ).fetchall()


def row(*, period: str = "'2020'", value: str = "9", status: str = "'ok'") -> str:
    """A row of a source that is preferred to the one with the good figures."""
    return (
        "INSERT INTO sources (id, publisher, priority) VALUES ('by hand', '', 1);"
        "INSERT INTO observations (indicator_id, city_id, period, source_id, value, status) "
        f"VALUES ('rows.p', 'shanghai', {period}, 'by hand', {value}, {status})"
    )


@pytest.mark.parametrize(
    "period",
    ["'2021年'", "'2020,2021'", "'2020' || char(0, 9, 34) || 'x''' || char(10)"],
)
def test_a_period_that_is_none_is_named_and_passed_over(
    session: Session, by_hand: Callable[[str], None], period: str
) -> None:
    before = scores(session)
    by_hand(row(period=period))
    done = world.compute(session, force=True)
    assert (done.failed, len(done.computed)) == ([], 2)
    notes = {each.index_id: " ".join(each.notes) for each in done.computed}
    assert "rows.p: 1 row passed over" in notes["both"]
    assert "from 'by hand' has no period; mend it with: cityflux doctor --repair" in notes["both"]
    assert "passed over" not in notes["alone"]
    assert scores(session) == before
    with session.read() as connection:
        assert latest_period(connection, "rows.p", "by hand") is None
        assert latest_flow(connection, "rows.p", "by hand") is None
        assert len(read_current(connection, ["rows.p"])) == 4
        assert len(read_known(connection, "rows.p")) == 4
        assert figures_in_use(connection, ["rows.p"]).height == 4
        (text,) = connection.execute("SELECT period FROM observations WHERE source_id = 'by hand'")
    assert Language("en").period(text[0]) == text[0]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (row(period="'2021年'"), "a period is 2020, 2020-Q3, 2020-07, 2020-07-14 or 2011/2020"),
        (row(value="9e999"), "a value is a finite number"),
        (row(status="'certain'"), "a status is ok, provisional, bound or suspect"),
    ],
)
def test_the_table_says_what_it_does_not_take(session: Session, script: str, said: str) -> None:
    with (
        closing(sqlite3.connect(session.database)) as connection,
        pytest.raises(sqlite3.IntegrityError, match=said),
    ):
        connection.executescript(script)


@pytest.mark.parametrize(("value", "status"), [("9e999", "'ok'"), ("9", "'certain'")])
def test_what_is_no_number_or_of_no_known_status_is_passed_over(
    session: Session, by_hand: Callable[[str], None], value: str, status: str
) -> None:
    by_hand(row(value=value, status=status))
    done = world.compute(session, force=True)
    assert done.failed == []
    assert "rows.p: 1 row passed over" in " ".join(done.computed[0].notes)


@pytest.mark.parametrize("name", ["a,b", "q'u\"o\tt\ne\\"])
def test_a_source_may_have_any_name(
    session: Session, by_hand: Callable[[str], None], name: str
) -> None:
    quoted = name.replace("'", "''")
    by_hand(row(value="90").replace("by hand", quoted))
    by_hand(f"INSERT INTO indicators (id, name_zh, name_en, unit) VALUES ('{quoted}', '', '', '')")
    assert world.compute(session).failed == []
    (found,) = [
        score
        for _, node, city, _, score in scores(session)
        if (node, city) == ("rows.p", "shanghai")
    ]
    assert found == 100.0  # the figure of the preferred source is the largest


GARBLED = "CAST(X'E4B88AFF20' AS TEXT)"


def test_bytes_that_are_no_text_are_passed_over_found_and_mended(
    session: Session, by_hand: Callable[[str], None]
) -> None:
    wanted = scores(session)
    with session.read() as connection:
        columns = [
            (thing.name, column)
            for thing in blueprint().values()
            if thing.kind == "table"
            for _, column, kind, *_ in connection.execute(f'PRAGMA table_info("{thing.name}")')
            if kind == "TEXT" and (thing.name != "observations" or column == "note")
        ]
    for table, column in columns:
        by_hand(f'UPDATE OR IGNORE "{table}" SET "{column}" = {GARBLED} || "{column}"')
    by_hand(row(period=GARBLED))
    world.compute(session)
    with session.read() as connection:
        figures_in_use(connection)
        assert [line for (line,) in connection.execute("SELECT note FROM observations LIMIT 1")]
        assert garbled(connection)
    found = {each.check: each for each in examine(session)}
    assert found["texts"].state == "failed" and "no UTF-8" in found["texts"].detail
    assert any("no UTF-8" in line for line in [*repair(session)])
    assert not [each for each in examine(session) if each.state == "failed"]
    assert not world.compute(session).failed
    assert scores(session) == wanted


@pytest.mark.parametrize("kept", [True, False])
def test_a_stored_definition_that_is_none_is_found_and_mended(
    session: Session, by_hand: Callable[[str], None], kept: bool
) -> None:
    by_hand("UPDATE indices SET definition = '[broken' WHERE id = 'both'")
    if not kept:
        by_hand("UPDATE definitions SET definition = 'x = '")
    found = {each.check: each for each in examine(session)}
    assert found["definitions"].detail.startswith(f"{1 if kept else 3} stored ones cannot be read")
    done = [*repair(session)]
    assert any("indices: both: its definition was none" in line for line in done), done
    assert not [each for each in examine(session) if each.state == "failed"]
    assert not world.compute(session).failed
