"""Every call of somebody else's code: whatever it raises, prints or ends costs it alone.

A hook that fails is counted and named with file and line, and is left alone once it has failed
`core.plugin.record.MOST` times; whoever called goes on without it.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial, wraps
from types import FrameType
from typing import Any, TypeVar

from cityflux.core.model.errors import CityfluxError, PluginError
from cityflux.core.plugin.aside import aside
from cityflux.core.plugin.record import PluginRecord, TooLong
from cityflux.core.plugin.traces import one_line

_T = TypeVar("_T")

_OF_INDICATORS = ("fetch", "normalize", "derive")

#: Seconds that one call may take.
LONGEST = 30.0


class Pressed(KeyboardInterrupt):
    """Somebody pressed Ctrl-C; a plugin can only raise what looks like it."""


def guarded(record: PluginRecord, hook: str, call: Callable[[], _T]) -> _T | None:
    """Call a hook of a plugin.

    Args:
        record: the plugin.
        hook: which one.
        call: calls it.

    Returns:
        What it returned; None where it raised, or is not called any more.
    """
    if record.is_off(hook):
        return None
    with contained(lambda error: record.note(hook, error)):
        return call()
    return None


@contextmanager
def contained(note: Callable[[BaseException], object]) -> Iterator[None]:
    """Let nothing out of somebody else's code but what it is asked for.

    What it raises is handed to ``note``, SystemExit included; it prints to standard error.
    """
    try:
        with alone():
            yield
    except Pressed:
        raise
    except BaseException as error:
        note(error)


@contextmanager
def alone(longest: float | None = None) -> Iterator[None]:
    """Somebody else's code runs: it may not print into our output, play Ctrl-C, or never end.

    The programs that it starts print to standard error as well. It is cut off where it runs in the
    main thread; a call into C ends when it likes.

    Args:
        longest: seconds after which it is cut off; `LONGEST` if left out.

    Raises:
        TooLong: it did not end.
    """
    ours = threading.current_thread() is threading.main_thread()
    could_be_either = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if could_be_either:
        signal.signal(signal.SIGINT, _press)
    seconds = LONGEST if longest is None else longest
    # Within another such call it is the other's time that runs.
    is_timed = ours and seconds < math.inf and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    try:
        with aside(), _ending_after(seconds) if is_timed else nullcontext():
            yield
    finally:
        if could_be_either:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _ending_after(seconds: float) -> Iterator[None]:
    signal.signal(signal.SIGALRM, partial(_cut_off, seconds))
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again, where it was caught
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _cut_off(seconds: float, number: int, frame: FrameType | None) -> None:
    raise TooLong(f"did not end: gave up after {seconds:g} s")


def _press(number: int, frame: FrameType | None) -> None:
    raise Pressed


def registered(
    record: PluginRecord, what: str, function: Callable[..., Any], returns: str = ""
) -> Callable[..., Any]:
    """A function that a plugin registered, as others call it.

    Args:
        record: the plugin.
        what: what it is called in messages, such as ``aggregation harmonic``.
        function: takes and gives what functions of this kind do.
        returns: the name of the type that it must return; any will do if left out.

    Returns:
        The same, but that it raises a PluginError which names the plugin; errors of cityflux pass.
    """
    if not callable(function):
        raise PluginError(f"registers {function!r} as {what}; register a function")

    @wraps(function)
    def called(*arguments: Any, **options: Any) -> Any:
        try:
            with alone():
                answer = function(*arguments, **options)
            if returns and returns not in {each.__name__ for each in type(answer).__mro__}:
                raise PluginError(
                    f"returned a {type(answer).__name__}, and must return a {returns}"
                )
        except Pressed:
            raise
        except BaseException as error:
            record.failures[what] += 1
            if isinstance(error, CityfluxError) and not isinstance(error, PluginError):
                raise
            raise PluginError(
                f"{what} of {record.name}: {one_line(error, record.homes)}"
            ) from error
        return answer

    return called


def listener(record: PluginRecord, hook: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A hook that is broadcast, so that it costs itself alone; it gets lists of its own."""

    @wraps(function)
    def heard(*arguments: Any) -> Any:
        own = [[*map(dict, each)] if isinstance(each, list) else each for each in arguments]
        return guarded(record, hook, lambda: function(*own))

    return heard


def around(
    record: PluginRecord, hook: str, function: Callable[..., Any]
) -> Callable[..., Generator[None, Any, Any]]:
    """A wrapping hook (``wrapper=True``), so that what is wrong with it costs it alone.

    It counts as if it were not there where it raises, forgets its ``return``, or yields more or
    less than once. An error of cityflux that a wrapper of an indicator raises is meant: it refuses
    what it wraps.
    """
    refusing = (CityfluxError,) if hook in _OF_INDICATORS else ()
    line = f" (line {function.__code__.co_firstlineno})"

    @contextmanager
    def its_own(failure: BaseException | None = None) -> Iterator[None]:
        try:
            yield
        except (Pressed, *refusing):
            raise
        except BaseException as error:
            if error is not failure:
                record.note(hook, error)

    def begun(arguments: tuple[Any, ...]) -> Generator[None, Any, Any] | None:
        """The wrapper up to its yield; None where it does not come that far."""
        with its_own():
            own: Generator[None, Any, Any] = function(*arguments)
            try:
                with alone():
                    next(own)
            except StopIteration:
                record.note(hook, f"the wrapper did not yield{line}; write: result = yield")
            else:
                return own
        return None

    def ended(own: Generator[None, Any, Any], result: Any, failure: BaseException | None) -> Any:
        """What the wrapper makes of what it wraps; None where it makes nothing of it."""
        with its_own(failure):
            try:
                with alone():
                    own.throw(failure) if failure else own.send(result)
            except StopIteration as end:
                if end.value is None and (failure or result is not None):
                    record.note(hook, f"the wrapper returned nothing{line}; write: return result")
                return end.value
            record.note(hook, f"the wrapper yielded twice{line}; yield once")
            own.close()
        return None

    @wraps(function)
    def wrapper(*arguments: Any) -> Generator[None, Any, Any]:
        own = None if record.is_off(hook) else begun(arguments)
        result, failure = None, None
        try:
            result = yield
        except BaseException as error:
            failure = error
        answer = ended(own, result, failure) if own else None
        if answer is None and failure:
            raise failure
        return result if answer is None else answer

    return wrapper
