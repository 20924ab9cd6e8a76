"""A scheduler whose clock is set forward and back, and a machine that slept."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from apscheduler.schedulers.background import BackgroundScheduler

from cityflux.core.daemon.timing import ClockWatch, new_scheduler, plan_anew
from cityflux.core.refresh.schedule import next_run, trigger_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SCHEDULES = ("@hourly", "every 6 hours", "@daily", "0 3 * * *", "@monthly", "@yearly")

Ran = queue.SimpleQueue[str]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A wall clock that stands still until it is set; the monotonic one goes on."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ran() -> Ran:
    return queue.SimpleQueue()


@pytest.fixture
def scheduler(clock: time_machine.Traveller, ran: Ran) -> Iterator[BackgroundScheduler]:
    """One job for each schedule, the last run of which was just now."""
    made = new_scheduler({"default": 2})
    for schedule in SCHEDULES:
        trigger = trigger_of(schedule, schedule)
        assert trigger is not None
        first = next_run(trigger, NOON, NOON)
        made.add_job(ran.put, trigger, args=[schedule], id=schedule, next_run_time=first)
    made.start()
    yield made
    made.shutdown()


def planned(scheduler: BackgroundScheduler) -> dict[str, datetime]:
    return {job.id: job.next_run_time.astimezone(UTC) for job in scheduler.get_jobs()}


def taken(ran: Ran, count: int) -> list[str]:
    return sorted(ran.get(timeout=20) for _ in range(count))


def test_after_a_long_sleep_each_runs_once(
    clock: time_machine.Traveller, scheduler: BackgroundScheduler, ran: Ran
) -> None:
    assert all(moment > NOON for moment in planned(scheduler).values())
    later = NOON + timedelta(days=3, hours=1)  # three due times of the daily ones, more of others
    clock.move_to(later)
    scheduler.wakeup()
    passed = sorted(set(SCHEDULES) - {"@monthly", "@yearly"})
    assert taken(ran, len(passed)) == passed
    end = time.monotonic() + 20
    while min(planned(scheduler).values()) <= later:
        assert time.monotonic() < end
        time.sleep(0.01)
    for schedule, moment in planned(scheduler).items():  # each has its own phase again
        trigger = trigger_of(schedule, schedule)
        assert trigger is not None
        assert moment == next_run(trigger, later, later)
    assert ran.empty()


def test_after_the_clock_was_set_back_nothing_waits_longer_than_its_schedule(
    clock: time_machine.Traveller, scheduler: BackgroundScheduler, ran: Ran
) -> None:
    watch = ClockWatch()
    assert watch.jump() == 0.0
    earlier = NOON - timedelta(days=800)
    clock.move_to(earlier)
    jump = watch.jump()
    assert jump == pytest.approx(-800 * 86400, abs=30)
    assert watch.jump() == 0.0
    plan_anew(scheduler, jump, ())
    for schedule, moment in planned(scheduler).items():
        trigger = trigger_of(schedule, schedule)
        assert trigger is not None
        assert earlier < moment == next_run(trigger, earlier, earlier)
    clock.move_to(planned(scheduler)["@hourly"])
    scheduler.wakeup()
    assert taken(ran, 1) == ["@hourly"]


def test_what_waits_for_another_try_waits_no_longer_after_the_clock_was_set_back(
    clock: time_machine.Traveller, scheduler: BackgroundScheduler
) -> None:
    soon = timedelta(minutes=15)
    scheduler.modify_job("@yearly", next_run_time=NOON + soon)
    clock.move_to(NOON - timedelta(days=2))
    plan_anew(scheduler, -2 * 86400.0, {"@yearly"})
    assert planned(scheduler)["@yearly"] == NOON - timedelta(days=2) + soon


@pytest.mark.parametrize("seconds", [-30, 30])
def test_small_corrections_of_the_clock_are_none(
    clock: time_machine.Traveller, seconds: int
) -> None:
    watch = ClockWatch()
    clock.move_to(NOON + timedelta(seconds=seconds))
    assert watch.jump() == 0.0
