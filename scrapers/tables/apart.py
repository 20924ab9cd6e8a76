"""What only a library could bound is read in a process of its own, which memory and time end.

``python -m cityflux.scrapers.tables.apart KIND`` reads a file on standard input and writes what it
holds to standard output. That takes a third of a second, so that only the binary formats go this
way: XLS, XLSB and Parquet say how large they are anywhere in the file, and lie if they want.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Literal

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.core.model.interpreter import fresh

#: Of a table in a file, empty ones among them.
MOST_CELLS = 500_000

_MOST_SECONDS = 20
_MOST_MEGABYTES = 768
_REFUSED = 3

Grid = list[list[str]]
Kind = Literal["Excel", "Parquet"]


def read_apart(document: Document, kind: Kind) -> bytes:
    """What a file holds: the sheets of a workbook as JSON, a Parquet file as Arrow's IPC.

    Raises:
        Unexpected: when it is damaged, or reading it takes too much memory or time.
    """
    command, env = fresh(__name__, kind)
    try:
        done = subprocess.run(
            command,
            input=document.body,
            capture_output=True,
            timeout=3 * _MOST_SECONDS,
            env={**env, "POLARS_MAX_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused(document, f"is not read within {3 * _MOST_SECONDS} s") from None
    if done.returncode == 0:
        return done.stdout
    if done.returncode == _REFUSED:
        raise _refused(document, done.stdout.decode("utf-8", "replace"))
    raise _refused(document, f"takes over {_MOST_MEGABYTES} MB or {_MOST_SECONDS} s to be read")


def read_book(body: bytes) -> dict[str, Grid]:
    """The cells of each sheet of a workbook; blank rows at the top are rows, too.

    Raises:
        ValueError: when there are too many cells.
    """
    import fastexcel

    book = fastexcel.read_excel(body)
    sheets: dict[str, Grid] = {}
    cells = 0
    for name in book.sheet_names:
        # skip_rows=0 keeps the blank rows at the top: a row has the number that Excel shows.
        frame = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
        cells += frame.height * frame.width
        _check(cells)
        sheets[name] = [[(cell or "").strip() for cell in row] for row in frame.iter_rows()]
    return sheets


def read_parquet(body: bytes) -> bytes:
    """A Parquet file as Arrow's IPC.

    Raises:
        ValueError: when there are too many cells.
    """
    import polars as pl

    names = pl.read_parquet_schema(io.BytesIO(body))
    rows = pl.scan_parquet(io.BytesIO(body)).select(pl.len()).collect().item()
    _check(rows * len(names))
    buffer = io.BytesIO()
    pl.read_parquet(io.BytesIO(body)).write_ipc(buffer)
    return buffer.getvalue()


def _check(cells: int) -> None:
    if cells > MOST_CELLS:
        raise ValueError(f"has {cells:,} cells, more than the {MOST_CELLS:,} that are read")


def _refused(document: Document, why: str) -> Unexpected:
    return Unexpected(f"{document.address}: {why}", address=document.address)


def _main(kind: str) -> int:
    """Read standard input within the limits."""
    most = _MOST_MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    readers: dict[str, Callable[[bytes], bytes]] = {
        "Excel": lambda body: json.dumps(read_book(body)).encode(),
        "Parquet": read_parquet,
    }
    try:
        sys.stdout.buffer.write(readers[kind](sys.stdin.buffer.read()))
    except BaseException as error:
        reason = " ".join((str(error) or type(error).__name__).partition("\n")[0].split())[:200]
        ours = isinstance(error, ValueError) and reason.startswith("has ")
        told = reason if ours else f"cannot be read as {kind}, it seems damaged ({reason})"
        sys.stdout.buffer.write(told.encode())
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
