"""Finds the checkable claims of a note line, in Chinese and in English. What is general,
conditional or advice is no claim about the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from lossreport import regex as re
from lossreport.lint.claim import (
    Claim,
    EpochCount,
    FactIs,
    Logarithm,
    LowestPossible,
    Metric,
    Origin,
    PerDimension,
    Place,
    RangeOf,
    ShareOf,
    ValueAt,
)
from lossreport.lint.clauses import LIST, NUMBER, REFERENCE, number, sentences
from lossreport.lint.note import NoteLine
from lossreport.lint.of_run import DIVERGED, FAILED, HEALTHY, RESTARTED
from lossreport.lint.prose import (
    BEST,
    BETTER,
    BROKE_OFF,
    CONVERGED,
    DOWN,
    EARLY,
    EXPLOSION,
    FINISHED,
    FIXED,
    FROM,
    NEGATED,
    NONFINITE,
    NOT_CONVERGED,
    OVERFIT,
    SHARES,
    SPIKE,
    STABLE,
    UP,
    WORSE,
    prose,
)
from lossreport.lint.relations import FLAT, STOPPED
from lossreport.lint.subjects import FLAGS, Vocabulary
from lossreport.lint.tables import cells

TO: Final = r"\s{0,9}+(?:[-–—~～]|至|到|\bto\b)\s{0,9}+"
GENERAL: Final = re.compile(
    r"下次|下一次|\bnext (?:time|run)\b|"
    r"通常|典型|一般|如果|若|假如|假设|例如|比如|参考|建议|应该|可以|考虑|监控|可能|疑似|怎么办|"
    r"如何判定|所需|避免|防止|关注|检查|需要|其他模型|GPT"
    r"|\b(?:typical(?:ly)?|usual(?:ly)?|generally|if|suppose|assum\w+|e\.g\.|for example|"
    r"reference|should|would|could|may|might|recommend\w*|consider|expect\w*|avoid|prevent|"
    r"make sure|needs?|needed|checks?|suspected|possibl[ey]|perhaps|maybe|likely)\b",
    FLAGS,
)
"""Words of rules of thumb, conditions and advice."""
QUESTION: Final = re.compile(r"[?？]\s*$|是否|为什么|什么|\bwhether\b|^\s*why\b", FLAGS)
PLACED: Final = re.compile(
    rf"\b(?:epochs?|steps?|iterations?|rounds?)\s{{0,9}}+\d{{1,40}}+{LIST}|"
    rf"第\s{{0,9}}+\d{{1,40}}+\s{{0,9}}+个?\s{{0,9}}+(?:epoch|step|轮|步)",
    FLAGS,
)
SPAN: Final = re.compile(
    rf"\b(?P<unit>epochs?|steps?)\s*(\d+){TO}(?:epoch\s*)?(\d+)(?!\.\d)", FLAGS
)
ARROW: Final = re.compile(rf"{NUMBER}\s*(?:→|->|⟶|=>|降至|降到|升至|升到|\bto\b)\s*{NUMBER}")
RANGE: Final = re.compile(rf"{NUMBER}{TO}{NUMBER}(?!\s*%)", FLAGS)
BETWEEN: Final = re.compile(
    rf"(?:\bbetween|介于|在)\s*{NUMBER}\s*(?:and|与|和)\s*{NUMBER}(?!\s*%)", FLAGS
)
LEVEL: Final = re.compile(
    r"稳定|范围|之间|保持|维持|介于|收敛|波动|\bstable\b|\brange|\bbetween\b|\bstays?\b|"
    r"\bremains?\b|\bwithin\b|\bfluctuat|=|≈",
    FLAGS,
)
EITHER: Final = re.compile(r"或|\bor\b|\beither\b", FLAGS)
"""A range that is one of two alternatives claims too little to be checked."""
ORDINARY: Final = re.compile(
    r"正常|除.{0,12}外|\bnormal\b|\bordinary\b|\bexcept\b|\bexcluding\b|\bother\b", FLAGS
)
COUNTS: Final = re.compile(
    r"\s{0,9}+(?:个|次|倍|行|维|层|项|条|\b(?:epochs?|times|rows|steps?|dim\w*|terms?|runs?|x)\b)",
    FLAGS,
)
PARAMETERS: Final = re.compile(
    r"(?<![\w.])(?P<n>\d{1,20}+(?:\.\d{1,20}+)?+)\s{0,3}+(?P<scale>[kKmMbB万亿])?\s{0,3}(?:trainable\s)?"
    r"(?:param(?:eter)?s\b|个?参数)",
    FLAGS,
)
SCALES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "万": 1e4, "亿": 1e8, None: 1.0}
COUNTED_AS: Final = ("n_parameters", "num_parameters", "parameters", "n_params", "total_params")
PERCENT: Final = re.compile(r"(\d{1,40}+(?:\.\d{1,40}+)?+)\s{0,9}+%")
SPLIT: Final = re.compile(
    r"(\d{1,40}+(?:\.\d{1,40}+)?+)\s{0,9}+%\s{0,9}+[/:：]\s{0,9}+(\d{1,40}+"
    r"(?:\.\d{1,40}+)?+)\s{0,9}+%"
)
EQUATION: Final = re.compile(
    r"(?<![\d.])\d[\d.]{0,40}+(?:\s{0,9}+[×*+/÷]\s{0,9}+(?:\d[\d.]{0,40}+(?:e-?\d{1,4})?|"
    r"[A-Za-z_]\w{0,40}+)){1,20}+\s{0,9}+[=≈]\s{0,9}+\d[\d.]*",
    FLAGS,
)
"""10 × 0.13 = 1.3 works something out."""
LOG_OF: Final = re.compile(r"\b(?:log|ln)\s{0,9}+\(?\s{0,9}+(\d{2,40}+)\s{0,9}+\)?", FLAGS)
WORKED: Final = re.compile(
    r"\b(?:log|ln)\s{0,9}+\(?\s{0,9}+(\d{2,40}+)\s{0,9}+\)?\s{0,9}+(?:≈|=|≃|~|is|约为?)\s{0,9}+"
    r"(\d{1,40}+\.\d{1,40}+)",
    FLAGS,
)
LEAST: Final = re.compile(
    r"理论最小|最小损失|损失下限|最低损失|\bminimum (?:possible |theoretical )?loss\b(?! (?:was|"
    r"is|of))|\btheoretical minimum|\blowest possible loss",
    FLAGS,
)
DIVIDED: Final = re.compile(r"(\d{1,40}+\.\d{1,40}+)\s{0,9}+[/÷]\s{0,9}+(\d{1,3})(?![\d.])")
DIMENSIONS: Final = re.compile(r"维|\bdim(?:ension)?s?\b", FLAGS)


def claims(line: NoteLine, known: Vocabulary, facts: Sequence[str]) -> Iterator[Claim]:
    """Yield the claims of one line; `known` are the metrics and `facts` the settings that the logs
    know.
    """
    origin = Origin(line=line.number, quote=line.text, source=line.source, near=line.names_source)
    line = replace(
        line,
        text=REFERENCE.sub(" ", line.text),
        cells=tuple(REFERENCE.sub(" ", cell).strip() for cell in line.cells),
    )
    found = list(cells(line, origin, known))
    yield from found
    yield from _arithmetic(line, origin)
    if QUESTION.search(line.text):
        return
    yield from _shares(line, origin, known)
    if is_general(line):
        line = replace(line, text=_before_advice(line.text))
        if not line.text:
            return
    # what it says of rows elsewhere is not of the metric of the passage
    refers = bool(REFERENCE.search(origin.quote))
    set_here = list(_set(line.text, known, facts))
    yield from _facts(line, origin, set_here, facts)
    if found or line.cells:
        return
    for sentence in sentences(_without(line.text, [one.span() for _, one in set_here])):
        span = list(_span(sentence, line, origin, known))
        ranged = [] if span else list(_range(sentence, line, origin, known))
        yield from (*span, *ranged)
        if not (span or _is_arithmetic(sentence) or _is_share(line, sentence)):
            stated = EQUATION.sub(" ", WORKED.sub(" ", sentence))
            rest = stated if FROM.search(stated) else _unranged(stated)
            yield from prose(rest, origin, known, None if refers else _passage(line), line.split)


def is_general(line: NoteLine) -> bool:
    """Return whether a line speaks in general, of conditions or of what to do: not a claim about
    this run.
    """
    return bool(GENERAL.search(line.text) or QUESTION.search(line.text))


ADVICE: Final = re.compile(
    r"建议|应该|可以|考虑|可能|需要|\b(?:should|could|might|may|recommend\w*|consider|needs?)\b",
    FLAGS,
)


def _before_advice(text: str) -> str:
    """Return what a line states before its advice: "eval loss still falls, we should train on";
    nothing of rules of thumb and conditions.
    """
    parts = re.split(r"[，,；;]", text)
    if QUESTION.search(text) or GENERAL.search(ADVICE.sub("", text)):
        return ""
    advised = next((n for n, part in enumerate(parts) if ADVICE.search(part)), 0)
    return "，".join(parts[:advised])


JUDGED: Final = (
    OVERFIT,
    NONFINITE,
    EARLY,
    BROKE_OFF,
    FINISHED,
    EXPLOSION,
    SPIKE,
    CONVERGED,
    NOT_CONVERGED,
    STABLE,
    DOWN,
    UP,
    BETTER,
    WORSE,
    BEST,
    FIXED,
    RESTARTED,
    HEALTHY,
    FAILED,
    DIVERGED,
    FLAT,
    STOPPED,
)


def says_something(sentence: str, known: Vocabulary) -> bool:
    """Return whether a sentence says something that the logs might bear out: it holds a number, a
    word that judges, or the name of a metric or split.
    """
    return bool(
        re.search(r"\d", sentence) or known.mentions(sentence) or SPLIT_NAMED.search(sentence)
    ) or any(words.search(sentence) for words in JUDGED)


SPLIT_NAMED: Final = re.compile(
    r"(?<![A-Za-z])(?:train|val|eval|test)(?![A-Za-z])|训练集|验证|测试集|曲线|平滑|\b(?:epochs?|steps?|"
    r"curves?|smooth\w*|jumps?)\b",
    FLAGS,
)


def _passage(line: NoteLine) -> Metric | None:
    """Return the one metric that the passage is about."""
    return line.passage_metrics[0] if len(line.passage_metrics) == 1 else None


def _is_arithmetic(text: str) -> bool:
    return bool(
        (DIMENSIONS.search(text) and DIVIDED.search(text))
        or (LEAST.search(text) and LOG_OF.search(text))
    )


def _unranged(text: str) -> str:
    """Return a text without the ranges in it: their ends are no values."""
    return RANGE.sub(" ", BETWEEN.sub(" ", SPAN.sub(" ", text)))


def _is_share(line: NoteLine, text: str) -> bool:
    return bool(SHARES.search(f"{line.heading} {line.lead} {text}") and PERCENT.search(text))


def _arithmetic(line: NoteLine, origin: Origin) -> Iterator[Claim]:
    """Read what is wrong in any run: a logarithm taken for a minimum or worked out wrongly, a mean
    divided again.
    """
    for found in WORKED.finditer(line.text):
        yield Logarithm(origin=origin, classes=int(found[1]), number=number(found[2]))
    if LEAST.search(line.text) and (log := LOG_OF.search(line.text)):
        yield LowestPossible(origin=origin, classes=int(log[1]))
    if DIMENSIONS.search(line.text) and (divided := DIVIDED.search(line.text)):
        yield PerDimension(
            origin=origin, metric=line.metric, number=number(divided[1]), dimensions=int(divided[2])
        )


def _shares(line: NoteLine, origin: Origin, known: Vocabulary) -> Iterator[Claim]:
    if not SHARES.search(f"{line.heading} {line.lead} {line.text}"):
        return
    shown = PERCENT.findall(line.text)
    named = known.metrics(line.text)
    if split := SPLIT.search(line.text):
        for metric, share in zip(named, split.groups(), strict=False):
            yield ShareOf(origin=origin, metric=metric, share=float(share) / 100)
    elif named and len(named) == len(shown):
        for metric, share in zip(named, shown, strict=True):
            yield ShareOf(origin=origin, metric=metric, share=float(share) / 100)


def _about(sentence: str, line: NoteLine, known: Vocabulary) -> Metric | None:
    """Return the one metric of a sentence, or of its passage where it names none; None where it
    names several.
    """
    named = known.metrics(sentence) or line.passage_metrics
    if len(named) != 1:
        return None
    return replace(named[0], split=line.split) if line.split and not named[0].split else named[0]


def _span(sentence: str, line: NoteLine, origin: Origin, known: Vocabulary) -> Iterator[Claim]:
    """Read "Epoch 0-12: 13.18 → 8.61": the values at both ends."""
    metric, span = _about(sentence, line, known), SPAN.search(sentence)
    if metric is None or span is None:
        return
    if arrow := ARROW.search(sentence[span.end() :]):
        for x, value in zip(span.groups()[1:], arrow.groups(), strict=True):
            place = Place(
                x=float(x), unit="epoch" if span["unit"].lower().startswith("e") else "step"
            )
            yield ValueAt(
                origin=origin, metric=metric, number=number(value), place=place, which="at"
            )


def _range(sentence: str, line: NoteLine, origin: Origin, known: Vocabulary) -> Iterator[Claim]:
    """Read between which numbers the rows of a metric are said to lie."""
    metric = _about(sentence, line, known)
    text = SPAN.sub(" ", sentence)
    span = BETWEEN.search(text) or RANGE.search(text)
    if (
        metric is None
        or span is None
        or not LEVEL.search(text)
        or PLACED.search(text)
        or EITHER.search(text)
    ):
        return
    low, high = number(span[1]), number(span[2])
    if low.value <= high.value:
        yield RangeOf(
            origin=origin, metric=metric, low=low, high=high, ordinary=bool(ORDINARY.search(text))
        )


CALLED: Final = {
    "batch_size": r"batch(?:[_ -]?size)?|bs|批大小|批次大小",
    "vocab_size": r"vocab(?:ulary)?(?: size)?|词表(?:大小)?",
    "seed": r"(?:random )?seed|随机种子|种子",
    "lr": r"lr|learning[ _-]rate|学习率",
    "learning_rate": r"lr|learning[ _-]rate|学习率",
    "weight_decay": r"weight[ _-]decay|wd|权重衰减",
}
"""What people call a setting besides its name."""


@lru_cache(maxsize=8)
def _assignment(facts: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of "batch size = 32", "bs 32" or "clip_grad set to 1.0" for the settings
    that the logs know, however their words are joined.
    """
    names = "|".join(
        "[_\\- ]?".join(map(re.escape, re.split(r"[_\- ]", name)))
        for name in sorted(facts, key=len, reverse=True)
    )
    called = "|".join(words for name, words in CALLED.items() if name in facts)
    return re.compile(
        rf"(?<![A-Za-z0-9_.])({names}{'|' if called else ''}{called})(?:\s*(?:=|≈|:|：|为|是|"
        rf"\bis\b|\bof\b|(?:\bwas |\bis )?\bset to\b|\bwas\b)\s*|(?<!epochs)(?<!epoch)(?<!steps)"
        rf"(?<!step)\s){NUMBER}",
        FLAGS,
    )


