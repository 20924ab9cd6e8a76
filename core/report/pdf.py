"""HTML as PDF, printed by a Chromium of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cityflux.core.model.errors import ReportError

#: By these names it is looked for on the path.
_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge"),
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_TIMEOUT = 300.0  # seconds
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
)


def find_chromium() -> str:
    """Find a browser that can print.

    Raises:
        ReportError: there is none.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    found = found or next((place for place in _PLACES if Path(place).exists()), None)
    if found is None:
        raise ReportError(
            "no Chromium or Chrome found, which prints the PDF; install one (on Debian: apt-get "
            "install chromium), or write --format html"
        )
    return found


def pdf(html: str) -> bytes:
    """Print a page as PDF, without asking any host for anything.

    Args:
        html: a page that holds all that it shows.

    Raises:
        ReportError: there is no Chromium, or it did not print.
    """
    browser = find_chromium()
    # A sandbox cannot be had as root, and the page is ours.
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="cityflux-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, printed = folder / "report.html", folder / "report.pdf"
        page.write_text(html, encoding="utf-8")
        command = [
            *(browser, *_OPTIONS, *sandbox),
            *(f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}", page.as_uri()),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ReportError(f"{browser}: printed nothing in {_TIMEOUT:g} s; try again") from error
        except OSError as error:
            raise ReportError(f"{browser}: cannot be started ({error.strerror})") from error
        if not printed.exists():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ReportError(f"{browser}: printed nothing (exit code {done.returncode}): {last}")
        return printed.read_bytes()
