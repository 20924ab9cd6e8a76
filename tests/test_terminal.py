"""What a person at a terminal sees, and what a pipe gets."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cityflux.core.cli.charts import signed_bar, sparkline
from tests.conftest import run_module

ROOT = str(Path(__file__).resolve().parents[1])
COLOURS = re.compile(r"\x1b\[[\d;]*3[1-7](;[\d;]*)?m")
STYLES = re.compile(r"\x1b\[[\d;]*m")


def on_terminal(*arguments: str, cwd: Path, **variables: str) -> str:
    """Run the command line with a terminal of 100 columns for its output."""
    ours, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment = {**plain, "PYTHONPATH": ROOT, "TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-m", "cityflux", *arguments],
        cwd=cwd,
        env={**environment, **variables},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.STDOUT,
    ) as process:
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:  # Linux says so where a terminal was closed at the other end
            pass
        os.close(ours)
        assert process.wait(timeout=60) == 0, b"".join(parts)
    return b"".join(parts).decode().replace("\r\n", "\n")


def rows(text: str, city: str) -> str:
    return next(line for line in STYLES.sub("", text).splitlines() if city in line)


def test_a_terminal_shows_bars_and_sparklines_in_colour(made_once: Path) -> None:
    shown = on_terminal("show", "flow_index_yearly", cwd=made_once)
    assert COLOURS.search(shown)
    assert re.search(r"│█+ +[▁-█]{10,} ", rows(shown, "beijing"))
    assert "course" in on_terminal("trends", "overall_economy.gdp", cwd=made_once)


def test_no_color_leaves_the_bars_and_takes_the_colours(made_once: Path) -> None:
    for shown in (
        on_terminal("show", cwd=made_once, NO_COLOR="1"),
        on_terminal("--no-color", "show", cwd=made_once),
    ):
        assert not COLOURS.search(shown)
        assert "██" in shown


def test_chinese_is_as_wide_as_two_letters(made_once: Path) -> None:
    shown = STYLES.sub("", on_terminal("show", cwd=made_once)).splitlines()
    lines = [line for line in shown if "│" in line and re.search(r"\d+%", line)]
    assert len(lines) == 5
    assert len({cell_len(line[: line.index("%")]) for line in lines}) == 1
    assert len({cell_len(line[: line.index("│")]) for line in lines}) == 1


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.deep)])
def test_a_terminal_without_unicode_gets_plain_characters(made_once: Path, encoding: str) -> None:
    for asked in (("show", "flow_index_yearly"), ("trends", "overall_economy.gdp")):
        shown = on_terminal(*asked, cwd=made_once, PYTHONIOENCODING=encoding)
        assert shown.isascii()
        assert re.search(r"eijing.* [1-8]{10}", shown), "a digit for each year"
    frame = [line for line in STYLES.sub("", shown).splitlines() if line.startswith("|")]
    assert len({len(line) for line in frame[:6]}) == 1, "a question mark for each cell"


def test_a_pipe_gets_neither_bars_nor_escapes(made_once: Path) -> None:
    text = run_module("cityflux", "show", "flow_index_yearly", cwd=made_once).stdout
    assert "\x1b" not in text
    assert "█" not in text
    assert "2011" in text


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(-50, 50), st.integers(1, 40))
def test_bars_keep_their_width_and_their_side(a: float, b: float, c: float, width: int) -> None:
    low, high = min(a, b, c), max(a, b, c)
    bars = [signed_bar(value, low, high, width, unicode=True) for value in (a, b, c, None)]
    assert len({len(drawn) for drawn in bars}) == 1
    assert len({drawn.index("│") for drawn in bars}) == 1
    for value, drawn in zip((a, b, c), bars, strict=False):
        left, right = drawn.split("│")
        assert ("█" in left) <= (value < 0)
        assert ("█" in right) <= (value > 0)
    assert "█" not in bars[-1]


@given(st.lists(st.none() | st.floats(-5, 5), min_size=1))
def test_sparklines_rise_with_their_values(values: list[float | None]) -> None:
    drawn = sparkline(values, -5, 5, unicode=True)
    assert len(drawn) == len(values)
    known = sorted((v, step) for v, step in zip(values, drawn, strict=True) if v is not None)
    assert [step for _, step in known] == sorted(step for _, step in known)
    assert all(step == " " for v, step in zip(values, drawn, strict=True) if v is None)
    assert sparkline(values, -5, 5, unicode=False).isascii()
