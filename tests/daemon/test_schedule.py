"""Schedules: steady phases, catching up once, clocks that are set, days that are an hour longer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.app.session import Session
from cityflux.core.app.timetable import triggers
from cityflux.core.cli.main import cli
from cityflux.core.model.errors import ConfigError
from cityflux.core.model.looks import BY_FREQUENCY, schedule_of
from cityflux.core.model.nouns import Frequency, Source
from cityflux.core.plugin.manager import load_plugins
from cityflux.core.refresh.schedule import next_run, trigger_of

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
NAMES = (
    "@yearly",
    "@monthly",
    "@weekly",
    "@daily",
    "@hourly",
    "every 6 hours",
    "every 2 days",
    "every 90 seconds",
)


@pytest.mark.parametrize("schedule", NAMES)
def test_the_phase_of_a_source_is_steady(schedule: str) -> None:
    def runs(source_id: str, start: datetime) -> list[datetime]:
        trigger, found = trigger_of(schedule, source_id), []
        assert trigger is not None
        for _ in range(3):
            start = next_run(trigger, start, start)
            found.append(start)
        return found

    once, again = runs("a.source", NOW), runs("a.source", NOW)
    assert once == again
    assert once[0] < once[1] < once[2]
    # Seen from another day the same moments come, so that a restart moves nothing.
    later = runs("a.source", once[0] + timedelta(minutes=1))
    assert later[0] == once[1]
    others = {runs(f"source.{number}", NOW)[0] for number in range(200)}
    assert len(others) > (
        30 if schedule in {"@hourly", "every 90 seconds"} else 100
    )  # they are spread


def test_a_daemon_that_was_off_catches_up_once() -> None:
    trigger = trigger_of("@daily", "a.source")
    assert trigger is not None
    first = next_run(trigger, NOW - timedelta(days=3), NOW)
    assert first == NOW  # three due times were slept over: one run, at once
    assert next_run(trigger, first, NOW) > NOW
    assert next_run(trigger, None, NOW) == NOW


def test_a_clock_that_was_set_back_does_not_hold_a_source_up() -> None:
    trigger = trigger_of("every 6 hours", "a.source")
    assert trigger is not None
    ahead = NOW + timedelta(days=400)
    assert NOW < next_run(trigger, ahead, NOW) <= NOW + timedelta(hours=6)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai"])
def test_a_day_has_one_run_in_spring_and_autumn(zone: str) -> None:
    trigger = trigger_of("30 2 * * *", "a.source", ZoneInfo(zone))
    assert trigger is not None
    moment, days = datetime(2026, 1, 1, 12, tzinfo=UTC), []
    for _ in range(364):
        moment = next_run(trigger, moment, moment)
        days.append(moment.astimezone(ZoneInfo(zone)).date())
    # The night of the change may bring 02:30 twice, a second run of which finds nothing new;
    # no day is left out.
    assert set(days) >= {days[0] + timedelta(days=n) for n in range(362)}


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", [1]),  # there is no 02:30: it runs at 03:30, once
        ("Europe/Berlin", "2026-10-25", [0, 1]),  # there are two
        ("America/New_York", "2026-03-08", [7]),
        ("America/New_York", "2026-11-01", [7]),  # here the hour from one to two is there twice
        ("Asia/Shanghai", "2026-03-29", [18]),  # no change since 1991
    ],
)
def test_the_nights_on_which_clocks_change(zone: str, day: str, hours: list[int]) -> None:
    trigger = trigger_of("30 2 * * *", "a.source", ZoneInfo(zone))
    assert trigger is not None
    start = datetime.fromisoformat(f"{day}T12:00:00Z") - timedelta(days=1)
    found, moment = [], start
    while (moment := next_run(trigger, moment, moment)) <= start + timedelta(days=1):
        found.append(moment)
    assert [(each.hour, each.minute) for each in found] == [(hour, 30) for hour in hours]


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)), st.text("abc.", min_size=1))
def test_an_interval_does_not_care_about_summer_time(moment: datetime, source_id: str) -> None:
    trigger = trigger_of("every 6 hours", source_id, ZoneInfo("Europe/Berlin"))
    assert trigger is not None
    first = next_run(trigger, moment.replace(tzinfo=UTC), moment.replace(tzinfo=UTC))
    assert next_run(trigger, first, first) - first == timedelta(hours=6)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("0 6 * * 1-5", "name the weekdays"),
        ("0 6 * * 0", "name the weekdays"),
        ("sometimes", "write @daily, every 6 hours or five cron fields"),
        ("@fortnightly", "there are @yearly"),
        ("61 6 * * *", "schedule '61 6"),
        ("every 0 hours", "never comes"),
        ("every 99999999999 days", "never comes"),
        ("0 6 30 feb *", "never comes: no such month has a day 30"),
        ("0 6 31 apr,jun,9,11 *", "never comes: no such month has a day 31"),
        ("0 6 5-1 * *", "day '5-1' names nothing"),
        ("*/0 6 * * *", "minute '\\*/0' names nothing"),
        ("0 6 last * *", "day 'last' is none"),
        ("0 6 * smarch *", "month 'smarch' is none"),
        ("0 24 * * *", "hour '24' is none; there are 0 to 23"),
        ("0 6 * * mon-fri/9999", "weekday 'mon-fri/9999' is none"),
    ],
)
def test_what_is_no_schedule_is_refused(schedule: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        trigger_of(schedule, "a.source")


@pytest.mark.parametrize(
    ("schedule", "fits"),
    [
        ("0 6 1 * mon", lambda day: day.day == 1 or day.weekday() == 0),
        ("30 4 13 * fri", lambda day: day.day == 13 or day.weekday() == 4),
        ("0 0 1,15 * sun", lambda day: day.day in (1, 15) or day.weekday() == 6),
        ("0 6 */2 * mon", lambda day: day.day % 2 and day.weekday() == 0),
        ("5 6 29 feb *", lambda day: (day.month, day.day) == (2, 29)),
        ("0 6 31 1-6/2 *", lambda day: day.day == 31 and day.month in (1, 3, 5)),
        ("0 6 30 feb mon-wed", lambda day: day.month == 2 and day.weekday() < 3),
        ("0 6 8-14/2 * *", lambda day: day.day in (8, 10, 12, 14)),
    ],
)
def test_a_day_and_a_weekday_are_joined_as_in_cron(
    schedule: str, fits: Callable[[date], bool]
) -> None:
    trigger = trigger_of(schedule, "a.source")
    assert trigger is not None
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(366 + 365)]
    moment, found = datetime(2027, 1, 1, tzinfo=UTC) - timedelta(seconds=1), []
    while (moment := next_run(trigger, moment, moment)).year < 2029:
        found.append(moment.date())
    assert found == [day for day in days if fits(day)]


def test_nothing_is_no_schedule_at_all() -> None:
    assert trigger_of("", "a.source") is None


def test_every_schedule_of_the_built_in_sources_can_be_read() -> None:
    plugins = load_plugins()
    sources = [
        source
        for plugin in (*plugins.indicators.values(), *plugins.flows.values())
        for source in plugin.sources
        if source.access == "live"
    ]
    assert sources
    assert all(trigger_of(source.schedule, source.id) is not None for source in sources)


@given(
    st.sampled_from(NAMES),
    st.text("abcdef.", min_size=1, max_size=9),
    st.integers(0, 400 * 1440),
    st.integers(0, 400 * 1440),
)
def test_the_next_run_is_never_in_the_past(
    schedule: str, source_id: str, ago: int, ahead: int
) -> None:
    trigger = trigger_of(schedule, source_id)
    assert trigger is not None
    now = NOW + timedelta(minutes=ahead)
    due = next_run(trigger, now - timedelta(minutes=ago), now)
    assert now <= due <= now + timedelta(days=367)


def readme_plugin(folder: Path, frequency: str) -> Session:
    """The plugin of the README, made live and with a frequency, in the plugin folder."""
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S
    )
    code = code.replace('access="bundled"', 'access="live"').replace(
        'unit="个",', f'unit="个", frequency="{frequency}",'
    )
    (folder / "my_plugins").mkdir()
    (folder / "my_plugins" / "night_buses.py").write_text(code, encoding="utf-8")
    return Session()


@pytest.mark.parametrize("frequency", get_args(Frequency))
def test_a_live_source_without_a_schedule_is_looked_at_as_often_as_its_figures_are_news(
    frequency: Frequency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = readme_plugin(tmp_path, frequency)
    schedule, trigger = triggers(session)["local.night_buses"]
    assert schedule == BY_FREQUENCY[frequency]
    assert next_run(trigger, NOW, NOW) > NOW
    with session.open():
        pass
    printed = CliRunner().invoke(cli, ["sources", "--json"]).output
    (row,) = (each for each in json.loads(printed) if each["id"] == "local.night_buses")
    assert row["schedule"] == schedule


@pytest.mark.parametrize("chosen", ["", "@hourly"])
def test_the_configuration_goes_before_the_frequency(
    chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = readme_plugin(tmp_path, "annual")
    (tmp_path / "config.toml").write_text(f'[schedule]\n"local.night_buses" = "{chosen}"\n')
    found = triggers(session)
    assert found.get("local.night_buses", ("",))[0] == chosen
    with session.open():
        pass
    printed = CliRunner().invoke(cli, ["sources", "--json"]).output
    (row,) = (each for each in json.loads(printed) if each["id"] == "local.night_buses")
    assert row["schedule"] == chosen


def test_the_quickest_indicator_of_a_source_sets_its_pace() -> None:
    source = Source("office.table", "p", "https://office.invalid/")
    assert schedule_of(source, ["annual", "monthly", "irregular"]) == "@daily"
    assert schedule_of(Source("a", "p", "x", schedule="@yearly"), ["daily"]) == "@yearly"
    assert schedule_of(Source("a", "p", "x", access="bundled"), ["daily"]) == ""


def test_a_plugin_with_a_schedule_that_is_none_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    readme_plugin(tmp_path, "annual")
    path = tmp_path / "my_plugins" / "night_buses.py"
    text = path.read_text("utf-8").replace('access="live"', 'schedule="sometimes"')
    path.write_text(text, encoding="utf-8")
    session = Session()
    found = triggers(session)
    assert found, "the others are looked at"
    assert "local.night_buses" not in found
    (broken,) = session.plugins.broken
    assert broken.name == str(path)
    assert broken.error.startswith("local.night_buses: schedule 'sometimes' is none that is known")
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    states = {each["check"]: each for each in json.loads(done.output)}
    assert states["plugins"]["state"] == "failed"
    assert "schedule 'sometimes'" in states["plugins"]["detail"]
    assert states["schedules"]["state"] == "ok"


PAGE = """
from cityflux import Indicator, OnPages, Page, Source, hookimpl

