"""A reader's own weights: a plain form, an address for each setting, the range over all weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from bs4 import BeautifulSoup
from click.testing import Result

from cityflux.core.engine.scoring import score
from cityflux.core.engine.whatif.readers import readers
from tests.conftest import answer
from tests.core.engine.audit.worlds import ground
from tests.web.site import Site

PAGE = "/-/weights/paper_published"


def _rows(page: BeautifulSoup) -> list[list[str]]:
    return [
        [cell.get_text(strip=True) for cell in row.find_all(["td", "th"])]
        for row in page.select("tbody tr")
    ]


def test_an_address_holds_the_setting_and_says_what_the_command_says(
    site: Site, read_only: Callable[..., Result]
) -> None:
    setting = {"w.transport": "50", "w.capital": "0"}
    page = site.page(PAGE, **setting)
    values = {str(each["name"]): str(each["value"]) for each in page.select("input[type=number]")}
    assert (values["w.transport"], values["w.capital"]) == ("50", "0")
    asked = ["--weight", "transport=50", "--weight", "capital=0"]
    found = answer(read_only, "whatif", "paper_published", *asked)["cities"]
    theirs = sorted((row["rank_after"], f"{row['after']:.3f}") for row in found)
    ours = sorted((int(row[0]), row[2].replace("−", "-")) for row in _rows(page))
    assert ours == theirs
    (link,) = (each for each in page.select("a") if each.get_text() == "Address of this setting")
    assert "w.transport=50" in str(link["href"])
    form = page.select_one("form.choose[method=get]")
    assert form is not None


def test_without_a_setting_the_ranks_are_as_written(site: Site) -> None:
    for row in _rows(site.page(PAGE)):
        assert row[0] == row[3]
        low, _, high = row[4].partition("–")
        assert int(low) <= int(high or low)


@pytest.mark.parametrize("weight", ["-1", "nan", "1e99", "<script>", ""])
def test_what_is_no_weight_is_passed_over(site: Site, weight: str) -> None:
    assert _rows(site.page(PAGE, **{"w.transport": weight})) == _rows(site.page(PAGE))


def test_weights_that_leave_nothing_are_told(site: Site) -> None:
    page = site.page(PAGE)
    names = [str(each["name"]) for each in page.select("input[type=number]")]
    told = site.page(PAGE, **dict.fromkeys(names, "0")).select_one("[role=alert]")
    assert told is not None
    assert "exclude leaves out every indicator" in told.get_text()


def test_an_index_in_brackets_has_no_range(site: Site) -> None:
    for row in _rows(site.page("/-/weights/flow_index")):
        assert row[0] == row[3] == row[4] == "–"
        assert row[2].startswith("(")
    link = site.page("/-/index/flow_index").select_one("a[href*='/-/weights/flow_index']")
    assert link is not None


def test_over_all_weights_a_rank_is_one_of_those_that_some_weights_give() -> None:
    x = np.array([[9, 1.0], [5, 5], [1, 9], [4, 4]])
    world = ground(x, standardization={"method": "minmax"})
    world = type(world)(world.definition, world.panel, {"x0": 1, "x1": 1}, world.methods)
    found = score(world.definition, world.panel, world.directions, world.methods)
    every = readers(world, found, "2015")
    assert every.first.tolist() == [
        pytest.approx(0.5, abs=0.05),
        0.0,
        pytest.approx(0.5, abs=0.05),
        0,
    ]
    assert every.low[1] == every.high[1] == 2  # between the two others, whatever the weights
    assert (every.low[0], every.high[0]) == (1, 4)
