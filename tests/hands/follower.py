"""The same writes into a database that a real daemon follows: `python -m tests.hands.follower`.

Whatever they are, the daemon stays up, says each thing once and in one line, and stops when told.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import click
from sqlite_utils import Database

from cityflux.core.app.session import Session
from tests.hands import rows, world
from tests.series import ROOT

_PAUSE = 0.15  # seconds between two writes


def follow(made: Session, folder: Path, chance: random.Random, writes: int) -> list[str]:
    """One daemon; returns what was written.

    Raises:
        AssertionError: it ended, printed a traceback, or said something twice.
    """
    session, log = world.copy(made, folder), folder / "log.txt"
    place = ["--config", str(made.config_file), "--database", str(session.database)]
    with log.open("w") as out:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "cityflux", *place, "run"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=out,
        )
    try:
        while "scheduled" not in log.read_text():
            assert daemon.poll() is None, log.read_text()
            time.sleep(0.05)
        said = []
        for _ in range(writes):
            with closing(Database(session.database)) as db:
                said.append(rows.write(db, chance))
            time.sleep(_PAUSE)
        time.sleep(1.0)
        assert daemon.poll() is None, (log.read_text(), said)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
    lines = [line[24:] for line in log.read_text().splitlines() if " INFO " not in line]
    assert not any(line.startswith("Traceback") for line in lines), (lines, said)
    assert len(lines) == len({*lines}), (lines, said)
    return said


@click.command()
@click.option("--writes", default=500, show_default=True)
@click.option("--of-round", default=12, show_default=True, help="Writes under one daemon.")
@click.option("--seed", default=None, type=int, help="The seed of the first daemon.")
def main(writes: int, of_round: int, seed: int | None) -> None:
    """Start a daemon after the other until there were so many writes."""
    first = random.SystemRandom().randrange(2**32) if seed is None else seed
    with tempfile.TemporaryDirectory() as name:
        made = world.make(Path(name))
        for number in range(-(-writes // of_round)):
            folder = Path(name) / str(number)
            folder.mkdir()
            click.echo(f"daemon {number}, seed {first + number}", err=True)
            follow(made, folder, random.Random(first + number), of_round)
    click.echo(f"{writes} writes, and every daemon stayed up")


if __name__ == "__main__":
    main()
