"""Cuts a line of a note into sentences and clauses, each with the metrics, places and numbers that
stand in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.lint.claim import Metric, Number, Place, Unit
from lossreport.lint.subjects import BARE, FLAGS, Mention, Vocabulary
from lossreport.values import dataclass

NUMBER: Final = (
    r"(?<![A-Za-z0-9_.])((?:(?<=[\s(（:：=≈为])[-−]|(?<![^\s])-)?\d{1,40}+(?:\.\d{1,40}+)?+"
    r"(?:[eE][-+]?\d{1,4}+)?+)(?!\.{0,3}[A-Za-z0-9_])"
)
SENTENCE: Final = re.compile(r"[。！!；;]|\.(?=\s|$)")
CLAUSE: Final = re.compile(
    r"[，,](?!\s*\d)|(?<=[A-Za-z一-鿿])[，,]\s*(?=\d)|(?<=[\d)）])(?:：|:\s)(?!\s*\d)|"
    r"(?<=[^\d\s])\s+and\s+(?=[A-Za-z])|(?:(?<=\d)|(?<=\d%)|(?<=\d\s%))\s+and\s+(?=[a-z])"
    r"|\b(?:while|whereas|but|though|although)\b|而(?!且)|但是?|并(?!未|不|非|没)|[—–]{2}",
    FLAGS,
)
FROM_THERE: Final = re.compile(
    r"(?:\s|\b(?:but|and|after|since|from|past|beyond|on|onwards?)\b|[从自在到但]|起|开始|之后|"
    r"以后|过后|后)*",
    FLAGS,
)
"""What stands beside a place in "After epoch 10, the loss ...", which belongs to what follows."""
BETWEEN: Final = re.compile(r"\bbetween\s(?:(?!\band\b)[^,，]){1,80}$", FLAGS)
"""Between one and the other: what follows belongs to both."""
UNITS: Final = {"epoch": r"epochs?", "step": r"steps?|iter(?:ation)?s?|步", "any": r"rounds?|轮次?"}
UNIT: Final = "|".join(f"(?:{words})" for words in UNITS.values())
LIST: Final = (
    r"(?:\s{0,9}+(?:,|，|、|和|与|及|\band\b|/)\s{0,9}+\d{1,40}+(?![.\d%]|\s*(?:个|次|轮|步)))*"
)
PLACE: Final = re.compile(
    rf"\b(?P<head>{UNIT})\s{{0,9}}+#?(?P<xs>\d{{1,40}}+(?!\.\d|\s{{0,9}}+%){LIST})"
    rf"|第\s{{0,9}}+(?P<nth>\d{{1,40}}+{LIST})\s{{0,9}}+个?\s{{0,9}}+(?P<tail>{UNIT})"
    r"|(?P<first>\b(?:the\s)?(?:very\s)?first\s(?:epoch|round|evaluation|eval|step)\b|第一(?:个|次)?"
    r"\s{0,3}(?:epoch|轮|步|评估|eval))"
    rf"|\b(?P<ordinal>\d{{1,40}}+)(?:st|nd|rd|th)\s{{1,9}}+(?P<unit>{UNIT})",
    FLAGS,
)
COUNT: Final = re.compile(
    rf"(?<![\d.])(?P<n>\d{{1,40}}+)\s{{0,9}}+(?P<word>(?:(?:full|training|boosting|gradient)\s+)?"
    rf"(?:{UNIT})|(?:个|次)\s*(?:epoch|step|轮|步)s?"
    r"|evaluations?|validations?|times|rows|dim\w*|terms?|runs?|seeds?|x\b|个|次|倍|行|维|层|项|"
    r"条)(?![A-Za-z])",
    FLAGS,
)
SINCE: Final = re.compile(r"^\s*(?:起|开始|之后|以后|后|过后|onwards?|on\b)", FLAGS)
FROM_ON: Final = re.compile(r"\b(?:after|since|past|beyond)\s*$", FLAGS)
ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|circa|some|nearly|almost)|~|≈|约为?|"
    r"大约|左右|接近)\s*$",
    FLAGS,
)
BEHIND_ABOUT: Final = re.compile(r"^\s*(?:左右|上下|or so)", FLAGS)
REFERENCE: Final = re.compile(
    r"!\[[^\]]{0,300}\]\([^)]{0,300}\)|(?<![^\s|（(])(?=[^\s|（(]{1,300}/)[^\s|]{1,600}(?::|"
    r"\s第\s?|\slines?\s)\d+(?:\s?[-–]\s?\d+)?(?:\s?行)?|[(（]?[^\s()（），,。;；`]{1,200}\.\w{1,10}(?::|\s?(?:第|"
    r"line|lines)\s?)\d+(?:\s?[-–]\s?\d+)?(?:\s?行)?[)）]?|第\s?\d+(?:\s?[-–、]\s?\d+)*\s?行|"
    r"\blines?\s\d+(?:\s?[-–]\s?\d+)?",
    FLAGS,
)
"""A file and line, `log.txt:12`: where something stands, no value."""
MEASURE: Final = re.compile(
    r"\s{0,3}(?:倍|times\b|x\b|×|个|次|行|维|层|项|条|份|点|points?\b|秒|分钟|小时|天|GB|MB|GiB|"
    r"MiB|KB|ms\b|s\b|h\b|hours?\b|minutes?\b|days?\b|seconds?\b|sd\b|σ|\])",
    FLAGS,
)
"""What a number counts where it is no value of a metric."""
TERM: Final = re.compile(
    r"(?:[×*+/÷^]|\d\s+of|\b(?:ln|log2?|log10)\s{0,9}\(?|\b(?:samples?|tokens?|rows?|seed|index|"
    r"rank|fold|no\.|version)|序号|编号|种子|样本数|token 数|#)\s{0,9}$",
    FLAGS,
)
OPERAND: Final = re.compile(
    r"\s{0,9}[×*+/÷^]|\s{1,9}[−–-]\s|\s{1,9}of\s{1,9}\d|\s{0,9}[A-Za-z%]{0,20}\s{0,9}(?:above|"
    r"below|more than|less than|higher|lower|高于|低于)\b",
    FLAGS,
)
"""A number beside such a sign is part of a sum or a product: no value by itself."""
PERCENT: Final = re.compile(r"^\s{0,3}(?:%|％|percent\b)", FLAGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Places named in a text, in one expression: `since` says that it means what comes from there
    on.
    """

    places: tuple[Place, ...]
    start: int
    end: int
    since: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that stands in a text and is no place, count or part of a name."""

    number: Number
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A stretch of a line that says one thing; spans are within `text`."""

    text: str
    mentions: tuple[Mention, ...]
    spots: tuple[Spot, ...]
    figures: tuple[Figure, ...]
    counts: tuple[tuple[int, str], ...]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that it names, and the logs know."""
        return tuple(one.metric for one in self.mentions if one.metric is not None)

    @property
    def places(self) -> tuple[Place, ...]:
        """All places that it names, in its order."""
        return tuple(place for spot in self.spots for place in spot.places)


def number(text: str, *, percent: bool = False, about: bool = False) -> Number:
    """Return a printed number with one unit of its last digit."""
    mantissa, _, power = text.replace("−", "-").lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    digits = len(mantissa.replace(".", "").lstrip("-0")) or 1
    value = float(f"{mantissa}e{power or 0}")
    return Number(
        value=value,
        unit=10.0 ** (int(power or 0) - decimals),
        digits=digits,
        percent=percent,
        about=about,
    )


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a line; a point inside a number ends none."""
    yield from (part.strip() for part in _cut(text, SENTENCE) if part.strip())


