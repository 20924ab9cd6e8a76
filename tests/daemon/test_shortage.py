"""A thread that ends for want of memory ends the daemon, and none that hangs holds that up."""

from __future__ import annotations

import _thread
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from cityflux.core.daemon.shortage import Shortage, noticing_shortage
from cityflux.core.model.errors import CityfluxError
from tests.series import ROOT

#: A daemon that ends by an error while a job hangs.
ENDING = """
import concurrent.futures, threading
from cityflux.core.daemon.timing import end_soon
concurrent.futures.ThreadPoolExecutor(1, "cityflux-job").submit(threading.Event().wait)
end_soon(0.1)
raise SystemExit("what it is")
"""


def ends_with(error: type[Exception]) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


def heard(shortage: Shortage) -> bool:
    """Whether it is heard within a moment."""
    for _ in range(100):
        try:
            shortage.check()
        except CityfluxError:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_thread_that_ends_for_want_of_memory_is_heard_of_and_no_other() -> None:
    with noticing_shortage() as shortage:
        other = threading.Thread(target=ends_with(ValueError))
        other.start()
        other.join()
        shortage.check()
        _thread.start_new_thread(ends_with(MemoryError), ())  # as one that does not come up
        assert heard(shortage)
    with noticing_shortage() as shortage:
        threading.Thread(target=ends_with(MemoryError)).start()
        assert heard(shortage)


def test_a_job_that_hangs_does_not_hold_up_the_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "what it is\n")
