"""Baidu Index (百度指数): how often the people of an area search for a word.

`fetch_years` asks for one word, area and calendar year at a time, because the site's mean is
that of the requested window, and because windows of more than 366 days come back by the week.
`parse_years` reads the mean; `fetch_days` and `parse_days` are for the daily series, which is
sent scrambled.

The site answers a logged-in user only, whose cookie is the secret ``baidu_cookie``. When it
turns the user away, everything stops, and `resume` starts it again.
"""

from __future__ import annotations

from cityflux.scrapers.baidu_index.fetching import fetch_days, fetch_years
from cityflux.scrapers.baidu_index.protocol import ADDRESS, resume
from cityflux.scrapers.baidu_index.reading import descramble, parse_days, parse_years

__all__ = [
    "ADDRESS",
    "descramble",
    "fetch_days",
    "fetch_years",
    "parse_days",
    "parse_years",
    "resume",
]
