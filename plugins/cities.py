"""The cities that figures are about, and every prefecture of China: ``cities.csv``."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from cityflux import City, hookimpl

TABLE = Path(__file__).with_name("cities.csv")


@hookimpl
def register_cities(register: Callable[[City], None]) -> None:
    """Hand over the cities."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            latitude, longitude = row.pop("latitude"), row.pop("longitude")
            where = (float(latitude), float(longitude)) if latitude and longitude else (None, None)
            register(City(**row, latitude=where[0], longitude=where[1]))
