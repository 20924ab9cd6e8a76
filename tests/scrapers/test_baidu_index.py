from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Refused, Unexpected
from cityflux.scrapers import baidu_index
from tests.scrapers.api_site import HTML, Asked, LoopbackClient, Reply, Site, reply, serve
from tests.scrapers.plugin_examples import example, members, run

TODAY = date(2021, 3, 10)
KEY = "aQz9,-kX" + "0,123456"  # scrambled: a is 0, Q the comma, z 1, 9 is 2 and so on


@pytest.fixture(autouse=True)
def _no_refusal_left() -> Iterator[None]:
    baidu_index.resume()
    yield
    baidu_index.resume()


def scramble(text: str, key: str) -> str:
    half = len(key) // 2
    return "".join(key[key.index(character, half) - half] for character in text)


def words_of(asked: Asked) -> list[str]:
    return [group[0]["name"] for group in json.loads(asked.one("word"))]


def figures(asked: Asked, **changes: Any) -> dict[str, Any]:
    """An answer with a mean of the year plus the area code for each word."""
    names = [[{"name": word, "wordType": 1}] for word in words_of(asked)]
    mean = int(asked.one("startDate")[:4]) + int(asked.one("area"))
    span = {"startDate": asked.one("startDate"), "endDate": asked.one("endDate"), "data": "zQ9"}
    data = {
        "userIndexes": [{"word": n, "all": span, "pc": span, "type": "day"} for n in names],
        "generalRatio": [{"word": n, "all": {"avg": mean, "yoy": 5, "qoq": -1}} for n in names],
        "uniqid": "u-" + asked.one("startDate"),
    }
    return {"status": 0, "data": data | changes, "logid": 1, "message": 0}


def says(status: int, message: str = "") -> Reply:
    return reply({"status": status, "data": "", "logid": 1, "message": message})


def normal(asked: Asked) -> Reply:
    return reply(figures(asked))


def client(**more: str) -> LoopbackClient:
    return LoopbackClient(baidu_cookie="BDUSS=mine", **more)


def years(http: LoopbackClient, site: Site, words: list[str], **how: Any) -> Iterator[Document]:
    asked: dict[str, Any] = {"areas": ["910"], "years": [2019, 2020], "today": TODAY, **how}
    return baidu_index.fetch_years(http, words, address=site.address, **asked)


def test_the_mean_of_each_word_area_and_year_is_read() -> None:
    with serve(normal) as site:
        documents = list(years(client(), site, ["人工智能", "供应链"], areas=["910", "94"]))
    frame = [row for document in documents for row in baidu_index.parse_years(document).rows()]
    assert len(documents) == len(site.asked) == 8
    assert frame[0] == ("人工智能", "910", "2019", 2929.0, "ok", "")
    assert frame[-1] == ("供应链", "94", "2020", 2114.0, "ok", "")


def test_the_user_is_logged_in_by_the_own_cookie_and_the_cipher_header_is_optional() -> None:
    with serve(normal) as site:
        list(years(client(), site, ["旅游"], years=[2020]))
        list(years(client(baidu_cipher_text="1_2_x"), site, ["旅游"], years=[2020]))
    assert [asked.headers["Cookie"] for asked in site.asked] == ["BDUSS=mine"] * 2
    assert [asked.headers.get("Cipher-Text") for asked in site.asked] == [None, "1_2_x"]


def test_without_a_cookie_nothing_is_asked() -> None:
    with serve(normal) as site, pytest.raises(Refused, match="baidu_cookie"):
        list(years(LoopbackClient(), site, ["旅游"]))
    assert site.asked == []
    with serve(normal) as site:  # and a cookie that is set later is used at once
        assert len(list(years(client(), site, ["旅游"]))) == 2


def test_a_backfill_goes_on_where_it_was_stopped() -> None:
    http, words = client(), ["一带一路", "全球化", "微信"]
    with serve(normal) as site:
        for document, _ in zip(years(http, site, words), range(4), strict=False):
            http.keep(document)
        before = len(site.asked)
        rest = list(years(http, site, words))
    assert [words_of(asked) for asked in site.asked[before:]] == [["微信"], ["微信"]]
    assert len(rest) == 2


