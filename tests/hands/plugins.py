"""Random misbehaviour in a random hook beside sound plugins: ``python -m tests.hands.plugins``.

Each combination is a plugin file. It is read as SIGHUP reads it, a figure changes by hand, and
every sound index must come out as where that plugin never was. The short form does it in this
process (`tests/hands/test_plugins.py`), the long one with a daemon (``make fuzz-plugins``).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cityflux.core.app.job import Job
from cityflux.core.app.session import Session
from cityflux.core.app.timetable import triggers
from tests.daemon.test_service import Daemon
from tests.hands import world
from tests.hands.world import CITIES, INDICATORS, SOURCE

Scores = list[tuple[object, ...]]

HOOKS = {
    "prepare_connection": "connection",
    "register_methods": "register",
    "register_formats": "register",
    "register_cities": "register",
    "register_indicators": "register",
    "register_indices": "register",
    "register_commands": "cli",
    "observations_changed": "changes",
    "index_computed": "index_id, run_id, changed",
    "refresh_failed": "indicator_id, source_id, error",
    "indicator": "",
    "source": "",
}
DEEDS = (
    "raise ValueError('broken')",
    "raise SystemExit(4)",
    "raise SystemExit",
    "raise KeyboardInterrupt",
    "raise GeneratorExit",
    "raise StopIteration",
    "raise MemoryError",
    "raise BaseException('\\ud800\\x1b[31m')",
    "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})",
    "raise ExceptionGroup('many', [ValueError(number) for number in range(99)])",
    "f = lambda: f(); f()",
    "print('x' * 1_000_000)",
    "import os; os.write(1, b'noise')",
    "import sys; sys.stdout.write('{'); sys.stdout.close()",
    "import sys; sys.stdout = None",
    "import time; time.sleep(0.05)",
    "import threading; threading.Thread(target=lambda: None).start()",
    "return 5",
    "return 'x' * 1_000_000",
    "return [object()]",
    "return lambda *_: 1 / 0",
    "yield 1",
    "assert False",
    "undefined",
    "import nowhere_at_all",
)
#: What only some hooks can do.
OWN_DEEDS = {
    "prepare_connection": (
        "connection.execute('BEGIN')",
        "connection.close()",
        "connection.execute('PRAGMA query_only = ON')",
        "connection.execute('PRAGMA foreign_keys = OFF')",
        "connection.set_authorizer(lambda *_: 1)",
        "connection.set_progress_handler(lambda: 1, 1)",
        "connection.set_trace_callback(print)",
        "connection.isolation_level = 'EXCLUSIVE'",
        "connection.row_factory = lambda cursor, row: 5",
        "connection.text_factory = bytes",
        "connection.create_function('half', 1, lambda x: 1 / 0)",
        "connection.execute('SELECT nothing FROM nowhere')",
    ),
    "observations_changed": (
        "changes.clear()",
        "changes[0]['value'] = 'x'; raise ValueError",
    ),
    "register_methods": (
        "register('aggregation', 'mean', len)",
        "register('weighting', 'own', 5)",
        "register(5, 5, 5)",
        "register('aggregation', 'own', lambda *_: 1 / 0)",
    ),
    "register_cities": ("register(5)", "register(None); register('shanghai')"),
    "register_indices": ("register('nowhere.toml')", "register('/dev/zero')", "register(5)"),
    "register_indicators": (
        "register(5)",
        "register(register)",
        "[register(None) for _ in 'x' * 9]",
    ),
    "register_commands": ("cli.commands.clear(); cli.add_command(5)", "cli.commands[5] = 5"),
}
FIELDS = {
    "City": ("id", "name_zh", "name_en", "country", "region", "latitude", "longitude"),
    "Indicator": (
        *("id", "name_zh", "name_en", "unit", "direction", "frequency", "definition", "inputs"),
        *("scale", "breaks"),
    ),
    "Source": (
        *("id", "publisher", "address", "licence", "schedule", "priority", "access", "secrets"),
        *("params", "vintage"),
    ),
}
VALUES = (
    *(
        "5",
        "None",
        "''",
        "'x'",
        "'X y'",
        "-1",
        "1e308",
        "float('nan')",
        "'\\ud800'",
        "'a\\0b'",
        "()",
    ),
    *("['x']", "{}", "b'x'", "True", "10**30", "'x' * 100_000", "object()", "'daily'", "'rows.p'"),
    *("'shanghai'", "'0 6 30 feb *'", "('rows.p', 5)", "'rows.source'"),
)
HEAD = "import cityflux\nfrom cityflux import City, Document, Indicator, Source, hookimpl\n"


def combination(chance: random.Random) -> str:
    """A plugin that misbehaves in one place."""
    kind = chance.choice(["hook", "hook", "hook", "declaration", "declaration", "module"])
    if kind == "module":
        return f"{HEAD}\ndef deed():\n    {chance.choice(DEEDS)}\n\n\nlist(deed() or ())\n"
    if kind == "declaration":
        return _declaration(chance)
    hook = chance.choice([*HOOKS])
    deed = chance.choice((*DEEDS, *OWN_DEEDS.get(hook, ()) * 3))
    wrapper = chance.choice(["", "", "", "(wrapper=True)"])
    return f"{HEAD}\n\n@hookimpl{wrapper}\ndef {hook}({HOOKS[hook]}):\n    {deed}\n"


def _declaration(chance: random.Random) -> str:
    noun = chance.choice([*FIELDS])
    wrong = {noun: {chance.choice(FIELDS[noun]): chance.choice(VALUES)}}
    sound = {
        "City": {"id": "'here'", "name_zh": "'此'", "name_en": "'Here'"},
        "Indicator": {"id": "'odd.x'", "name_zh": "'甲'", "name_en": "'X'", "unit": "'个'"},
        "Source": {"id": "'odd.x'", "publisher": "'p'", "address": "'a'", "licence": "'l'"},
    }
    said = {
        name: ", ".join(
            f"{key}={value}" for key, value in {**fields, **wrong.get(name, {})}.items()
        )
        for name, fields in sound.items()
    }
    return (
        f"{HEAD}\n\n@hookimpl\ndef register_cities(register):\n    register(City({said['City']}))\n"
        f"\n\n@hookimpl\ndef indicator():\n    return Indicator({said['Indicator']})\n"
        f"\n\n@hookimpl\ndef source():\n    return Source({said['Source']})\n"
        "\n\n@hookimpl\ndef fetch(source):\n    return [Document(source.address, b'x')]\n"
        "\n\n@hookimpl\ndef normalize(documents):\n    return 5\n"
    )


def enter(database: Path, chance: random.Random) -> None:
    """Change a figure by hand."""
    cell = (chance.random() * 9, chance.choice(INDICATORS), chance.choice(CITIES), SOURCE)
    connection = sqlite3.connect(database, timeout=30)
    with connection:
        connection.execute(
            "UPDATE observations SET value = ? "
            "WHERE indicator_id = ? AND city_id = ? AND source_id = ?",
            cell,
        )
    connection.close()


def scores(database: Path) -> Scores:
    """All that the sound indices came to."""
    connection = sqlite3.connect(database, timeout=30)
    rows = connection.execute(
        "SELECT index_id, node_id, city_id, period, score FROM scores "
        "WHERE index_id IN ('both', 'alone') ORDER BY 1, 2, 3, 4"
    ).fetchall()
    connection.close()
    return rows


class Sound:
    """The same installation without any plugin that misbehaves, computed anew each time."""

    def __init__(self, folder: Path) -> None:
        self._made = world.make(folder)

    def scores_of(self, database: Path) -> Scores:
        """What the sound indices of another database must come to."""
        target = self._made.database
        with contextlib.closing(sqlite3.connect(database, timeout=30)) as theirs:
            rows = theirs.execute(
                "SELECT value, indicator_id, city_id FROM observations"
            ).fetchall()
        with contextlib.closing(sqlite3.connect(target)) as ours, ours:
            ours.executemany(
                "UPDATE observations SET value = ? WHERE indicator_id = ? AND city_id = ?", rows
            )
        assert not world.compute(self._made, force=True).failed
        return scores(target)


def here(folder: Path, count: int, seed: int, each: int = 10) -> Iterator[tuple[str, bool, str]]:
    """Read each combination in this process, as a daemon does, and follow a change.

    The scores are held against those of a fresh compute after so many combinations ``each``.

    Yields:
        The plugin, whether the sound indices are right, and what was written on standard output.
    """
    (folder / "sound").mkdir()
    (folder / "tried").mkdir()
    chance, sound = random.Random(seed), Sound(folder / "sound")
    session = world.make(folder / "tried")
    plugin = folder / "tried" / "my_plugins" / "odd.py"
    for number in range(1, count + 1):
        code = combination(chance)
        plugin.write_text(code, encoding="utf-8", errors="surrogatepass")
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            session = session.again()
            triggers(session)
            with session.open() as connection:
                job = Job(connection, session)
                job.note_broken()
                job.compute()
                enter(session.database, chance)
                job.follow()
        right = number % each != 0 or scores(session.database) == sound.scores_of(session.database)
        yield code, right, out.getvalue()


def with_a_daemon(folder: Path, count: int, seed: int) -> Iterator[tuple[str, bool, str]]:
    """The same by SIGHUP; the text is what the daemon said, where it is not as it should be."""
    (folder / "sound").mkdir()
    (folder / "tried").mkdir()
    chance, sound = random.Random(seed), Sound(folder / "sound")
    session: Session = world.make(folder / "tried")
    daemon = Daemon(folder / "tried")
    daemon.database = session.database
    plugin = folder / "tried" / "my_plugins" / "odd.py"
    daemon.start()
    try:
        daemon.until_said("sources scheduled")
        for number in range(count):
            code = combination(chance)
            plugin.write_text(code, encoding="utf-8", errors="surrogatepass")
            daemon.process.send_signal(signal.SIGHUP)
            daemon.until_said("sources scheduled", number + 2)
            enter(session.database, chance)
            wanted = sound.scores_of(session.database)
            try:
                daemon.until(partial(_is, session.database, wanted))
            except AssertionError as error:
                yield code, False, str(error)[-2_000:]
                return
            yield code, True, ""
        assert daemon.stop() == 0
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()


def _is(database: Path, wanted: Scores) -> bool:
    return scores(database) == wanted


def main() -> int:
    """Try combinations with a daemon, and print those that did harm."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--combinations", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    tried = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for code, right, said in with_a_daemon(Path(folder), options.combinations, options.seed):
            tried += 1
            if not right:
                wrong += 1
                print(code, said, sep="\n", file=sys.stderr)
    print(f"{tried} plugins tried, {wrong} did harm")
    return 1 if wrong or tried < options.combinations else 0


if __name__ == "__main__":
    sys.exit(main())
