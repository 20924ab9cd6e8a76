"""A planted secret stands nowhere, in no writing: no file, no output, no message, no answer."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.model import secrecy
from tests.conftest import run_module, run_process
from tests.servers import Answer, LoopbackServer, Raw, Seen

SECRET = "pL4nt/ed+s3cret=Kq~9&Zw"
TOKEN = "t0ken-0f-the-h00k-5151"
ROOT = str(Path(__file__).resolve().parents[1])


def cut(text: str, between: str, size: int = 5) -> str:
    return between.join(text[start : start + size] for start in range(0, len(text), size))


def writings(text: str) -> dict[str, str]:
    """A text in every writing that we could think of."""
    plain = text.encode()
    found = {
        "plain": text,
        "upper case": text.upper(),
        "reversed": text[::-1],
        "percent": quote(text, safe=""),
        "percent, small": quote(text, safe="").lower(),
        "form": quote_plus(text),
        "percent, all": "".join(f"%{byte:02x}" for byte in plain),
        "percent, twice": quote(quote(text, safe=""), safe=""),
        "hex": plain.hex(),
        "HEX": plain.hex().upper(),
        "hex with colons": plain.hex(":"),
        "hex in C": ", ".join(f"0x{byte:02x}" for byte in plain),
        "hex escapes": "".join(f"\\x{byte:02x}" for byte in plain),
        "numbers": str([*plain]),
        "repr": repr(text),
        "JSON": json.dumps(text),
        "JSON, slashes": json.dumps(text).replace("/", "\\/"),
        "JSON, all": "".join(f"\\u{ord(letter):04X}" for letter in text),
        "HTML": html.escape(text),
        "HTML, numbers": "".join(f"&#{ord(letter)};" for letter in text),
        "HTML, hex": "".join(f"&#x{ord(letter):x};" for letter in text),
        "lines": cut(text, "\n"),
        "lines of mail": cut(text, "\r\n > "),
        "indented": cut(text, "\n        "),
        "soft breaks": cut(text, "=\n"),
        "continued": cut(text, "\\\n"),
        "breaks": cut(text, "<br/>"),
        "JSON of lines": json.dumps(cut(text, "\n")),
        "pieces": cut(text, '" +\n "'),
        "base32": base64.b32encode(plain).decode(),
        "quoted printable": "".join(f"={byte:02X}" for byte in plain),
        "invisible": cut(text, "\u200b", 3),
    }
    for before in range(3):
        coded = base64.b64encode(b"u:;"[:before] + plain + b"-tail").decode()
        found[f"base64 {before}"] = coded
        found[f"base64 {before}, for addresses"] = coded.translate({43: "-", 47: "_"}).rstrip("=")
        found[f"base64 {before}, lines"] = cut(coded, "\r\n", 7)
        found[f"base64 {before}, percent"] = quote(coded, safe="")
    return found


def traces(text: str) -> set[bytes]:
    """What is left of a text in whatever was written with it; looked for in plain bytes."""
    plain = text.encode()
    found = {plain, plain.upper(), plain.lower(), plain[::-1], plain.hex().encode()}
    found |= {plain.hex().upper().encode(), *(each.encode() for each in writings(text).values())}
    for before in range(3):
        coded = base64.b64encode(bytes(before) + plain)[4:-4]
        found |= {coded, coded.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def leaks(held: bytes) -> set[bytes]:
    views = (held, b"".join(held.split()), held.replace(b"=\n", b""), held.replace(b"\\n", b""))
    return {each for each in (*traces(SECRET), *traces(TOKEN)) if any(each in v for v in views)}


HOSTILE = """
import base64, html, json, logging, os, subprocess, sys
from pathlib import Path
from urllib.parse import quote

import polars as pl
from cityflux import Document, Indicator, Source, hookimpl

KEY = os.environ["LOCAL_KEY"]
WRITINGS = json.loads(Path(os.environ["WRITINGS"]).read_text())


def tell(where):
    for each in WRITINGS:
        print(where, each)
        sys.stderr.write(where + each + "\\n")
        logging.getLogger("local").warning("%s %s", where, each)
    os.write(1, KEY.encode() + b"\\n")
    os.write(2, KEY[:5].encode()), os.write(2, b"\\n"), os.write(2, KEY[5:].encode() + b"\\n")
    subprocess.run(["sh", "-c", "echo $LOCAL_KEY; echo $LOCAL_KEY | base64 >&2"])


tell("import")


