"""``cityflux report``: its options, its formats and its errors."""

from __future__ import annotations

import os
from pathlib import Path

import pypdfium2
import pytest

from cityflux.core.model import extra
from cityflux.core.model.errors import ReportError
from cityflux.core.report.pdf import find_chromium, pdf
from cityflux.core.web.server import make_datasette
from tests.conftest import Cityflux, run_module


def pages_of(path: Path) -> list[str]:
    """The text of each page, as somebody would select it."""
    document = pypdfium2.PdfDocument(path)
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


def test_the_pdf_has_chinese_text_that_can_be_selected(
    written: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "r.pdf"
    file.write_bytes(pdf(written["zh"].read_text("utf-8")))
    assert file.stat().st_size < 6_000_000  # grows with the figures that are listed
    texts = pages_of(file)
    assert "城市流量指数报告" in texts[0]
    assert "上海" in texts[0]
    whole = "\n".join(texts).replace("\r\n", "")
    for words in (
        "上海与北京的得分有何不同",
        "覆盖率与数据质量",
        "对周边经济的带动能力",
        "图中数据",
    ):
        assert words in whole
    assert len(texts) < 80


@pytest.mark.deep
def test_the_command_prints_a_pdf_with_the_tables_unfolded(home: Path, cityflux: Cityflux) -> None:
    choice = ("--city", "shanghai", "--versus", "hangzhou", "--lang", "zh")
    done = cityflux("report", "paper_transport", *choice, "--out", "r.pdf")
    assert done.returncode == 0, done.stderr
    whole = "".join(pages_of(home / "r.pdf")).replace("\r\n", "")
    assert "与杭州的差距从何而来" in whole
    assert "与首位之差" in whole  # a heading of the table behind the ranking


def test_the_markdown_has_the_tables(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("report", "paper_transport", "--lang", "en", "--format", "md")
    assert done.returncode == 0, done.stderr
    text = (home / "paper_transport.md").read_text("utf-8")
    assert text.startswith("# Transport from the published means\n")
    assert "| Rank | City | Comparable | All known | Behind the best | Coverage |" in text
    assert "<svg" not in text


def test_it_writes_html_of_the_default_index_unless_told_otherwise(
    home: Path, cityflux: Cityflux
) -> None:
    (home / "config.toml").write_text('[indices]\ndefault = "paper_transport"\n', "utf-8")
    done = cityflux("report")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("paper_transport.html: ")
    assert '<html lang="zh-CN">' in (home / "paper_transport.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--city", "atlantis"], 1, "'atlantis' is not among the cities of flow_index"),
        (["--city", "shanghai", "--versus", "shanghai"], 1, "cannot be compared with itself"),
        (["--period", "1999"], 1, "was not computed for '1999'; there are: 2011/2020"),
        (["--interactive", "--format", "pdf"], 2, "--interactive goes with HTML only"),
        (["--out", "nowhere/r.html"], 2, "there is no folder nowhere; make it first"),
        (["--lang", "fr"], 2, "'fr' is not one of 'zh', 'en'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], code: int, message: str, home: Path, cityflux: Cityflux
) -> None:
    done = cityflux("report", "flow_index", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_index_that_was_never_computed_is_named(tmp_path: Path, cityflux: Cityflux) -> None:
    done = cityflux("report", "flow_index")
    assert done.returncode == 1
    assert "make one with: cityflux run --once" in done.stderr


def test_without_the_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needed = dict.fromkeys(("report", "web"), ("altair", "no_such_module"))
    monkeypatch.setattr(extra, "_NEEDED", needed)
    with pytest.raises(ReportError, match=r"no_such_module: not installed.*'cityflux\[report\]'"):
        extra.need_extra()
    with pytest.raises(ReportError, match=r"no_such_module: .* pip install 'cityflux\[web\]'"):
        make_datasette(Path("none.db"))


def test_the_other_commands_work_without_the_extra(home: Path) -> None:
    blocked = "import sys; sys.modules.update(altair=None, vl_convert=None, jinja2=None)\n"
    code = blocked + "from cityflux.core.cli.main import main\nmain(sys.argv[1:])"
    (home / "blocked.py").write_text(code, encoding="utf-8")
    assert run_module("blocked", "show", "flow_index", cwd=home).returncode == 0
    done = run_module("blocked", "report", "flow_index", cwd=home)
    assert done.returncode == 1
    assert "pip install 'cityflux[report]'" in done.stderr


def test_where_no_browser_is_found_the_pdf_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("cityflux.core.report.pdf._PLACES", ())
    with pytest.raises(ReportError, match=r"no Chromium or Chrome found.*--format html"):
        find_chromium()


def test_a_browser_that_prints_nothing_is_named(home: Path) -> None:
    fake = home / "bin" / "chromium"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho it is broken >&2\nexit 3\n", encoding="utf-8")
    fake.chmod(0o755)
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{fake.parent}{os.pathsep}{path}"
    try:
        done = run_module("cityflux", "report", "paper_transport", "--format", "pdf", cwd=home)
    finally:
        os.environ["PATH"] = path
    assert done.returncode == 1
    assert "printed nothing (exit code 3): it is broken" in done.stderr