def test_the_current_year_is_asked_anew_up_to_the_day_before_yesterday() -> None:
    http = client()
    with serve(normal) as site:
        (first,) = years(http, site, ["旅游"], years=[2021, 2022])
        http.keep(first)
        (again,) = years(http, site, ["旅游"], years=[2021])
    assert site.asked[0].one("endDate") == "2021-03-08"
    (row,) = baidu_index.parse_years(again).rows()
    assert row[4:] == ("provisional", "mean of 2021-01-01 to 2021-03-08")


def test_the_last_year_is_closed_only_when_its_last_day_is_out() -> None:
    with serve(normal) as site:
        list(years(client(), site, ["旅游"], years=[2020], today=date(2021, 1, 1)))
        list(years(client(), site, ["旅游"], years=[2020], today=date(2021, 1, 2)))
    assert [asked.one("endDate") for asked in site.asked] == ["2020-12-30", "2020-12-31"]


@pytest.mark.parametrize(
    ("status", "advice"), [(10000, "cookie"), (10001, "half an hour"), (10018, "less often")]
)
def test_a_refusal_ends_the_refresh_for_every_word(status: int, advice: str) -> None:
    def answer(asked: Asked) -> Reply:
        return says(status, "request block") if len(site.asked) == 3 else normal(asked)

    http = client()
    with serve(answer) as site:
        got = years(http, site, ["甲", "乙", "丙"])
        kept = [next(got), next(got)]
        with pytest.raises(Refused, match=rf"status {status}.*{advice}.*request block"):
            next(got)
        assert list(got) == []
        with pytest.raises(Refused, match=f"not asked.*status {status}"):
            list(years(http, site, ["丁"]))
        assert len(site.asked) == 3
        baidu_index.resume()
        assert len(list(years(http, site, ["丁"]))) == 2
    assert len(kept) == 2
    assert [asked.headers["Cookie"] for asked in site.asked] == ["BDUSS=mine"] * 5


def test_words_that_are_fetched_side_by_side_stop_together() -> None:
    def refusal_of(word: str) -> str:
        with pytest.raises(Refused) as caught:
            list(years(client(), site, [word]))
        return str(caught.value)

    with serve(lambda asked: says(10001)) as site, ThreadPoolExecutor(8) as pool:
        refusals = list(pool.map(refusal_of, "甲乙丙丁戊己庚辛"))
    assert len(site.asked) == 1
    assert all("status 10001" in refusal for refusal in refusals)
    assert sum("not asked" in refusal for refusal in refusals) == 7


def test_a_refusal_wears_off_after_half_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("cityflux.scrapers.baidu_index.protocol.time.monotonic", lambda: now[0])
    replies = iter([says(10001)])
    with serve(lambda asked: next(replies, None) or normal(asked)) as site:
        for later, seen in ((0, 1), (29 * 60, 1)):
            now[0] = 1000.0 + later
            with pytest.raises(Refused):
                list(years(client(), site, ["旅游"], years=[2020]))
            assert len(site.asked) == seen
        now[0] = 1000.0 + 30 * 60
        assert len(list(years(client(), site, ["旅游"], years=[2020]))) == 1


def test_a_login_page_in_place_of_data_is_a_refusal() -> None:
    with serve(lambda asked: HTML) as site, pytest.raises(Refused, match="login"):
        list(years(client(), site, ["甲", "乙"]))
    assert len(site.asked) == 1


def test_http_429_is_a_refusal_too() -> None:
    with serve(lambda asked: reply({}, 429)) as site:
        for _ in range(2):
            with pytest.raises(Refused):
                list(years(client(), site, ["甲", "乙"]))
    assert len(site.asked) == 1


def test_truncated_json_is_unexpected_and_costs_nobody_else() -> None:
    with serve(lambda asked: Reply(b'{"status":0,"data":{"user')) as site:
        for seen in (1, 2):
            with pytest.raises(Unexpected, match="expected JSON"):
                list(years(client(), site, ["甲", "乙"]))
            assert len(site.asked) == seen


def test_an_answer_without_status_says_what_it_had() -> None:
    with serve(lambda asked: reply({"code": 0})) as site, pytest.raises(Unexpected, match="'code'"):
        list(years(client(), site, ["甲"]))


