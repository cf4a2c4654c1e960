"""Reads what a note says of the run as a whole: how long it took, that it was resumed, is healthy
or has failed, how its learning rate went, how often it was evaluated, how many spikes it had.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.lint.amounts import AT_LEAST, AT_MOST, DIGITS, FIGURE, WORD
from lossreport.lint.claim import Claim, CountOf, EpochCount, Happened, Origin, RateIs, Took
from lossreport.lint.clauses import Clause
from lossreport.lint.subjects import FLAGS

SECONDS: Final = {
    r"ms|milliseconds?|毫秒": 0.001,
    r"s|secs?|seconds?|秒钟?": 1.0,
    r"m|mins?|minutes?|分钟?": 60.0,
    r"h|hrs?|hours?|个?小时": 3600.0,
    r"d|days?|天": 86400.0,
}
TIME: Final = re.compile(
    rf"(?P<n>{FIGURE}|\bhalf an\b|{WORD})\s{{0,3}}+(?P<many>多)?\s{{0,3}}"
    rf"(?P<unit>{'|'.join(f'(?:{one})' for one in SECONDS)})(?![A-Za-z])(?P<more>多)?",
    FLAGS,
)
TOOK: Final = re.compile(
    r"\b(?:took|takes|lasted|ran for|trained for|training time|run ?time|wall[ -]?(?:clock|time)|"
    r"done in|finished in|duration|total time)\b|花了?|耗时|用时|用了|时长|跑了|历时",
    FLAGS,
)
PER: Final = re.compile(
    r"\b(?:per|each|every)\b|/\s?(?:it|step|epoch|s\b)|每|one (?:epoch|step)|单个?", FLAGS
)
"""The time of one step is not that of the run."""
JUST_UNDER: Final = re.compile(
    r"(?:\b(?:just|slightly|a little|a bit) (?:under|below|less than)|不到|将近|接近)"
    r"(?:\s|\ba\b){0,9}$",
    FLAGS,
)
ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|some|nearly|almost)|~|≈|约为?|大约|大概|"
    r"差不多)(?:\s|了){0,9}$",
    FLAGS,
)
CLOSE, LOOSE = 0.1, 0.25
"""A duration is rounded by up to a tenth, one that is "about" so long by up to a quarter."""

RESTARTED: Final = re.compile(
    r"\b(?:resum(?:ed|ing)|restart(?:s|ed)?|re-start(?:s|ed)?|"
    r"picked up (?:again )?(?:from|where)|picked up again|"
    r"continued from|reload\w* (?:from )?(?:the |a )?checkpoint)\b|"
    r"(?<!继)续训(?![能可需应要时])|断点|恢复训练|重启|重新启动|"
    r"接着训|(?:中途|训练|过程中?)?(?:中断|(?<!判)断)过(?!拟)",
    FLAGS,
)
NO_RESTART: Final = re.compile(
    r"(?:没有?|未|无|不曾)[^，,。；]{0,8}(?:续训|断点|重启|中断|断过)|\b(?:no|not|never|without|n't)\b"
    r"(?:\s+\w+){0,3}\s+(?:resum|restart|re-start|interrupt)\w*",
    FLAGS,
)
EITHER: Final = re.compile(r"或|\bor\b", FLAGS)
"""A boundary or a resume: one of two says neither."""
HEALTHY: Final = re.compile(
    r"\b(?:healthy|all right|all good|looks? (?:good|fine|ok|okay)|nothing (?:weird|odd|wrong|"
    r"unusual)|went (?:well|fine|smoothly))\b|健康|一切正常|"
    r"没(?:什么)?问题|训练正常|没有异常|很顺利",
    FLAGS,
)
FAILED: Final = re.compile(
    r"\b(?:broken|failed|is dead|garbage|unusable|useless|nothing was learn\w*|learn\w* nothing|"
    r"(?:did|does)(?:n't| not) learn)\b|训练失败|跑崩|训崩|没学到|学不到|废了|训练崩",
    FLAGS,
)
DIVERGED: Final = re.compile(
    r"\b(?:diverge[sd]?|diverging|blew up|blow(?:s|n)? up|explode[sd]?)\b|发散|爆炸|爆了|崩了",
    FLAGS,
)
RECOVERED: Final = re.compile(
    r"\brecover\w*\b|"
    r"(?:又|很快|马上|立刻|逐渐|一直|还)?(?:没有?|未|不能)?恢复(?!训练)|缓过来",
    FLAGS,
)
NOT: Final = re.compile(
    r"\b(?:instead of|rather than)\b|而不是|而非|没有?|未|无|不(?!稳)|"
    r"\b(?:no|not|never|without|nothing|none|hardly|far from)\b|n't\b",
    FLAGS,
)
SPIKE_COUNT: Final = re.compile(
    rf"\b(?:(?P<only>only|just|exactly)\s+)?(?P<n>\d{{1,4}}+|{WORD})\s+(?:big\s+|large\s+|"
    rf"(?:\w+\s+)?loss\s+|clear\s+)?spikes?\b|(?P<zh_only>只)?(?:有|出现过?|出现了|共)\s{{0,3}}"
    rf"(?P<zh>\d{{1,4}}+|[一二两三四五六七八九十])\s{{0,3}}(?:次|个|处)[^，,。；]{{0,8}}(?:尖峰|spike)",
    FLAGS,
)
EVERY: Final = re.compile(
    r"\bevery\s+(?P<n>\d{1,9}+)\s+(?:steps?|iter\w*)|每\s{0,3}(?P<zh>\d{1,9}+)\s{0,3}(?:个\s{0,3})?"
    r"(?:步|step|iter)",
    FLAGS,
)
EVALUATED: Final = re.compile(r"\beval\w*|\bvalidat\w*|评估|验证|评测", FLAGS)
SAVED: Final = re.compile(r"\bcheckpoints?\b|\bsav(?:e|ed|es|ing)\b|保存|存一?次|存档", FLAGS)

RATE: Final = re.compile(r"(?<![A-Za-z])lr(?![A-Za-z])|\blearning[ -]rates?\b|学习率", FLAGS)
SHAPES: Final = {
    "warmup": re.compile(r"\bwarm(?:ed|s|ing)?[ -]?up\b|预热", FLAGS),
    "cosine": re.compile(r"\bcosine\b|余弦", FLAGS),
    "linear": re.compile(r"\blinear(?:ly)?\b|线性", FLAGS),
    "to_zero": re.compile(
        r"(?:\b(?:to|towards|reach\w*)\s+(?:\w+\s+){0,2}(?:zero|0(?![.\d]))|(?:到|至|为)\s{0,3}"
        r"(?:接近|几乎|约)?\s{0,3}(?:0(?![.\d])|零)|归零|接近\s{0,3}(?:0(?![.\d])|零))",
        FLAGS,
    ),
    "decays": re.compile(r"\b(?:decay\w*|anneal\w*)\b|衰减|退火", FLAGS),
    "constant": re.compile(
        r"\b(?:const(?:ant)?|fixed|no schedule|unchanged)\b|固定|恒定|没变过?|没有变(?!动的)|不变",
        FLAGS,
    ),
}
WARMUP_LONG: Final = re.compile(
    r"\b(?P<n>\d{1,9}+)[ -]steps?\b|前\s{0,3}(?P<zh>\d{1,9}+)\s{0,3}个?\s{0,3}(?:步|step)|"
    r"(?P<behind>"
    r"\d{1,9}+)\s{0,3}步",
    FLAGS,
)
STOPPED_AT: Final = re.compile(
    r"(?:\b(?:stopped|ended|killed|died|finished|interrupted|only (?:got|made it))\s+"
    r"(?:at|after|in|"
    r"to|around)\s+epoch\s+(?P<n>\d{1,9}+)|(?:跑到|训到|训练到|停在|断在)了?\s{0,3}第?\s{0,3}"
    r"(?P<zh>\d{1,9}+)\s{0,3}个?(?:\s{0,3}(?:epoch|轮))?)(?:\s+(?:out\s+)?of\s+(?P<planned>\d{1,9}+))?",
    FLAGS,
)


def of_run(part: Clause, origin: Origin, *, about_rate: bool, named: bool) -> Iterator[Claim]:
    """Yield what a clause says of the whole run; `about_rate`: it or its sentence speaks of the
    learning rate, `named`: it names a metric.
    """
    text = part.text
    if origin.quote.startswith("#"):
        return  # a title
    yield from _took(text, origin)
    yield from _intervals(text, origin)
    if about_rate:
        yield from _rate(text, origin)
    if RESTARTED.search(text) and not EITHER.search(text):
        yield Happened(origin=origin, what="restart", denied=bool(NO_RESTART.search(text)))
    if found := STOPPED_AT.search(text):
        yield EpochCount(origin=origin, count=int(found["n"] or found["zh"]))
        if found["planned"]:
            yield EpochCount(origin=origin, count=int(found["planned"]), planned=True)
    if found := SPIKE_COUNT.search(text):
        said = (found["n"] or found["zh"]).lower()
        if said not in ("a", "an", "half"):
            count = int(DIGITS[said]) if said in DIGITS else int(said)
            yield CountOf(origin=origin, what="spikes", count=count)
    if found := RECOVERED.search(text):
        denied = bool(NOT.search(text[max(0, found.start() - 12) : found.end()]))
        yield Happened(origin=origin, what="recovered", denied=denied)
    if not named:
        yield from _condition(part, text, origin)


def _condition(part: Clause, text: str, origin: Origin) -> Iterator[Claim]:
    """Yield whether the run is healthy, has failed, has diverged."""
    place = part.places[0] if len(part.places) == 1 else None
    for what, words in (("healthy", HEALTHY), ("failed", FAILED), ("diverged", DIVERGED)):
        if found := words.search(text):
            denied = bool(NOT.search(text[max(0, found.start() - 20) : found.start()]))
            since = any(spot.since for spot in part.spots)
            where = place if what == "diverged" and not (denied or since) else None
            yield Happened(origin=origin, what=what, denied=denied, place=where)  # type: ignore[arg-type]
            return


def _took(text: str, origin: Origin) -> Iterator[Claim]:
    found = TIME.search(text)
    if found is None or not TOOK.search(text) or PER.search(text):
        return
    scale = next(
        seconds for words, seconds in SECONDS.items() if re.fullmatch(words, found["unit"], FLAGS)
    )
    said = found["n"].lower()
    value = 0.5 if said == "half an" else float(DIGITS.get(said, said))
    before = text[: found.start()][-24:]
    low, high = value * (1 - CLOSE) - 0.5 * (scale == 1.0), value * (1 + CLOSE) + 0.5
    if found["many"] or found["more"]:
        low, high = value, value + max(1.0, 10.0 ** math.floor(math.log10(max(value, 1))))
    elif JUST_UNDER.search(before):
        low, high = value * (1 - LOOSE), value
    elif AT_LEAST.search(before):
        low, high = value, math.inf
    elif AT_MOST.search(before):
        low, high = 0.0, value
    elif ABOUT.search(before) or re.match(r"\s{0,3}(?:左右|上下|or so)", text[found.end() :]):
        low, high = value * (1 - LOOSE), value * (1 + LOOSE) + 0.5
    yield Took(origin=origin, low=low * scale, high=high * scale)


def _intervals(text: str, origin: Origin) -> Iterator[Claim]:
    found = EVERY.search(text)
    if found is None:
        return
    count = int(found["n"] or found["zh"])
    if SAVED.search(text):
        yield CountOf(origin=origin, what="save_interval", count=count)
    elif EVALUATED.search(text):
        yield CountOf(origin=origin, what="evaluation_interval", count=count)


def _rate(text: str, origin: Origin) -> Iterator[Claim]:
    """Yield the shape of the learning rate."""
    for shape, words in SHAPES.items():
        found = words.search(text)
        if found is None:
            continue
        denied = bool(NOT.search(text[max(0, found.start() - 12) : found.start()]))
        steps = None
        if shape == "warmup" and (long := WARMUP_LONG.search(text)):
            steps = int(long["n"] or long["zh"] or long["behind"])
        yield RateIs(origin=origin, shape=shape, steps=steps, denied=denied)  # type: ignore[arg-type]
