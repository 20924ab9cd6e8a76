"""Which stored periods make up an asked one, in SQL: the twin of `core.model.period.part_of`.

Plain SQL, as it stands in a view. `tests.storage.test_periods` holds the two against each other.
"""

from __future__ import annotations


def fineness(stored: str, asked: str) -> str:
    """SQL: the `fineness` of one period as a part of another; null where it is none.

    0 for the asked period itself; for a single period inside it 1 (year), 2 (quarter), 3 (month)
    or 4 (day). Those of the least that there is make up the asked one.

    Args:
        stored: SQL of a period.
        asked: SQL of the period that is asked for.
    """
    first = _first_day(f"substr({asked}, 1, instr({asked} || '/', '/') - 1)")
    last = _last_day(f"substr({asked}, instr({asked}, '/') + 1)")
    return f"""CASE WHEN {stored} = {asked} THEN 0
        WHEN instr({stored}, '/') = 0 AND {_first_day(stored)} >= {first}
            AND {_last_day(stored)} <= {last}
        THEN CASE WHEN length({stored}) = 4 THEN 1 WHEN {stored} LIKE '____-Q_' THEN 2
            WHEN length({stored}) = 7 THEN 3 ELSE 4 END END"""


def near(stored: str, asked: str) -> str:
    """SQL: a condition that every part of a period fulfils and that an index on it can serve."""
    return (
        f"{stored} BETWEEN substr({asked}, 1, 4) "
        f"AND substr({asked}, instr({asked}, '/') + 1, 4) || '~'"
    )


def _first_day(single: str) -> str:
    return f"""CASE length({single}) WHEN 4 THEN {single} || '-01-01' WHEN 10 THEN {single}
            ELSE substr({single}, 1, 5) || CASE substr({single}, 6) WHEN 'Q1' THEN '01'
            WHEN 'Q2' THEN '04' WHEN 'Q3' THEN '07' WHEN 'Q4' THEN '10'
            ELSE substr({single}, 6) END || '-01' END"""


def _last_day(single: str) -> str:
    return f"""CASE length({single}) WHEN 4 THEN {single} || '-12-31' WHEN 10 THEN {single}
            ELSE CASE substr({single}, 6) WHEN 'Q1' THEN substr({single}, 1, 5) || '03-31'
            WHEN 'Q2' THEN substr({single}, 1, 5) || '06-30'
            WHEN 'Q3' THEN substr({single}, 1, 5) || '09-30'
            WHEN 'Q4' THEN substr({single}, 1, 5) || '12-31'
            ELSE date({single} || '-01', '+1 month', '-1 day') END END"""


def is_period(text: str) -> str:
    """SQL: whether a text is a period; never null for one that is not, so that a CHECK can ask it.

    Counted in bytes, since SQLite stops to count the characters of a text at a NUL.

    Args:
        text: SQL of the text.
    """
    first = f"substr({text}, 1, instr({text}, '/') - 1)"
    last = f"substr({text}, instr({text}, '/') + 1)"
    span = f"""length(CAST({text} AS BLOB)) =
            length(CAST({first} AS BLOB)) + 1 + length(CAST({last} AS BLOB))
            AND {_single(first, "0")} AND {_single(last, "0")}
            AND {_first_day(first)} <= {_last_day(last)}"""
    return _single(text, span)


def _single(text: str, otherwise: str) -> str:
    """SQL: whether a text is a single period; what else holds where it is as long as none."""
    year = "[0-9][0-9][0-9][0-9]"
    known = f"{text} >= '0001' AND {text} < '9999'"
    return f"""CASE length(CAST({text} AS BLOB))
            WHEN 4 THEN {text} GLOB '{year}' AND {known}
            WHEN 7 THEN ({text} GLOB '{year}-[01][0-9]' AND substr({text}, 6) BETWEEN '01' AND '12'
                OR {text} GLOB '{year}-Q[1-4]') AND {known}
            WHEN 10 THEN {text} GLOB '{year}-[01][0-9]-[0-3][0-9]' AND {known}
                AND date({text}, '+0 days') IS {text}
            ELSE {otherwise} END"""
