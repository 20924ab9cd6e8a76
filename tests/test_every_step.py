"""An index with every step switched on, from its file through the command line, against numpy."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.conftest import Cityflux

Floats = NDArray[np.float64]

CITIES = ["shanghai", "suzhou", "wuxi", "nanjing", "hangzhou", "ningbo", "hefei"]
CITIES += ["beijing", "tianjin", "tangshan", "shenyang", "taiyuan", "shenzhen", "changzhou"]
AIR, PORT, FIRMS, TRADE, LAND, PEOPLE = (
    f"comparison.{name}"
    for name in (
        "airport_passengers",
        "container_throughput",
        "fortune_global_500",
        "total_trade",
        "land_area",
        "neighbour_population",
    )
)
LEAVES = [AIR, PORT, FIRMS, TRADE, LAND]
INDEX = f"""
id = "every"
name_zh = "全部步骤"
name_en = "Every step"
cities = {json.dumps(CITIES)}
minimum_cities = 3

[periods]
of = ["2020"]

[screening]
min_available = 0.6

[denominators]
"{TRADE}" = {{by = "{PEOPLE}", scale = 1000}}

[imputation]
method = "median"

[treatment]
skewness = 1.5
kurtosis = 2.5
winsorize = 1
transform = "log"

[standardization]
method = "minmax"
lower = 1
upper = 100

[aggregation]
method = "mean"

[levels.0]
weighting = {{method = "critic"}}
aggregation = {{method = "generalised", power = 0.5}}

[[nodes]]
id = "reach"
name_zh = "通达"
name_en = "Reach"
aggregation = {{method = "geometric"}}
weighting = {{method = "entropy"}}
imputation = {{method = "row"}}
indicators = ["{AIR}", "{PORT}", {{id = "{FIRMS}", treatment = {{winsorize = 0, transform = ""}}}}]

