"""What a report says where something is missing, and about names that mean harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cityflux.core.charts.render import embedded
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.report.markdown import markdown
from cityflux.core.report.report import make_report
from cityflux.core.words.catalogue import CODES, Code
from cityflux.core.words.text import clean
from tests.report.world import CITIES, GROUPS, Page, World, page, parsed, text_of, told, world

NASTY = (
    '<script>alert("1")</script>',
    "\"'><img src=x onerror=alert(1)>",
    "\u202eright to left\u202c مدينة",
    "]]></style><!--",
    "{{ 7 * 7 }} {% raw %}",
    "endless" * 60,
    "bell\x07 null\x00 half\x85 none\ufffe",
    "line\nbreak | pipe `code` [link](javascript:alert(1))",
)


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.deep)])
def test_names_are_shown_as_text_everywhere(language: Code, tmp_path: Path) -> None:
    keys = ("a", "i", "g1", "x1", "x2", "b", "x3", "g2")
    names = {key: (name, name) for key, name in zip(keys, NASTY, strict=True)}
    names["s"] = (NASTY[0], f"{NASTY[1]} javascript:alert(2) <https://example.org/?a='b'>")
    with world(tmp_path, names) as small:
        small.fill("2019", "2020")
        facts = small.compute(description=NASTY[0])
    made = make_report(facts, language)
    read = page(facts, language)
    for tag in ("script", "img", "iframe"):
        assert list(read.tree.iter(tag)) == []
    handlers = [
        key for each in read.tree.iter() for key in each.attrib if str(key).startswith("on")
    ]
    assert handlers == []
    shown = text_of(read.tree)
    assert [name for name in NASTY if " ".join(clean(name).split()) not in shown] == []
    outside = [link for link in read.links if not link.startswith("#")]
    assert outside == ["https://example.org/?a='b'"]
    specs = embedded({chart.id: chart.chart for chart in made.charts})
    assert "<" not in specs
    assert set(json.loads(specs)) == {chart.id for chart in made.charts}
    lines = [line for line in markdown(made).splitlines() if not line.startswith("    ")]
    assert not any(tag in line for line in lines for tag in ("<script", "<img", "<!--"))


@pytest.mark.parametrize("language", CODES)
def test_the_first_run_has_nothing_to_compare_with_and_the_next_says_what_changed(
    language: Code, small: World
) -> None:
    small.fill("2020")
    first = told(small.compute(), language)["summary"]
    small.put("x3", ("b", "2020", 99.5))
    second = told(small.compute(), language)["summary"]
    third = told(small.compute(), language)["summary"]
    fourth = told(small.compute(minimum_cities=2), language)["summary"]
    assert len({first, second, third, fourth}) == 4
    assert "99.5" in second
    assert "99.5" not in third


def test_a_period_without_a_score_is_an_error_that_says_what_to_do(small: World) -> None:
    small.fill("2019")
    facts = small.compute(periods={"of": ["2019", "2020"]})
    with pytest.raises(NotEnoughData, match="cityflux refresh"):
        make_report(facts, "en")


@pytest.mark.parametrize("language", CODES)
def test_one_city_alone(language: Code, small: World) -> None:
    for leaves in GROUPS.values():
        for leaf in leaves:
            small.put(leaf, ("a", "2020", 5.0))
    facts = small.compute(standardization={"method": "none"})
    read = page(facts, language)
    names = {"zh": "名a", "en": "name a"}
    assert names[language] in read.section("ranking")
    assert read.section("gap")
    assert ("Only one city has a score" in read.section("gap")) == (language == "en")


def test_a_city_without_a_score_gets_a_report_too(small: World) -> None:
    for leaf in ("x1", "x3"):
        small.put(leaf, ("b", "2020", 5.0), ("c", "2020", 7.0))
    read = told(small.compute(), "en", focus="a")
    assert "name a has no score" in read["summary"]
    assert "Cities without a score: name a" in read["ranking"]
    assert "cannot be split" in read["gap"]


def test_groups_of_which_one_side_is_missing_are_named(small: World) -> None:
    small.fill("2020")
    with small.connection:
        small.connection.execute(
            "DELETE FROM observations WHERE city_id = 'a' AND indicator_id = 'x3'"
        )
    text = told(small.compute(), "en", focus="a", rival="b")["gap"]
    assert "only one of the two has a score" in text
    assert text.endswith("groups; compare them with care: name g2.")


def test_one_year_has_no_trends(small: World) -> None:
    small.fill("2020")
    read = told(small.compute(), "en")
    assert "no line can be drawn" in read["group-g1"]
    assert "no change of scores to show" in read["growth"]
    assert "no growth to compute" in read["growth"]


def test_several_years_have_trends_and_growth(small: World) -> None:
    small.fill("2018", "2019", "2020")
    facts = small.compute(
        periods={"of": ["2018", "2019", "2020"]},
        standardization={"method": "minmax", "within": "all"},
    )
    read = page(facts, "en", focus="a")
    assert "From 2018 to 2020 the score of name a went from" in read.section("growth")
    assert "(2018–2020)" in read.section("growth")
    assert list(read.element("trends-g1").iter("td"))


def test_two_groups_have_no_radar(small: World) -> None:
    small.put("x1", ("a", "2020", 1.0), ("b", "2020", 2.0))
    read = page(small.compute(), "en")
    assert "no radar is drawn" in read.section("groups")
    assert "groups-heatmap" in read.ids


def test_an_index_without_groups_has_one_page_for_all_its_indicators(small: World) -> None:
    small.fill("2020")
    facts = small.compute(nodes=[], indicators=["x1", "x2", "x3"])
    read = page(facts, "en")
    assert "All indicators" in read.section("group-i")
    assert "gap-chart" in read.ids


def test_scores_that_are_no_sums_cannot_be_split(small: World) -> None:
    small.fill("2020")
    facts = small.compute(
        standardization={"method": "minmax", "lower": 1, "upper": 2},
        aggregation={"method": "geometric"},
    )
    assert "cannot be split" in told(facts, "en")["gap"]


def test_what_was_imputed_and_treated_is_counted_and_explained(small: World) -> None:
    small.fill("2020")
    with small.connection:
        small.connection.execute(
            "DELETE FROM observations WHERE city_id = 'a' AND indicator_id = 'x1'"
        )
    facts = small.compute(
        imputation={"method": "mean"},
        treatment={"winsorize": "all"},
        screening={"min_available": 0.5},
    )
    read = told(facts, "en")
    assert "fills some gaps" in read["quality"]
    assert "Imputed in the computation: 1" in read["quality"]
    for words in ("Imputation: Mean", "winsorized (any number of", "less than 50%"):
        assert words in read["method"]


def test_a_map_has_the_cities_whose_place_is_known_and_names_the_others(small: World) -> None:
    small.fill("2020")
    with small.connection:
        small.connection.execute("UPDATE cities SET latitude=31, longitude=121 WHERE id='a'")
        small.connection.execute("UPDATE cities SET latitude=40, longitude=116 WHERE id='b'")
        small.connection.execute(
            "INSERT INTO flows VALUES ('air', 'a', 'b', '2020', 's', 12345, '人', NULL)"
        )
    read = page(small.compute(), "en")
    text = read.section("map")
    assert "Not on the map, because their coordinates are not known: name c." in text
    assert "12,345" in text
    assert "The largest flows: air, 2020" in text
    assert "#source-1" in read.links


def test_where_no_coordinates_are_known_there_is_no_map(small: World) -> None:
    small.fill("2020")
    assert "no map can be drawn" in told(small.compute(), "en")["map"]


def test_what_nobody_audited_is_said(small: World) -> None:
    small.fill("2020")
    assert "The ranks were not audited" in told(small.compute(), "en")["audit"]


def test_two_cities_of_one_name_are_told_apart(tmp_path: Path) -> None:
    with world(tmp_path, {"a": ("同名", "Same"), "b": ("同名", "Same")}) as small:
        small.fill("2020")
        text = told(small.compute(), "en")["ranking"]
    assert "Same (a)" in text
    assert "Same (b)" in text


def test_a_page_that_is_not_valid_would_be_noticed() -> None:
    with pytest.raises(Exception, match="End tag"):
        parsed("<!DOCTYPE html><title>t</title><p></div>")
    assert Page("<!DOCTYPE html><html><head><title>t</title></head></html>").links == []


def test_the_figures_in_use_are_of_the_coarsest_kind_alone(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.fill("2019", "2020")
        cells = [(city, month) for city in CITIES for month in ("2020-07", "2020-08")]
        made.put("x1", *((*cell, float(place)) for place, cell in enumerate(cells)))
        facts = made.compute(periods={"of": ["2019/2020"]})
        assert set(facts.used["period"]) == {"2019", "2020"}
        facts = made.compute(periods={"of": ["2020-Q3"]})
        assert set(facts.used.select("indicator", "period").iter_rows()) == {
            ("x1", "2020-07"),
            ("x1", "2020-08"),
        }
