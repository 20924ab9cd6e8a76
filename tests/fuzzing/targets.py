"""The parsers: what each is given to start with, how it is called, and which errors are its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from cityflux.core.app.config import load_config
from cityflux.core.engine.definition.index import read_definition
from cityflux.core.model import numerals, units
from cityflux.core.model.document import Document
from cityflux.core.model.errors import (
    CityfluxError,
    ConfigError,
    ImportRefused,
    IndexDefinitionError,
    PeriodError,
    SourceError,
    UnitError,
)
from cityflux.core.model.period import Period
from cityflux.core.model.written_period import period_of
from cityflux.core.refresh.importing.declared import declaration
from cityflux.core.refresh.importing.listed import listed_in
from cityflux.core.refresh.importing.names import names_of
from cityflux.core.refresh.importing.reading import opened, read_figures
from cityflux.core.refresh.importing.series import Choice
from cityflux.plugins.communiques import rules
from cityflux.scrapers import (
    baidu_index,
    baidu_migration,
    communique,
    eurostat,
    exchange,
    files,
    oecd,
    openflights,
    page,
    wikidata,
    world_bank,
    yearbook,
)
from cityflux.scrapers.communique import listing
from cityflux.scrapers.foreign import blamed
from cityflux.scrapers.handed.large import LargeText
from cityflux.scrapers.nbs import current, easyquery, read_download
from cityflux.scrapers.tables import html
from cityflux.scrapers.tables.apart import read_book, read_parquet
from tests.fuzzing import bombs, samples

_ADDRESS = "https://source.test/figures"

Errors = tuple[type[Exception], ...]


@dataclass(frozen=True)
class Target:
    """A parser.

    Attributes:
        name: how the command line calls it.
        read: gives it some bytes.
        seeds: samples that it can read.
        errors: what it may raise, and nothing else.
        bombs: inputs that were made to break it.
        apart: whether it runs in a process of its own, which may end; what it raises is told there.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    errors: Errors = (SourceError,)
    bombs: Callable[[], Sequence[bytes]] = bombs.none
    apart: bool = False


def document(
    body: bytes, address: str = "https://source.test/figures", charset: str = ""
) -> Document:
    return Document(address, body, charset=charset)


def _page(body: bytes) -> None:
    given = document(body)
    if len(body) % 3 == 0:
        page.number(given, selector="#stores", unit="家")
    elif len(body) % 3 == 1:
        page.table(given, city="港名", value="1-3月", period="2024", unit="万吨", selector=".ports")
    else:
        page.table(given, city="地区", value="合计", period="2020", unit="万人次")


def _files(body: bytes) -> None:
    frame = files.read_table(document(body))
    if len(body) % 3 == 0:
        files.tidy(frame, city="城市", period="年份", value="客运量")
    elif len(body) % 3 == 1:
        files.tidy(frame, city="城市", period=None)
    else:
        files.tidy(frame, city=None, period="城市")


def _listing(body: bytes) -> None:
    found = document(body, "https://tjj.test/tjgb/index.html")
    if len(body) % 3 == 0:
        listing.continuation(found)
    elif len(body) % 3 == 1:
        listing.parts(found)
    else:
        listing.find(found, listing.Site(), 2020)


def _index(body: bytes) -> None:
    answer = document(body, samples.INDEX_ADDRESS)
    key = document(
        json.dumps({"status": 0, "data": "aQz9,-kX0,123456"}).encode(),
        "https://index.baidu.com/Interface/ptbk?uniqid=u-1",
    )
    try:
        baidu_index.parse_years(answer)
    except SourceError:
        baidu_index.parse_days([answer, key])


def _migration(body: bytes) -> None:
    asked = "https://huiyan.test/x.jsonp?id=310000&type=move_in&date=20230922"
    try:
        baidu_migration.parse_rank(document(body, asked))
    except SourceError:
        baidu_migration.parse_curve(document(body, asked))


def _szse(body: bytes) -> None:
    asked = "https://www.szse.cn/api/report/ShowReport?txtQueryDate=2020-06-15&DATETIME=2020-06"
    try:
        exchange.parse_szse(document(body, asked))
    except SourceError:
        exchange.parse_szse_regions(document(body, asked))


def _openflights(body: bytes) -> None:
    try:
        openflights.parse_routes(document(body))
    except SourceError:
        openflights.parse_airports(document(body))


_KNOWN = names_of(
    [("shanghai", "上海"), ("beijing", "北京")],
    [("people.population", "常住人口")],
    {"people.population": "万人"},
    {"people.population": "annual"},
    {"case.import"},
)


def _import(body: bytes) -> None:
    read_figures(document(body), _KNOWN, "case.import", Choice())


def _lists(body: bytes) -> None:
    listed, _ = listed_in(opened(document(body))[1])
    declaration(listed, _KNOWN, "case", "score")


def _large(body: bytes) -> None:
    with blamed(_ADDRESS, "text"):
        LargeText(document(body)).rows(2)


def _charset(body: bytes) -> None:
    for charset in ("", "gbk", "utf-16", "iso-8859-1", "idna", "base64"):
        document(body, charset=charset).text  # noqa: B018


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzzing-"))


def _toml(read: Callable[[Path], object], body: bytes) -> None:
    path = _folder() / "case.toml"
    path.write_bytes(body)
    read(path)


