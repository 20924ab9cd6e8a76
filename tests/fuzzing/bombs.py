"""Inputs that were made to break a parser: small on the wire, large or slow once they are read."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Sequence
from typing import Any

import polars as pl

from tests.fuzzing import samples

_CELL = '<c r="{}"><v>1</v></c>'


def none() -> Sequence[bytes]:
    """Of what has no grammar."""
    return ()


def pages() -> Sequence[bytes]:
    """HTML."""
    row = "<tr><td>上海<td>1"
    cells = {
        "wide": "<tr>" + "<td colspan=1000>1" * 6_000,
        "high": "<tr>" + "<td rowspan=99999>1" * 500 + "<tr><td>" * 2_000,
        "both": "<tr><td rowspan=99999 colspan=1000>1" * 500,
        "one wide row": "<tr>" + "<td>1" * 9_000 + "<tr><td>1" * 9_000,
        "zero": "<tr><td rowspan=0 colspan=1000>1" * 1_000,
        "later": "<tr><td rowspan=99999 colspan=999>1" + "<tr><td>1" * 8_000,
        "unclosed": row * 4_000,
        "one row": "<tr>" + "<td>1" * 30_000,
        "words": "<tr><td>城市<td>" + "a) " * 20_000 + row,
        "spaces": "<tr><td>城市<td>" + "&nbsp; " * 20_000 + "x" + row,
        "brackets": "<tr><td>城市<td>" + "(" * 20_000 + row + ")" * 20_000,
        "digits": "<tr><td>城市<td>2020<tr><td>上海<td>" + "9" * 200_000,
        "numerals": "<tr><td>城市<td>2020<tr><td>上海<td>" + "1," * 50_000,
        "units": "<tr><td>单位：" + "万" * 20_000 + "人<td>2" + row,
        "per": "<tr><td>单位：" + "人/" * 10_000 + "人<td>2" + row,
        "english": "<tr><td>Value (" + "10 " * 10_000 + "<td>2" + row,
        "steps": "<tr><td>" + " > " * 10_000 + "<td>2" + row,
        "titles": "<tr><td>续表<td>" * 4_000,
        "names": "".join(f"<tr><td>{n}<td>{n}" for n in range(4_000)),
    }
    found = [f"<table>{inside}</table>" for inside in cells.values()]
    found += [
        "<table><tr><td>1<td>2" * 3_000,
        "<table><tr><td>1<td>" * 3_000 + "</table>" * 3_000,
        "<table><tr><td>1<td>2</table>" * 3_000,
        "<b>" * 40_000 + "<table><tr><td>1<td>2</table>",
        "<b>" * 4_000 + "<table><tr><td>1<td>2</table>" * 500,
        "<div>" * 20_000 + "2020年统计公报" + "</div>" * 20_000,
        "<div><p>一。" * 10_000,
        "<p>" * 40_000,
        "</p>" * 60_000,
        "<" * 100_000,
        "<a" * 60_000,
        "<a " * 60_000,
        "<a a='" * 30_000,
        "<!" * 60_000,
        "<!--" * 40_000,
        "<!-- -" * 40_000,
        "<![" * 40_000,
        "<![CDATA[" * 20_000,
        "<?" * 60_000,
        "</" * 60_000,
        "</a " * 40_000,
        "<!DOCTYPE [" * 20_000,
        "<script>" + "</scrip" * 30_000,
        "<a " + "a" * 200_000,
        "<a " + " a" * 60_000 + ">",
        "<a " + " a=" * 60_000 + ">",
        "<br " + "=" * 100_000 + ">",
        "&" * 100_000 + "<p>",
        "&#" * 60_000 + "<p>",
        "<p>&#" + "9" * 100_000 + ";",
        "<title>" + "a " * 60_000,
        "<form><input type=password>" * 10_000,
        "<a href='//[' title=2020年国民经济和社会发展统计公报>统计公报</a>",
        "<a href='http://a:99999999/2020年统计公报'>2020年国民经济和社会发展统计公报</a>",
        "<base href='//['><a href=x>统计公报</a>",
        "<a href=a>统计公报</a>" * 5_000,
        f"<script>createPageHTML({'9' * 5_000}, {'9' * 5_000}, 'index', 'html')</script>",
    ]
    return [body.encode() for body in found]


def communiques() -> Sequence[bytes]:
    """Prose and pages of communiqués."""
    head = (
        "2020年江城市国民经济和社会发展统计公报\n" + "全市上下同心协力，经济运行平稳。" * 12 + "\n"
    )
    lines = [
        "至" * 4_000 + "地区生产总值100亿元。",
        "全年" + "至到" * 60 + "100亿元。",
        "按一计算" * 14 + "生产100亿元。",
        "按一计算" * 2_000 + "生产100亿元。",
        "经一核算" * 14 + "生产100亿元。",
        "据据据据核算核算核算" * 40 + "x100亿元。",
        "达到达到达到为达" * 2_000 + "100亿元。",
        "净略有略大幅度" * 3_000 + "100%。",
        "净净净净净净净净净净净净净净净净净净净净净净净净净净净x100%。",
        "有所略有所略有所略有" * 200 + "增100%。",
        "分别为1、" + "2、" * 3_000 + "3亿元。",
        "甲、乙、丙、丁、戊、己、庚、辛、壬、癸和子分别为" + "1、" * 4 + "5亿元。",
        "铁路、公路、水路、民航、" * 8 + "客运量分别为1、2、3、4、5、6亿元。",
        "地区生产总值100亿元，增长3%；" * 3_000,
        "地区生产总值100亿元，增长3%。" * 3_000,
        "地区生产总值100亿元增长3%" * 3_000 + "。",
        "全市" * 3_000 + "地区生产总值100亿元。",
        "(" * 5_000 + "1" + ")" * 5_000 + "。",
        "()" * 10_000 + "。",
        "由上年的1%提高到" * 2_000 + "。",
        "由上年的" + "1" * 20_000 + "。",
        "比上年" * 5_000 + "增长1%。",
        "按可比价格" * 5_000 + "增长1%。",
        "1" * 100_000 + "亿元。",
        "1," * 30_000 + "亿元。",
        "1 234" * 10_000 + "亿元。",
        "一百" * 20_000 + "亿元。",
        "一点" + "一" * 20_000 + "亿元。",
        "百分之" * 10_000 + "五。",
        "千万百万" * 10_000 + "亿元。",
        "1亿亿亿元/" * 5_000 + "。",
        "占" * 10_000 + "的比重为3%。",
        "以" + "在" * 5_000 + "为准增长，突破",
        "突破" * 5_000 + "元，1亿元。",
        "长三角" + "从" * 10_000 + "1亿元。",
        "注1" * 10_000,
        "[注 1" * 10_000,
        "&" * 50_000 + "。",
        "&#" + "9" * 5_000 + ";1亿元。",
        "a  b\n" * 10_000,
        "a\tb\n1\t2\n" * 5_000,
        "指标\n" + "1\n" * 10_000,
        "指标\n甲\n" + "1\n乙\n" * 5_000,
        "|a|b|c|\n" * 5_000,
        "|" * 50_000,
        "-" * 50_000 + "。",
        " " * 50_000 + "x",
        "甲" * 100_000,
        "，" * 50_000,
        "。" * 50_000,
        "：" * 50_000,
        "2020年" * 10_000,
        "9999年统计公报\n2020年\n" + "1亿元",
        "统(tǒng)" * 5_000,
        "\ue000" * 5_000 + "(1)" * 7_000 + "。",
    ]
    found = [f"{head}{line}\n" for line in lines]
    table = "<html><title>2020年江城市统计公报</title>" + "<p>全市上下，经济平稳。</p>" * 12
    found += [
        table + "<table>" + "<tr><td>甲<td>1" * 3_000,
        table + "<table><tr>" + "<td colspan=50 rowspan=50>1" * 2_000 + "</table>",
        table + "<table>" + "<tr><td colspan=50 rowspan=50>1" * 1_000 + "</table>",
        table + "<table><tr><td>甲<td>2020年<tr>" + "<td>1" * 5_000 + "</table>",
        table + "<table><tr><td>甲<td colspan=²>2020年<tr><td>x<td>1</table>",
        table + "<div><p>一，二。" * 5_000,
        table + "<div>" * 5_000 + "<p>一，二。",
        table + "<sup>1</sup>" * 10_000,
        table + "".join(f"<tr><td>第{n}项<td>{n}" for n in range(3_000)),
    ]
    return [body.encode() for body in found] + list(pages())


def jsons() -> Sequence[bytes]:
    """JSON, JSON-stat, answers of services."""
    deep = 100_000
    found = [
        "[" * deep,
        '{"a":' * deep,
        "[" * deep + "]" * deep,
        "1" * 1_000_000,
        f'{{"status":{"1" * 5_000},"errno":{"1" * 5_000},"returncode":{"1" * 5_000}}}',
        f'[{{"page":1}},[{{"value":{"1" * 5_000}}}]]',
        '"\\ud800"',
        "NaN",
        '{"id":["a"],"size":[Infinity]}',
        json.dumps({"a" * 100_000: 1}),
        "[" + "{}," * 50_000 + "{}]",
        "[[]," + "[]," * 50_000 + "[]]",
        "\\" * 100_000,
        '"' + "\\u0000" * 50_000,
        "x(" * 50_000,
    ]
    # A cube of 10^5 categories by 10^5 by 10^5, all of them flagged by one letter.
    many = {str(n): n for n in range(20_000)}
    dimension = {"category": {"index": many}}
    values: list[Any] = [{"0": 1}, {"9" * 5_000: 1}, {"²": 1}, {"1_0": 1}, [1] * 20_000, "text", 3]
    for value in [*values, None]:
        found.append(
            json.dumps(
                {
                    "id": ["time", "a", "b"],
                    "size": [20_000] * 3,
                    "dimension": {"time": dimension, "a": dimension, "b": dimension},
                    "value": value,
                    "status": "p",
                }
            )
        )
    one = samples.JSONSTATS[1]
    changes: list[dict[str, Any]] = [
        {"value": [True, "９"]},
        {"value": ["1e999", "-"]},
        {"value": {"a": 1}},
        {"value": {"0": [1]}},
        {"value": [{}, []]},
        {"value": [10**400, 1]},
        {"status": 1},
        {"status": [1, None]},
        {"status": {"0": {"a": 1}}},
        {"id": "time"},
        {"id": [["time"]]},
        {"id": ["time", "time"], "size": [2, 2]},
        {"dimension": {"time": {"category": {"index": {"a": 0, "b": "1"}}}}},
        {"dimension": {"time": {"category": {"index": {"2018": 0, "2019": True}}}}},
        {"dimension": {"time": {"category": {"index": 7}}}},
        {"dimension": {"time": {"category": {"label": 7}}}},
        {"dimension": {"time": {"category": []}}},
        {"dimension": {"time": None}},
    ]
    others: list[Any] = [None, 1, "x", [], {}, [[]], [{}], [None, None], [[1]]]
    found += [json.dumps(value) for value in [*({**one, **change} for change in changes), *others]]
    return [body.encode() for body in found]


def texts() -> Sequence[bytes]:
    """Delimited text."""
    found = [
        '城市,2020\n上海,"' + "1\n" * 100_000,
        "城市,2020\n上海," + "9" * 200_000,
        "城市,2020\n上海," + "1," * 100_000,
        "a," * 100_000 + "\n" + "1," * 100_000,
        "".join(f"c{n}," for n in range(20_000)) + "\n1,2\n",
        "a,b\n" * 50_000,
        "".join(f"c{n}," for n in range(10_000)) + "\n1" * 50_000,
        "城市,2020\n" + "上海,1\n" * 50_000,
        "城市,2020\n" + "".join(f"x{n},{n}\n" for n in range(30_000)),
        "城市\n" * 50_000,
        '"' * 100_000,
        "," * 200_000,
        "\n" * 200_000 + "a,b\n1,2",
        "a,b\n1,\0\n",
        "地区,2020年\n" + "上海," + "(" * 50_000,
        "数据库：" + "x" * 100_000,
        "\ufeff" * 50_000 + "a,b",
        "indicator,city,period,value\n" + "people.population,上海,2020," + "9" * 100_000,
        "indicator,city,period,value\n" + "people.population," + "上" * 20_000 + ",2020,1\n",
        'indicator,city,period,value\npeople.population,上海,2020,"1\n' + "x\n" * 50_000,
        "indicator,city,period,value\n" + "x,y,z,1\n" * 20_000,
        "indicator,city,period,value\n" + "people.population,上海,²020,1\n",
        "TIME_PERIOD,OBS_VALUE\n" + "2020,1\n" * 50_000,
        "TIME_PERIOD,OBS_VALUE\n" + "2020," + "9" * 100_000,
        "x" * 500_000,
    ]
    return [body.encode() for body in found]


def words() -> Sequence[bytes]:
    """A number, a unit, a period."""
    found = [
        "9" * 1_000_000, "1" + "0" * 400, "1e999", "-1e-999", "1," * 50_000, "1 " * 50_000, "(" * 100_000,
        "0." + "1" * 100_000, "." * 100_000, "-" * 100_000, " " * 100_000 + "1", "1" + " " * 100_000,
        "1'234" * 20_000, "万" * 50_000, "1" + "万亿" * 50_000, "元/" * 50_000 + "元", "元/元/元/元/元/元/元",
        "亿元/" * 30 + "亿元", "千克/" * 300 + "微克", "²", "١٢٣", "२०२०", "𝟐𝟎𝟐𝟎", "1²", "2020-²", "0000",
        "0000/0000", "9999", "9999-12-31", "9999/9999", "0001-01-01", "2020/" * 10_000, "2020-" * 50_000,
        "2020-W53", "2100-W53", "2199-12", "2020-02-30", "2020年13-14月", "２０２０", "2020\n", "2020\ud7ff",
        "\ufdfa" * 5_000, "İ" * 5_000, "ﷺ" * 20_000, "％" * 50_000, "1%‰", "0e999", "1e+308万亿", "inf", "nan",
    ]  # fmt: skip
    return [text.encode() for text in found]


def tomls() -> Sequence[bytes]:
    """TOML."""
    found = [
        "a = " + "[" * 50_000, "a = " + "{a=" * 20_000, "a" + ".a" * 20_000 + " = 1", "a = " + "9" * 10_000,
        "[" + "a." * 20_000 + "a]", "a = 1e99999", "a = nan", "a = 9999-99-99", "a = 0001-01-01",
        "id = " + "9" * 4_000, "cities = [" + "'a'," * 50_000 + "]", "id = '\\ud800'",
        'id = "\\ud800"', "weights = inf", "\ufeffid = 1", "id = 'a\0b'", "a = 1\n" * 5_000,
        "".join(f"[[nodes]]\nid='n{n}'\nparent='n{n - 1}'\nweight=1\nname_zh='a'\nname_en='a'\n"
                for n in range(3_000)),
        samples.DEFINITION.replace("5.5", "nan"), samples.DEFINITION.replace("5.5", "1e400"),
        samples.DEFINITION.replace("2011/2020", "0000/9999"), samples.CONFIG.replace("8", "9" * 300),
        samples.CONFIG.replace("data/", "\\u0000"), samples.CONFIG.replace("300.0", "inf"),
        samples.CONFIG.replace("data/", "x" * 5_000),
    ]  # fmt: skip
    return [text.encode() for text in found]


def workbooks() -> Sequence[bytes]:
    """XLSX."""
    row = '<row r="{}">{}</row>'
    far = row.format(1, _CELL.format("A1")) + row.format(1048576, _CELL.format("XFD1048576"))
    shared = '<c r="{}" t="s"><v>0</v></c>'
    sheets = {
        "far": far,
        "bare": '<row r="1048576"><c><v>1</v></c><c r="XFD1"><v>1</v></c></row>' + far[:40],
        "quoted": far.replace('"', "'").replace("<c ", "<c s='>' "),
        "prefixed": far.replace("<c ", "<x:c ")
        .replace("</c", "</x:c")
        .replace("<row", "<x:row")
        .replace("</row", "</x:row"),
        "beyond": row.format(4294967295, _CELL.format("ZZZZZZ4294967295")),
        "negative": row.format(-1, _CELL.format("A0")),
        "full": "".join(
            row.format(n, "".join(shared.format(f"{chr(65 + k)}{n}") for k in range(26)))
            for n in range(1, 60_001)
        ),
        "long": row.format(
            1, '<c r="A1" t="inlineStr"><is><t>' + "x" * 30_000_000 + "</t></is></c>"
        ),
        "many": row.format(1, '<c r="A1"/>' * 3_000_000),
        "dates": row.format(1, '<c r="A1" s="1"><v>1e300</v></c><c r="B1" t="d"><v>x</v></c>'),
        "text": row.format(1, '<c r="A1" t="s"><v>999999999</v></c><c r="B1" t="s"><v>x</v></c>'),
    }
    found = [book(inside) for inside in sheets.values()]
    found.append(book(far, dimension="A1:A1"))
    found.append(book(_CELL.format("A1"), dimension="A1:XFD1048576"))
    found.append(book(row.format(1, _CELL.format("A1")), texts=2**32))
    laughs = "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(
        f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)
    )
    found.append(book('<row r="1"><c r="A1" t="inlineStr"><is><t>&a11;</t></is></c></row>',
                      head=laughs + "]>"))  # fmt: skip
    found.append(zeros("xl/workbook.xml"))
    found.append(zeros("xl/sharedStrings.xml"))
    found.append(zeros("xl/worksheets/sheet1.xml"))
    found.append(many_members())
    found.append(shared_text(30_000_000, 1))
    found.append(shared_text(30_000, 3_000))
    return found


def old_workbooks() -> Sequence[bytes]:
    """XLS with its cells far apart, or in a chain of sectors without end."""
    far = old_book(65_535, 255)
    return [far, old_book(65_535, 65_535), far.replace(struct.pack("<I", 4), struct.pack("<I", 3))]


def parquets() -> Sequence[bytes]:
    """Parquet: a column of one value, many million times, and a long text in many cells."""
    found = []
    for frame in (
        pl.select(pl.repeat(1, 20_000_000, dtype=pl.Int8).alias("a")),
        pl.DataFrame({"a": ["x" * 50_000] * 4_000}),
    ):
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd")
        found.append(buffer.getvalue())
    return found


def book(rows: str, *, dimension: str = "", head: str = "", texts: int = 2) -> bytes:
    """A workbook of one sheet, as its XML stands, which says that it has so many texts."""
    good = samples.workbook(["城市", 2020], ["上海", 1])
    buffer = io.BytesIO()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with (
        zipfile.ZipFile(io.BytesIO(good)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name == "xl/worksheets/sheet1.xml":
                said = f'<dimension ref="{dimension}"/>' if dimension else ""
                sheet = f'{head}<worksheet xmlns="{main}" xmlns:x="{main}">{said}<sheetData>{rows}'
                new.writestr(name, f"<?xml version='1.0'?>{sheet}</sheetData></worksheet>")
            else:
                counted = f'uniqueCount="{texts}"'.encode()
                new.writestr(name, re.sub(rb'uniqueCount="\d+"', counted, old.read(name)))
    return buffer.getvalue()


def shared_text(length: int, cells: int) -> bytes:
    """A workbook with one long text that many cells share."""
    good = samples.workbook(["x" * 30_000] * 2, *[["x" * 30_000]] * cells)
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"x" * 30_000, b"x" * length))
    return buffer.getvalue()


def zeros(member: str, size: int = 400 * 2**20) -> bytes:
    """A workbook with a member of blanks that unpacks to many times its size."""
    good = samples.workbook(["城市", 2020], ["上海", 1])
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(good)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
        with new.open(member, "w", force_zip64=True) as part:
            for _ in range(size // 2**20):
                part.write(b" " * 2**20)
    return buffer.getvalue()


def many_members() -> bytes:
    """An archive of a hundred thousand empty files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        new.writestr("xl/workbook.xml", "<workbook/>")
        for number in range(50_000):
            new.writestr(f"{number}", b"")
    return buffer.getvalue()