class Indicators:
    def __init__(self, name):
        self.name = name

    @hookimpl
    def indicator(self):
        return Indicator(f"local.{self.name}", "甲", f"{self.name} {KEY}", "个", definition=KEY)

    @hookimpl
    def source(self):
        return Source(
            f"office.{self.name}", f"p {KEY}", "ADDRESS" + self.name, licence=KEY,
            reference=KEY, schedule="every 1 day", vintage=quote(KEY),
        )

    @hookimpl
    def fetch(self, http, source, since):
        tell("fetch")
        key = http.secret("local_key")
        if self.name == "own":
            written = "\\n".join(["7 3", *WRITINGS])
            return [Document(f"file:{key}", written.encode(), etag=key, final_address=key)]
        if self.name == "raises":
            raise ValueError(" ".join(WRITINGS) + "x" * 970 + key)
        headers = {"X-Key": key, "Cookie": f"a={key}"}
        return [http.get(source.address, params={"key": key}, headers=headers)]

    @hookimpl
    def normalize(self, documents):
        tell("normalize")
        values = [float(each) for each in documents[0].text.split()[:2]]
        if self.name == "cuts":
            raise RuntimeError(repr(documents[0]) + KEY)
        return pl.DataFrame({
            "city": ["shanghai"] * len(WRITINGS),
            "period": [str(1950 + each) for each in range(len(WRITINGS))],
            "value": [values[0]] * len(WRITINGS),
            "note": WRITINGS,
        })


@hookimpl
def register_indicators(register):
    for name in ("page", "moved", "gone", "status", "none", "own", "raises", "cuts"):
        register(Indicators(name))
    register(Indicators(KEY.lower()))


@hookimpl
def register_commands(cli):
    import click

    @cli.command()
    def mine():
        click.echo(KEY)
        tell("command")


@hookimpl
def observations_changed(changes):
    tell("changed")
    raise ValueError(WRITINGS)


@hookimpl
def prepare_connection(connection):
    tell("prepare")
    raise KeyError(KEY)
