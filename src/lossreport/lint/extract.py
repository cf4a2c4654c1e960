"""Finds the checkable claims of a note line, in Chinese and in English. What is general, conditional or advice is no claim about the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.lint.claim import (
    Claim,
    EpochCount,
    FactIs,
    Logarithm,
    LowestPossible,
    Number,
    Origin,
    PerDimension,
    RangeOf,
    Settled,
    ShareOf,
    SpikesAt,
    TrendOf,
    ValueAt,
)
from lossreport.lint.note import NoteLine, names_in

NUMBER: Final = r"(?<![A-Za-z0-9_.])(\d{1,40}+(?:\.\d{1,40}+)?+(?:[eE][-+]?\d{1,4}+)?+)(?!\.{0,3}[A-Za-z0-9_])"
FLAGS: Final = re.IGNORECASE | re.ASCII
"""A Chinese character beside a word ends it."""
TO: Final = r"\s{0,9}+(?:[-–—~～]|至|到|\bto\b)\s{0,9}+"
GENERAL: Final = re.compile(
    r"通常|典型|一般|如果|若|假如|假设|例如|比如|参考|建议|应该|可以|考虑|监控|其他模型|GPT"
    r"|\b(?:typical(?:ly)?|usual(?:ly)?|generally|if|suppose|assum\w+|e\.g\.|for example|reference|should|would|could|may|might|recommend\w*|consider|expect\w*)\b",
    FLAGS,
)
"""Words of rules of thumb, conditions and advice."""
QUESTION: Final = re.compile(r"[?？]\s*$|是否|为什么|什么|\bwhether\b|^\s*why\b", FLAGS)
EPOCHS: Final = re.compile(
    r"\b(?:epochs?|steps?|iterations?)\s{0,9}+\d{1,40}+(?:\s{0,9}+(?:,|，|、|和|与|及|\band\b|/)\s{0,9}+\d{1,40}+(?![.\d%]))*|第\s{0,9}+\d{1,40}+\s{0,9}+个?\s{0,9}+(?:epoch|step|轮|步)",
    FLAGS,
)
SPAN: Final = re.compile(rf"\b(?:epochs?|steps?)\s*(\d+){TO}(?:epoch\s*)?(\d+)(?!\.\d)", FLAGS)
ARROW: Final = re.compile(rf"{NUMBER}\s*(?:→|->|⟶|=>|降至|降到|升至|升到|\bto\b)\s*{NUMBER}")
RANGE: Final = re.compile(rf"{NUMBER}{TO}{NUMBER}(?!\s*%)", FLAGS)
BETWEEN: Final = re.compile(rf"(?:\bbetween|介于|在)\s*{NUMBER}\s*(?:and|与|和)\s*{NUMBER}(?!\s*%)", FLAGS)
LEVEL: Final = re.compile(
    r"稳定|范围|之间|保持|维持|介于|收敛|波动|\bstable\b|\brange|\bbetween\b|\bstays?\b|\bremains?\b|\bwithin\b|\bfluctuat|=|≈",
    FLAGS,
)
EITHER: Final = re.compile(r"或|\bor\b|\beither\b", FLAGS)
"""A range that is one of two alternatives claims too little to be checked."""
ORDINARY: Final = re.compile(r"正常|除.{0,12}外|\bnormal\b|\bordinary\b|\bexcept\b|\bexcluding\b|\bother\b", FLAGS)
FALLS: Final = re.compile(
    r"(?:总体|整体|持续|一直|趋势).{0,6}(?:下降|降低|减小)|(?:下降|降低)趋势|\b(?:overall|steadily|keeps?|trend\w*|continu\w+)\b.{0,24}\b(?:fall\w*|decreas\w*|declin\w*|down\w*)",
    FLAGS,
)
RISES: Final = re.compile(
    r"(?:总体|整体|持续|一直|趋势).{0,6}(?:上升|升高|增大)|上升趋势|\b(?:overall|steadily|keeps?|trend\w*|continu\w+)\b.{0,24}\b(?:ris\w*|increas\w*|up\w*)",
    FLAGS,
)
NOT_CONVERGED: Final = re.compile(r"未(?:完全)?收敛|没有收敛|尚未收敛|\b(?:not|never|n't)\b.{0,16}converged?", FLAGS)
CONVERGED: Final = re.compile(
    r"(?:已经?|基本|已基本|完全)收敛|\b(?:has|have|is|are|fully|already)\b.{0,16}\bconverged\b|\bconverged\b", FLAGS
)
STABLE: Final = re.compile(r"(?<!不)(?<!趋于)稳定(?!性)|\b(?:is|stays?|remains?|was)\s{1,9}+(?:\w{1,40}+\s{1,9}+)?stable\b", FLAGS)
NEGATED: Final = re.compile(
    r"不再|没有|未|无|并非|几乎|接近|\b(?:not|no|never|without|stopped|almost|nearly|close to|hardly)\b|n't\b", FLAGS
)
"""A sentence that denies or weakens says something else than its words."""
COUNTS: Final = re.compile(r"\s{0,9}+(?:个|次|倍|行|维|层|项|条|\b(?:epochs?|times|rows|steps?|dim\w*|terms?|runs?|x)\b)", FLAGS)
SPIKE: Final = re.compile(r"异常峰值|尖峰|飙升|突增|\bspik\w+|\boutlier", FLAGS)
MODEL: Final = re.compile(r"模型|训练|\bmodel\b|\brun\b|\btraining\b", FLAGS)
PERCENT: Final = re.compile(r"(\d{1,40}+(?:\.\d{1,40}+)?+)\s{0,9}+%")
SHARES: Final = re.compile(
    r"贡献|占比|占总|比例|组成|总损失|\bshares?\b|\bcontribut\w+|\bof the (?:total|loss)\b|\bdominat\w+|\btotal loss\b", FLAGS
)
SPLIT: Final = re.compile(r"(\d{1,40}+(?:\.\d{1,40}+)?+)\s{0,9}+%\s{0,9}+[/:：]\s{0,9}+(\d{1,40}+(?:\.\d{1,40}+)?+)\s{0,9}+%")
LOG_OF: Final = re.compile(r"\b(?:log|ln)\s{0,9}+\(?\s{0,9}+(\d{2,40}+)\s{0,9}+\)?", FLAGS)
WORKED: Final = re.compile(
    r"\b(?:log|ln)\s{0,9}+\(?\s{0,9}+(\d{2,40}+)\s{0,9}+\)?\s{0,9}+(?:≈|=|≃|~|is|约为?)\s{0,9}+(\d{1,40}+\.\d{1,40}+)", FLAGS
)
LEAST: Final = re.compile(
    r"理论最小|最小损失|损失下限|最低损失|\bminimum (?:possible |theoretical )?loss|\btheoretical minimum|\blowest possible loss",
    FLAGS,
)
DIVIDED: Final = re.compile(r"(\d{1,40}+\.\d{1,40}+)\s{0,9}+[/÷]\s{0,9}+(\d{1,3})(?![\d.])")
DIMENSIONS: Final = re.compile(r"维|\bdim(?:ension)?s?\b", FLAGS)
ASSIGNED: Final = re.compile(rf"(?<![A-Za-z0-9_.])([A-Za-z][A-Za-z0-9_.]{{0,200}}+)\s*(=|≈|:|：|为|是|\bis\b)\s*{NUMBER}", FLAGS)
COUNTED: Final = re.compile(
    r"(?:一?共|总共|训练了|跑了|完成了?|\bcompleted|\btrained for|\bran for|\ba total of)\s{0,9}+(\d{1,40}+)\s{0,9}+个?\s{0,9}+epochs?",
    FLAGS,
)
X_HEADS: Final = re.compile(r"^(?:epochs?|steps?|iter(?:ation)?s?|轮次|轮数|步数?)$", FLAGS)


def number(text: str) -> Number:
    """Return a printed number with one unit of its last digit."""
    mantissa, _, power = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Number(value=float(text), unit=10.0 ** (int(power or 0) - decimals))


def claims(line: NoteLine, metrics: Sequence[str], facts: Sequence[str]) -> Iterator[Claim]:
    """Yield the claims of one line; `metrics` and `facts` are the names that the logs know."""
    origin = Origin(line=line.number, quote=line.text, source=line.source)
    if line.header:
        yield from _cells(line, origin, metrics)
    yield from _arithmetic(line, origin)
    if QUESTION.search(line.text):
        return
    yield from _shares(line, origin, metrics)
    if GENERAL.search(line.text):
        return
    if not line.cells:
        yield from _values(line, origin)
        yield from _levels(line, origin)
    yield from _facts(line, origin, metrics, facts)


def is_general(line: NoteLine) -> bool:
    """Return whether a line speaks in general, of conditions or of what to do: not a claim about this run."""
    return bool(GENERAL.search(line.text) or QUESTION.search(line.text))


def _cells(line: NoteLine, origin: Origin, metrics: Sequence[str]) -> Iterator[Claim]:
    """Read a table row whose first column is an epoch or step and whose other titles are metrics."""
    if not line.header or not X_HEADS.match(line.header[0]) or not re.fullmatch(r"\d+", line.cells[0]):
        return
    for title, cell in zip(line.header[1:], line.cells[1:], strict=False):
        named = names_in(title.replace(" ", "_"), metrics) or names_in(title, metrics)
        if len(named) == 1 and re.fullmatch(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", cell):
            quote = f"{line.header[0]} {line.cells[0]}: {title} {cell}"
            yield ValueAt(origin=_quoting(origin, quote), metric=named[0], number=number(cell), x=float(line.cells[0]))


def _quoting(origin: Origin, quote: str) -> Origin:
    return Origin(line=origin.line, quote=quote, source=origin.source)


def _arithmetic(line: NoteLine, origin: Origin) -> Iterator[Claim]:
    """Read what is wrong in any run: a logarithm taken for a minimum or worked out wrongly, a mean divided again."""
    for found in WORKED.finditer(line.text):
        yield Logarithm(origin=origin, classes=int(found[1]), number=number(found[2]))
    if LEAST.search(line.text) and (log := LOG_OF.search(line.text)):
        yield LowestPossible(origin=origin, classes=int(log[1]))
    if DIMENSIONS.search(line.text) and (divided := DIVIDED.search(line.text)):
        yield PerDimension(origin=origin, metric=line.metric, number=number(divided[1]), dimensions=int(divided[2]))


def _shares(line: NoteLine, origin: Origin, metrics: Sequence[str]) -> Iterator[Claim]:
    if not SHARES.search(f"{line.heading} {line.lead} {line.text}"):
        return
    shown = PERCENT.findall(line.text)
    named = names_in(line.text, metrics)
    if split := SPLIT.search(line.text):
        for metric, share in zip(named, split.groups(), strict=False):
            yield ShareOf(origin=origin, metric=metric, share=float(share) / 100)
    elif named and len(named) == len(shown):
        for metric, share in zip(named, shown, strict=True):
            yield ShareOf(origin=origin, metric=metric, share=float(share) / 100)


def _values(line: NoteLine, origin: Origin) -> Iterator[Claim]:
    """Read values at epochs: "Epoch 0-1: 13.18 → 8.61", "epoch 7: closs 95.19", "epochs 7 and 10 (95.19, 37.74)", and spikes there."""
    metric = line.metric
    if metric is None:
        return
    span = SPAN.search(line.text)
    if span:
        if arrow := ARROW.search(line.text[span.end() :]):
            for x, value in zip(span.groups(), arrow.groups(), strict=True):
                yield ValueAt(origin=origin, metric=metric, number=number(value), x=float(x))
        return
    places = EPOCHS.search(line.text)
    if not places:
        return
    x = tuple(float(one) for one in re.findall(r"\d+", places[0]))
    rest = _without(line.text, [metric], places.span())
    values = [found for found in re.findall(NUMBER, PERCENT.sub(" ", rest)) if "." in found]
    if len(values) == len(x) and not RANGE.search(rest):
        for place, value in zip(x, values, strict=True):
            yield ValueAt(origin=origin, metric=metric, number=number(value), x=place)
    if SPIKE.search(line.text) and not NEGATED.search(line.text):
        yield SpikesAt(origin=origin, metric=metric, x=x)


def _without(text: str, names: Sequence[str], span: tuple[int, int]) -> str:
    rest = text[: span[0]] + " " + text[span[1] :]
    for name in names:
        rest = re.sub(re.escape(name), " ", rest, flags=FLAGS)
    return rest


def _levels(line: NoteLine, origin: Origin) -> Iterator[Claim]:
    """Read what is said of the level of a metric: a range, a trend, convergence, a single value."""
    metric = line.metric
    text = SPAN.sub(" ", line.text)
    if (
        metric is not None
        and (span := BETWEEN.search(text) or RANGE.search(text))
        and LEVEL.search(text)
        and not (EPOCHS.search(text) or EITHER.search(text))
    ):
        low, high = number(span[1]), number(span[2])
        if low.value <= high.value:
            yield RangeOf(origin=origin, metric=metric, low=low, high=high, ordinary=bool(ORDINARY.search(text)))
    denied = bool(NEGATED.search(text))
    if metric is not None and not ARROW.search(text) and not denied:
        if FALLS.search(text):
            yield TrendOf(origin=origin, metric=metric, direction="falls")
        elif RISES.search(text):
            yield TrendOf(origin=origin, metric=metric, direction="rises")
    about_run = metric is None and bool(MODEL.search(text)) and not line.metrics
    if metric is not None or about_run:
        if NOT_CONVERGED.search(text):
            yield Settled(origin=origin, metric=metric, word="not_converged")
        elif CONVERGED.search(text) and not denied:
            yield Settled(origin=origin, metric=metric, word="converged")
        elif metric is not None and STABLE.search(text) and not denied:
            yield Settled(origin=origin, metric=metric, word="stable")


def _facts(line: NoteLine, origin: Origin, metrics: Sequence[str], facts: Sequence[str]) -> Iterator[Claim]:
    """Read "name = value" of settings, and of metrics without a place."""
    text = line.text
    for found in ASSIGNED.finditer(text):
        name, sign, value = found.groups()
        known = next((fact for fact in facts if fact.lower() == name.lower()), None)
        named = next((metric for metric in metrics if metric.lower() == name.lower()), None)
        tail = text[found.end() :]
        if re.match(rf"{TO}\d|\s*[×*/+%]|\s*(?:→|->)", tail) or COUNTS.match(tail) or NEGATED.search(text):
            continue
        placed = EPOCHS.search(text) or SPAN.search(text) or line.cells
        if named is not None and not placed and sign not in ":：":
            yield ValueAt(origin=origin, metric=named, number=number(value))
        elif named is None and known == "epochs":
            yield EpochCount(origin=origin, count=int(float(value)))
        elif named is None and known is not None:
            yield FactIs(origin=origin, name=known, number=number(value))
    if counted := COUNTED.search(text):
        yield EpochCount(origin=origin, count=int(counted[1]))
