"""The labelled set as a test: the thresholds that the scraper promises."""

from __future__ import annotations

from benchmarks.communique import cases, measure
from tests.scrapers.communique.texts import figures

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
