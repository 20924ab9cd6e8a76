"""Numbers and units as communiqués print them: ``１ ２２８．３亿吨``, ``百分之五``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

#: Powers of ten that stand before a unit, longest first.
SCALES = {
    "万亿": 1e12,
    "千亿": 1e11,
    "百亿": 1e10,
    "十亿": 1e9,
    "亿": 1e8,
    "千万": 1e7,
    "百万": 1e6,
    "万": 1e4,
    "千": 1e3,
    "百": 1e2,
    "": 1.0,
}

# What a unit measures. Only units of one dimension convert into each other; counts of different
# things convert too (人 and 人次, 家 and 个), because a rule names the ones that it accepts.
_DIMENSIONS = {
    "yuan": ("元", "元/人"),
    "dollar": ("美元",),
    "box": ("国际标准箱", "标准箱", "标箱", "TEU", "箱", "箱次"),
    "weight": ("吨",),
    "area": ("平方米",),
    "length": ("公里",),
    "person-year": ("人年",),
    "percent": ("%",),
    "copies": ("份", "册"),
    "count": ("人次", "人", "户", "家", "个", "所", "件", "项", "名", "处", "座", "部", "位"),
}
_DIMENSION = {unit: name for name, units in _DIMENSIONS.items() for unit in units}
#: Units that are a multiple of one above.
_MULTIPLES = {"公顷": (1e4, "平方米")}

# Other units that the genre uses: to be recognised, so that they are not taken for ours.
_FOREIGN = re.findall(
    r"\S+",
    """
    港元 欧元 日元 元/平方米 元/吨 吨公里 人公里 公里/小时 人/平方公里 平方公里 立方米 亩 米
    张 台 辆 架次 艘次 艘 架 航次 班 种 条 宗 届 场 次 天 倍 个百分点 百分点 岁 GB TB 千瓦时 千瓦
    标准煤 吨标准煤 只 头 支 套 块 颗 微克 毫克 分贝 小时 分钟 户/百人 部/百人 ‰ 股 手 笔 门 对 组
    尾 株
    """,
)
_BASES = sorted([*_DIMENSION, *_MULTIPLES, *_FOREIGN], key=len, reverse=True)

_WIDE = {0xFF01 + i: 0x21 + i for i in range(94)}
_PUNCTUATION = {ord(char): char for char in "，；！？"}
_TRANSLATION = {
    **_WIDE,
    **_PUNCTUATION,
    **dict.fromkeys(map(ord, "︰∶："), ":"),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2009\u202f\u3000\t"), " "),
    **dict.fromkeys(map(ord, "−－﹣"), "-"),
    **dict.fromkeys(map(ord, "〔［【"), "["),
    **dict.fromkeys(map(ord, "〕］】"), "]"),
    **dict.fromkeys(map(ord, "\u200b\ufeff\u00ad"), None),
}
_FOOTNOTE = re.compile(
    r"[\u2460-\u2473\u00b9\u00b2\u00b3\u2070-\u2079\u203b]"  # ①, superscripts, ※
    r"|\[\^?\s*(?:注\s*)?\d{1,2}\]"  # [2], [注2]
    r"|\(\s*注?\s*\d{1,2}\s*\)|[(\[]\s*注\s*\d{0,2}\s*[)\]]"  # (2), (注2), (注)
    r"|注\d{1,2}(?=\s|[为达(])"
)
_GROUPED = re.compile(r"(?<![\d.])\d{1,3}(?:([ ,，'])\d{3})(?:\1\d{3})*(?![\d])")
_SPACED_POINT = re.compile(r"(?<=\d) ?\. ?(?=\d)")

_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千]+(?:点[零〇一二三四五六七八九]+)?")
_CHINESE_PERCENT = re.compile(rf"百分之({_CHINESE.pattern})")
_CHINESE_AMOUNT = re.compile(
    rf"(?<!第)({_CHINESE.pattern})(?=(?:万亿|亿|万)?(?:元|美元|人|户|件|家|吨|标准箱|标箱))"
)

# Not the number in 第7次, B2B or G20, but the one in GDP8321亿元.
_NUMBER = r"(?<![\d.第])(?<![^A-Za-z][A-Za-z])(?<!^[A-Za-z])(?:(?<![\d年月日%])-)?\d+(?:\.\d+)?"
QUANTITY = re.compile(
    rf"(?P<number>{_NUMBER})(?:余|多)?(?P<scale>{'|'.join(s for s in SCALES if s)})?(?:余|多)?"
    rf"(?:个(?=标|国际|TEU))?(?P<base>{'|'.join(map(re.escape, _BASES))})?"
    r"(?:人民币)?"
)
# A number that counts nothing here: a year, a rank, a level, a generation of networks, a list mark.
_NOT_A_QUANTITY = re.compile(r"年|月|日|强|级|号|时|期|届|[A-Za-z]|\.\d|[-~—–至]\d|:\d")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, as printed.

    Attributes:
        value: the number, before the scale of its unit.
        unit: scale and base unit: ``万人次``, ``亿元``, ``%``; ``""`` where none is printed.
        decimals: how many digits stand behind the point.
        start: where it begins in the text that was searched.
        end: where it ends.
    """

    value: float
    unit: str
    decimals: int = 0
    start: int = 0
    end: int = 0