def clauses(sentence: str, known: Vocabulary) -> tuple[Clause, ...]:
    """Return the clauses of a sentence; what stands in brackets belongs to the clause around
    them.
    """
    found: list[str] = []
    for part in _cut(_joined(sentence, known), CLAUSE):
        if (
            found
            and FROM_THERE.fullmatch(PLACE.sub("", found[-1], count=1))
            and PLACE.search(found[-1])
        ):
            found[-1] += f", {part}"
        elif part.strip():
            found.append(part)
    return tuple(clause(part, known) for part in found)


PAIR: Final = re.compile(
    r"(?P<one>[\w/]{1,60}(?: (?:loss|acc\w*))?)\s(?:and|vs\.?|versus)\s(?P<other>[\w/]{1,60})",
    FLAGS,
)
SIDE_BY_SIDE: Final = re.compile(
    r"\b(?:gap|difference|converge|cross|same|equal|identical|close|apart|vs|versus)\w*\b", FLAGS
)


COLON: Final = re.compile(r"[:：]\s{0,3}")
IT: Final = re.compile(r"(?:it|this|that)\b", FLAGS)
"""What a colon leads to is a clause of its own where it names a metric."""
SLASHED: Final = re.compile(
    r"(?<![\w/])(train(?:ing)?|训练)\s?/\s?(?=(?:val|valid|validation|eval|test|验证|测试)\s?(?:loss|acc|损失|准确))",
    FLAGS,
)
"""train/eval loss: of both."""


