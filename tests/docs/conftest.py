"""The main job, done once for all documents."""

from __future__ import annotations

import json

import pytest

from tests.docs.commands import MainJob, run

KEYS = {
    "indicator_id": "overall_economy.gdp",
    "city_id": "beijing",
    "period": "2015",
    "source_id": "nbs.city_gdp_2026",
}


@pytest.fixture(scope="session")
def main_job(tmp_path_factory: pytest.TempPathFactory) -> MainJob:
    """The main job in a folder of its own, and one figure revised from outside after it."""
    folder = tmp_path_factory.mktemp("main_job")
    job = run("cityflux", ["--database", "cityflux.db", "run", "--once", "--offline"], folder)
    assert job.returncode == 0, job.stderr
    done = run(
        "sqlite-utils",
        ["upsert", "cityflux.db", "observations", "-"]
        + [word for key in KEYS for word in ("--pk", key)],
        folder,
        json.dumps({**KEYS, "value": 26035.5}),
    )
    assert done.returncode == 0, done.stderr
    return MainJob(job.stdout, folder)
