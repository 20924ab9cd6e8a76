"""Names, dates and lists as each language writes them."""

from __future__ import annotations

import pytest

from cityflux.core.words.catalogue import CODES, Code
from cityflux.core.words.language import Language, moment
from cityflux.core.words.names import pick, short, told_apart

ZH, EN = Language("zh"), Language("en")


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2020", "2020年", "2020"),
        ("2020-Q3", "2020年第三季度", "Q3 2020"),
        ("2020-07", "2020年7月", "July 2020"),
        ("2020-07-14", "2020年7月14日", "14 July 2020"),
        ("2011/2020", "2011—2020年", "2011–2020"),
    ],
)
def test_periods(period: str, zh: str, en: str) -> None:
    assert (ZH.period(period), EN.period(period)) == (zh, en)


def test_days_are_written_out() -> None:
    assert ZH.day("2026-01-31T08:00:00.000Z") == "2026年1月31日"
    assert EN.day("2026-01-31T08:00:00.000Z") == "31 January 2026"


def test_lists_end_with_and_and_long_ones_count_the_rest() -> None:
    assert EN.listed(["a"]) == "a"
    assert EN.listed(["a", "b", "c"]) == "a, b and c"
    assert ZH.listed(["甲", "乙", "丙"]) == "甲、乙和丙"
    assert EN.listed(list("abcde"), most=3) == "a, b, c and 2 more"
    assert "另有2项" in ZH.listed(list("甲乙丙丁戊"), most=3)


@pytest.mark.parametrize("code", CODES)
def test_a_name_that_is_empty_in_one_language_is_taken_from_the_other(code: Code) -> None:
    row = {"name_zh": "甲", "name_en": ""}
    assert Language(code).name(row) == "甲"


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("某指数 · An index", "某指数", "An index"),
        ("江若尘 · 陈昌东", "江若尘 · 陈昌东", "江若尘 · 陈昌东"),
        ("An index", "An index", "An index"),
        ("", "", ""),
    ],
)
def test_of_a_text_in_both_languages_each_takes_its_own(text: str, zh: str, en: str) -> None:
    assert (ZH.own(text), EN.own(text)) == (zh, en)


def test_what_has_no_name_gets_what_stands_in_for_it() -> None:
    assert (pick("zh", "", "Shanghai", "x"), pick("en", None, "", "x")) == ("Shanghai", "x")


def test_a_moment_is_written_to_the_minute() -> None:
    assert moment("2026-01-31T08:05:59.123Z") == "2026-01-31 08:05 UTC"


def test_a_unit_is_translated_where_there_is_a_word_for_it() -> None:
    assert (ZH.unit("亿元"), EN.unit("亿元"), EN.unit("nobody knows")) == (
        *("亿元", "100 million yuan", "nobody knows"),
    )


def test_remarks_in_brackets_are_left_out_of_short_names() -> None:
    assert short("人流(包括人力资源流、旅客流)") == "人流"
    assert short("Trade (total)") == "Trade"
    assert short("(all)") == "(all)"


def test_names_that_stand_for_several_things_get_their_ids() -> None:
    assert told_apart({"a": "Suzhou", "b": "Suzhou", "c": "Wuxi"}) == {
        **{"a": "Suzhou (a)", "b": "Suzhou (b)", "c": "Wuxi"}
    }