def _joined(sentence: str, known: Vocabulary) -> str:
    """Return a sentence in which two names that are compared stand in one clause: "the gap of train
    and val loss" is no end of a clause.
    """
    sentence = SLASHED.sub(r"\1 & ", sentence)
    for found in COLON.finditer(sentence):
        behind = sentence[found.end() :]
        named = known.mentions(behind)
        if (named and named[0].start <= 1) or IT.match(behind):
            sentence = f"{sentence[: found.start()]}, {behind}"
            break
    if not SIDE_BY_SIDE.search(sentence):
        return sentence
    for found in reversed(list(PAIR.finditer(sentence))):
        if all(
            known.mentions(name) or BARE.fullmatch(name) for name in (found["one"], found["other"])
        ):
            sentence = f"{sentence[: found.end('one')]} & {sentence[found.start('other') :]}"
    return sentence


def _cut(text: str, at: re.Pattern[str]) -> Iterator[str]:
    start = 0
    for found in at.finditer(text):
        before = text[: found.start()]
        if sum(map(before.count, "(（[【")) <= sum(
            map(before.count, ")）]】")
        ) and not BETWEEN.search(before):
            yield text[start : found.start()]
            start = found.end()
    yield text[start:]


def clause(text: str, known: Vocabulary) -> Clause:
    """Read what stands in one clause."""
    spots = tuple(map(_spot, PLACE.finditer(text)))
    counted = [
        found
        for found in COUNT.finditer(text)
        if not _inside(found.start(), found.start() + 1, [(s.start, s.end) for s in spots])
    ]
    mentions = known.mentions(text)
    taken = [
        *((s.start, s.end) for s in spots),
        *(found.span() for found in counted),
        *((m.start, m.end) for m in mentions),
    ]
    return Clause(
        text=text,
        mentions=mentions,
        spots=spots,
        figures=tuple(
            _figure(text, found)
            for found in re.finditer(NUMBER, text, FLAGS)
            if not _inside(*found.span(1), taken) and not _is_term(found)
        ),
        counts=tuple((int(found["n"]), found["word"].lower()) for found in counted),
    )


def _inside(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(first < end and start < last for first, last in spans)


def _is_term(found: re.Match[str]) -> bool:
    behind = found.string[found.end(1) :]
    return bool(
        TERM.search(found.string[: found.start(1)][-8:])
        or OPERAND.match(behind)
        or MEASURE.match(behind)
    )


def _spot(found: re.Match[str]) -> Spot:
    if found["first"]:
        place = Place(x=0.0, unit="first")
        since = bool(SINCE.match(found.string[found.end() :]))
        return Spot(places=(place,), start=found.start(), end=found.end(), since=since)
    unit = next(
        name
        for name, words in UNITS.items()
        if re.fullmatch(words, found["head"] or found["tail"] or found["unit"], FLAGS)
    )
    xs = re.findall(r"\d+", found["xs"] or found["nth"] or found["ordinal"])
    behind, before = found.string[found.end() :], found.string[: found.start()]
    since = bool(SINCE.match(behind) or FROM_ON.search(before))
    return Spot(
        places=tuple(Place(x=float(x), unit=_unit(unit)) for x in xs),
        start=found.start(),
        end=found.end(),
        since=since,
    )


def _unit(name: str) -> Unit:
    found: dict[str, Unit] = {"epoch": "epoch", "step": "step"}
    return found.get(name, "any")


def _figure(text: str, found: re.Match[str]) -> Figure:
    before, behind = text[: found.start(1)], text[found.end(1) :]
    percent = PERCENT.match(behind)
    about = bool(ABOUT.search(before) or BEHIND_ABOUT.match(behind))
    end = found.end(1) + (percent.end() if percent else 0)
    return Figure(
        number=number(found[1], percent=percent is not None, about=about),
        start=found.start(1),
        end=end,
    )