[[nodes]]
id = "room"
name_zh = "空间"
name_en = "Room"
aggregation = {{method = "mean", threshold = 0.5}}
indicators = [
    {{id = "{TRADE}", weight = 3}},
    {{id = "{LAND}", direction = -1, standardization = {{method = "zscore", mean = 50, sd = 10}}}},
]
"""


def figures() -> dict[str, Floats]:
    """Figures with long tails and gaps; the last city has too few to stay."""
    random = np.random.default_rng(7)
    found = {name: np.round(random.uniform(10, 100, len(CITIES)), 1) for name in [*LEAVES, PEOPLE]}
    found[AIR][2] = 900.0  # one point to winsorize
    found[PORT][[1, 4]] = 40000.0, 300000.0  # one too many: a logarithm
    found[FIRMS][5] = 700.0  # left as it is
    for name, gaps in {AIR: [7, 13], PORT: [3, 13], FIRMS: [0, 13], TRADE: [9], LAND: [11]}.items():
        found[name][gaps] = np.nan
    return found


def by_row(columns: list[Floats]) -> list[Floats]:
    """Fill each gap from where the city stands between worst and best elsewhere."""
    x = np.array(columns)
    low, high = np.nanmin(x, axis=1, keepdims=True), np.nanmax(x, axis=1, keepdims=True)
    place = np.nanmean((x - low) / (high - low), axis=0)
    return list(np.where(np.isnan(x), low + place * (high - low), x))


def passes(x: Floats) -> bool:
    skewness, kurtosis = stats.skew(x, bias=False), stats.kurtosis(x, bias=False)
    return bool(abs(skewness) < 1.5 or kurtosis < 2.5)


def without_outliers(x: Floats) -> Floats:
    """One point comes down to the next; where that is not enough, the logarithm of all."""
    y, low, high = x.copy(), x.min(), x.max()
    if not passes(y):
        y[y == high] = np.sort(y)[-2]
    return y if passes(y) else np.log(x - low + 0.01 * (high - low))


def expected() -> tuple[dict[str, Floats], Floats, Floats]:
    """The scores of the nodes without the last city, and the weights of both levels."""
    x = {name: column[:-1] for name, column in figures().items()}
    x[TRADE] = x[TRADE] / (x[PEOPLE] / 1000)
    x[AIR], x[PORT], x[FIRMS] = by_row([x[AIR], x[PORT], x[FIRMS]])
    for name in (TRADE, LAND):
        x[name] = np.where(np.isnan(x[name]), np.nanmedian(x[name]), x[name])
    for name in (AIR, PORT, TRADE, LAND):
        x[name] = without_outliers(x[name])
    score = {n: 1 + 99 * (x[n] - x[n].min()) / (x[n].max() - x[n].min()) for n in LEAVES[:4]}
    score[LAND] = 50 - 10 * (x[LAND] - x[LAND].mean()) / x[LAND].std(ddof=1)
    members = np.array([score[AIR], score[PORT], score[FIRMS]])
    p = members / members.sum(axis=1, keepdims=True)
    spread = 1 + (p * np.log(p)).sum(axis=1) / np.log(p.shape[1])
    inner = spread / spread.sum()
    score["reach"] = np.exp(inner @ np.log(members))
    score["room"] = (3 * score[TRADE] + score[LAND]) / 4
    top = np.array([score["reach"], score["room"]])
    scaled = (top - top.min(axis=1, keepdims=True)) / np.ptp(top, axis=1, keepdims=True)
    outer = scaled.std(axis=1, ddof=1) * (1 - np.corrcoef(top)).sum(axis=1)
    outer = outer / outer.sum()
    score["every"] = (outer @ np.sqrt(top)) ** 2
    return score, inner, outer


@pytest.fixture
def computed(tmp_path: Path, cityflux: Cityflux) -> str:
    """What ``cityflux compute`` says of the index, in a folder with the figures imported."""
    (tmp_path / "every.toml").write_text(INDEX, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[indices]\nfiles = ["every.toml"]\n')
    with (tmp_path / "figures.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["indicator", "city", "period", "value"])
        for name, column in figures().items():
            for city, value in zip(CITIES, column, strict=True):
                if not np.isnan(value):
                    writer.writerow([name, city, "2020", value])
    done = cityflux("import", "figures.csv", "--publisher", "p", "--licence", "l")
    assert done.returncode == 0, done.stderr
    assert "1 figures are suspect" in done.stdout  # one port is far from those of the other cities
    assert cityflux("indicators", "accept", PORT).returncode == 0
    done = cityflux("compute", "every")
    assert done.returncode == 0, done.stderr
    return done.stderr


def rows(cityflux: Cityflux, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cityflux("show", "every", *options, "--json").stdout)
    return found


def test_every_step_gives_what_numpy_gives(computed: str, cityflux: Cityflux) -> None:
    scores, inner, outer = expected()
    shown = {(row["node"], row["city"]): row for row in rows(cityflux)}
    for node, column in scores.items():
        found = [shown[node, city]["score"] for city in CITIES[:-1]]
        assert found == pytest.approx(column.tolist(), rel=1e-9), node
    assert shown["every", CITIES[-1]]["score"] is None
    used = {row["node"]: row["used"] for row in rows(cityflux, "--weights")}
    assert [used[name] for name in (AIR, PORT, FIRMS)] == pytest.approx(inner.tolist(), rel=1e-9)
    assert [used["reach"], used["room"]] == pytest.approx(outer.tolist(), rel=1e-9)
    assert (used[TRADE], used[LAND]) == (3, 1)
    assert "changzhou is screened out of 2020" in computed
    assert "every: weights by critic" in computed


def test_every_touched_figure_is_shown(computed: str, cityflux: Cityflux) -> None:
    imputed = rows(cityflux, "--imputed")
    assert [(row["indicator"], row["city"], row["method"]) for row in imputed] == [
        (AIR, CITIES[7], "row"),
        (PORT, CITIES[3], "row"),
        (FIRMS, CITIES[0], "row"),
        (TRADE, CITIES[9], "median"),
        (LAND, CITIES[11], "median"),
    ]
    assert all(row["before"] is None and row["after"] is not None for row in imputed)
    treated = rows(cityflux, "--treated")
    how = {(row["indicator"], row["method"]) for row in treated}
    assert how >= {(AIR, "winsorized"), (PORT, "log")}
    assert not any(name == FIRMS for name, _ in how)
    (capped,) = [row for row in treated if row["indicator"] == AIR]
    assert (capped["city"], capped["before"]) == (CITIES[2], 900.0)
    shown = {(row["node"], row["city"]): row for row in rows(cityflux)}
    assert shown[AIR, CITIES[7]]["coverage"] == 0
    assert shown[AIR, CITIES[7]]["imputed"] == 1
    assert shown["every", CITIES[7]]["coverage"] == pytest.approx(0.8)
    assert [shown["every", city]["imputed"] for city in CITIES] == [
        int(i in (0, 3, 7, 9, 11)) for i in range(len(CITIES))
    ]
    assert "comparison.airport_passengers" in cityflux("show", "every", "--imputed").stdout


def test_as_of_names_what_was_not_known_and_stores_nothing(
    computed: str, cityflux: Cityflux
) -> None:
    before = rows(cityflux)
    today = cityflux("compute", "every", "--as-of", "2999", "--json")
    assert today.returncode == 0, today.stderr
    found = json.loads(today.stdout)
    assert {row["as_of"] for row in found} == {"2999"}
    assert [row["score"] for row in found] == [row["score"] for row in before]
    assert "not known" not in today.stderr
    assert "as known on 2999" in cityflux("compute", "every", "--as-of", "2999").stdout
    assert rows(cityflux) == before


def test_a_wrong_parameter_is_refused_in_one_line(
    computed: str, tmp_path: Path, cityflux: Cityflux
) -> None:
    wrong = INDEX.replace('{method = "row"}', '{method = "row", statistik = "mean"}')
    (tmp_path / "every.toml").write_text(wrong, encoding="utf-8")
    done = cityflux("compute", "every")
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "every.toml: node reach: imputation: there is no parameter statistik" in line
    assert "did you mean statistic?" in line
