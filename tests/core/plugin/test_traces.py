"""Where an error of an author is: the innermost line of his own code."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityflux.core.model.errors import Missing, PluginError
from cityflux.core.plugin.finding import load_file
from cityflux.core.plugin.traces import home_of, one_line

CODE = """
import json


def inner(raised):
    raise raised


def outer(raised):
    inner(raised)


def deep():
    return json.loads("{")
"""


@pytest.fixture
def raised(tmp_path: Path) -> Path:
    path = tmp_path / "raises.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def told(path: Path, function: str, *arguments: object) -> str:
    with pytest.raises(Exception) as caught:
        getattr(load_file(path), function)(*arguments)
    return one_line(caught.value, [home_of(str(path))])


def test_the_innermost_line_of_the_author_is_named(
    raised: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(raised.parent)
    assert told(raised, "outer", KeyError("a\nb")) == r"KeyError: 'a\nb' (raises.py, line 6)"
    assert told(raised, "deep").endswith("(char 1) (raises.py, line 14)")
    # What is not below the working folder is named as a whole.
    monkeypatch.chdir("/usr")
    assert told(raised, "outer", OSError("x")) == f"OSError: x ({raised}, line 6)"


def test_an_error_of_our_own_keeps_its_words(raised: Path) -> None:
    where = f"({raised}, line 6)"
    assert told(raised, "outer", PluginError("what, where")) == f"what, where {where}"
    assert told(raised, "outer", Missing("https://a.invalid/: gone")) == "https://a.invalid/: gone"


def test_a_working_folder_that_is_gone_is_no_error_of_ours(
    raised: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert told(raised, "outer", OSError("x")) == f"OSError: x ({raised}, line 6)"
