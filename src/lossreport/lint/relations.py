"""Reads what a note says of one value beside another: how much a metric changed, how two metrics
lie to each other, how early the gains came, where nothing got better any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from lossreport import regex as re
from lossreport.lint.amounts import AMOUNT, AT_LEAST, AT_MOST, DIGITS, FIGURE, WORD, amount
from lossreport.lint.claim import (
    Amount,
    ChangedBy,
    Claim,
    Compared,
    CourseOf,
    EarlyShare,
    EndsBeside,
    Metric,
    NoBetterSince,
    Origin,
    Place,
    StepAt,
    TurnsAt,
    ValueAt,
)
from lossreport.lint.clauses import Clause
from lossreport.lint.subjects import FLAGS, Mention

Direction = Literal["falls", "rises", "worse", "better", "any"]

FALLS: Final = (
    r"\b(?:f[ae]ll\w*|decreas\w*|declin\w*|dr[oi]p\w*|dip\w*|s[iau]nk\w*|shr[aiu]nk\w*|reduc\w*|"
    r"lost|loses?|down|lower|smaller|cut)\b|下降|降低|降|跌|掉|减少|减小|减|低了|少了|小了"
)
RISES: Final = (
    r"\b(?:r[io]se\w*|rising|increas\w*|climb\w*|gr[eo]w\w*|gain\w*|jump\w*|up|higher|"
    r"larger)\b|上升|升高|提高|提升|增加|增大|上涨|涨|升|高了|多了|大了|高出"
)
BETTER: Final = r"\bimprov\w*|改善|进步"
WORSE: Final = r"\bwors\w*|\bdegrad\w*|恶化|变差"
ANY: Final = r"\b(?:mov\w+|chang\w+|var(?:y|ies|ied))\b|变化|变动"
FILLER: Final = (
    r"(?:[\s,，:：~≈]|了|约为?|大约|大概|不到|不足|超过|不止|至少|至多|近|将近|接近|差不多|整体|"
    r"总体|只|仅|才|的?幅度|\b(?:by|about|around|roughly|approximately|nearly|almost|only|just|"
    r"more than|less than|over|under|at least|at most|another|some|further|even|a|the|whole|full|"
    r"altogether|overall)\b){0,20}"
)
CHANGE: Final = re.compile(
    rf"(?:(?P<falls>{FALLS})|(?P<rises>{RISES})|(?P<better>{BETTER})|(?P<worse>{WORSE})|"
    rf"(?P<any>{ANY})){FILLER}$",
    FLAGS,
)
"""What went before an amount: fell by, 下降了约."""
BY: Final = re.compile(
    r"\bby\b|了|约|\b(?:up|down)\b|[降涨升跌]\s{0,3}$|\b(?:less|more) than\b|不到|超过", FLAGS
)
"""A plain number is an amount behind these only: "drops by 0.1", 降了 0.1."""
ITSELF: Final = {
    "half": "falls",
    "double": "rises",
    "triple": "rises",
}
"""Halved, doubled: words that say the direction too."""
VERB: Final = re.compile(r"\b(?:halv|doubl|tripl)\w+|减半|腰斩|翻倍|翻了?一番", FLAGS)
ARROW: Final = re.compile(r"\s{0,3}(?:→|->|⟶|=>|\bto\b|到)", FLAGS)
"""Down: 5.36 -> 2.56 tells both ends, no difference."""
PER: Final = re.compile(r"\s{0,3}(?:per|each|every|a)\s(?:epoch|step|eval)|\s{0,3}每", FLAGS)
"""0.1 each epoch: a rate, no change of the whole."""
SINCE_BEST: Final = re.compile(
    r"\b(?:from|than|above|below|over|of|since) (?:its|the|that|their)?\s?(?:best|min\w*|lowest|"
    r"bottom|peak|max\w*|highest)\b|比(?:最低点|最低值|最低|最小值|最佳|最优|最好|最高点|最高|谷底)"
    r"|(?:较|相比|距)(?:最低|最佳|最优|最高)|从(?:最低点|最佳|最高点|谷底)",
    FLAGS,
)
THAN_FIRST: Final = re.compile(
    r"比(?:刚)?(?:初始值?|开始|一开始|起始|最初|第一次|第一个)|(?:高于|低于|超过)(?:初始|起始|"
    r"最初)|\b(?:than|above|below|exceed\w*|beyond)\s(?:at\s|where\s|when\s|what\s)?(?:its\s|the\s|"
    r"it\s)?(?:very\s)?(?:initial|start\w*|beg[ai]n\w*|first)\b",
    FLAGS,
)
THAN_LAST: Final = re.compile(
    r"比(?:上|前)一?(?:个|次|轮|步)?|\bthan (?:in |at )?the (?:previous|one before|last one|"
    r"preceding)|略有?(?:下降|上升|回落|降低|升高)|\bslightly (?:dip|drop|fall|worse)|\bdip\w*",
    FLAGS,
)
AHEAD: Final = re.compile(
    rf"(?:\b(?:the\s+)?first\s+(?P<n>{FIGURE}|{WORD})\s+(?P<unit>epochs?|steps?|iterations?)|"
    rf"前\s{{0,3}}(?P<zh>\d{{1,9}}+|[一二两三四五六七八九十])\s{{0,3}}个?\s{{0,3}}(?P<zh_unit>epoch|"
    r"轮|步|step))",
    FLAGS,
)
BEHIND: Final = re.compile(
    rf"(?:\b(?:the\s+)?last\s+(?:(?P<n>{FIGURE}|{WORD})\s+)?(?P<unit>epochs?|evals?|evaluations?)|"
    rf"(?:最)?后\s{{0,3}}(?P<zh>\d{{1,9}}+|[一二两三四五六七八九十])\s{{0,3}}个?\s{{0,3}}(?P<zh_unit>"
    r"epoch|轮|次))",
    FLAGS,
)
TILL: Final = re.compile(r"\b(?:by|until|till|at|in|to)\s*$|(?:到|在|截至)\s*$", FLAGS)
VAGUELY: Final = re.compile(
    r"\bafter\s+(?:the|a|it|re|that|[\d.]{1,20}\s(?:h|min|day)\w*)|"
    r"(?:小时|分钟|天)[之以]?后|续训|重启|恢复|\b(?:later|suddenly|at (?:some|one) point)\b|"
    r"中途|突然",
    FLAGS,
)
EARLY: Final = re.compile(
    r"\b(?:most|biggest|bulk|largest|majority|more than half|main|fastest|steepest|quickest)\b|"
    r"大部分|绝大|主要|最快|最明显|一半以上|多半",
    FLAGS,
)
GAINS: Final = re.compile(
    r"\b(?:gains?|improv\w+|drops?|reductions?|progress|descent|falls?|decreas\w*|learn\w*|"
    r"loss)\b|提升|下降|改善|收益|降幅|进步|学习",
    FLAGS,
)
LOWER: Final = re.compile(
    r"\b(?:lower|less|smaller|worse off)\b|\b(?:below|under|beneath)\b|低于|小于|不如|"
    r"比[^，,。]{0,30}?[低小少]",
    FLAGS,
)
HIGHER: Final = re.compile(
    r"\b(?:higher|greater|larger|more)\b|\b(?:above|over|exceeds?)\b|高于|大于|超过|"
    r"比[^，,。]{0,30}?[高大多]",
    FLAGS,
)
NEAR: Final = re.compile(
    r"\b(?:the same|identical|equal|on par|close to each other|converge|cross\w*|meet|overlap)\b|"
    r"差不多|接近|持平|相近|相当|几乎(?:一样|重合|相同)|重合|相交|"
    r"(?:差距|差别|差异|gap)\s{0,3}(?:很|比较|较|并?不)\s{0,3}(?:大|小)|"
    r"\b(?:small|tiny|narrow|little)\b.{0,20}\b(?:gap|difference)\b|"
    r"\b(?:gap|difference)\b.{0,20}\b(?:small|tiny|negligible)\b",
    FLAGS,
)
FAR: Final = re.compile(
    r"(?:差距|差别|差异|gap)\s{0,3}(?:很|比较|较|非常)大|\b(?:large|huge|big|wide)\b.{0,20}\b(?:gap|"
    r"difference)\b|\b(?:gap|difference)\b.{0,20}\b(?:large|huge|big|wide)\b(?!\w)",
    FLAGS,
)
GAP: Final = re.compile(r"差距|差值|差别|差异|之差|相差|\b(?:gap|difference|margin)\b", FLAGS)
WIDENS: Final = re.compile(
    r"\b(?:grow\w*|widen\w*|increas\w*|larger|bigger)\b|越来越大|拉大|扩大|增大|变大", FLAGS
)
NARROWS: Final = re.compile(
    r"\b(?:shrink\w*|narrow\w*|clos(?:es|ing)|smaller|decreas\w*)\b|越来越小|缩小|变小|减小", FLAGS
)
ALL_ALONG: Final = re.compile(
    r"\b(?:always|throughout|all the time|the whole (?:time|run|way)|all along|at all times|every "
    r"\w+|never)\b|始终|一直|全程|从头到尾|从未|每个",
    FLAGS,
)
STOPPED: Final = re.compile(
    r"(?:不再|没有?再?|未再?|停止|毫无|没什么|无|就?不(?:再|怎么)?)(?:任何|怎么|明显|什么|太?多|继续|进一步)?(?P<zh>下降|"
    r"降低|降|上升|提升|提高|改善|进步|变好|涨|变化|变(?![动成])|动)(?!的)|\b(?:no|not|never|stop\w*|hardly|barely|"
    r"without|n't|nothing|little)\b(?:\s+(?:any|at|all|much|really|further|more|longer)){0,3}\s+"
    r"(?P<en>improv\w*|decreas\w*|fall\w*|drop\w*|better|mov\w*|chang\w*|increas\w*|ris\w*|"
    r"gain\w*)(?!\s?:)|\b(?:doesn|didn|does|did)(?:'t|\s+not)\s+(?:really\s+)?(?P<do>improve|decrease|"
    r"fall|"
    r"drop|move|change|increase|rise)(?!\s?:)",
    FLAGS,
)
FLAT: Final = re.compile(
    r"\b(?:flat|flat(?:lin|ten)\w*|plateau\w*|level\w* (?:off|out)|saturat\w*|stagnat\w*|stuck|"
    r"hardly (?:mov|chang)\w*|barely (?:mov|chang)\w*|unchanged|stable from there)\b|走平|持平|"
    r"基本不变|几乎不变|不怎么变|趋于平稳|平台|停滞|很平|没有?变化|不动|没动",
    FLAGS,
)
TURNING: Final = {
    "falls": re.compile(
        r"先[降跌减](?:低|小)?后[升增涨]|先下降后(?:上升|回升)|\b(?:first\s+)?(?:dip|drop|fall|decreas|"
        r"go(?:es)? down|sink)\w*\b.{0,60}\bthen\b.{0,30}\b(?:climb|r[io]s|increas|gr[eo]w|"
        r"go(?:es)? up|creep)\w*",
        FLAGS,
    ),
    "rises": re.compile(
        r"先[升增涨](?:高|大)?后[降跌减]|先上升后下降|\b(?:first\s+)?(?:climb|r[io]s|increas|gr[eo]w|"
        r"go(?:es)? up)\w*\b.{0,60}\bthen\b.{0,30}\b(?:dip|drop|fall|decreas|go(?:es)? down|"
        r"sink)\w*",
        FLAGS,
    ),
}


def relations(
    part: Clause, origin: Origin, metric: Metric | None, before: Compared | None
) -> Iterator[Claim]:
    """Yield what a clause says of one value beside another; `before` is what the clause before
    compared.
    """
    place = _ahead(part.text)
    if place is not None and EARLY.search(part.text) and GAINS.search(part.text):
        yield EarlyShare(origin=origin, metric=metric, place=place)
        return
    compared = list(_compared(part, origin)) or list(_goes_on(part, origin, before))
    if compared or metric is None:
        yield from compared
        return
    beside = list(_beside_itself(part, origin, metric))
    yield from beside or _changed(part, origin, metric)


def turned(sentence: str, origin: Origin, metric: Metric) -> Iterator[Claim]:
    """Yield that a metric falls first and rises then, said in one sentence."""
    for first, words in TURNING.items():
        if words.search(sentence):
            yield TurnsAt(origin=origin, metric=metric, first=first)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------- one metric
def _changed(part: Clause, origin: Origin, metric: Metric) -> Iterator[Claim]:
    """Yield by how much a metric is said to have fallen or risen."""
    text = part.text
    if COLLAPSED.search(text) and not part.figures:
        yield ChangedBy(origin=origin, metric=metric, direction="falls", amount=COLLAPSE)
        return
    for found in AMOUNT.finditer(text):
        before = text[max(0, found.start() - 60) : found.start()]
        told = CHANGE.search(before)
        direction = told.lastgroup if told is not None else None
        is_part = found["over"] or found["below"] or found["half"] or found["tenths"]
        if is_part and LEFT.search(before) and OF_FIRST.match(text[found.end() :]):
            yield _left(part, origin, metric, amount(text, found))
            return
        if told is None and found.lastgroup in ITSELF and VERB.match(found[0]):
            direction = ITSELF[found.lastgroup]
        if PER.match(text[found.end() :]):
            return
        if found["plain"] and ARROW.match(text[found.end() :]):
            return
        if direction is None or (
            found["plain"] and not BY.search(text[max(0, found.start() - 24) : found.start()])
        ):
            continue
        if any(spot.start <= found.start() < spot.end for spot in part.spots):
            continue
        start, end = _stretch(part)
        yield ChangedBy(
            origin=origin,
            metric=metric,
            direction=direction,  # type: ignore[arg-type]
            amount=amount(text, found),
            start=start,
            end=end,
            since_best=bool(SINCE_BEST.search(text)),
            last_rows=last_rows(text),
            vaguely=bool(VAGUELY.search(text)),
        )
        return


LEFT: Final = re.compile(
    r"(?:(?:降|跌|减|缩)(?:低|少|小)?(?:到|至|为)了?|只剩|剩下|\b(?:f[ae]ll\w*|dr[oi]p\w*|down|"
    r"decreas\w*|shr[aiu]nk\w*|"
    r"reduc\w*) to)(?:\s|约|大约|about|around|roughly|nearly|almost|only|just|a\b|了|"
    r"原来的?|初始的?|最初的?){0,9}$",
    FLAGS,
)
OF_FIRST: Final = re.compile(r"\s{0,3}(?:of (?:its|the|that|what)\b|$|[，,。]|左右|的水平)", FLAGS)
"""Fell to a third of what it was, 降到原来的三分之一: what is left."""


def _left(part: Clause, origin: Origin, metric: Metric, told: Amount) -> ChangedBy:
    start, end = _stretch(part)
    kind = "left" if told.kind == "share" else told.kind
    left = Amount(kind=kind, low=told.low, high=told.high)
    return ChangedBy(
        origin=origin, metric=metric, direction="falls", amount=left, start=start, end=end
    )


def _stretch(part: Clause) -> tuple[Place | None, Place | None]:
    """Return from which place to which a change is said to have come."""
    if place := _ahead(part.text):
        return None, place
    if len(part.places) == 2:
        return part.places[0], part.places[1]
    if len(part.spots) == 1 and len(part.places) == 1:
        spot = part.spots[0]
        return (spot.places[0], None) if spot.since else (None, spot.places[0])
    return None, None


def _beside_itself(part: Clause, origin: Origin, metric: Metric) -> Iterator[Claim]:
    """Yield what is said of a metric beside its own first, previous or best row."""
    text = part.text
    has_amount = any(not found["plain"] for found in AMOUNT.finditer(text))
    if THAN_FIRST.search(text) and not has_amount:
        yield EndsBeside(origin=origin, metric=metric, side=_side(text))
    elif stopped := (STOPPED.search(text) or FLAT.search(text)):
        yield from _stopped(part, origin, metric, stopped)
    elif THAN_LAST.search(text) and not has_amount and not re.search(r"每|\bevery\b", text, FLAGS):
        above = bool(HIGHER.search(text) or SAID["rises"].search(text)) and not LOWER.search(text)
        place = part.places[0] if len(part.places) == 1 else None
        if place is not None or BEHIND.search(text) or re.search(r"最后", text):
            yield StepAt(
                origin=origin, metric=metric, direction="rises" if above else "falls", place=place
            )


def _side(text: str) -> Literal["above", "below", "better", "worse"]:
    if re.search(r"\bworse\b|差", text, FLAGS):
        return "worse"
    if re.search(r"\bbetter\b|好", text, FLAGS):
        return "better"
    return "above" if HIGHER.search(text) and not LOWER.search(text) else "below"


COLLAPSED: Final = re.compile(r"\bcollaps\w*|\bplummet\w*|暴跌|骤降|崩塌", FLAGS)
COLLAPSE: Final = Amount(kind="share", low=0.3, high=float("inf"))
"""What collapses loses a third and more."""

SAID: Final = {
    "falls": re.compile(r"降|decreas|fall|drop", FLAGS),
    "rises": re.compile(r"上升|提[升高]|涨|increas|ris", FLAGS),
}
WHOLE: Final = re.compile(r"全程|一直|始终|\b(?:throughout|at all|the whole|all along)\b", FLAGS)


def _stopped(part: Clause, origin: Origin, metric: Metric, found: re.Match[str]) -> Iterator[Claim]:
    """Yield that a metric got no better any more, or lay flat, from a place on."""
    if part.figures:
        return  # "stuck at 0.6": a level
    word = next((one for one in found.groupdict().values() if one), "")
    flat = not word or bool(re.match(r"变化|变$|动|mov|chang", word, FLAGS))
    rising = next((name == "rises" for name, words in SAID.items() if words.search(word)), None)
    place = part.places[0] if len(part.places) == 1 else None
    if flat:
        over = "since" if place is not None else "every"
        whole = WHOLE.search(part.text) or word  # "did not change" speaks of all its rows
        over = over if place is not None or whole else "end"
        yield CourseOf(origin=origin, metric=metric, direction="flat", over=over, place=place)  # type: ignore[arg-type]
        return
    rows = last_rows(part.text)
    yield NoBetterSince(origin=origin, metric=metric, place=place, rising=rising, last_rows=rows)


def _ahead(text: str) -> Place | None:
    """Return the place up to which "the first four epochs" go."""
    found = AHEAD.search(text)
    if found is None:
        return None
    said = found["n"] or found["zh"]
    unit = (found["unit"] or found["zh_unit"]).lower()
    x = float(DIGITS.get(said.lower(), said))
    return Place(x=x, unit="epoch" if unit.startswith(("epoch", "轮")) else "step")


def last_rows(text: str) -> int:
    """Return how many of the last rows a text speaks of; 0 where it does not say."""
    found = BEHIND.search(text)
    if found is None:
        return 0
    said = found["n"] or found["zh"] or "one"
    return int(DIGITS[said.lower()] if said.lower() in DIGITS else float(said))


# ------------------------------------------------------------------------------------- two metrics
def _compared(part: Clause, origin: Origin) -> Iterator[Claim]:
    """Yield how two metrics that a clause names lie to each other."""
    named = [one for one in part.mentions if one.metric is not None]
    if len(named) != 2 or named[0].metric == named[1].metric:
        return
    first, second = named[0].metric, named[1].metric
    assert first is not None
    assert second is not None
    text = part.text
    told = _amount_of(part)
    if told is not None and told.kind == "factor" and not _is_between(part, named):
        return
    relation = _relation(text, told)
    if relation is None:
        return
    spot = part.spots[0] if len(part.places) == 1 else None
    yield Compared(
        origin=origin,
        one=first,
        other=second,
        relation=relation,
        amount=told,
        over="every" if ALL_ALONG.search(text) and spot is None else "end",
        place=spot.places[0] if spot is not None else None,
        since=spot is not None and spot.since,
    )


def _is_between(part: Clause, named: Sequence[Mention]) -> bool:
    """Return whether a factor stands between two names or right behind both: A is twice B, A 是
    B 的 40 倍.
    """
    found = next((one for one in AMOUNT.finditer(part.text) if not one["plain"]), None)
    return found is not None and named[0].end <= found.start() <= named[1].end + 8


def _amount_of(part: Clause) -> Amount | None:
    """Return by how much two metrics are said to differ; a plain number only beside a word for the
    gap.
    """
    for found in AMOUNT.finditer(part.text):
        inside = any(one.start <= found.start() < one.end for one in part.mentions)
        if inside or any(spot.start <= found.start() < spot.end for spot in part.spots):
            continue
        if not found["plain"] or GAP_IS.search(part.text[: found.start()]):
            return amount(part.text, found)
    return None


GAP_IS: Final = re.compile(
    r"(?:差距|差值|差别|差异|之差|相差|\b(?:gap|difference|margin)\b)[^\d，,。;；:：]{0,40}$", FLAGS
)


Relation = Literal["above", "below", "apart", "near", "far", "widens", "narrows"]


def _relation(text: str, told: Amount | None) -> Relation | None:
    if GAP.search(text):
        if WIDENS.search(text):
            return "widens"
        if NARROWS.search(text) and not NEAR.search(text):
            return "narrows"
    if told is not None and told.kind != "factor" and GAP.search(text):
        return "apart"
    if NEAR.search(text):
        return "far" if re.search(r"(?:很|比较|较)\s{0,3}大", text) else "near"
    if FAR.search(text):
        return "far"
    # "is lower than" belongs to the words, "less than half" to the amount
    bare = AT_LEAST.sub("", AT_MOST.sub("", text))
    if LOWER.search(bare):
        return "below"
    if HIGHER.search(bare) or (told is not None and told.kind == "factor"):
        return "above"
    return None


def _goes_on(part: Clause, origin: Origin, before: Compared | None) -> Iterator[Claim]:
    """Yield what a clause without a metric adds to the comparison before it: 不到 0.1; 8 points of
    gap; 2.48 vs 2.56.
    """
    if before is None or part.mentions:
        return
    if len(part.figures) == 2:
        for metric, figure in zip((before.one, before.other), part.figures, strict=True):
            yield ValueAt(origin=origin, metric=metric, number=figure.number, which="ended")
        return
    told = next((amount(part.text, found) for found in AMOUNT.finditer(part.text)), None)
    if told is not None and told.kind in ("gap", "points", "share"):
        yield Compared(
            origin=origin, one=before.one, other=before.other, relation="apart", amount=told
        )
