"""Reads how much something changed or differs by: "halved", "by a third", "76 %", "10 points",
"40 times", 一半, 七成, 三分之一, 8 个点.
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re
from lossreport.lint.claim import Amount
from lossreport.lint.subjects import FLAGS

DIGITS: Final = {
    **dict(zip("一二三四五六七八九十", range(1, 11), strict=True)),
    **dict(
        zip(
            ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
            range(2, 11),
            strict=True,
        )
    ),
    **dict.fromkeys(("one", "a", "an"), 1),
    **dict.fromkeys(("half", "半"), 0.5),
    "两": 2,
    "twelve": 12,
}
"""Numbers that notes write in words."""
WORD: Final = "|".join(sorted(DIGITS, key=len, reverse=True))
PARTS: Final = {
    "half": 2,
    "third": 3,
    "quarter": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
FIGURE: Final = r"(?<![\w.])\d{1,20}+(?:\.\d{1,20}+)?+"
AMOUNT: Final = re.compile(
    rf"(?P<percent>{FIGURE})\s{{0,3}}+(?:%|％|percent\b(?! point))(?!\s{{0,3}}+points?)"
    rf"|(?P<points>{FIGURE}|{WORD})\s{{0,3}}+(?:%\s{{0,3}}|percentage\s|percent\s)?(?:points?\b|pp\b|"
    r"pts\b)"
    rf"|(?P<zh_points>{FIGURE}|[一二两三四五六七八九十])\s{{0,3}}+(?:多\s{{0,3}}+)?个?(?:百分)?点(?!数)"
    rf"|(?P<n>{WORD})?(?P<over>[ -]?\b(?:third|quarter|fifth|sixth|eighth|tenth)s?\b)"
    r"|(?P<below>[二三四五六七八九十])分之(?P<above>[一二两三四五六七八九])"
    rf"|(?P<tenths>{FIGURE}|[一二两三四五六七八九])\s{{0,3}}+成(?P<half_tenth>半)?(?![为了功])"
    r"|(?P<half>一半|减半|腰斩|\b(?:halv(?:ed|es|ing)|(?:by |in )?half)\b)"
    r"|(?P<double>翻倍|翻了?一番|\bdoubl(?:ed|es|ing)\b|\btwice\b|\btwofold\b)"
    r"|(?P<triple>\btripl(?:ed|es|ing)\b|\bthreefold\b)"
    r"|(?P<magnitude>(?:一|1)\s{0,3}+个数量级|\b(?:an|one) order of magnitude\b)"
    rf"|(?P<times>{FIGURE}|{WORD})\s{{0,3}}+(?P<many>多|余)?\s{{0,3}}+(?:倍|times\b|-?fold\b|[x×](?![\w×]))"
    rf"|(?P<plain>{FIGURE})(?![\d.]*\s{{0,3}}(?:%|％|个|步|轮|次|条|处|项|行|epoch|step))",
    FLAGS,
)
"""How much, in every way that it is written; a plain number comes last."""
AT_LEAST: Final = re.compile(
    r"(?:\b(?:more than|over|at least|greater than|above|larger than|exceed\w*)|超过|不止|大于|"
    r"至少|高达)(?:\s|了|约|by|\bthe\b){0,9}$",
    FLAGS,
)
AT_MOST: Final = re.compile(
    r"(?:\b(?:less than|under|at most|below|no more than|within|smaller than|not even)|不到|不足|"
    r"小于|至多|低于|没到)(?:\s|了|约|by|\bthe\b){0,9}$",
    FLAGS,
)
ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|circa|some|nearly|almost|close to|"
    r"just (?:over|under|about))|~|≈|约为?|大约|大概|接近|将近|近|差不多)(?:\s|是|了|by|a\b|"
    r"the\b){0,9}$",
    FLAGS,
)
BEHIND_MORE: Final = re.compile(r"^\s{0,3}(?:多|以上|有余|or more\b|plus\b)", FLAGS)
BEHIND_LESS: Final = re.compile(r"^\s{0,3}(?:以内|以下|之内|or less\b)", FLAGS)
BEHIND_ABOUT: Final = re.compile(r"^\s{0,3}(?:左右|上下|or so\b)", FLAGS)

WORDED: Final = 0.06
"""A third, a half, 七成: a share said in words may miss by six points."""
LOOSE: Final = 0.15
"""What is said to be about so much may miss by 15 % of it."""
POINT: Final = 1.0
"""A per cent without decimals may miss by one: rounded or cut off."""
DECADE: Final = (5.0, 20.0)
"""An order of magnitude is a factor of 10, give or take two."""
MANY: Final = 10
"""40 多倍 is 40 to 50."""


def amount(text: str, found: re.Match[str]) -> Amount:
    """Return how much a match of AMOUNT in `text` means, with the words around it: "more than",
    "about", 左右, 不到.
    """
    kind, value, slack = _exactly(found)
    before, behind = text[: found.start()][-24:], text[found.end() :]
    if AT_LEAST.search(before) or BEHIND_MORE.match(behind):
        # "more than halved" may be by all but the half
        return Amount(kind=kind, low=value - 0.1 * slack, high=float("inf"))
    if AT_MOST.search(before) or BEHIND_LESS.match(behind):
        return Amount(kind=kind, low=0.0, high=value + 0.1 * slack)
    if found["magnitude"]:
        return Amount(kind=kind, low=DECADE[0], high=DECADE[1])
    if found["times"] and found["many"]:
        step = MANY if value >= MANY else 1
        return Amount(kind=kind, low=value, high=value + step)
    if ABOUT.search(before) or BEHIND_ABOUT.match(behind):
        slack = max(1.5 * slack, LOOSE * value)
    return Amount(kind=kind, low=value - slack, high=value + slack)


def _exactly(found: re.Match[str]) -> tuple[str, float, float]:
    """Return the kind of an amount, its value, and how far a value may be from it."""
    if found["percent"]:
        return "share", float(found["percent"]) / 100, POINT * _unit(found["percent"]) / 100
    if said := found["points"] or found["zh_points"]:
        return "points", _number(said) / 100, 0.6 * _unit(said) / 100
    if found["over"]:
        part = PARTS[re.sub(r"[ -]|s$", "", found["over"].lower())]
        return "share", _number(found["n"] or "one") / part, WORDED
    if found["below"]:
        return "share", DIGITS[found["above"]] / DIGITS[found["below"]], WORDED
    if found["tenths"]:
        return "share", (_number(found["tenths"]) + bool(found["half_tenth"]) / 2) / 10, WORDED
    if found["half"]:
        return "share", 0.5, WORDED
    if found["magnitude"]:
        return "factor", 10.0, 0.0
    for name, value in (("double", 2.0), ("triple", 3.0)):
        if found[name]:
            return "factor", value, LOOSE * value
    if found["times"]:
        # 高出一倍 is twice as much
        value = max(2.0, _number(found["times"]))
        return "factor", value, max(0.5 * _unit(found["times"]), LOOSE / 3 * value)
    return "gap", float(found["plain"]), 0.6 * _unit(found["plain"])


def _number(text: str) -> float:
    return float(DIGITS.get(text.lower(), text))


def _unit(text: str) -> float:
    """Return one unit of the last digit of a printed number; 1 of a word."""
    return 10.0 ** -len(text.partition(".")[2])
