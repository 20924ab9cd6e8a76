"""Plugin files as an author writes them, for the tests: a good one, and one slip each."""

from __future__ import annotations

from pathlib import Path

GOOD = """
import polars as pl
from cityflux import Document, Indicator, Source, hookimpl


@hookimpl
def indicator():
    return Indicator("local.NAME", "甲", "NAME", "个")


@hookimpl
def source():
    return Source("office.NAME", "p", "bundled-not:NAME", licence="l", access="bundled")


@hookimpl
def fetch(http, source, since):
    return [Document(source.address, b"7 3")]


@hookimpl
def normalize(documents):
    return pl.DataFrame({"city": ["shanghai"], "period": ["2020"], "value": [7.0]})
"""
FETCHED = 'return [Document(source.address, b"7 3")]'
READ = 'return pl.DataFrame({"city": ["shanghai"], "period": ["2020"], "value": [7.0]})'
MARK = "@hookimpl\n"


def write(path: Path, code: str = GOOD) -> Path:
    """Write a plugin file, or the first file of a package."""
    name = path.parent.name if path.name == "__init__.py" else path.stem
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code.replace("NAME", name), encoding="utf-8")
    return path


#: What an author returns, and what he is told: name, what stands in the code, what he writes
#: instead, the line.
RETURNS = {
    "text": (FETCHED, "return 'a page'", "fetch() returned a str; return a list of Documents"),
    "document": (
        FETCHED,
        "return Document(source.address, b'7')",
        "fetch() returned a Document; return a list of Documents",
    ),
    "raw": (FETCHED, "return b'7 3'", "fetch() returned a bytes; return a list of Documents"),
    "number": (FETCHED, "return 7", "fetch() returned an int; return a list of Documents"),
    "texts": (FETCHED, "return ['a page']", "fetch() handed over a str in its list"),
    "one_by_one": (FETCHED, "yield b'7'", "fetch() handed over a bytes in its list"),
    "table": (READ, "return {'city': ['shanghai']}", "normalize() returned a dict; return a pol"),
    "nothing": (READ, "pass", "normalize() returned a NoneType; return a polars DataFrame; is its"),
    "listed": (READ, "return [1]", "normalize() returned a list; return a polars DataFrame"),
    "lazy": (READ, READ + ".lazy()", "normalize() returned a LazyFrame; return a polars DataFrame"),
    "stepwise": (READ, "yield 7", "normalize() returned a generator; return a polars DataFrame"),
    "pandas": (
        READ,
        "return type('DataFrame', (dict,), {'__module__': 'pandas', 'columns': "
        "['city', 'period', 'value']})()",
        "normalize() returned a pandas DataFrame; return a polars DataFrame",
    ),
    "raises": (READ, "return documents[5]", "IndexError: tuple index out of range (FILE, line 23)"),
    "mute": (
        READ,
        "raise type('Mute', (Exception,), {'__str__': lambda self: self.gone})()",
        "Mute: (its text raises AttributeError) (FILE, line 23)",
    ),
    "deep": (
        READ,
        "return pl.DataFrame({'a': [1]})['b']",
        "(FILE, line 23)",
    ),
}
#: What he writes in the whole file, and what he is told.
FILES = {
    "misspelt": (
        GOOD.replace("def normalize", "def normalise"),
        "normalise() is no hook; did you mean normalize()?",
    ),
    "argument": (
        GOOD.replace("fetch(http, source, since)", "fetch(url)"),
        "fetch() asks for url (line 16); it may take http, source, since",
    ),
    "unmarked": (
        GOOD.replace(MARK + "def normalize", "def normalize"),
        "normalize() lacks its @hookimpl (line 21)",
    ),
    "unmarked_too": (
        GOOD.replace(MARK + "def normalize", "def normalise"),
        "normalise() is no hook (line 21); did you mean normalize(), with @hookimpl?",
    ),
    "headless": (
        GOOD.replace(MARK + "def indicator", "def indicator"),
        "lacks the hook indicator(); write it with @hookimpl",
    ),
    "unmarked_cities": (
        GOOD + "\n\ndef register_city(register):\n    pass\n",
        "register_city() is no hook (line 26); did you mean register_cities(), with @hookimpl?",
    ),
    "yearly": (
        GOOD.replace('"个")', '"个", frequency="anual")'),
        "frequency is 'anual'; did you mean annual?",
    ),
    "access": (GOOD.replace('"bundled")', '"Live")'), "access is 'Live'; did you mean live?"),
    "nowhere": (GOOD.replace('"个")', '"个", direction=0)'), "direction is 0; there are 1, -1"),
    "unitless": (GOOD.replace('"个")', "None)"), "unit is None; write text"),
    "nameless": (GOOD.replace('"local.NAME"', '""'), "a declaration has no id; write one such as"),
    "first": (
        GOOD.replace('access="bundled"', 'access="bundled", priority="high"'),
        "office.first: priority is 'high'; write a whole number",
    ),
    "single": (
        GOOD.replace('access="bundled"', 'access="bundled", secrets="KEY"'),
        "office.single: secrets is 'KEY'; write texts such as",
    ),
    "towns": (
        GOOD.replace("import Document", "import City, Document") + "\n\n@hookimpl\n"
        "def register_cities(register):\n    register(City('town', '镇', 'Town', latitude='N'))\n",
        "town: latitude is 'N'; write a number",
    ),
    "numbered": (GOOD.replace("return Source(", "return 5 or Source("), "source() returned 5; re"),
    "handed": (
        "from cityflux import Indicator, hookimpl\n\n\n@hookimpl\n"
        "def register_indicators(register):\n"
        "    register(Indicator('local.NAME', '甲', 'NAME', '个'))\n",
        "hands over something of the kind Indicator, which has no hook indicator(); hand over",
    ),
    "crooked": ("def broken(:\n", "SyntaxError: invalid syntax (my_plugins/crooked.py, line 1)"),
    "raising": (
        "x = 1\ny = 1 / 0\n",
        "ZeroDivisionError: division by zero (my_plugins/raising.py, line 2)",
    ),
    "hookless": ("x = 1\n", "has no hooks; decorate its functions with @cityflux.hookimpl"),
}
