"""Faults that meet commands: files damaged at rest, read-only ones, and hostile servers."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

from cityflux.scrapers.http.client import Client
from tests.chaos.tally import Outcome, Tally
from tests.chaos.victim import ledger, lost
from tests.clocks import FakeClock
from tests.conftest import run_module
from tests.series import CITIES, ROOT
from tests.servers import Answer, LoopbackServer
from tests.test_faults import CITIES as PLACES
from tests.test_faults import FAULTS, PLUGIN, html, table

Attempt = tuple[Outcome, list[str], list[str]]
IMPORT = ("import", "figures.csv", "--publisher", "p")
#: What a damaged file may make a command say; anything that is raised ends the try as a problem.
COMMANDS = (("compute",), IMPORT, ("status",), ("show",), ("sources",))
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


class Home:
    """A folder with a database of figures of which a copy was made."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance
        self.database = folder / "data" / "cityflux.db"
        self.copy = folder / "copy.db"
        self.bring()
        self.cityflux("backup", str(self.copy))

    def cityflux(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside this process."""
        return run_module("cityflux", *arguments, cwd=self.folder)

    def bring(self) -> list[str]:
        """Store new figures; what is wrong with how that went."""
        base = self.chance.randint(1, 10**9)
        rows = [
            f"overall_economy.gdp,{c},{y},{base + y}" for c in CITIES for y in range(2000, 2020)
        ]
        text = "\n".join(["indicator,city,period,value", *rows])
        (self.folder / "figures.csv").write_text(text + "\n")
        done = self.cityflux(*IMPORT)
        return [f"import: {done.stderr}"] * bool(done.returncode)


def damaged(home: Home, kind: str) -> Attempt:
    """Damage the file, use it by commands, and go back to the copy."""
    before = ledger(home.database)
    size = home.database.stat().st_size
    if kind == "truncated file, at rest":
        os.truncate(home.database, home.chance.randrange(size))
    else:
        with home.database.open("r+b") as file:
            for _ in range(home.chance.choice((1, 10, 1000))):
                place = home.chance.randrange(size)
                file.seek(place)
                turned = file.read(1)[0] ^ 1 << home.chance.randrange(8)
                file.seek(place)
                file.write(bytes([turned]))
    wrong = []
    for command in home.chance.sample(COMMANDS, 2):
        done = home.cityflux(*command)
        if done.returncode not in (0, 1) or (done.returncode == 1 and not done.stderr):
            wrong.append(f"{command[0]}: exit {done.returncode}: {done.stderr[-300:]}")
    found = home.cityflux("doctor").returncode
    is_whole = False
    with contextlib.suppress(Exception):
        is_whole = not lost(home.database, before)
    known = ledger(home.copy)
    wrong += ["the copy has not what was committed"] * (before[: len(known)] != known)
    for path in home.database.parent.glob("cityflux.db*"):
        path.unlink()
    shutil.copy(home.copy, home.database)
    wrong += home.bring()
    home.copy.unlink()
    home.cityflux("backup", str(home.copy))
    if is_whole:
        return "survived", [], wrong
    # Who turns a bit within a number gives another number, which nobody can tell from the first.
    return (
        "ended",
        [],
        wrong + ["doctor finds nothing"] * (found == 0 and kind == "truncated file, at rest"),
    )


def read_only(home: Home) -> Attempt:
    """Take the right to write away from the files, the folder or both; then give it back."""
    before = ledger(home.database)
    files = [*home.database.parent.iterdir()]
    closed = home.chance.choice((files, [home.database.parent], [*files, home.database.parent]))
    modes = {path: path.stat().st_mode for path in closed}
    for path in closed:
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = home.chance.choice((("run",), ("compute",), IMPORT))
    try:
        done = _without_privilege(home.folder, *command)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    said = done.stderr.splitlines()
    is_well = done.returncode == 1 and said and said[-1].startswith(("Error: ", "failed: "))
    is_well = is_well and "Traceback" not in done.stderr
    wrong = [] if is_well else [f"{command}: exit {done.returncode}: {done.stderr[-500:]}"]
    return "ended", lost(home.database, before), wrong + home.bring()


def _without_privilege(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that may write to what its mode allows only, also as root."""
    return subprocess.run(
        [sys.executable, "-m", "cityflux", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        preexec_fn=partial(ctypes.CDLL(None).prctl, PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def at_rest(kind: str, tries: int, seed: int) -> Tally:
    """Try a fault of files so often."""
    done = Tally()
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name), random.Random(seed))
        for _ in range(tries):
            done.count(lambda: read_only(home) if kind == "read-only" else damaged(home, kind))
    return done


class Office:
    """A folder with one plugin whose page may answer anything."""

    def __init__(self, folder: Path, server: LoopbackServer, chance: random.Random) -> None:
        self.folder, self.server, self.chance = folder, server, chance
        self.database = folder / "data" / "cityflux.db"
        (folder / "my_plugins").mkdir()
        (folder / "my_plugins" / "office.py").write_text(PLUGIN, encoding="utf-8")

    def refresh(self, address: str, deadline: float = 20.0) -> subprocess.CompletedProcess[str]:
        """Look at the page."""
        (self.folder / "my_plugins" / "address.txt").write_text(address)
        (self.folder / "config.toml").write_text(
            '[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n'
            f"deadline = {deadline}\n"
        )
        return run_module("cityflux", "refresh", "local.cargo", cwd=self.folder)

    def attempt(self) -> Attempt:
        """Good figures, then a fault: they stay, and what is wrong is named."""
        page = self.server.address("/page")
        moved = {city: round(v * self.chance.uniform(0.8, 1.2), 3) for city, v in PLACES.items()}
        self.server.answer("/robots.txt", Answer(status=404))
        self.server.answer("/page", html(table(moved)))
        well = self.refresh(page)
        before = ledger(self.database)
        name = self.chance.choice([*FAULTS])
        fault = FAULTS[name]
        self.server.answer("/page", fault.program)
        self.server.answer("/robots.txt", Answer(fault.robots, 200 if fault.robots else 404))
        address = fault.address.replace("HOST", f"127.0.0.1:{self.server.port}") or page
        clock = patch("cityflux.core.refresh.client.Client", partial(Client, clock=FakeClock()))
        with clock if fault.fake_time else contextlib.nullcontext():
            done = self.refresh(address, fault.deadline)
        wrong = [f"after {name}: {well.stderr}"] * bool(well.returncode)
        wrong += [f"{name}: exit {done.returncode}: {done.stderr}"] * (
            done.returncode != fault.code
        )
        if fault.code and ledger(self.database) != before:
            wrong.append(f"{name}: something was stored")
        return "survived", lost(self.database, before), wrong


def hostile(tries: int, seconds: float, seed: int) -> Tally:
    """Every kind of fault of a server at random, so often, and for so long."""
    done, end = Tally(), time.monotonic() + seconds
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as name:
        office = Office(Path(name), server, random.Random(seed))
        while done.tried < tries or time.monotonic() < end:
            done.count(office.attempt)
    return done
