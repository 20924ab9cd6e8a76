"""Plugin files for the tests: well-behaved ones, and culprits that do not come to an end."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from cityflux.core.model.sections import Quality
from cityflux.core.refresh.gate import Gate, History
from cityflux.storage.database import open_database
from cityflux.storage.read_only import read_database

PLUGIN = """
import polars as pl
from cityflux import Document, Indicator, Source, hookimpl

NAME = "{name}"


@hookimpl
def indicator():
    return Indicator(f"local.{{NAME}}", "甲", NAME, "{unit}")


@hookimpl
def source():
    return Source(
        f"office.{{NAME}}", "p", "{address}", licence="l", schedule="every 1 day", priority=1
    )


@hookimpl
def fetch(http, source, since):
{fetch}


@hookimpl
def normalize(documents):
{normalize}
"""
DERIVED = """
import polars as pl
from cityflux import Indicator, hookimpl


@hookimpl
def indicator():
    return Indicator("local.{name}", "甲", "{name}", "个", inputs=("local.{of}",))


@hookimpl
def derive(figures):
{derive}
    return figures.select("city", "period", pl.col("value") * 2)
"""
DOCUMENT = "return [Document(f'file:{NAME}', b'7 3')]"
FRAME = """
shanghai, beijing = map(float, documents[0].body.split())
return pl.DataFrame(
    {"city": ["shanghai", "beijing"], "period": ["2020"] * 2, "value": [shanghai, beijing]}
)
"""

#: Hooks that never end, each by another way: name, fetch, normalize.
ENDLESS = {
    "blocks": ("import threading; threading.Event().wait()", ""),
    "burns": ("", "while True: pass"),
    "matches": ("", "import re; re.match('(a+)+$', 'a' * 60 + 'b')"),
    "adds": ("", "sum(range(10**13))"),
}
#: Hooks that mean to take the whole process with them, and what is said of them.
LEAVING = {
    "exits": ("raise SystemExit(3)", "", "SystemExit: 3"),
    "exits_late": ("", "raise SystemExit", "SystemExit"),
    "interrupts": ("raise KeyboardInterrupt", "", "KeyboardInterrupt"),
    "interrupts_late": ("", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    "leaves": ("import os; os._exit(3)", "", "fetch ended its process (exit status 3)"),
    "crashes": (
        "",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "normalize ended its process (SIGSEGV)",
    ),
}


def write_plugin(
    folder: Path,
    name: str,
    fetch: str = "",
    normalize: str = "",
    address: str = "https://office.invalid/",
    unit: str = "个",
) -> Path:
    """Write a plugin file; its hooks do what is given before or in place of what they should."""
    path = folder / "my_plugins" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        PLUGIN.format(
            name=name,
            unit=unit,
            address=address,
            fetch=_indented(f"{fetch}\n{DOCUMENT}"),
            normalize=_indented(f"{normalize}\n{FRAME}"),
        ),
        encoding="utf-8",
    )
    return path


def write_derived(folder: Path, name: str, derive: str = "", of: str = "given") -> Path:
    """Write the plugin file of an indicator that doubles another, after what is given."""
    path = folder / "my_plugins" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    derive = _indented(derive or "pass")
    path.write_text(DERIVED.format(name=name, derive=derive, of=of), encoding="utf-8")
    return path


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.strip().splitlines())


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """What the database of a folder answers."""
    connection = sqlite3.connect(folder / "data" / "cityflux.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@contextmanager
def new_gate() -> Iterator[Gate]:
    """The gate of a database in which nothing is known yet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.db"
        with open_database(path), read_database(path) as known:
            yield Gate(History(known), Quality())


def workers_of(folder: Path) -> list[psutil.Process]:
    """The worker processes that were started in a folder and still run."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        known = process.info
        is_worker = "cityflux.core.refresh.isolation.inside" in (known["cmdline"] or ())
        if is_worker and known["cwd"] == os.fspath(folder.resolve()):
            found.append(process)
    return found


def until(done: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
