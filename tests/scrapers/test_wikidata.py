from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import rdflib

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Failed, Refused, TooSlow, Unexpected
from cityflux.scrapers import wikidata
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, reply, serve
from tests.scrapers.plugin_examples import example, run

ENTITY = "http://www.wikidata.org/entity/"


def uri(address: str) -> dict[str, str]:
    return {"type": "uri", "value": address}


def statement(
    item: str,
    property_: str,
    value: str,
    *,
    rank: str = "Normal",
    when: tuple[str, int] | None = None,
    unit: str = "",
    part: str = "",
) -> dict[str, Any]:
    binding: dict[str, Any] = {
        "item": uri(ENTITY + item),
        "label": {"type": "literal", "xml:lang": "en", "value": f"Name of {item}"},
        "property": uri(ENTITY + property_),
        "value": {"type": "literal", "value": value},
        "rank": uri(f"http://wikiba.se/ontology#{rank}Rank"),
    }
    if when:
        binding["time"] = {"type": "literal", "value": f"{when[0]}T00:00:00Z"}
        binding["precision"] = {"type": "literal", "value": str(when[1])}
    if unit:
        binding["unit"] = uri(ENTITY + unit)
    if part:
        binding["part"] = uri(ENTITY + part)
    return binding


def results(*bindings: dict[str, Any]) -> Reply:
    return reply({"head": {"vars": ["item"]}, "results": {"bindings": list(bindings)}})


def parsed(*bindings: dict[str, Any]) -> pl.DataFrame:
    return wikidata.parse(Document("http://site/sparql", results(*bindings).body))


