"""The tables of ``cityflux analyse``: each takes an answer of the study and prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cityflux.core.cli.charts import bar, shows_unicode
from cityflux.core.cli.output import figure, percent, print_table

if TYPE_CHECKING:
    from cityflux.core.reading.study import Study

Rows = Sequence[Mapping[str, Any]]
Names = Mapping[str, str]

_FLAGS = {
    "outliers": "outliers",
    "low_available": "few figures",
    "low_nonzero": "few not zero",
    "low_unique": "few different",
}
_BAR = 40


def print_statistics(rows: Rows, study: Study, names: Names, cities: Names, *, color: bool) -> None:
    """Print a line for each indicator that has a figure."""
    known = [row for row in rows if row["available"]]
    numbers = ["n", "missing", "mean", "sd", "skewness", "kurtosis"]
    several = len(study.periods) > 1
    print_table(
        f"{study.title}: statistics; {len(rows) - len(known)} of {len(rows)} indicators have no "
        "figure",
        ["indicator", *numbers, "min", "max", "flags"],
        [
            [
                names[row["indicator"]],
                row["available"],
                row["missing"],
                figure(row["mean"]),
                figure(row["sd"]),
                row["skewness"],
                row["kurtosis"],
                *(
                    f"{figure(row[end])} {cities[row[f'{end}_city']]}"
                    + (f" {row[f'{end}_period']}" if several else "")
                    for end in ("min", "max")
                ),
                ", ".join(text for flag, text in _FLAGS.items() if row[flag]),
            ]
            for row in known
        ],
        color=color,
        right=numbers,
    )


def print_correlations(
    rows: Rows, study: Study, names: Names, cities: Names, *, color: bool
) -> None:
    """Print the pairs, the highest correlation first, then those that two observations make.

    Pairs without a correlation are counted.
    """
    known = [row for row in rows if row["correlation"] is not None]
    known.sort(key=lambda row: (row["p_value"] is None, -row["correlation"]))
    print_table(
        f"{study.title}: {study.method} correlation of scores; {len(rows) - len(known)} of "
        f"{len(rows)} pairs have none",
        ["node", "with", "r", "p", "n", "relation", "flag"],
        [
            [
                names[row["row"]],
                names[row["column"]],
                row["correlation"],
                row["p_value"],
                row["units"],
                row["relation"] or "",
                row["flag"] or "",
            ]
            for row in known
        ],
        color=color,
        right=["r", "p", "n"],
    )


def print_consistency(
    rows: Rows, study: Study, names: Names, cities: Names, *, color: bool
) -> None:
    """Print Cronbach's alpha, node by node."""
    levels = {node.id: node.level for node in study.definition.tree}
    numbers = ["children", "used", "n", "alpha"]
    print_table(
        f"{study.title}: Cronbach's alpha of the scores of the children",
        ["node", *numbers],
        [
            [
                "  " * levels[row["node"]] + names[row["node"]],
                row["children"],
                row["used"],
                row["observations"],
                row["alpha"],
            ]
            for row in rows
        ],
        color=color,
        right=numbers,
    )


def print_components(
    found: Mapping[str, Any], study: Study, names: Names, cities: Names, *, color: bool
) -> None:
    """Print the scree as bars, and the loadings of the components above an eigenvalue of 1."""
    scree, unicode = found["scree"], shows_unicode()
    numbers = ["eigenvalue", "share", "cumulated"]
    print_table(
        f"{study.title}: principal components of {len(found['loadings'])} nodes, on "
        f"{found['observations']} observations; {len(found['left_out'])} nodes left out",
        ["component", *numbers, "scree"],
        [
            [
                row["component"],
                row["eigenvalue"],
                percent(row["share"]),
                percent(row["cumulated"]),
                bar(row["share"], _BAR, unicode=unicode),
            ]
            for row in scree
        ],
        color=color,
        right=numbers,
    )
    kept = [row["component"] for row in scree if row["eigenvalue"] > 1] or [scree[0]["component"]]
    print_table(
        "loadings of the components with an eigenvalue above 1",
        ["node", *kept],
        [
            [names[row["indicator"]], *(row[component] for component in kept)]
            for row in found["loadings"]
        ],
        color=color,
        right=kept,
    )


def print_effective_weights(
    rows: Rows, study: Study, names: Names, cities: Names, *, color: bool
) -> None:
    """Print the share of every node in the index: as written, and as it takes effect."""
    levels = {node.id: node.level for node in study.definition.tree}
    numbers = ["written", "effective", "realised", "importance", "p", "n"]
    print_table(
        f"{study.title}: weights as shares of the index",
        ["node", *numbers],
        [
            [
                "  " * levels[row["node"]] + names[row["node"]],
                *(percent(row[name], 1) for name in numbers[:4]),
                row["p_value"],
                row["observations"],
            ]
            for row in rows
        ],
        color=color,
        right=numbers,
    )