def old_book(row: int, column: int) -> bytes:
    """An XLS workbook (BIFF8 in a compound file) of two cells, at A1 and far away."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def number(row: int, column: int) -> bytes:
        return record(0x0203, struct.pack("<HHHd", row, column, 0, 1.0))

    start = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    sheet += number(0, 0) + number(row, column) + record(0x000A, b"")
    bound = record(0x0085, struct.pack("<IBBBB", 0, 0, 0, 1, 0) + b"S")
    front = len(record(0x0809, start) + bound + record(0x000A, b""))
    bound = record(0x0085, struct.pack("<IBBBB", front, 0, 0, 1, 0) + b"S")
    stream = (record(0x0809, start) + bound + record(0x000A, b"") + sheet).ljust(4096, b"\0")
    return compound(stream)


def compound(stream: bytes) -> bytes:
    """A compound file (MS-CFB, version 3) that holds one stream named Workbook."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    sectors = len(stream) // 512
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0
    )
    header += struct.pack("<109I", 0, *[free] * 108)
    chain = [*range(3, 2 + sectors), end]
    fat = struct.pack("<128I", table, end, *chain, *[free] * (126 - sectors))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        return text.ljust(64, b"\0") + struct.pack(
            "<HBBIII36xIQ", len(text), kind, 1, free, free, child, start, size
        )

    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, len(stream))
    return header + fat + folder.ljust(512, b"\0") + stream
