"""Numbers, dates and lists as each language writes them; the same texts in both."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.engine.steps.methods import Methods
from cityflux.core.report.sections.method import catalogue
from cityflux.core.words.language import CODES, Code, Language, messages, short

ZH, EN = Language("zh"), Language("en")


def keys(code: Code) -> dict[str, set[str]]:
    """Every key and the names of the values in its text."""
    return {
        f"{section}.{key}": {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for section, texts in messages(code).items()
        if section != "units"
        for key, text in texts.items()
    }


def test_both_languages_say_the_same_things() -> None:
    chinese, english = keys("zh"), keys("en")
    assert {key for key in english if not key.endswith("_one")} == set(chinese)
    for key, names in english.items():
        other = chinese[key.removesuffix("_one")]
        assert names <= other | {"n", "k"} and other <= names | {"n", "k", "city", "index"}, key


def test_a_singular_is_used_for_one() -> None:
    assert "1 indicator," in EN.text("group.share", share="5%", n=1, known=0)
    assert "2 indicators," in EN.text("group.share", share="5%", n=2, known=0)


@pytest.mark.parametrize("kind", ["standardization", "weighting", "aggregation", "imputation"])
def test_every_built_in_method_has_a_name_and_a_formula(kind: str) -> None:
    built_in: Mapping[str, Any] = getattr(Methods(), kind)
    described = catalogue()[kind]
    assert set(built_in) <= set(described)
    for name in described:
        assert described[name]["zh"]
        assert described[name]["en"]
        assert kind == "imputation" or described[name]["formula"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234.50"), (-0.001, "0.00"), (-2.5, "−2.50"), (None, "–"), (0.0, "0.00")],
)
def test_numbers(value: float | None, text: str) -> None:
    assert ZH.number(value) == EN.number(value) == text


def test_a_plus_is_written_where_it_is_asked_for() -> None:
    assert EN.number(0.5, plus=True) == "+0.50"
    assert EN.number(-0.001, plus=True) == "0.00"


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345678.9, "12,345,679"), (0.123456789, "0.12346"), (30.0, "30"), (-1.5, "−1.5")],
)
def test_figures_have_the_digits_that_count(value: float, text: str) -> None:
    assert EN.figure(value) == text


@given(st.floats(-1e12, 1e12))
def test_a_figure_is_never_a_power_of_ten_and_stays_near_the_truth(value: float) -> None:
    text = EN.figure(value)
    assert "e" not in text
    read = float(text.replace(",", "").replace("−", "-"))
    assert abs(read - value) <= max(0.5, abs(value) * 1e-5)


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


def test_shares_below_one_percent_are_not_none() -> None:
    assert [EN.percent(share) for share in (None, 0.0, 0.004, 0.123, 1.0)] == [
        *("–", "0%", "0.4%", "12%", "100%")
    ]


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


def test_remarks_in_brackets_are_left_out_of_short_names() -> None:
    assert short("人流(包括人力资源流、旅客流)") == "人流"
    assert short("Trade (total)") == "Trade"
    assert short("(all)") == "(all)"
