"""What is computed about an index on the way is told in the notes of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest
from scipy import stats

from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError

CITIES = list("abcdefgh")
X = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 1000.0]
Y = [2.0, 1.0, 4.0, 3.0, 6.0, 5.0, 8.0, 7.0]
Z = [8.0, 1.0, 7.0, 2.0, 6.0, 3.0, 5.0, 4.0]
AGREED = [[1, 2, 4], [0.5, 1, 2], [0.25, 0.5, 1]]
CONTRADICTED = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]


def notes(figures: Mapping[str, Sequence[float | None]], **changes: Any) -> tuple[str, ...]:
    written = {"id": "i", "name_zh": "i", "name_en": "i", "cities": CITIES}
    plain = {"indicators": list(figures), "periods": {"of": ["2020"]}}
    values = pl.DataFrame({"period": ["2020"] * 8, "city": CITIES, **figures})
    known = values.with_columns(pl.col(list(figures)).is_not_null().cast(pl.Float64))
    definition = parse_definition({**written, **plain, **changes}, "test")
    return score(definition, Panel(values, known), {}, Methods()).notes


def weighed(**weighting: Any) -> str:
    return notes({"x": [*X[:7], 8.0], "y": Y, "z": Z}, weighting=weighting)[-1]


def test_the_consistency_ratio_is_noted() -> None:
    assert weighed(method="ahp", comparisons=AGREED).endswith("(consistency ratio 0.000)")


def test_judgements_that_contradict_each_other_are_refused_unless_forced() -> None:
    with pytest.raises(IndexDefinitionError, match=r"consistency ratio \d\.\d+, above 0\.1"):
        weighed(method="ahp", comparisons=CONTRADICTED)
    assert "(consistency ratio " in weighed(method="ahp", comparisons=CONTRADICTED, force=True)


def test_the_gap_to_the_judgements_of_best_and_worst_is_noted() -> None:
    note = weighed(method="best_worst", best_to_others=[1, 2, 8], others_to_worst=[8, 5, 1])
    assert note.endswith("(largest gap to a judgement 0.036)")


def test_targets_that_were_missed_are_noted() -> None:
    reached = notes({"x": [*X[:7], 8.0], "y": Y}, weighting={"method": "optimised"})
    assert "miss" not in reached[-1]
    note = weighed(method="optimised", targets=[50, 1, 1])
    assert "miss their targets: x has 0." in note
    assert " of 0.962" in note


def test_skewness_and_kurtosis_are_noted_before_and_after_treatment() -> None:
    (note,) = notes({"x": X, "y": Y}, treatment={"winsorize": 1})
    assert note.startswith("x in 2020 has outliers: treated (1 winsorized, transformation none)")
    after = [*X[:7], 7.0]
    shape = [
        f"{what} {of(X, bias=False):.2f} before and {of(after, bias=False):.2f} after"
        for what, of in (("skewness", stats.skew), ("kurtosis", stats.kurtosis))
    ]
    assert note.endswith(", ".join(shape))


def test_how_many_cities_each_indicator_rests_on_is_noted() -> None:
    figures: dict[str, list[float | None]] = {
        "x": [*X[:5], None, None, None],
        "y": [None, *Y[1:]],
        "z": [*Z],
    }
    assert notes(figures) == ("2020: of 8 cities have a figure: 5 for x; 7 for y",)
    imputed = notes(figures, imputation={"method": "mean"})
    assert "2020: of 8 cities have a figure: 5 for x; 7 for y" in imputed
    assert notes({"x": [*X], "y": [*Y]}) == ()


def test_the_note_on_cities_stays_one_line() -> None:
    thin = {f"x{i}": [*X[:2], *[None] * 6] for i in range(9)}
    note, at_the_ceiling = notes({"y": Y, **thin})
    assert "no z-score is further from zero" in at_the_ceiling
    assert note == "2020: of 8 cities have a figure: 2 for x0, x1, x2 and 6 more"


def test_the_note_on_cities_spans_the_periods() -> None:
    values = pl.DataFrame(
        {
            "period": ["2019"] * 8 + ["2020"] * 8,
            "city": CITIES * 2,
            "x": [*X, *X[:5], None, None, None],
            "y": Y * 2,
        }
    )
    known = values.with_columns(pl.col("x", "y").is_not_null().cast(pl.Float64))
    written = {"id": "i", "name_zh": "i", "name_en": "i", "cities": CITIES}
    plain = {"indicators": ["x", "y"], "periods": {"of": ["2019", "2020"]}}
    definition = parse_definition({**written, **plain}, "test")
    found = score(definition, Panel(values, known), {}, Methods()).notes
    assert found == ("2019 to 2020: of 8 cities have a figure: 5 to 8 for x",)
