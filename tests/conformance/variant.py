"""Another set of conformance files, made from one that is there and from plain numpy.

Rows and columns are shuffled, units and indicators have other names, and vectors with gaps at
random get their expected values from numpy and scipy by R's conventions: ``NA`` is left out of a
statistic and stays ``NA`` in the result.
"""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


def make(origin: Path, folder: Path, seed: int) -> None:
    """Write a variant of the files of ``origin`` into ``folder``.

    The files of the Sobol estimators are carried as they are; the vectors are new ones.
    """
    chance = random.Random(seed)
    for manifest in origin.glob("*/manifest.csv"):
        name = manifest.parent.name
        codes = [row["uCode"] for row in _rows(origin / f"{name}_data.csv")]
        codes += [row["iCode"] for row in _rows(origin / f"{name}_meta.csv")]
        # One letter before all names keeps the alphabet's order, which COINr's results follow.
        word = re.compile(rf"(?<![\w.])({'|'.join(sorted(set(codes)))})(?![\w(])")
        for file in [*origin.glob(f"{name}_*.csv"), *manifest.parent.glob("*.csv")]:
            target = folder / file.relative_to(origin)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = word.sub(r"w\1", file.read_text("utf-8"))
            pasted = text.replace('paste0(""G""', 'paste0(""wG""')  # names put together
            target.write_text(pasted, encoding="utf-8")
        for kind in ("data", "units"):
            if (folder / f"{name}_{kind}.csv").exists():
                _shuffle(folder / f"{name}_{kind}.csv", chance)
    for file in origin.glob("sobol_*.csv"):
        shutil.copy(file, folder)
    lines = (json.dumps(case) for case in _vectors(seed))
    (folder / "vector_cases.jsonl").write_text("\n".join(lines), encoding="utf-8")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _shuffle(path: Path, chance: random.Random) -> None:
    """Put the rows and the columns of a table into another order."""
    rows = _rows(path)
    columns = list(rows[0])
    chance.shuffle(rows)
    chance.shuffle(columns)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


#: Functions of a vector, by what numpy and scipy make of the figures that are there.
_STATISTICS: dict[str, Callable[[Floats], float]] = {
    "skew": lambda x: float(stats.skew(x, bias=False)),
    "kurt": lambda x: float(stats.kurtosis(x, bias=False)),
}
_ELEMENTWISE: dict[str, Callable[[Floats], Floats]] = {
    "n_minmax": lambda x: 100 * (x - x.min()) / np.ptp(x),
    "n_zscore": lambda x: stats.zscore(x, ddof=1),
    "n_rank": lambda x: stats.rankdata(x, "min"),
    "n_prank": lambda x: (stats.rankdata(x, "min") - 1) / (len(x) - 1),
    "n_dist2max": lambda x: 1 - (x.max() - x) / np.ptp(x),
    "n_fracmax": lambda x: x / x.max(),
}
_MEANS: dict[str, Callable[[Floats, Floats], float]] = {
    "a_amean": lambda x, w: float(np.average(x, weights=w)),
    "a_gmean": lambda x, w: float(stats.gmean(x, weights=w)),
    "a_hmean": lambda x, w: float(stats.hmean(x, weights=w)),
}
_FILLS: dict[str, Callable[[Floats], float]] = {
    "i_mean": lambda x: float(x.mean()),
    "i_median": lambda x: float(np.median(x)),
}


def _vectors(seed: int, each: int = 20) -> Iterator[dict[str, Any]]:
    """Cases of the functions above, on positive figures with ties and gaps."""
    chance = np.random.default_rng(seed)
    for number in range(each):
        x = np.round(chance.gamma(2, 10, int(chance.integers(6, 40))) + 1, 1)
        x[chance.random(len(x)) < 0.2] = x[0]
        gap = chance.random(len(x)) < 0.25
        gap[:5] = False  # enough figures for a kurtosis
        x[1:5] += [0.5, 3.0, 11.0, 0.0]
        w = chance.integers(1, 9, len(x)).astype(float)
        known, shown = x[~gap], np.where(gap, np.nan, x)
        plain: dict[str, Any] = {"x": _listed(shown)}
        for name, statistic in _STATISTICS.items():
            yield _case(name, number, {**plain, "na.rm": True}, statistic(known))
        for name, score in _ELEMENTWISE.items():
            result = np.full(len(x), np.nan)
            result[~gap] = score(known)
            yield _case(name, number, plain, _listed(result))
        for name, mean in _MEANS.items():
            yield _case(name, number, {**plain, "w": w.tolist()}, mean(known, w[~gap]))
        for name, fill in _FILLS.items():
            yield _case(name, number, plain, _listed(np.where(gap, fill(known), x)))


def _case(name: str, number: int, args: dict[str, Any], value: Any) -> dict[str, Any]:
    return {"id": f"{name}/made/{number}", "fn": name, "args": args, "ok": True, "value": value}


def _listed(x: Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in x]