def _set(text: str, known: Vocabulary, facts: Sequence[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield where a text gives a setting a number; a name that a metric has as well is read with
    the metrics.
    """
    if not facts:
        return
    joined = {re.sub(r"[_\- ]", "", name).lower(): name for name in facts}
    for found in _assignment(tuple(facts)).finditer(text):
        said = re.sub(r"[_\- ]", "", found[1]).lower()
        name = joined.get(said) or next(
            (
                one
                for one, words in CALLED.items()
                if one in facts and re.fullmatch(words, found[1], FLAGS)
            ),
            None,
        )
        if name is not None and not known.metrics(found[1]):
            yield name, found


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = f"{text[:start]} {text[end:]}"
    return text


def _parameters(text: str, origin: Origin, facts: Sequence[str]) -> Iterator[Claim]:
    """Read "~0.8M params", whatever the logs call their number."""
    name = next((one for one in COUNTED_AS if one in facts), None)
    found = PARAMETERS.search(text)
    if name is None or found is None:
        return
    scale = SCALES[found["scale"].lower() if found["scale"] else None]
    said = number(found["n"])
    yield FactIs(
        origin=origin,
        name=name,
        number=replace(said, value=said.value * scale, unit=said.unit * scale),
    )


def _facts(
    line: NoteLine,
    origin: Origin,
    found: Sequence[tuple[str, re.Match[str]]],
    facts: Sequence[str],
) -> Iterator[Claim]:
    """Read "name = value" of settings."""
    yield from _parameters(line.text, origin, facts)
    for name, match in found:
        tail = line.text[match.end() :]
        if (
            re.match(rf"{TO}\d|\s*[×*/+%]|\s*(?:→|->)", tail)
            or COUNTS.match(tail)
            or NEGATED.search(line.text)
        ):
            continue
        if name == "epochs":
            yield EpochCount(origin=origin, count=int(float(match[2])), planned=True)
        else:
            yield FactIs(origin=origin, name=name, number=number(match[2]))
