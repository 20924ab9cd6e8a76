from __future__ import annotations

from pathlib import Path

import pytest

from cityflux.core.model.errors import Unexpected
from cityflux.plugins.communiques import rules as ours
from cityflux.scrapers.communique import figures, load
from tests.scrapers.communique.texts import document


def test_at_least_forty_statistical_indicators_have_a_rule(shared: Path) -> None:
    lines = (shared / "spec" / "indicators.csv").read_text(encoding="utf-8").splitlines()[1:]
    indicators = {line.split(",")[1] for line in lines if ".baidu_" not in line}
    assert len(indicators) == 62
    covered = indicators & set(ours().ids)
    assert len(covered) >= 40
    assert "gdp_per_capita" in ours().ids
    assert "overall_economy.gdp@growth" in ours().ids


def test_ids_are_unique_and_units_are_accepted() -> None:
    rules = ours()
    assert len(rules.ids) == len(set(rules.ids))
    for rule in rules.rules:
        assert rule.accepts(rule.unit), rule.id
        assert rule.labels or rule.short, rule.id


def test_rules_are_data_and_may_come_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[rule]]\nid = "tea"\nunit = "吨"\naccept = ["吨"]\nlabels = ["茶叶(?:总)?产量"]\n',
        encoding="utf-8",
    )
    found = figures(document("全年茶叶总产量1.2万吨，增长3%。全年货运量2亿吨。"), rules=load(path))
    assert {(f.rule_id, f.converted) for f in found} == {("tea", 12000), ("tea@growth", 3)}


def test_what_a_rule_declares_alike_converts_by_that_rule_only(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    rule = '[[rule]]\nid = "{0}"\nunit = "人次"\naccept = ["人次", "人"]\nlabels = ["{1}"]\n'
    path.write_text(
        rule.format("said", "客运量") + 'alike = ["人"]\n' + rule.format("unsaid", "游客"),
        encoding="utf-8",
    )
    found = figures(document("全年客运量12万人。全年游客30万人。"), rules=load(path))
    assert {(f.rule_id, f.converted) for f in found} == {("said", 120_000), ("unsaid", None)}


@pytest.mark.parametrize(
    "text",
    [
        'id = "no table"',
        "[[rule]]\nunit = '元'\naccept = ['元']",
        "[[rule]]\nid = 'x'\nunit = '元'\naccept = ['元']\ncolour = 'red'",
        "[[rule]]\nid = 'x'\nunit = '元'\naccept = ['元']\nfamily = 'nobody'",
        "[[rule]]\nid = 'x'\nunit = '元'\naccept = ['元']\nlabels = ['(']",
        "[[rule]]\nid = 'x'\nunit = '元'\naccept = ['贝币']",
        "[[rule]]\nid = 'x'\nunit = '人次'\naccept = ['人次']\nalike = ['人']",
        "not toml",
    ],
)
def test_a_broken_rule_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unexpected, match=r"broken\.toml: not a rule file"):
        load(path)


def test_a_rule_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unexpected, match=r"gone\.toml: not a rule file"):
        load(tmp_path / "gone.toml")
