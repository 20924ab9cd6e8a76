"""Tables of statistical yearbooks (统计年鉴), from the table of contents to tidy rows.

::

    documents = yearbook.fetch(http, "http://…/2022/indexch.htm", ["客运量"])
    rows = yearbook.read(documents)
    yearbook.select(rows, yearbook.Selection(item="客运量", unit="万人次", city="my_city"))
"""

from cityflux.scrapers.yearbook.contents import Entry, contents, fetch, find
from cityflux.scrapers.yearbook.selection import SCHEMA, Selection, read, select

__all__ = ["SCHEMA", "Entry", "Selection", "contents", "fetch", "find", "read", "select"]
