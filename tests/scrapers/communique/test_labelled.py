"""The labelled set as a test: the thresholds that the scraper promises."""

from __future__ import annotations

from pathlib import Path

from benchmarks.communique import cases, kinds, measure, measure_cases, pages
from tests.scrapers.communique.texts import document, figures

LEAST_PRECISION = 0.99
LEAST_RECALL = 0.95


def test_the_set_is_as_large_and_varied_as_its_readme_says() -> None:
    everything = list(cases())
    first = [case for case in everything if case.labels["batch"] == 1]
    assert len(first) >= 36
    assert len(everything) - len(first) >= 51
    assert len({case.labels["layout"] for case in everything}) >= 14
    assert len({case.labels["city"] for case in everything}) == 5
    assert sum(len(case.labels["figures"]) for case in everything) >= 4400


def test_precision_and_recall() -> None:
    tables, errors = measure()
    total = tables["overall"]["all"]
    assert total.precision >= LEAST_PRECISION, errors
    assert total.recall >= LEAST_RECALL, errors
    for name in ("layout", "city", "batch"):
        for key, score in tables[name].items():
            assert score.precision >= LEAST_PRECISION, (name, key)
            assert score.recall >= LEAST_RECALL, (name, key)


def test_every_figure_stands_in_the_sentence_that_it_names() -> None:
    for case in cases():
        for figure in figures(case.document):
            assert figure.sentence
            digits = f"{abs(figure.value):.10f}".rstrip("0").rstrip(".")
            plain = figure.sentence.replace("，", "").replace(",", "").replace(" ", "")
            assert digits in plain or figure.value == 0 or "|" in figure.sentence


def test_each_kind_of_difficulty_has_twenty_texts_and_is_read() -> None:
    texts = list(kinds())
    for kind in {kind for kind, _ in texts}:
        assert sum(each == kind for each, _ in texts) >= 20, kind
    table, errors = measure_cases(texts)
    for kind, score in table.items():
        assert score.precision >= 0.995, (kind, errors)
        assert score.recall >= 0.98, (kind, errors)


def test_a_bound_of_a_kind_is_kept_with_its_sign() -> None:
    bounded = [case for _, case in kinds() if case.labels["bounds"]]
    assert len(bounded) >= 20
    for case in bounded:
        found = {f.rule_id: f.bound for f in figures(case.document) if f.status == "bound"}
        assert set(case.labels["bounds"]) <= found.keys(), case.name
        assert all(found.values())


def test_whole_pages_are_scored_by_their_labels(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "page,indicator,value,unit,period,status\n"
        "river,people.population,1268.4,万人,2021,ok\n"
        "river,overall_economy.gdp,8321.5,亿元,2021,ok\n",
        encoding="utf-8",
    )
    (tmp_path / "river.html").write_text(
        document("年末常住人口1268.4万人。").text, encoding="utf-8"
    )
    read = [(case.name, case) for case in pages(tmp_path, labels)]
    table, (missed,) = measure_cases(read)
    assert (table["all"].labels, table["all"].found, table["all"].right) == (2, 1, 1)
    assert (missed.kind, missed.rule_id) == ("missed", "overall_economy.gdp")
