"""A thread that ends for want of memory ends the daemon, and none that hangs holds that up."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from cityflux.core.daemon.shortage import noticing_shortage
from cityflux.core.model.errors import CityfluxError
from tests.series import ROOT

#: A daemon that ends by an error while a job hangs, or after it, but slowly.
ENDING = """
import concurrent.futures, threading, time
from cityflux.core.daemon.timing import end_soon
class Slow:
    def __del__(self):
        time.sleep(SECONDS)
slow = Slow()
concurrent.futures.ThreadPoolExecutor(1, "cityflux-job").submit(JOB)
end_soon(0.1)
raise SystemExit("what it is")
"""


def ends_with(error: type[Exception]) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


class SlowToComeUp(threading.Thread):
    """One that does not come up before it may; without memory none ever does."""

    may = threading.Event()

    def _bootstrap_inner(self) -> None:
        self.may.wait()
        super()._bootstrap_inner()  # type: ignore[misc]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_for_want_of_memory_is_heard_of_and_no_other() -> None:
    with noticing_shortage() as shortage:
        for error in (ValueError, MemoryError):
            shortage.check()
            thread = threading.Thread(target=ends_with(error))
            thread.start()
            thread.join()
        with pytest.raises(CityfluxError, match="too little memory for a thread"):
            shortage.check()


@pytest.mark.parametrize(
    ("said", "kind"),
    [("can't start new thread", CityfluxError), ("dictionary changed size", RuntimeError)],
)
def test_where_no_thread_can_be_started_memory_is_what_lacks(
    said: str, kind: type[Exception]
) -> None:
    match = "too little memory" if kind is CityfluxError else said
    with pytest.raises(kind, match=match), noticing_shortage():
        raise RuntimeError(said)


def test_a_thread_that_never_comes_up_is_noticed_and_none_that_is_about_to() -> None:
    thread = SlowToComeUp(target=lambda: None)
    starter = threading.Thread(target=thread.start)
    with noticing_shortage() as shortage:
        starter.start()
        while thread not in threading.enumerate():
            time.sleep(0.01)
        shortage.check()
        with pytest.raises(CityfluxError, match="too little memory for a thread"):
            for _ in range(100):
                shortage.check()
        thread.may.set()
        starter.join()
        thread.join()
        shortage.check()


@pytest.mark.parametrize(("job", "seconds"), [("threading.Event().wait", 0), ("int", 0.5)])
def test_a_job_that_hangs_does_not_hold_up_the_end(job: str, seconds: float) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING.replace("JOB", job).replace("SECONDS", str(seconds))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "what it is\n")
