"""A refresh of 1,000 series against bare loops over the same server, in one run.

``python -m benchmarks.refresh BENCH`` takes the folder with the bare loops and their server
(``series_server.py``, ``sync_bench.py``, ``bare_bench.py``; it needs aiohttp) and prints the
ratios of a first run and of an unchanged second one. Ours is the command `cityflux refresh` as a
whole, with its start. The plugin runs in threads, as those that are built in do; ``--apart`` runs
it in worker processes, as those that are not. ``--hosts`` instead
refreshes 1,000 indicators from 20 hosts, each a port of its own on loopback, and shows from the
servers' own log that every host's budget was kept.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise
from pathlib import Path
from socket import create_server
from typing import Any

import cityflux.plugins
from tests.servers import LoopbackServer

PLUGIN = Path(__file__).with_name("series.py")
SERIES = 1000
HOSTS = 20
WINDOW = 4.0  # seconds over which a host's requests are counted


def measure(folder: Path, settings: dict[str, Any], threads: int, apart: bool) -> dict[str, Any]:
    """Run `cityflux refresh` on all series, and say what that took, from its first import on.

    The plugin lies in a folder of plugins; or it joins those that are built in.
    """
    plugins = folder / "series"
    plugins.mkdir(exist_ok=True)
    shutil.copy(PLUGIN, plugins)
    if not apart:
        cityflux.plugins.__path__.append(str(plugins))
    tables: dict[str, dict[str, Any]] = {
        "plugins": {"dirs": [str(plugins)] if apart else []},
        "refresh": {"threads": threads},
        "client": settings,
    }
    lines = [
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    ]
    (folder / "config.toml").write_text("".join(lines))
    wanted = [f"bench.series_{number:04d}" for number in range(SERIES)]
    out = io.StringIO()
    start = time.perf_counter()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        from cityflux.core.cli.main import main as command

        command(["--config", str(folder / "config.toml"), "refresh", "--json", *wanted])
    seconds = time.perf_counter() - start
    told = json.loads(out.getvalue())
    return {
        "s": seconds,
        "failed": len(told["failed"]),
        "unchanged": told["unchanged"],
        "rows_written": told["changed"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def run(*command: str, **environment: str) -> dict[str, Any]:
    """Run a measurement in a process of its own; it prints one line of JSON."""
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def ours(
    folder: Path, servers: str, threads: int, apart: bool = False, **settings: Any
) -> dict[str, Any]:
    """Our refresh into the database of a folder, in a process of its own."""
    folder.mkdir(exist_ok=True)
    return run(
        *("-m", "benchmarks.refresh", "--measure", str(folder), json.dumps(settings)),
        CITYFLUX_BENCH_SERVERS=servers,
        CITYFLUX_BENCH_SERIES=str(SERIES),
        BENCH_THREADS=str(threads),
        BENCH_APART="1" if apart else "",
    )


@contextmanager
def series_server(bench: Path) -> Iterator[str]:
    """The server of the bare loops."""
    with closing(create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, str(bench / "series_server.py"), "--port", str(port)],
        stderr=subprocess.DEVNULL,
    )
    try:
        while server.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/stats").close()
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        else:
            raise SystemExit("series_server.py ended at once; it needs aiohttp")
        yield address
    finally:
        server.terminate()
        server.wait()


def compare(bench: Path, rounds: int, threads: int, apart: bool) -> None:
    """Print our seconds, the bare loops' and their ratios, round by round and at the median."""
    first, second = [], []
    with series_server(bench) as address, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(rounds):
            own, bare = folder / str(number), str(folder / f"{number}-bare.db")
            sync_loop, etag_loop = str(bench / "sync_bench.py"), str(bench / "bare_bench.py")
            limits = {"requests_per_second": 1e6, "connections": 4, "allow_hosts": ["127.0.0.1"]}
            sync = run(sync_loop, bare + "-sync", "1", SERVER=address)
            cold = ours(own, address, threads, apart, **limits)
            run(etag_loop, bare, "5", "etag", SERVER=address)
            etag = run(etag_loop, bare, "5", "etag", SERVER=address)
            warm = ours(own, address, threads, apart, **limits)
            first.append(cold["s"] / sync["s"])
            second.append(warm["s"] / etag["s"])
            print(
                f"first {cold['s']:.2f} s, bare {sync['s']:.2f} s, {cold['rows_written']:,} rows, "
                f"{cold['failed']} failed, {cold['peak_mb']} MB; unchanged {warm['s']:.2f} s, "
                f"bare {etag['s']:.2f} s, {warm['rows_written']} rows, {warm['failed']} failed, "
                f"{warm['peak_mb']} MB"
            )
    print(
        f"first run: {statistics.median(first):.2f} times sync_bench with one thread "
        f"({min(first):.2f} to {max(first):.2f})"
    )
    print(
        f"unchanged: {statistics.median(second):.2f} times bare_bench 5 etag "
        f"({min(second):.2f} to {max(second):.2f})"
    )


def keep_budgets(per_second: float, connections: int) -> None:
    """Refresh from many hosts, and print from the servers' log how each was treated."""
    rows = [{"city": "110000", "period": "2020", "value": 1.0}]
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        servers = [stack.enter_context(LoopbackServer()) for _ in range(HOSTS)]
        for number in range(SERIES):
            servers[number % HOSTS].answer(f"/series/{number}", json.dumps({"rows": rows}))
        found = ours(
            Path(name),
            " ".join(server.address("") for server in servers),
            8,
            requests_per_second=per_second,
            connections=connections,
            allow_hosts=["127.0.0.1"],
        )
        times = [[seen.at for seen in server.requests] for server in servers]
    asked = [len(each) for each in times]
    gaps = [later - earlier for each in times for earlier, later in pairwise(each)]
    busiest = max(
        sum(start <= moment < start + WINDOW for moment in each) for each in times for start in each
    )
    print(
        f"{SERIES} indicators over {HOSTS} hosts: {found['s']:.1f} s, {found['failed']} failed; "
        f"{min(asked)} to {max(asked)} requests a host with robots.txt; "
        f"allowed to one host: {per_second:g} a second, seen: at most {busiest} in any "
        f"{WINDOW:g} s, and {min(gaps):.3f} s between two"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", type=Path, nargs="?", help="folder of the bare loops")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--hosts", action="store_true")
    parser.add_argument(
        "--measure", nargs=2, metavar=("FOLDER", "SETTINGS"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    if options.measure:
        folder, settings = Path(options.measure[0]), json.loads(options.measure[1])
        threads, apart = int(os.environ["BENCH_THREADS"]), bool(os.environ["BENCH_APART"])
        print(json.dumps(measure(folder, settings, threads, apart)))
    elif options.hosts:
        keep_budgets(5.0, 2)
    elif options.bench:
        compare(options.bench, options.rounds, options.threads, options.apart)
    else:
        parser.error("name the folder of the bare loops, or --hosts")


if __name__ == "__main__":
    main()