def normalise(text: str) -> str:
    """Bring printed text into one form, so that a number is digits, a point and a unit.

    Entities that a page left over (``&nbsp;``) are resolved; full-width letters and digits become
    ASCII, all ratio marks ``:``, dashes before numbers ``-``; footnote marks go; digits grouped by
    spaces or commas close up; spaces go; numbers written in Chinese numerals become digits.
    """
    text = _FOOTNOTE.sub("", unescape(text).translate(_TRANSLATION))
    text = _GROUPED.sub(lambda m: re.sub(r"[ ,，']", "", m.group()), text)
    text = _SPACED_POINT.sub(".", text)
    text = re.sub(r"\s+", "", text).replace(",", "，").replace(";", "；").replace("％", "%")
    text = _CHINESE_PERCENT.sub(lambda m: f"{_plain(m.group(1))}%", text)
    return _CHINESE_AMOUNT.sub(_amount, text)


def quantities(text: str) -> list[Quantity]:
    """The quantities of a normalised text, in order; years, ranks and ratios are none."""
    found = []
    for match in QUANTITY.finditer(text):
        if not match["scale"] and not match["base"] and _NOT_A_QUANTITY.match(text, match.end()):
            continue
        if text[match.start() - 1 : match.start()] == ":" and not match["base"]:
            continue  # part of a ratio such as 0.2:14.5:85.3
        unit = (match["scale"] or "") + (match["base"] or "")
        decimals = len(match["number"].partition(".")[2])
        number = float(match["number"]) + 0.0  # no negative zero
        found.append(Quantity(number, unit, decimals, match.start(), match.end()))
    return found


def split_unit(unit: str) -> tuple[float, str]:
    """Scale and base of a unit: ``万人次`` is ``(1e4, "人次")``, ``公顷`` is ``(1e4, "平方米")``.

    A unit that is not known comes back whole, with the scale 1.
    """
    if unit in _DIMENSION or unit in _FOREIGN:
        return 1.0, unit
    scale = next(scale for scale in SCALES if unit.startswith(scale))
    base = unit.removeprefix(scale)
    multiple, base = _MULTIPLES.get(base, (1.0, base.removeprefix("个") if scale else base))
    return SCALES[scale] * multiple, base


def convert(value: float, unit: str, to: str) -> float | None:
    """The value in another unit, or None where the two do not measure the same thing.

    Yuan do not convert to dollars: that needs a rate and a date.
    """
    if unit == to:
        return value
    scale, base = split_unit(unit)
    to_scale, to_base = split_unit(to)
    if base != to_base and _DIMENSION.get(base, base) != _DIMENSION.get(to_base):
        return None
    if scale >= to_scale:
        return value * round(scale / to_scale)
    return value / round(to_scale / scale)


def _plain(numeral: str) -> str:
    whole, _, fraction = numeral.partition("点")
    total = current = 0
    for char in whole:
        if char in _TENS:
            total += (current or 1) * _TENS[char]
            current = 0
        else:
            current = current * 10 + _DIGIT[char] if current and char != "零" else _DIGIT[char]
    digits = "".join(str(_DIGIT[char]) for char in fraction)
    return f"{total + current}.{digits}" if digits else str(total + current)


def _amount(match: re.Match[str]) -> str:
    numeral = match.group(1)
    # 两大机场, 三个, 一家 count nothing that a rule wants; only long numerals are figures.
    return _plain(numeral) if "点" in numeral or len(numeral) > 2 else numeral
