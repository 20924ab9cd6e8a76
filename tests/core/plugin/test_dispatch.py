"""What a plugin raises, prints or returns in any hook costs it alone, and is told with its line."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from cityflux.core.app.job import Job, Outcome
from cityflux.core.app.session import Session
from cityflux.core.model.errors import Unexpected
from cityflux.core.plugin.dispatch import Pressed, contained
from cityflux.core.plugin.manager import Selection, load_selection
from cityflux.core.plugin.record import MOST
from tests.conftest import run_module
from tests.core.plugin.written import GOOD, write

SOUND = GOOD.replace(
    '"city": ["shanghai"], "period": ["2020"], "value": [7.0]',
    '"city": ["shanghai", "beijing"], "period": ["2020"] * 2, "value": [7.0, 3.0]',
)
INDEX = """
id = "mine"
name_zh = "我的"
name_en = "Mine"
cities = ["shanghai", "beijing"]
indicators = ["local.good"]
periods = { of = ["2020"] }
"""
HEAD = "import os, sys\nfrom cityflux import hookimpl\n\n\n@hookimpl\n"
ARGUMENTS = {
    "prepare_connection": "connection",
    "register_methods": "register",
    "register_cities": "register",
    "register_indicators": "register",
    "register_indices": "register",
    "observations_changed": "changes",
    "index_computed": "index_id, run_id, changed",
}
DEEDS = {
    "raises": ("raise ValueError('broken')", "ValueError: broken ("),
    "leaves": ("sys.exit(4)", "SystemExit: 4 ("),
    "stops": ("raise KeyboardInterrupt", "KeyboardInterrupt ("),
    "recurses": ("f = lambda: f(); f()", "RecursionError: maximum recursion"),
    "cannot_be_told": ("raise ValueError('\\ud800\\x1b[2J' * 5_000)", "ValueError: ��[2J��[2J"),
    "has_no_text": (
        "raise type('Odd', (Exception,), {'__str__': lambda self: sys.exit()})",
        "Odd: (its text raises SystemExit) (",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(INDEX, encoding="utf-8")
    (tmp_path / "config.toml").write_text(
        '[database]\npath = "d.db"\n[indices]\nfiles = ["mine.toml"]\n', encoding="utf-8"
    )
    write(tmp_path / "my_plugins" / "good.py", SOUND)
    return tmp_path / "my_plugins"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_module("cityflux", *arguments, cwd=Path.cwd())


def computed(value: float) -> Outcome:
    """What the one job comes to after a figure changed by hand."""
    session = Session()
    with session.open() as connection:
        job = Job(connection, session)
        broken = job.note_broken()
        enter(connection, value)
        outcome = job.compute([session.index("mine")])
    outcome.broken += broken
    return outcome


def enter(connection: sqlite3.Connection, value: float) -> None:
    for city, figure in {"shanghai": value, "beijing": 3.0}.items():
        connection.execute(
            "REPLACE INTO observations (indicator_id, city_id, period, source_id, value) "
            "VALUES ('local.good', ?, '2020', 'office.good', ?)",
            (city, figure),
        )


def test_whatever_a_hook_does_the_index_is_computed_and_its_line_is_told(folder: Path) -> None:
    said = {}
    for hook, given in ARGUMENTS.items():
        for name, (deed, text) in DEEDS.items():
            path = write(folder / f"{hook}_{name}.py", f"{HEAD}def {hook}({given}):\n    {deed}\n")
            said[str(path)] = text
    outcome = computed(7.0)
    assert [done.index_id for done in outcome.computed] == ["mine"] and not outcome.failed
    told = dict(outcome.broken)
    assert told.keys() == said.keys()
    for name, error in told.items():
        assert said[name] in error and error.endswith(f"my_plugins/{Path(name).name}, line 7)")
        assert len(error) < 1_200 and error.isprintable()
    with sqlite3.connect("d.db") as connection:
        kept = connection.execute("SELECT error FROM fetches WHERE outcome = 'failed'").fetchall()
    connection.close()
    assert {text for (text,) in kept} == {*told.values()}


def test_a_hook_that_fails_again_and_again_is_left_alone_and_the_others_are_not(
    folder: Path,
) -> None:
    code = "os.close(os.open('calls' + str(run_id), os.O_CREAT))\n    raise ValueError(index_id)\n"
    write(folder / "talks.py", f"{HEAD}def index_computed(index_id, run_id):\n    {code}")
    write(
        folder / "hears.py",
        f"{HEAD}def index_computed(run_id):\n    open(f'heard{{run_id}}', 'w').close()\n",
    )
    session, told = Session(), []
    with session.open() as connection:
        job = Job(connection, session)
        enter(connection, 7.0)
        for number in range(MOST + 2):
            enter(connection, 8.0 + number)
            told.append(job.follow().broken)
    assert len([*Path().glob("calls*")]) == MOST
    assert len([*Path().glob("heard*")]) == MOST + 2
    lines = [error for broken in told for _, error in broken]
    assert len(lines) == 2 and "it failed 3 times, and is not called again" in lines[1]


CONNECTIONS = (
    "connection.close()",
    "connection.execute('BEGIN')",
    "connection.isolation_level = 'EXCLUSIVE'",
    "connection.row_factory = connection.text_factory = lambda *_: 5",
    "connection.set_authorizer(lambda *_: 1)",
    "connection.set_progress_handler(lambda: 1, 1)",
    "connection.execute('PRAGMA query_only = ON')",
    "connection.execute('PRAGMA foreign_keys = OFF')",
    "connection.create_function('half', 1, lambda x: x / 2)",
)


def test_a_connection_is_as_it_was_whatever_a_plugin_does_to_it(folder: Path) -> None:
    for number, deed in enumerate(CONNECTIONS):
        code = f"{HEAD}def prepare_connection(connection):\n    {deed}\n"
        write(folder / f"plugin_{number}.py", code)
    outcome = computed(7.0)
    assert [done.index_id for done in outcome.computed] == ["mine"]
    ((name, error),) = (each for each in outcome.broken if "lent" in each[1])
    assert name == str(folder / "plugin_0.py")
    assert error.startswith("prepare_connection(): the connection is only lent; leave it open (")
    with Session().open() as connection:
        assert connection.execute("SELECT half(7), 'x'").fetchone() == (3.5, "x")
        (keys,) = connection.execute("PRAGMA foreign_keys").fetchone()
    assert keys == 1


TAKEN = (
    "connection.create_function('upper', 1, lambda text: 'mine')",
    "connection.create_function('ZSCORE', 3, lambda *_: 0.0)",
    "connection.create_aggregate('sum', 1, object)",
    "connection.create_window_function('row_number', 0, object)",
    "connection.create_collation('nocase', lambda *_: 0)",
)


def test_a_function_that_there_is_stays_what_it_is(folder: Path) -> None:
    for number, deed in enumerate(TAKEN):
        own = f"connection.create_function('own_{number}', 0, lambda: {number})"
        code = f"{HEAD}def prepare_connection(connection):\n    {own}\n    {deed}\n"
        write(folder / f"taken_{number}.py", code)
    outcome = computed(7.0)
    said = {Path(name).stem: error for name, error in outcome.broken}
    assert said["taken_0"].startswith(
        "prepare_connection(): upper is a function already, and stays what it is; give yours an"
    )
    assert len([error for error in said.values() if "stays what it is" in error]) == len(TAKEN)
    with Session().open() as connection:
        asked = "SELECT upper('a'), 'a' = 'B' COLLATE NOCASE, sum(1), own_4() FROM (SELECT 1)"
        assert connection.execute(asked).fetchone() == ("A", 0, 1, 4)


def test_a_plugin_cannot_keep_the_changes_from_the_others(folder: Path) -> None:
    write(folder / "clears.py", f"{HEAD}def observations_changed(changes):\n    changes.clear()\n")
    hears = "os.close(os.open(f'heard{len(changes)}', os.O_CREAT))"
    for name in ("a_first", "z_last"):
        code = f"{HEAD}def observations_changed(changes):\n    {hears}\n"
        write(folder / f"{name}.py", code)
    computed(7.0)
    assert [path.name for path in Path().glob("heard*")] == ["heard2"]


def test_a_format_that_fails_is_named(folder: Path) -> None:
    code = (
        "register('odd', lambda document, series, unit: 1 / 0)\n    register('five', lambda *_: 5)"
    )
    write(folder / "formats.py", f"{HEAD}def register_formats(register):\n    {code}\n")
    write(folder / "leaves.py", f"{HEAD}def register_formats(register):\n    sys.exit(3)\n")
    given = ("import", "mine.toml", "--indicator", "local.good", "--format")
    said = run(*given, "odd").stderr
    assert (
        f"Error: format odd of {folder}/formats.py: ZeroDivisionError: division by zero (" in said
    )
    assert "returned a int, and must return a DataFrame" in run(*given, "five").stderr
    said = run(*given, "none").stderr
    assert (
        "there is no format 'none'" in said
        and "leaves.py: register_formats(): SystemExit: 3" in said
    )


WRAPPERS = {
    "forgets": ("frame = yield", "the wrapper returned nothing (line 5); write: return result"),
    "twice": ("yield (yield)", "the wrapper yielded twice (line 5); yield once"),
    "never": ("return\n    yield", "the wrapper did not yield (line 5); write: result = yield"),
    "early": (
        "1 / 0\n    yield",
        "ZeroDivisionError: division by zero (my_plugins/early.py, line 7)",
    ),
    "late": (
        "yield\n    1 / 0",
        "ZeroDivisionError: division by zero (my_plugins/late.py, line 8)",
    ),
    "leaves": ("yield\n    sys.exit(3)", "SystemExit"),
}


def test_a_wrapper_that_fails_is_named_itself_and_what_it_wraps_counts(folder: Path) -> None:
    around = HEAD.replace("@hookimpl", "@hookimpl(wrapper=True)")
    for name, (deed, _) in WRAPPERS.items():
        write(folder / f"{name}.py", f"{around}def normalize(documents):\n    {deed}\n")
    done = run("refresh", "local.good", "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["figures"] == 2 and answer["changed"] == 2
    told = {Path(each["name"]).stem: each["error"] for each in answer["failed"]}
    assert told.keys() == WRAPPERS.keys()
    for name, (_, said) in WRAPPERS.items():
        assert told[name].startswith(f"normalize(): {said}"), told[name]


def test_what_a_wrapper_refuses_or_mends_on_purpose_is_its_own_affair(tmp_path: Path) -> None:
    good = write(tmp_path / "good.py", SOUND.replace("return [Doc", "1 / 0\n    return [Doc"))
    around = HEAD.replace("impl\n\n\n@hookimpl", "impl, Unexpected\n\n\n@hookimpl(wrapper=True)")
    code = (
        "def normalize(documents):\n    yield\n    raise Unexpected('too good to be true')\n\n\n"
        "@hookimpl(wrapper=True)\ndef fetch(http):\n    try:\n        return (yield)\n"
        "    except ArithmeticError:\n        return ['from the cache']\n"
    )
    mends = write(tmp_path / "mends.py", around + code)
    plugins = load_selection(Selection(files=(good, mends), built_in=False))
    plugin = plugins.indicators["local.good"]
    given = {"http": None, "source": plugin.sources[0], "since": None}
    assert plugin.call("fetch", **given) == ["from the cache"]
    with pytest.raises(Unexpected, match="too good to be true"):
        plugin.call("normalize", documents=())
    assert plugins.take_news() == []


def test_what_is_printed_does_not_get_into_what_a_command_prints(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    deed = "print('noise' * 100_000); os.write(1, b'noise'); os.system('echo noise')"
    hooks = [f"@hookimpl\ndef {hook}({given}):\n    {deed}\n" for hook, given in ARGUMENTS.items()]
    write(folder / "loud.py", "\n\n".join([HEAD.replace("@hookimpl\n", deed + "\n"), *hooks]))
    assert json.loads(run("refresh", "local.good", "--json").stdout)["figures"] == 2
    done = run("compute", "mine", "--json")
    assert [each["index"] for each in json.loads(done.stdout)] == ["mine"]
    assert "noise" in done.stderr and len(done.stderr) < 200_000
    out, err = capfd.readouterr()
    assert out == "" and "noise" in err


def test_a_method_that_fails_is_named_and_costs_its_index_alone(folder: Path) -> None:
    methods = {
        "raises": ("standardization", "lambda x: 1 / 0", "ZeroDivisionError: division by zero"),
        "late": (
            "standardization",
            "lambda x: x.map_batches(lambda s: 1 / 0, pl.Float64)",
            "ZeroDivisionError: division by zero",
        ),
        "text": ("standardization", "lambda x: 'x'", "returned a str, and must return a Expr"),
        "leaves": ("aggregation", "lambda x, w: exit(3)", "SystemExit: 3"),
        "none": ("aggregation", "lambda x, w: None", "returned a NoneType, and must return a S"),
        "weighs": ("weighting", "lambda x: {}", "returned a dict, and must return a list"),
    }
    lines = [f"register({kind!r}, {name!r}, {code})" for name, (kind, code, _) in methods.items()]
    write(
        folder / "own.py",
        f"import polars as pl\n{HEAD}def register_methods(register):\n    " + "\n    ".join(lines),
    )
    names = ["mine.toml"]
    for name, (kind, _, _) in methods.items():
        text = INDEX.replace('"mine"', f'"{name}"') + f'{kind} = {{ method = "{name}" }}\n'
        Path(f"{name}.toml").write_text(text, encoding="utf-8")
        names.insert(0, f"{name}.toml")
    Path("config.toml").write_text(
        f'[database]\npath = "d.db"\n[indices]\nfiles = {json.dumps(names)}\n', encoding="utf-8"
    )
    session = Session()
    with session.open() as connection:
        enter(connection, 7.0)
        wanted = [each for name, each in session.indices.items() if f"{name}.toml" in names]
        outcome = Job(connection, session).compute(wanted)
    assert [done.index_id for done in outcome.computed] == ["mine"]
    failed = dict(outcome.failed)
    for name, (_, _, said) in methods.items():
        assert said in failed[name], failed[name]
        if name != "late":  # polars calls it, long after it was handed over
            assert f"{name} of {folder}/own.py: " in failed[name]


def test_commands_that_cannot_be_registered_do_not_hide_the_others(folder: Path) -> None:
    add = (
        "import click\n    cli.add_command(click.Command('hello', callback=lambda: print('hi')))\n"
    )
    write(folder / "fine.py", f"{HEAD}def register_commands(cli):\n    {add}")
    write(folder / "leaves.py", f"{HEAD}def register_commands(cli):\n    sys.exit(5)\n")
    write(folder / "odd.py", f"{HEAD}def register_commands(cli):\n    cli.commands['odd'] = 5\n")
    done = run("--help")
    assert done.returncode == 0 and "  hello" in done.stdout and "odd" not in done.stdout
    assert f"failed: {folder}/leaves.py: register_commands(): SystemExit: 5 (" in done.stderr
    assert run("hello").stdout == "hi\n"
    fails = "import click\n    cli.add_command(click.Command('fails', callback=lambda: 1 / 0))\n"
    write(folder / "fails.py", f"{HEAD}def register_commands(cli):\n    {fails}")
    said = run("fails").stderr.splitlines()[-1]
    assert said.startswith(f"Error: {folder}/fails.py: ZeroDivisionError: division by zero (my_pl")


def test_what_does_not_end_is_cut_off_and_not_called_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session().open():  # whatever is imported once
        pass
    monkeypatch.setattr("cityflux.core.plugin.dispatch.LONGEST", 1.0)
    loop = "while True:\n        try:\n            import time; time.sleep(60)\n"
    loop += "        except Exception:\n            pass"
    write(folder / "hangs.py", f"{HEAD}def index_computed(run_id):\n    {loop}\n")
    write(
        folder / "loads.py",
        f"import threading\n\nthreading.Event().wait()\n{HEAD}def indicator(): pass",
    )
    session = Session()
    with session.open() as connection:
        job, told = Job(connection, session), []
        told += job.note_broken()
        for value in (7.0, 8.0, 9.0):
            enter(connection, value)
            outcome = job.follow()
            assert [done.index_id for done in outcome.computed] == ["mine"]
            told += outcome.broken
    said = {Path(name).stem: error for name, error in told}
    assert len(told) == 2
    assert said["loads"].startswith("TooLong: did not end: gave up after 1 s (my_plugins/loads.py")
    assert said["hangs"].startswith("index_computed(): TooLong: did not end: gave up after 1 s (")
    assert said["hangs"].endswith("), and is not called again before plugins are read anew")
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_real_ctrl_c_gets_through() -> None:
    told: list[BaseException] = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(Pressed), contained(told.append):
            os.kill(os.getpid(), signal.SIGINT)
        with contained(told.append):
            raise KeyboardInterrupt
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert [type(error) for error in told] == [KeyboardInterrupt]
