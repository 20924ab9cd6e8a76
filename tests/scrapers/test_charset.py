"""Bytes become the right characters, whatever the source says about them."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.charset import decode

TEXT = "上海市统计局：地区生产总值（亿元）"


def test_gbk_page_that_declares_latin_1() -> None:
    page = f'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">{TEXT}'
    assert decode(page.encode("gbk"), "ISO-8859-1") == page


def test_gb18030_page_that_declares_gb2312() -> None:
    page = f'<meta charset="gb2312">{TEXT}𠮷㐂'
    assert decode(page.encode("gb18030")) == page


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
@pytest.mark.parametrize("declared", ["", "gbk"])
def test_byte_order_mark_decides(bom: bytes, encoding: str, declared: str) -> None:
    assert decode(bom + TEXT.encode(encoding), declared) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "UTF-16LE"])
def test_utf_16_without_mark_is_taken_at_its_word(encoding: str) -> None:
    assert decode(f"plain {TEXT}".encode(encoding), encoding) == f"plain {TEXT}"
    assert decode("plain".encode(encoding), encoding) == "plain"


def test_utf_8_wins_over_a_wrong_declaration() -> None:
    assert decode(TEXT.encode(), "gbk") == TEXT


def test_the_document_knows_better_than_the_header() -> None:
    page = '<?xml version="1.0" encoding="big5"?>臺北市'
    assert decode(page.encode("big5"), "gb2312") == page


def test_the_header_counts_where_the_document_is_silent() -> None:
    assert decode("東京都の人口".encode("shift_jis"), "Shift_JIS") == "東京都の人口"


def test_latin_1_where_nothing_else_fits() -> None:
    assert decode("prix – le café".encode("cp1252"), "iso-8859-1") == "prix – le café"


@pytest.mark.parametrize("declared", ["iso-8859-1", "us-ascii", "windows-1252", "latin1"])
def test_western_letters_are_no_chinese(declared: str) -> None:
    text = "Stadt;Köln;Görlitz;Würselen;Mönchengladbach"
    assert decode(text.encode("cp1252"), declared) == text


@pytest.mark.parametrize("declared", ["windows-1252", "iso-8859-15", "koi8-r", "cp437", "latin-1"])
def test_a_charset_that_reads_anything_is_doubted(declared: str) -> None:
    assert decode(TEXT.encode("gbk"), declared) == TEXT
    text = "Население Москвы и области"
    assert decode(text.encode("koi8-r"), "koi8-r") == text


def test_what_only_looks_like_gb18030_is_marked() -> None:
    assert "\ufffd" in decode("縣市,年份,人數\n臺北市,2021,2600000".encode("big5"))


def test_one_bad_byte_costs_itself() -> None:
    assert decode(TEXT.encode("gbk") + b"\xff") == TEXT + "\ufffd"


def test_unknown_charset_is_passed_over() -> None:
    assert decode(TEXT.encode("gbk"), "x-no-such-thing") == TEXT


def test_what_nobody_can_read_is_marked() -> None:
    assert decode(b"ok \xff\xff", "utf-8") == "ok \ufffd\ufffd"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff")))
def test_utf_8_comes_back(text: str) -> None:
    assert decode(text.encode()) == text


@given(st.binary(), st.sampled_from(["", "gbk", "latin-1", "utf-16", "undefined", "idna", "hex"]))
def test_any_bytes_become_some_text(body: bytes, declared: str) -> None:
    assert isinstance(decode(body, declared), str)


def test_utf_8_with_a_bad_byte_here_and_there_stays_utf_8() -> None:
    assert decode(b"\xa9 " + TEXT.encode(), "utf-8") == f"\ufffd {TEXT}"
    assert decode(TEXT.encode() + TEXT.encode()[:4]) == f"{TEXT}上\ufffd"


def test_single_bytes_between_letters_are_no_chinese() -> None:
    towns = "Köln, Görlitz, Düsseldorf"
    assert decode(towns.encode("latin-1")) == decode(towns.encode("latin-1"), "latin-1") == towns


def test_gbk_is_not_taken_for_damaged_utf_8_nor_for_latin() -> None:
    text = f"GDP {TEXT}，朱镕基，A座"
    assert decode(text.encode("gbk"), "utf-8") == decode(text.encode("gbk"), "latin-1") == text