"""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """One that says back whatever it is sent, in every way that there is."""
    said = "\n".join(["7 3", *writings(SECRET).values()])
    told = {
        "ETag": f'"{SECRET}"',
        "Last-Modified": base64.b64encode(SECRET.encode()).decode(),
        "X-Key": SECRET,
        "Set-Cookie": f"a={SECRET}",
        "Content-Type": f"text/{quote(SECRET)}; charset={SECRET.encode().hex()}",
    }

    def moved(seen: Seen) -> Answer:
        return Answer(SECRET, 302, {"Location": f"/page?again={quote_plus(SECRET)}", **told})

    with LoopbackServer() as running:
        running.answer("/page", Answer(said, headers=told))
        running.answer("/cuts", Answer(said, headers=told))
        running.answer("/moved", moved)
        running.answer("/gone", Answer(said, 404, told))
        running.answer("/status", Raw(f"HTTP/1.1 410 {SECRET}\r\n\r\n{SECRET}".encode()))
        running.answer("/none", Raw(f"{SECRET} is wrong\r\n\r\n".encode()))
        running.answer("/hook", "fine")
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    home, beside = tmp_path / "home", tmp_path / "writings.json"
    (home / "my_plugins").mkdir(parents=True)
    beside.write_text(json.dumps([*writings(SECRET).values()]), encoding="utf-8")
    plugin = HOSTILE.replace("ADDRESS", server.address("/"))
    (home / "my_plugins" / "hostile.py").write_text(plugin, encoding="utf-8")
    modules = [f"plugins.{path.stem}" for path in (Path(ROOT) / "plugins").glob("[a-z]*.py")]
    modules.remove("plugins.cities")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (home / "config.toml").write_text(
        f'[client]\nallow_hosts = ["127.0.0.1"]\nrequests_per_second = 1000.0\n'
        f'[secrets]\nlocal_key = "LOCAL_KEY"\n[plugins]\ndisabled = {json.dumps(modules)}\n'
        f'[daemon]\nport = {port}\n[log]\nfile = "log.txt"\nlevel = "debug"\n'
    )
    monkeypatch.setenv("LOCAL_KEY", SECRET)
    monkeypatch.setenv("WRITINGS", str(beside))
    monkeypatch.setenv("CITYFLUX_WEBHOOK", server.address(f"/hook?{TOKEN}"))
    return home


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def held(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All that a folder holds, also what is packed."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
        if path.suffix == ".db":
            with contextlib.closing(sqlite3.connect(path)) as connection:
                for (packed,) in connection.execute("SELECT body FROM snapshots"):
                    yield f"a snapshot of {path}", zlib.decompress(packed)


def daemon_says(folder: Path, server: LoopbackServer) -> Iterator[tuple[str, bytes]]:
    """What a daemon prints, answers and tells."""
    port = int((folder / "config.toml").read_text().partition("port = ")[2].split()[0])
    with (folder / "printed.txt").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "cityflux", "run"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": ROOT},
            stdout=printed,
            stderr=printed,
        )
    try:
        until(lambda: server.count("/hook") >= 3)
        yield from _answers(port)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (folder / "printed.txt").read_text()
    for seen in server.requests:
        if seen.path == "/hook":
            yield "webhook", seen.body


def _answers(port: int) -> Iterator[tuple[str, bytes]]:
    for path in ("/health", "/metrics", "/other"):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                yield path, answer.read()
        except urllib.error.HTTPError as refused:
            yield path, refused.read()


def test_a_planted_secret_stands_nowhere(folder: Path, server: LoopbackServer) -> None:
    answers = dict(daemon_says(folder, server))
    first = run_process("cityflux", "refresh", "--json", cwd=folder)
    assert "holds a secret" in "".join(each["error"] for each in json.loads(first.stdout)["failed"])
    assert {"import ***", "fetch ***", "normalize ***"} <= {*first.stderr.splitlines()}
    assert SECRET in "".join(seen.headers.get("x-key", "") for seen in server.requests)
    found = {"refresh --json": first.stdout + first.stderr}
    name = "my_plugins/hostile.py"
    for command in (
        ["refresh", "local.own"],
        ["mine"],
        ["run", "--once"],
        ["plugins", "check", name, "--live", "--json"],
        ["plugins", "list", "--json"],
        ["refresh", "--from-snapshots"],
        ["sources", "--json"],
        ["status", "--json"],
        ["indicators", "--json"],
        ["doctor"],
        ["backup", "copies/one.db"],
        ["export", "all.csv"],
        ["--debug", "show", "nothing_there"],
    ):
        done = run_module("cityflux", *command, cwd=folder)
        found[" ".join(command)] = done.stdout + done.stderr
    assert all(found.values()), found
    answers |= {**dict(held(folder)), **{name: text.encode() for name, text in found.items()}}
    assert len(found["export all.csv"]) and len(answers) > 20
    assert not {name: lost for name, text in answers.items() if (lost := leaks(text))}


@pytest.mark.parametrize("secret", [SECRET, "p@ss wörd/=ü+Z", "密钥钥匙上海abcdefg"])
def test_every_writing_is_struck_out_and_nothing_else(secret: str) -> None:
    secrecy.know(secret)
    for name, written in writings(secret).items():
        if name != "upper case" or secret.isascii():
            redacted = secrecy.redact(f"before {written} after")
            assert redacted.startswith("before ") and redacted.endswith(" after"), name
            assert "***" in redacted and not traces(secret) & {redacted.encode()}, name
    for charset in ("utf-16", "utf-16-be", "utf-32", "gb18030"):
        if secret.isascii() or charset != "utf-32":
            assert b"***" in secrecy.redact_bytes(f"a {secret} b".encode(charset)), charset


@settings(max_examples=25)
@given(st.text(min_size=12, max_size=40), st.text(max_size=80), st.data())
def test_a_text_without_a_secret_stays_as_it_is(
    secret: str, around: str, data: st.DataObject
) -> None:
    secrecy.forget()
    body = around.encode("utf-8", "surrogatepass")
    assert secrecy.redact_bytes(body) is body
    secrecy.know(secret)
    if secret.strip()[:4] not in around:
        place = data.draw(st.integers(0, len(around)))
        whole = around[:place] + secret.strip() + around[place:]
        assert secret.strip() not in secrecy.redact(whole) or len(secret.strip()) < 4


def test_a_long_answer_is_gone_through_a_few_times(tmp_path: Path) -> None:
    secrecy.know(SECRET)
    body = b"<tr><td>1,234.5%</td><td>\\u4e0a =41 &nbsp;</td></tr>\n" * 20_000
    assert secrecy.redact_bytes(body) is body
    assert secrecy.redact_bytes(body + quote(SECRET).encode() + body) == body + b"***" + body
    gap = b'"' + b" " * 1_000_000
    assert secrecy.redact_bytes(gap) is gap
    assert secrecy.redact_bytes(SECRET[:9].encode() + gap[1:] + SECRET[9:].encode()) == b"***"
    written = base64.encodebytes(b"x" * 1_048_570 + SECRET.encode() + b"y" * 400_000)
    assert not leaks(secrecy.redact_bytes(written))


def test_which_variables_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "NAMED": "0123-named",
        "SOME_API_KEY": "by-its-name",
        "GITHUB_TOKEN": "by-its-name-too",
        "KEYBOARD": "no-secret",
        "MY_KEY": "short",
        "CREDENTIALS": "/a/path/to/some",
        "COOKIES": "plural",
        "A_COOKIE": "BDUSS=part-of-a-cookie; lang=zh",
    }.items():
        monkeypatch.setenv(name, value)
    secrecy.learn(["NAMED", "NOT_SET"])
    assert {*secrecy.known()} >= {
        *("0123-named", "by-its-name", "by-its-name-too"),
        *("BDUSS=part-of-a-cookie; lang=zh", "part-of-a-cookie"),
    }
    assert {*secrecy.known()}.isdisjoint({"no-secret", "short", "/a/path/to/some", "plural"})