# A city as the query service holds it (https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format).
CITY = """
wd:Q1 rdfs:label "City"@en, "城"@zh ; p:P1082 :now, :wrong, :core ; p:P625 :place .
:now ps:P1082 100.0 ; wikibase:rank wikibase:PreferredRank ;
  psv:P1082 [ wikibase:quantityUnit wd:Q199 ] ;
  pqv:P585 [ wikibase:timeValue "2020-11-01T00:00:00Z"^^xsd:dateTime ; wikibase:timePrecision 10 ] .
:wrong ps:P1082 1.0 ; wikibase:rank wikibase:DeprecatedRank .
:core ps:P1082 60.0 ; wikibase:rank wikibase:NormalRank ; pq:P518 wd:Q2 .
:place ps:P625 "Point(121.5 31.25)" ; wikibase:rank wikibase:NormalRank .
wd:Q3 p:P1082 [ ps:P1082 7.0 ; wikibase:rank wikibase:NormalRank ] .
"""
#: The prefixes that the service knows without being told.
PREFIXES = {
    "": "http://city.example/",
    "wd": ENTITY,
    "p": "http://www.wikidata.org/prop/",
    "ps": "http://www.wikidata.org/prop/statement/",
    "psv": "http://www.wikidata.org/prop/statement/value/",
    "pq": "http://www.wikidata.org/prop/qualifier/",
    "pqv": "http://www.wikidata.org/prop/qualifier/value/",
    "wikibase": "http://wikiba.se/ontology#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def test_a_sparql_engine_understands_the_query() -> None:
    graph = rdflib.Graph()
    known = "".join(f"@prefix {name}: <{address}> .\n" for name, address in PREFIXES.items())
    graph.parse(data=known + CITY, format="turtle")

    def answer(asked: Asked) -> Reply:
        found = graph.query(asked.one("query"), initNs=PREFIXES).serialize(format="json")
        assert found is not None
        return Reply(found, "application/sparql-results+json")

    with serve(answer) as site:
        (document,) = wikidata.fetch(
            LoopbackClient(), ["Q1", "Q2"], language="zh", address=site.address
        )
    statements = wikidata.parse(document)
    assert set(statements.rows()) == {
        ("Q1", "城", "P1082", 100.0, "1", None, None, "2020-11", "preferred", None),
        ("Q1", "城", "P1082", 60.0, None, None, None, None, "normal", "Q2"),
        ("Q1", "城", "P625", None, None, 31.25, 121.5, None, "normal", None),
    }
    assert set(wikidata.best(statements)["property"]) == {"P1082", "P625"}


def one_batch(answer: Callable[[Asked], Reply]) -> list[Document]:
    with serve(answer) as site:
        return list(wikidata.fetch(LoopbackClient(), ["Q8686"], address=site.address + "/sparql"))


def test_items_are_asked_in_batches_by_post() -> None:
    items = [f"Q{number}" for number in range(1, 6)]
    with serve(lambda asked: results()) as site:
        fetched = wikidata.fetch(
            LoopbackClient(), items, ["P1082"], language="zh", batch=2, address=site.address
        )
        assert len(list(fetched)) == 3
    queries = [asked.form["query"][0] for asked in site.asked]
    assert "VALUES ?item { wd:Q3 wd:Q4 }" in queries[1]
    assert "VALUES ?item { wd:Q5 }" in queries[2]
    assert "(wd:P1082 p:P1082 ps:P1082 psv:P1082)" in queries[0]
    assert 'LANG(?label) = "zh"' in queries[0]
    assert all(query.count("{") == query.count("}") for query in queries)
    assert {asked.headers["Accept"] for asked in site.asked} == {"application/sparql-results+json"}
    assert {asked.form["format"][0] for asked in site.asked} == {"json"}


@pytest.mark.parametrize(
    ("items", "properties", "language"),
    [
        (["Shanghai"], ["P1082"], "en"),
        (["Q1 } #"], ["P1082"], "en"),
        (["Q1"], ["wdt:P31"], "en"),
        (["Q1"], ["P1082"], 'en") #'),
    ],
)
def test_only_items_properties_and_languages_go_into_a_query(
    items: list[str], properties: list[str], language: str
) -> None:
    with serve(lambda asked: results()) as site:
        fetched = wikidata.fetch(
            LoopbackClient(), items, properties, language=language, address=site.address
        )
        with pytest.raises(ValueError, match="does not go into a query"):
            list(fetched)
    assert site.asked == []


def test_statements_are_read_with_unit_date_and_rank() -> None:
    frame = parsed(
        statement("Q8686", "P625", "Point(121.469 31.232)"),
        statement("Q8686", "P2046", "6340.5", unit="Q712226"),
        statement("Q8686", "P1082", "24870895", when=("2020-11-01", 11), unit="Q199"),
        statement("Q8686", "P1082", "24870895", when=("2020-11-01", 11), unit="Q199"),
        statement("Q8686", "P1082", "23019148", rank="Preferred", when=("2010-01-01", 9)),
        statement("Q8686", "P1082", "5", when=("2010-07-01", 10), unit="Q4", part="Q99"),
        statement("Q8686", "P1082", "6", when=("1800-01-01", 7)),
    )
    facts = frame.select(pl.exclude("item", "label")).rows()
    assert facts == [
        ("P625", None, None, 31.232, 121.469, None, "normal", None),
        ("P2046", 6340.5, "km²", None, None, None, "normal", None),
        ("P1082", 24870895.0, "1", None, None, "2020-11-01", "normal", None),
        ("P1082", 23019148.0, None, None, None, "2010", "preferred", None),
        ("P1082", 5.0, "Q4", None, None, "2010-07", "normal", "Q99"),
        ("P1082", 6.0, None, None, None, None, "normal", None),
    ]
    assert set(frame["item"]) == {"Q8686"}
    assert set(frame["label"]) == {"Name of Q8686"}


def test_some_value_and_other_globes_are_left_out() -> None:
    some = statement("Q1", "P1082", "http://www.wikidata.org/.well-known/genid/0f")
    blank = statement("Q1", "P1082", "t1")
    blank["value"]["type"] = "bnode"
    moon = statement("Q1", "P625", f"<{ENTITY}Q405> Point(1 2)")
    assert parsed(some, blank, moon).is_empty()


def test_an_item_without_a_label_has_none() -> None:
    unnamed = statement("Q1", "P1082", "7")
    del unnamed["label"]
    assert parsed(unnamed)["label"].to_list() == [None]


def test_the_best_is_the_preferred_then_the_latest_of_the_whole_place() -> None:
    frame = parsed(
        statement("Q1", "P1082", "10", when=("2010-01-01", 9)),
        statement("Q1", "P1082", "20", when=("2020-11-01", 11)),
        statement("Q1", "P1082", "15", when=("2020-01-01", 9)),
        statement("Q1", "P1082", "99"),
        statement("Q1", "P1082", "77", when=("2023-01-01", 9), part="Q5"),
        statement("Q2", "P1082", "30", rank="Preferred", when=("2015-01-01", 9)),
        statement("Q2", "P1082", "40", when=("2020-01-01", 9)),
        statement("Q3", "P1082", "50", part="Q5"),
        statement("Q4", "P1082", "60"),
    )
    best = wikidata.best(frame).select("item", "value", "period", "note").rows()
    assert best == [
        ("Q1", 20.0, "2020-11-01", ""),
        ("Q2", 30.0, "2015", ""),
        ("Q4", 60.0, None, ""),
    ]


def test_statements_that_disagree_are_told_and_none_is_taken() -> None:
    frame = parsed(
        statement("Q1", "P2046", "6340.5", unit="Q712226"),
        statement("Q1", "P2046", "6341", unit="Q712226"),
        statement("Q2", "P2046", "16", unit="Q712226"),
        statement("Q2", "P2046", "16", unit="Q712226", rank="Normal"),
        statement("Q3", "P2046", "1", unit="Q712226"),
        statement("Q3", "P2046", "1", unit="Q232291"),
    )
    assert wikidata.best(frame).select("item", "value", "unit", "note").rows() == [
        ("Q1", None, None, "2 statements disagree: 6340.5 km²; 6341.0 km²"),
        ("Q2", 16.0, "km²", ""),
        ("Q3", None, None, "2 statements disagree: 1.0 km²; 1.0 sq mi"),
    ]


def test_of_nothing_the_best_is_nothing() -> None:
    best = wikidata.best(parsed())
    assert best.is_empty()
    assert {"item", "property", "value", "period", "note"} <= set(best.columns)


def test_an_answer_that_was_cut_by_the_time_limit_is_too_slow() -> None:
    cut = b'{"results":{"bindings":[{"item":\njava.util.concurrent.TimeoutException\n\tat java'
    with pytest.raises(TooSlow, match="fewer than 50 items"):
        one_batch(lambda asked: Reply(cut))


@pytest.mark.parametrize(("status", "error"), [(429, Refused), (500, Failed)])
def test_a_query_that_fails_is_the_last(status: int, error: type[Exception]) -> None:
    with serve(lambda asked: reply({}, status)) as site:
        fetched = wikidata.fetch(LoopbackClient(), ["Q1", "Q2"], batch=1, address=site.address)
        with pytest.raises(error):
            list(fetched)
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (HTML.body, "expected JSON"),
        (b'{"results": {"bind', "expected JSON"),
        (json.dumps({"results": {}}).encode(), "expected the key 'results.bindings'"),
        (results(statement("Q1", "P17", ENTITY + "Q148")).body, "expected a number, got http"),
        (results({"item": uri(ENTITY + "Q1")}).body, "expected the key 'value', got the keys"),
    ],
)
def test_what_is_no_result_is_unexpected(body: bytes, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint):
        wikidata.parse(Document("http://site/sparql", body))


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    answer = results(
        statement("Q8686", "P1082", "24870895", when=("2020-11-01", 11)),
        statement("Q334", "P1082", "5866139"),
    )
    with serve(lambda asked: answer) as site:
        frame = run(example("wikidata", tmp_path), LoopbackClient(), site.address)
    assert frame.rows() == [("shanghai", "2020-11-01", 24870895.0)]