SOURCES = [Source(f"office.{name}", "p", "https://office.invalid/", licence="l") for name in "abc"]
PAGE = Page(SOURCES, read=None)


@hookimpl
def register_indicators(register):
    for name, frequency in (("b", "annual"), ("c", "monthly")):
        indicator = Indicator(f"local.{name}", name, name, "个", frequency=frequency)
        register(OnPages(indicator, PAGE.at("here", [f"office.{name}"])))
"""


def test_a_page_of_several_sources_is_looked_at_for_the_quickest_that_stands_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "page.py").write_text(PAGE, encoding="utf-8")
    session = Session()
    found = {name: each for name, each in triggers(session).items() if name.startswith("office.")}
    assert [*found] == ["office.a"], "one look for all, though nothing is read as the first"
    assert found["office.a"][0] == "@daily"
    with session.open() as connection:
        rows = connection.execute("SELECT id, schedule FROM sources WHERE id LIKE 'office.%'")
        assert dict(rows.fetchall()) == dict.fromkeys(
            ["office.a", "office.b", "office.c"], "@daily"
        )


def test_the_document_says_which_frequency_gives_which_schedule() -> None:
    text = (ROOT / "docs" / "daemon.md").read_text("utf-8").partition("| frequency | schedule |")[2]
    rows = re.findall(r"^\| (.+) \| `(.+)` \|$", text.partition("\n\n")[0], re.M)
    said = {name: schedule for names, schedule in rows for name in re.findall(r"`(\w+)`", names)}
    assert said == BY_FREQUENCY