def test_a_word_that_is_not_included_is_missing_and_asked_once() -> None:
    def answer(asked: Asked) -> Reply:
        return says(10003, "not exists") if words_of(asked) == ["特许权使用费"] else normal(asked)

    with serve(answer) as site:
        missing, *others = years(client(), site, ["特许权使用费", "旅游"], areas=["910", "94"])
    (row,) = baidu_index.parse_years(missing).rows()
    assert row[:4] == ("特许权使用费", "910", "2019", None)
    assert "词条未收录" in row[5]
    assert len(others) == 4
    assert len(site.asked) == 5


def test_no_data_is_missing_and_said() -> None:
    with serve(lambda asked: says(1)) as site:
        (document,) = years(client(), site, ["旅游"], years=[2019])
    (row,) = baidu_index.parse_years(document).rows()
    assert row[3] is None
    assert "no data" in row[5]


@pytest.mark.parametrize("status", [10002, 10003])
def test_a_request_for_several_words_is_repeated_word_by_word(status: int) -> None:
    def answer(asked: Asked) -> Reply:
        return says(status, "bad request") if "坏" in words_of(asked) else normal(asked)

    got: list[Document] = []
    with serve(answer) as site:
        fetched = years(client(), site, ["甲", "坏", "乙", "丙"], words_per_request=3)
        if status == 10002:
            with pytest.raises(Unexpected, match=r"坏.*look each up"):
                got.extend(fetched)
        else:
            got.extend(fetched)
    asked = [words_of(request) for request in site.asked]
    assert asked == [["甲", "坏", "乙"], ["甲"], ["坏"], ["乙"], ["甲", "乙"], ["丙"], ["丙"]]
    good = [row for document in got for row in baidu_index.parse_years(document).rows() if row[3]]
    assert [(row[0], row[2]) for row in good] == [
        *[("甲", "2019"), ("乙", "2019"), ("甲", "2020"), ("乙", "2020")],
        *[("丙", "2019"), ("丙", "2020")],
    ]


def test_at_most_five_words_go_into_a_request() -> None:
    with serve(normal) as site:
        list(years(client(), site, list("甲乙丙丁戊己"), years=[2020], words_per_request=5))
        with pytest.raises(ValueError, match="1 to 5"):
            list(years(client(), site, ["甲"], words_per_request=6))
    assert [len(words_of(asked)) for asked in site.asked] == [5, 1]


def test_an_unknown_status_is_unexpected() -> None:
    with serve(lambda asked: says(10777, "新")) as site:
        (document,) = years(client(), site, ["旅游"], years=[2020])
    with pytest.raises(Unexpected, match="expected status 0, 1 or 10003, got 10777: 新"):
        baidu_index.parse_years(document)


def test_a_renamed_key_says_expected_and_got() -> None:
    def answer(asked: Asked) -> Reply:
        body = figures(asked)
        body["data"]["ratio"] = body["data"].pop("generalRatio")
        return reply(body)

    with serve(answer) as site:
        (document,) = years(client(), site, ["旅游"], years=[2020])
    with pytest.raises(Unexpected, match=r"expected the key 'generalRatio', got .*'ratio'"):
        baidu_index.parse_years(document)


def test_a_word_that_the_answer_leaves_out_is_missing() -> None:
    with serve(lambda asked: reply(figures(asked, generalRatio=[]))) as site:
        (document,) = years(client(), site, ["旅游"], years=[2020])
    (row,) = baidu_index.parse_years(document).rows()
    assert (row[3], row[5]) == (None, "Baidu's answer leaves this word out")


def test_a_mean_of_fewer_days_than_asked_is_provisional() -> None:
    def answer(asked: Asked) -> Reply:
        body = figures(asked)
        body["data"]["userIndexes"][0]["all"]["startDate"] = "2019-07-01"
        return reply(body)

    with serve(answer) as site:
        (document,) = years(client(), site, ["共享经济"], years=[2019])
    (row,) = baidu_index.parse_years(document).rows()
    assert row[4:] == ("provisional", "mean of 2019-07-01 to 2019-12-31")


# --- the daily series -----------------------------------------------------------------------


def daily(text: str, key: str = KEY, kind: str = "day") -> Any:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/Interface/ptbk":
            return reply({"status": 0, "data": key})
        body = figures(asked)
        body["data"]["userIndexes"][0] |= {"type": kind}
        body["data"]["userIndexes"][0]["all"]["data"] = scramble(text, KEY)
        return reply(body)

    return answer


