"""What is needed never goes, whatever the history; what is not needed goes after its time."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.model.figure import Figure
from cityflux.storage import catalog, fetches
from cityflux.storage.database import open_database, write
from cityflux.storage.housekeeping import Policy, run_housekeeping, thinned_fetches
from cityflux.storage.jobs import last_runs
from cityflux.storage.observations import store_figures

INDICATORS, SOURCES = ("a.x", "a.y"), ("s", "t")
PAIRS = [(indicator, source) for indicator in INDICATORS for source in SOURCES]
NOW = datetime(2030, 1, 1, tzinfo=UTC)
POLICY = Policy(keep_snapshots_days=100, keep_fetches_days=200)


class Fetch(NamedTuple):
    """One fetch of a made-up history, some days before NOW."""

    pair: tuple[str, str]
    days_ago: int
    addresses: tuple[str, ...]
    body: int
    value: float
    outcome: fetches.Outcome


histories = st.lists(
    st.builds(
        Fetch,
        st.sampled_from(PAIRS),
        st.integers(1, 400),
        st.lists(st.sampled_from("pqr"), unique=True, max_size=3).map(tuple),
        st.integers(0, 4),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.sampled_from(["stored", "stored", "unchanged", "empty", "failed"]),
    ),
    max_size=25,
).map(lambda steps: sorted(steps, key=lambda step: -step.days_ago))


def text(days_ago: int) -> str:
    return (NOW - timedelta(days=days_ago)).strftime("%Y-%m-%dT00:00:00.000Z")


def answer(address: str, body: bytes) -> fetches.Answer:
    return fetches.Answer(address, hashlib.sha256(body).hexdigest(), lambda: body)


@contextmanager
def filled(history: list[Fetch]) -> Iterator[sqlite3.Connection]:
    """A database in which all that happened."""
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "c.db") as db:
        with write(db):
            catalog.save_cities(db, [{"id": "c", "name_zh": "c", "name_en": "C"}])
            catalog.save_sources(db, [{"id": source, "publisher": "p"} for source in SOURCES])
            named = [{"id": i, "name_zh": i, "name_en": i, "unit": "个"} for i in INDICATORS]
            catalog.save_indicators(db, named)
            for step in history:
                store(db, step)
        yield db


def store(db: sqlite3.Connection, step: Fetch) -> None:
    started = text(step.days_ago)
    number = fetches.begin_fetch(db, *step.pair, "", started)
    figures = [Figure("c", "2020", step.value)] if step.outcome == "stored" else []
    changed = store_figures(db, *step.pair, figures, number)
    bodies = [f"{address} {step.body}".encode() for address in step.addresses]
    answers = [answer(*each) for each in zip(step.addresses, bodies, strict=True)]
    fetches.end_fetch(db, number, step.outcome, answers, len(figures), changed)
    for each in answers:
        db.execute(
            "UPDATE snapshots SET kept_at = min(kept_at, ?) WHERE sha256 = ?",
            (started, each.sha256),
        )


def needed(db: sqlite3.Connection) -> dict[str, Any]:
    """Everything that other parts of the program read, with the bytes that it leads to."""
    rests_on = db.execute(
        "SELECT o.indicator_id, o.source_id, o.fetch_id, s.body FROM observations o "
        "JOIN fetches f ON f.id = o.fetch_id "
        "LEFT JOIN fetch_documents d ON d.fetch_id = f.id "
        "LEFT JOIN snapshots s ON s.sha256 = coalesce(d.snapshot, f.snapshot) ORDER BY 1, 2, 3, 4"
    ).fetchall()
    revised = db.execute(
        "SELECT r.value, f.id, f.started FROM revisions r JOIN fetches f ON f.id = r.fetch_id "
        "ORDER BY f.id"
    ).fetchall()
    answers = fetches.read_answers(db)
    return {
        "figures": rests_on,
        "revisions": revised,
        "answers": {a: fetches.read_snapshot(db, each.sha256) for a, each in answers.items()},
        "kept": [fetches.kept_documents(db, [pair]) for pair in PAIRS],
        "last": [
            read and (*read, fetches.snapshots_of(db, read[0]))
            for read in (fetches.last_read(db, *pair) for pair in PAIRS)
        ],
        "yield": [fetches.last_yield(db, *pair) for pair in PAIRS],
        "runs": last_runs(db),
    }


def rows(db: sqlite3.Connection, query: str) -> list[Any]:
    return [row[0] for row in db.execute(query)]


@settings(max_examples=30, deadline=None)
@given(histories)
def test_what_is_needed_stays(history: list[Fetch]) -> None:
    with filled(history) as db:
        before, count = needed(db), len(rows(db, "SELECT id FROM fetches"))
        documents = rows(db, "SELECT sha256 FROM snapshots")
        young = rows(
            db,
            "SELECT coalesce(d.snapshot, f.snapshot) FROM fetches f LEFT JOIN fetch_documents d "
            f"ON d.fetch_id = f.id WHERE f.snapshot IS NOT NULL AND f.started > '{text(100)}'",
        )
        done = run_housekeeping(db, POLICY, NOW)

        assert needed(db) == before
        left = rows(db, "SELECT sha256 FROM snapshots")
        assert set(young) <= set(left)
        assert len(documents) == len(left) + done.snapshots
        remaining = rows(db, "SELECT started FROM fetches")
        recent = [step for step in history if step.days_ago <= 200]
        assert sum(started >= text(200) for started in remaining) == len(recent)
        assert len(remaining) + sum(thinned_fetches(db).values()) == count
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert run_housekeeping(db, POLICY, NOW) == (0, 0, 0)


def test_what_is_old_and_not_needed_goes() -> None:
    pair = PAIRS[0]
    history = [
        Fetch(pair, 390, ("p",), 1, 1.0, "stored"),  # its figure was revised: the row stays
        Fetch(pair, 380, ("p",), 2, 2.0, "stored"),  # the figure rests on it
        Fetch(pair, 370, ("p",), 3, 2.0, "stored"),  # brought nothing new: goes
        Fetch(pair, 360, ("p",), 4, 2.0, "stored"),  # the last of its address
        *(Fetch(pair, 300 - day, (), 0, 2.0, "failed") for day in range(50)),
        Fetch(pair, 5, (), 0, 2.0, "failed"),
    ]
    with filled(history) as db:
        done = run_housekeeping(db, POLICY, NOW)
        assert (done.snapshots, done.fetches) == (2, 1 + 50)
        assert done.bytes > 0
        kept = dict(db.execute("SELECT started, snapshot IS NOT NULL FROM fetches"))
        assert kept == {text(390): 0, text(380): 1, text(360): 1, text(5): 0}
        assert thinned_fetches(db) == {"stored": 1, "failed": 50}


def test_more_than_one_transaction_holds() -> None:
    pair = PAIRS[0]
    history = [Fetch(pair, 399, ("p",), 1, 1.0, "stored")]
    history += [Fetch(pair, 300, (), 0, 1.0, "failed") for _ in range(2500)]
    with filled(history) as db:
        assert run_housekeeping(db, POLICY, NOW).fetches == 2499
        assert len(rows(db, "SELECT id FROM fetches")) == 2


def test_a_page_stays_as_long_as_one_of_its_indicators_rests_on_it() -> None:
    with filled([]) as db:
        source = SOURCES[0]
        for days_ago, value, good in ((390, 1.0, 2), (380, 2.0, 1), (370, 3.0, 1), (5, 4.0, 0)):
            with write(db):
                (number,) = fetches.begin_fetches(db, [("", source, "p", text(days_ago))])
                yields = [fetches.Yield(name, source, "failed") for name in INDICATORS[good:]]
                for name in INDICATORS[:good]:
                    store_figures(db, name, source, [Figure("c", "2020", value)], number)
                    yields.append(fetches.Yield(name, source, "stored", 1, 1))
                page = answer("p", f"{value}".encode())
                outcome: fetches.Outcome = "stored" if good else "failed"
                ended = fetches.Ended(number, outcome, [page], good, good, yields=yields)
                fetches.end_fetches(db, [ended])
                db.execute("UPDATE snapshots SET kept_at = ?", (text(390),))
        run_housekeeping(db, POLICY, NOW)
        kept = dict(db.execute("SELECT started, snapshot IS NOT NULL FROM fetches"))
        # The second indicator has its figure from the first fetch, the first from the third; the
        # figure of the second fetch was revised.
        assert kept == {text(390): 1, text(380): 0, text(370): 1, text(5): 1}
        assert fetches.last_read(db, INDICATORS[0], source) == (3, "stored", "")
        assert fetches.last_read(db, INDICATORS[1], source) == (1, "stored", "")
        assert fetches.last_yield(db, INDICATORS[1], source) == (1, 1)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_number_of_a_fetch_is_never_given_twice() -> None:
    with filled([]) as db:
        with write(db):
            db.execute(
                "INSERT INTO fetches (id, indicator_id, started, outcome) VALUES "
                f"(7, 'x', '{text(390)}', 'failed'), (8, 'x', '{text(390)}', 'failed')"
            )
        run_housekeeping(db, POLICY, NOW)
        assert rows(db, "SELECT id FROM fetches") == [8]
