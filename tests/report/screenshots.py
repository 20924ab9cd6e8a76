"""Pictures of the report on the bundled figures, section by section.

    python -m tests.report.screenshots FOLDER
    python -m tests.report.screenshots --readme

The first writes every section in both languages, to be looked at; the second writes the few that
the README shows into docs/images/.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from cityflux.core.report.pdf import find_chromium
from tests.conftest import run_module

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
#: The parts of the README's reports that are shown, by the names of their pictures.
SHOWN = {"report-groups": "groups-heatmap", "report-gap": "gap-chart"}
WIDTH = 900  # pixels


def write_reports(folder: Path) -> list[Path]:
    """Make the reports on the bundled figures: ``zh.html`` and ``en.html``."""
    files = [folder / "zh.html", folder / "en.html"]
    assert run_module("cityflux", "run", "--once", "--offline", cwd=folder).returncode == 0
    for file in files:
        choice = ["--city", "shanghai", "--lang", file.stem, "--out", str(file)]
        assert run_module("cityflux", "report", "flow_index", *choice, cwd=folder).returncode == 0
    return files


def take(file: Path, parts: dict[str, str] | None, folder: Path) -> None:
    """Take a picture of some elements of a page, by their ids; of every section unless given."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": WIDTH, "height": 1100})
        tab.goto(file.as_uri())
        if parts is None:
            sections: list[str] = tab.eval_on_selector_all("section", "all => all.map(e => e.id)")
            parts = {f"{place:02}-{name}": name for place, name in enumerate(sections)}
            tab.locator("header").screenshot(path=folder / f"{file.stem}-cover.png")
        for picture, name in parts.items():
            shown = tab.locator(f'[id="{name}"]')
            if name.endswith(("-chart", "-heatmap")):  # without the table below
                shown = shown.locator(".drawing")
            path = folder / f"{picture}-{file.stem}.png"
            shown.screenshot(path=path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


def main() -> None:
    """Make the reports and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("screenshots"))
    parser.add_argument("--readme", action="store_true")
    arguments = parser.parse_args()
    target = IMAGES if arguments.readme else arguments.folder
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for file in write_reports(Path(name)):
            take(file, SHOWN if arguments.readme else None, target)


if __name__ == "__main__":
    main()