def fetch_days(site: Site, http: LoopbackClient) -> list[Document]:
    today = date(2021, 1, 5)
    return list(
        baidu_index.fetch_days(http, ["旅游"], ["910"], [2021], address=site.address, today=today)
    )


def test_the_daily_series_is_descrambled_and_an_empty_day_has_no_row() -> None:
    with serve(daily("12,,3")) as site:
        documents = fetch_days(site, client())
    assert [asked.path for asked in site.asked] == ["/api/SearchApi/index", "/Interface/ptbk"]
    assert [document.address.count("ptbk") for document in documents] == [1, 0]
    for order in (documents, documents[::-1]):
        assert baidu_index.parse_days(order).rows() == [
            ("旅游", "910", "2021-01-01", 12.0),
            ("旅游", "910", "2021-01-03", 3.0),
        ]


def test_a_refusal_of_the_key_leaves_the_answer_for_the_next_time() -> None:
    def answer(asked: Asked) -> Reply:
        return says(10001) if asked.path == "/Interface/ptbk" else normal(asked)

    with serve(answer) as site:
        got = baidu_index.fetch_days(client(), ["甲"], ["910"], [2020], address=site.address)
        with pytest.raises(Refused):
            next(got)


def test_a_series_without_its_key_is_unexpected() -> None:
    with serve(daily("1,2,3")) as site:
        _, answer = fetch_days(site, client())
    with pytest.raises(Unexpected, match="the key of 'u-2021-01-01'"):
        baidu_index.parse_days([answer])


@pytest.mark.parametrize(
    ("text", "key", "kind", "complaint"),
    [
        ("1,2", KEY, "day", "each day of 2021-01-01 to 2021-01-03, got 2"),
        ("1,2,3", "abc", "day", "even length, got 3"),
        ("1,2,3", "ab12", "day", "only characters of the key"),
        ("1", KEY, "week", "by the day, got type 'week'"),
    ],
)
def test_a_series_that_does_not_fit_is_unexpected(
    text: str, key: str, kind: str, complaint: str
) -> None:
    with serve(daily(text, key, kind)) as site:
        documents = fetch_days(site, client())
    with pytest.raises(Unexpected, match=complaint):
        baidu_index.parse_days(documents)


def test_an_empty_series_has_no_rows() -> None:
    with serve(daily("")) as site:
        assert baidu_index.parse_days(fetch_days(site, client())).is_empty()


@st.composite
def keys(draw: st.DrawFn) -> str:
    """A key as the site sends them: distinct letters, then the eleven characters of a series."""
    letters = draw(st.lists(st.characters(codec="ascii"), min_size=12, max_size=12, unique=True))
    return "".join(letters) + "".join(draw(st.permutations("0123456789,.")))


@given(st.text("0123456789,."), keys())
def test_descrambling_undoes_scrambling(text: str, key: str) -> None:
    assert baidu_index.descramble(scramble(text, key), key) == text


@given(
    series=st.lists(st.none() | st.integers(0, 10**7), min_size=1, max_size=60),
    key=keys(),
)
def test_every_series_comes_back_day_by_day(series: list[int | None], key: str) -> None:
    text = ",".join("" if value is None else str(value) for value in series)
    first, last = date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=len(series) - 1)
    span = {"startDate": str(first), "endDate": str(last), "data": scramble(text, key)}
    entry = {"word": [{"name": "甲"}], "all": span, "type": "day"}
    body = {"status": 0, "data": {"userIndexes": [entry], "uniqid": "u"}}
    answer = Document("http://site/api/SearchApi/index?area=0", json.dumps(body).encode())
    mask = Document("http://site/Interface/ptbk?uniqid=u", json.dumps({"data": key}).encode())
    frame = baidu_index.parse_days([answer, mask])
    if text:  # a single empty day cannot be told from no series at all; neither has a row
        assert dict(frame.select("period", "value").iter_rows()) == {
            str(first + timedelta(days=n)): value
            for n, value in enumerate(series)
            if value is not None
        }
    else:
        assert frame.is_empty()


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    plugins = members(example("baidu_index", tmp_path))
    http = client()
    with serve(normal) as site:
        frame = run(plugins[0], http, site.address)
    assert {"shanghai", "shenzhen"} == set(frame["city"])
    assert frame.filter(city="shenzhen", period="2019")["value"].to_list() == [2019.0 + 94]
