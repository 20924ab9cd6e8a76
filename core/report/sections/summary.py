"""The summary: where the city stands, in sentences that are made from the numbers."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from cityflux.core.reading.comparison import Beside
from cityflux.core.reading.gap import split_gap
from cityflux.core.report.blocks import Block, Cell, Items, Missing, Section, Table, Text
from cityflux.core.report.pictures import compares
from cityflux.core.report.view import View
from cityflux.core.words import brackets, verdict
from cityflux.core.words.numbers import MISSING, number

_MOST_CHANGES = 10


def summary(view: View) -> Section:
    """Say what the numbers say."""
    blocks: list[Block] = [
        *_verdict(view),
        Text(_place(view), lead=True),
        Text(_sentences(view, [*_leaders(view), *_groups(view)])),
        Text(_sentences(view, [*_rivals(view), *_parts(view)])),
        Text(_since(view)),
    ]
    if changes := _changes(view):
        blocks += [Text(view.text("summary.changes_of") + view.text("common.colon")), changes]
    for other in view.facts.beside:
        blocks.append(_claims(view, other))
    shown = [block for block in blocks if not (isinstance(block, Text) and not block.text)]
    return Section("summary", view.text("summary.title"), shown, new_page=False)


def _verdict(view: View) -> list[Block]:
    """Can the first be told from the second, by which way of counting, and why not."""
    found, code, cities = view.facts.verdict, view.language.code, view.city_names
    if found is None:
        return []
    ways = [verdict.way(code, found, each, cities) for each in found.ways]
    return [
        Text(verdict.headline(code, found, cities), lead=True),
        Text(verdict.lead_in(code, found, cities)),
        Items(ways),
        Text(_sentences(view, verdict.why(code, found, cities))),
    ]


def _claims(view: View, other: Beside) -> Block:
    """What is said of who is first and last in the groups, and what another index says to it."""
    shown = {view.root, *view.groups}
    claims = [pair for pair in other.claims if pair.node in shown]
    name = view.language.name({"name_zh": other.name_zh, "name_en": other.name_en}) or other.other
    if not claims:
        return Missing(view.text("claims.none", other=name))
    told = {True: "claims.yes", False: "claims.no", None: "claims.silent"}
    rows = [
        [
            Cell(view.label(pair.node)),
            Cell(view.city(pair.city)),
            Cell(view.text("claims.first" if pair.claim == "first" else "claims.last", n=pair.n)),
            Cell(
                MISSING
                if pair.other_rank is None
                else brackets.place(view.language.code, pair.other_rank, pair.other_n)
            ),
            Cell(view.text(told[pair.contradicted])),
        ]
        for pair in claims
    ]
    heads = ("common.group", "common.city", "claims.claim", "claims.there")
    k = sum(pair.contradicted is True for pair in claims)
    caption = view.text("claims.title", other=name) + view.text("common.colon") + " "
    caption += view.text("claims.contradicted", k=k, n=len(claims), other=name)
    return Table([*map(view.text, heads), ""], rows, right=9, caption=caption)


def _sentences(view: View, sentences: list[str]) -> str:
    return ("" if view.language.code == "zh" else " ").join(sentences)


def _place(view: View) -> str:
    values = {"period": view.period, "city": view.city(view.focus), "index": view.index}
    if view.score(view.root, view.focus) is None:
        return view.text("summary.no_place", **values)
    values |= {
        "score": view.points(view.root, view.focus),
        "coverage": view.coverage(view.root, view.focus),
    }
    rank = view.rank(view.root, view.focus)
    if rank is None:
        why = view.bracket(view.root, view.focus)
        return view.text("summary.bracketed", **values, reason=why)
    return view.text("summary.place", **values, rank=rank, n=view.of(view.root, view.focus))


def _leaders(view: View) -> Iterator[str]:
    placed, own = view.placed(view.root), view.shown(view.root, view.focus)
    sure = view.facts.verdict is None or view.facts.verdict.told
    if own is None or len(placed) < 2 or view.focus not in placed or not sure:
        return
    first = placed[0]
    city = view.city(view.focus)
    if view.rank(view.root, view.focus) == 1:
        second = next(each for each in placed if each != view.focus)
        if view.rank(view.root, second) == 1:
            return
        gap = own - (view.shown(view.root, second) or 0.0)
        yield view.text(
            "summary.ahead",
            city=city,
            gap=number(gap),
            second=view.city(second),
            score=view.points(view.root, second),
        )
    else:
        gap = (view.shown(view.root, first) or 0.0) - own
        yield view.text(
            "summary.behind",
            leader=view.city(first),
            score=view.points(view.root, first),
            city=city,
            gap=number(gap),
        )


def _groups(view: View) -> Iterator[str]:
    """In which groups the city is first, in which last, and which say nothing."""
    city = view.city(view.focus)
    known = [node for node in view.groups if view.placed(node)]
    own = [node for node in known if view.rank(node, view.focus) is not None]
    if own:
        leads = [node for node in own if view.rank(node, view.focus) == 1]
        lags = [node for node in own if _is_last(view, node)]
        for name, nodes in (("leads", leads), ("lags", lags)):
            yield view.text(
                f"summary.{name}" if nodes else f"summary.{name}_none",
                n=len(own),
                city=city,
                k=len(nodes),
                groups=view.listed(nodes),
            )
    else:
        yield view.text("summary.no_claims", city=city)
    if empty := [node for node in view.groups if node not in known]:
        yield view.text("summary.empty_groups", n=len(empty), groups=view.listed(empty))


def _is_last(view: View, node: str) -> bool:
    ranks = [rank for city in view.cities if (rank := view.rank(node, city)) is not None]
    return view.rank(node, view.focus) == max(ranks) > min(ranks)


def _rivals(view: View) -> Iterator[str]:
    scores = {city: view.shown(view.root, city) or 0.0 for city in view.placed(view.root)}
    own, city = scores.pop(view.focus, None), view.city(view.focus)
    if own is None or not scores:
        return
    closest = min(scores, key=lambda each: abs(scores[each] - own))
    gap = own - scores[closest]
    yield view.text(
        "summary.rival",
        city=city,
        rival=view.city(closest),
        gap=number(abs(gap)),
    )
    other = scores.get(view.rival or "")
    if view.rival and view.rival != closest and other is not None:
        yield view.text(
            "summary.versus",
            rival=view.city(view.rival),
            city=city,
            gap=number(abs(own - other)),
            more=view.text("summary.more" if own >= other else "summary.less"),
        )


def _parts(view: View) -> Iterator[str]:
    """Which groups make the most of the difference to the rival."""
    split = split_gap(view.facts, view.focus, view.rival) if view.rival else None
    parts = {
        node: part
        for node, part in (split or {}).items()
        if part is not None and compares(view, node)
    }
    if not parts:
        return
    best, worst = max(parts, key=lambda node: parts[node]), min(parts, key=lambda node: parts[node])
    if parts[best] > 0 > parts[worst]:
        yield view.text(
            "summary.gains",
            city=view.city(view.focus),
            rival=view.city(view.rival or ""),
            group=view.label(best),
            part=number(parts[best], plus=True),
            other=view.label(worst),
            other_part=number(parts[worst], plus=True),
        )


def _since(view: View) -> str:
    """What has changed since the computation before the last one."""
    run, previous = view.facts.run, view.facts.previous
    if previous is None:
        return view.text("summary.first_run")
    values = {"day": view.language.day(previous.ended), "scores": run.changed}
    if run.definition_hash != previous.definition_hash:
        return view.text("summary.redefined", **values)
    if n := _changed(view).height:
        return view.text("summary.changed", n=n, **values)
    return view.text("summary.otherwise" if run.changed else "summary.unchanged", **values)


def _changed(view: View) -> pl.DataFrame:
    """The figures of these cities that are others than at the computation before, once each."""
    return (
        view.facts.changes.filter(pl.col("city").is_in(view.cities))
        .group_by("indicator", "city", "period", maintain_order=True)
        .agg(pl.col("name_zh", "name_en", "unit", "after").last(), pl.col("before").first())
        .filter(pl.col("before").ne_missing(pl.col("after")))
    )


def _changes(view: View) -> Items | None:
    if view.facts.previous is None:
        return None
    rows = _changed(view).head(_MOST_CHANGES).to_dicts()
    texts = [
        view.text(
            "summary.change",
            indicator=view.language.name(row),
            city=view.city(row["city"]),
            period=view.language.period(row["period"]),
            before=view.figure(row["before"]),
            after=view.figure(row["after"]),
            unit=view.language.unit(row["unit"]),
        )
        for row in rows
    ]
    return Items(texts) if texts else None
