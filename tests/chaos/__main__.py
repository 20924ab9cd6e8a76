"""Every fault again and again, and a table of what came of it: `python -m tests.chaos`.

Full disks need the right to mount a small file system, and clocks that are set the library
`libfaketime` (Debian: faketime). The seed says which tries; moments differ from run to run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.chaos.shares import TRIES, carry_out, shares
from tests.chaos.tally import table


def main() -> None:
    """Try them all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", type=float, default=1.0, help="of all tries, such as 0.1")
    parser.add_argument("--seconds", type=float, default=600, help="of the hostile server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=(os.cpu_count() or 1) + 1)
    options = parser.parse_args()
    began, tallies = time.monotonic(), []
    todo = shares(options.part, options.seed, options.seconds)
    with ProcessPoolExecutor(options.processes, max_tasks_per_child=1) as pool:
        waiting = {pool.submit(carry_out, share): share for share in todo}
        for done in as_completed(waiting):
            share, tally = waiting[done], done.result()
            tallies.append((share.fault, tally))
            counts = f"{tally.tried} tried, {tally.survived} survived, {tally.ended} ended"
            took = f"{time.monotonic() - began:6.0f} s"
            print(f"{took}  {share.fault}: {counts}, {tally.lost} lost", flush=True)
            for problem in tally.problems:
                print(f"    {problem}", flush=True)
    tallies.sort(key=lambda each: [*TRIES].index(each[0]))
    problems = sum(len(tally.problems) for _, tally in tallies)
    print(table(tallies))
    print(f"{problems} problems in {time.monotonic() - began:.0f} s")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
