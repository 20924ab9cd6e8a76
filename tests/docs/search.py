"""Ask the search of the built site as a reader does: ``python -m tests.docs.search build/site``."""

from __future__ import annotations

import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

from cityflux.core.report.pdf import find_chromium

#: What is typed, and a page that must be among what is found.
ASKED = {
    "指数": "zh/",
    "覆盖率": "zh/",
    "不确定性": "zh/",
    "coverage": "reading.html",
    "contributions": "database.html",
}


class Quiet(SimpleHTTPRequestHandler):
    """The files of the site, without a log."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def asked(folder: Path) -> dict[str, list[str]]:
    """By what is typed the addresses of what is found."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for text in ASKED:
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            page.locator("input[name=query]").press_sequentially(text)
            page.wait_for_selector(".md-search-result__link", timeout=20_000)
            links = page.locator(".md-search-result__link").all()
            found[text] = [str(each.get_attribute("href")) for each in links]
        browser.close()
    server.shutdown()
    return found


def main() -> int:
    """Say what is not found; 0 where all is."""
    found = asked(Path(sys.argv[1]))
    missed = [text for text, place in ASKED.items() if not any(place in x for x in found[text])]
    for text in ASKED:
        print(f"{text}: {len(found[text])} found" + ", but not where it stands" * (text in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