def _text(read: Callable[[str], object], body: bytes) -> None:
    read(body.decode("utf-8", "replace"))


def _numeral(text: str) -> None:
    try:
        numerals.parse_number(text)
    finally:
        numerals.parse_number(text, decimal=",")


def _encoded(texts: Sequence[str]) -> list[bytes]:
    return [text.encode() for text in texts]


_GRID: list[list[object]] = [
    ["城市", "2019", "2020"],
    ["上海", 0.5, "1,234"],
    ["北京", 2, "—"],
    [None, None, 3],
]
_STOCKS = [
    ["证券类别", "数量(只)", "成交金额(元)", "总市值(元)", "流通市值(元)"],
    ["股票", "1", "2", "3", "4"],
]

TARGETS = {
    target.name: target
    for target in (
        Target(
            "communique",
            lambda body: communique.figures(document(body), rules=rules()),
            _encoded(samples.COMMUNIQUES),
            bombs=bombs.communiques,
        ),
        Target("listing", _listing, _encoded([samples.LISTING]), bombs=bombs.pages),
        Target(
            "tables",
            lambda body: html.read_tables(document(body)),
            _encoded(samples.TABLES + samples.YEARBOOKS),
            bombs=bombs.pages,
        ),
        Target("page", _page, _encoded(samples.TABLES), bombs=bombs.pages),
        Target(
            "yearbook",
            lambda body: yearbook.read(document(body)),
            _encoded(samples.YEARBOOKS + samples.TABLES),
            bombs=bombs.pages,
        ),
        Target("csv", _files, samples.CSVS, bombs=bombs.texts),
        Target("import", _import, samples.IMPORTS, (ImportRefused,), bombs=bombs.texts),
        Target("lists", _lists, samples.LISTS, (CityfluxError,), bombs=bombs.texts),
        Target("large", _large, samples.IMPORTS, bombs=bombs.texts),
        Target("xlsx", _files, [samples.workbook(*_GRID)], bombs=bombs.workbooks),
        Target("szse", _szse, [samples.workbook(*_STOCKS)], bombs=bombs.workbooks),
        Target("xls", read_book, [bombs.old_book(2, 1)], bombs=bombs.old_workbooks, apart=True),
        Target("parquet", read_parquet, [samples.parquet()], bombs=bombs.parquets, apart=True),
        Target("json", _files, samples.JSONS, bombs=bombs.jsons),
        Target(
            "jsonstat",
            lambda body: eurostat.parse(document(body)),
            samples.dumped(*samples.JSONSTATS),
            bombs=bombs.jsons,
        ),
        Target(
            "world_bank",
            lambda body: world_bank.parse(document(body)),
            samples.dumped(*samples.WORLD_BANK),
            bombs=bombs.jsons,
        ),
        Target(
            "nbs_easyquery",
            lambda body: easyquery.parse(document(body)),
            samples.dumped(samples.EASYQUERY),
            bombs=bombs.jsons,
        ),
        Target(
            "nbs_current",
            lambda body: current.parse(document(body)),
            samples.dumped(samples.CURRENT),
            bombs=bombs.jsons,
        ),
        Target(
            "nbs_download",
            lambda body: read_download(document(body)),
            [*samples.DOWNLOADS, samples.workbook(["地区", "2020年"], ["上海", 1.5])],
            bombs=bombs.texts,
        ),
        Target("baidu_index", _index, samples.dumped(*samples.BAIDU_INDEX), bombs=bombs.jsons),
        Target("baidu_migration", _migration, _encoded(samples.MIGRATION), bombs=bombs.jsons),
        Target(
            "sse",
            lambda body: exchange.parse_sse(document(body)),
            samples.dumped(samples.SSE),
            bombs=bombs.jsons,
        ),
        Target("oecd", lambda body: oecd.parse(document(body)), [samples.OECD], bombs=bombs.texts),
        Target("openflights", _openflights, [samples.ROUTES], bombs=bombs.texts),
        Target(
            "wikidata",
            lambda body: wikidata.parse(document(body)),
            samples.dumped(samples.WIKIDATA),
            bombs=bombs.jsons,
        ),
        Target("charset", _charset, _encoded(samples.TABLES), ()),
        Target(
            "definition",
            partial(_toml, read_definition),
            _encoded([samples.DEFINITION]),
            (IndexDefinitionError,),
            bombs.tomls,
        ),
        Target(
            "config",
            partial(_toml, load_config),
            _encoded([samples.CONFIG]),
            (ConfigError,),
            bombs.tomls,
        ),
        Target(
            "period", partial(_text, Period.parse), samples.PERIODS, (PeriodError,), bombs.words
        ),
        Target("period_of", partial(_text, period_of), samples.PERIODS, (), bombs.words),
        Target("numeral", partial(_text, _numeral), samples.NUMERALS, (ValueError,), bombs.words),
        Target("units", partial(_text, units.read), samples.UNITS, (UnitError,), bombs.words),
    )
}


def failure(target: Target, body: bytes) -> BaseException | None:
    """What a parser raises that is not its own; None where it does as it should."""
    try:
        target.read(body)
    except BaseException as error:
        if target.apart:
            return None
        own = isinstance(error, target.errors) and (
            not isinstance(error, CityfluxError) or "\n" not in str(error)
        )
        return None if own else error
    return None
