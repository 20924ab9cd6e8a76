"""``cityflux report``: the yearly report on an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from cityflux.core.cli.session import Session, pass_session
from cityflux.core.words import numbers

if TYPE_CHECKING:
    from cityflux.core.report.report import Report

Format = Literal["html", "pdf", "md"]


@click.command(epilog="Example: cityflux report flow_index --city shanghai --lang zh --format pdf")
@click.argument("index", required=False)
@click.option("--city", help="The city that it is about; the first one of the index by default.")
@click.option("--versus", metavar="CITY", help="The rival; by default that with the nearest score.")
@click.option("--period", help="A period of the index; the last one by default.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Chinese or English.",
)
@click.option(
    "--format", "form", type=click.Choice(["html", "pdf", "md"]), help="By default as FILE ends."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; INDEX.html by default.",
)
@click.option("--interactive", is_flag=True, help="Charts with tooltips (1 MB of JavaScript more).")
@pass_session
def report(
    session: Session,
    index: str | None,
    city: str | None,
    versus: str | None,
    period: str | None,
    language: Literal["zh", "en"],
    form: Format | None,
    out: Path | None,
    interactive: bool,
) -> None:
    """Write the report on INDEX, or on the default one, to one file that needs no network."""
    from cityflux.core.model.extra import need_extra

    form = form or _form_of(out)
    if interactive and form != "html":
        raise click.UsageError("--interactive goes with HTML only")
    need_extra()
    from cityflux.core.reading.facts import gather
    from cityflux.core.reading.names import city_called
    from cityflux.core.report.report import make_report

    name = session.index_name(index)
    path = out or Path(f"{name}.{form}")
    if not path.parent.is_dir():
        raise click.UsageError(f"--out {path}: there is no folder {path.parent}; make it first")
    with session.read() as connection:
        facts = gather(connection, name, period)
        city = city and city_called(connection, city)
        versus = versus and city_called(connection, versus)
    _write(path, _written(make_report(facts, language, city, versus), form, interactive))
    click.echo(f"{path}: {numbers.number(path.stat().st_size / 1e6)} MB")


def _form_of(out: Path | None) -> Format:
    forms: dict[str, Format] = {".pdf": "pdf", ".md": "md", ".markdown": "md"}
    return forms.get(out.suffix.lower(), "html") if out else "html"


def _written(report: Report, form: Format, interactive: bool) -> bytes:
    from cityflux.core.report.html import html
    from cityflux.core.report.markdown import markdown
    from cityflux.core.report.pdf import find_chromium, pdf

    if form == "md":
        return markdown(report).encode()
    if form == "pdf":
        find_chromium()
        return pdf(html(report, unfolded=True))
    return html(report, interactive=interactive).encode()


def _write(path: Path, content: bytes) -> None:
    from cityflux.core.model.errors import ReportError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be written ({error.strerror}); name another --out"
        ) from error
