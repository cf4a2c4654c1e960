"""Reads the claims of a sentence clause by clause: who (a metric), what (a value, an extreme, a
course, something that happened), where.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from lossreport import regex as re
from lossreport.lint.amounts import DIGITS, WORD
from lossreport.lint.claim import (
    BestAt,
    BoundOf,
    ChangedBy,
    Claim,
    Compared,
    ConstantIs,
    CountOf,
    CourseOf,
    EpochCount,
    Happened,
    LevelSince,
    Metric,
    Origin,
    Place,
    Settled,
    SpikesAt,
    TrendOf,
    ValueAt,
    Which,
)
from lossreport.lint.clauses import Clause, Figure, clauses
from lossreport.lint.of_run import RATE, SHAPES, of_run
from lossreport.lint.relations import AHEAD, CHANGE, THAN_LAST, last_rows, relations, turned
from lossreport.lint.subjects import FLAGS, Vocabulary
from lossreport.values import dataclass

SHARES: Final = re.compile(
    r"贡献|占比|占总|比例|组成|总损失|\bshares?\b|\bcontribut\w+|\bof the (?:total|loss)\b|"
    r"\bdominat\w+|\btotal loss\b",
    FLAGS,
)
NEGATED: Final = re.compile(
    r"\b(?:instead of|rather than)\b|而不是|而非|不再|没(?!多久|几|准)|未(?!来)|无(?!论)|并非|\b(?:not?|never|without|none|nothing|neither|"
    r"nor|free of|stopped \w+ing|hardly)\b|n't\b|\bcannot\b|无法|不(?!断|错|同|稳)",
    FLAGS,
)
WEAKENED: Final = re.compile(r"几乎|接近|\b(?:almost|nearly|close to|hardly)\b", FLAGS)
LAST: Final = re.compile(
    r"\b(?:final(?:ly)?|last|ends?|ended|ending|finish(?:es|ed)?|at the end|by the end|end of "
    r"(?:the )?(?:training|run)|eventually|we stop(?:ped)?"
    r"|when (?:it|the training|training|the run) (?:stop|end|finish)\w*|clos(?:es|ed) at|w(?:i|"
    r"ou)nd(?:s|ing)? up)\b|最终|最后|末尾|(?:训练)?结束(?:时|后)|结尾|收尾|^结束$",
    FLAGS,
)
FIRST: Final = re.compile(
    r"\b(?:starts?|started|starting|begins?|began|initial(?:ly)?|first|at the (?:beginning|"
    r"start))\b|从[^，,。第]{1,20}开始|初始|起始|开始时|一开始|最初|首个|开头|^开始$",
    FLAGS,
)
LEAST: Final = re.compile(
    r"\b(?:lowest|minim(?:um|al)|min|bottom(?:s|ed)?(?: out)?|smallest|(?<!at )least)\b|最低|最小"
    r"|谷底|触底",
    FLAGS,
)
GREATEST: Final = re.compile(
    r"\b(?:highest|maxim(?:um|al)|max(?:es|ed)?(?: out)?|peak(?:s|ed)?|tops?(?: out)|topped out|"
    r"greatest|largest)\b|最高|最大|峰值|顶峰",
    FLAGS,
)
BEST: Final = re.compile(r"\bbest\b|\boptimal\b|最佳|最优|最好", FLAGS)
MARKED: Final = re.compile(
    r"\b(?:epoch|step|iteration|round|checkpoint|model|weights?)s?\b|轮次|轮|步|检查点|权重|模型",
    FLAGS,
)
"""What is best without a metric: an epoch, a checkpoint."""
FROM: Final = re.compile(r"\bfrom\b|从(?![不未来])|由|自|→|->|⟶|=>", FLAGS)
TO: Final = re.compile(r"\bto\b|→|->|⟶|=>|到|至|为", FLAGS)
REACHED: Final = re.compile(
    r"变成|变为|\bcollaps\w* to|\b(?:reach(?:es|ed)?|hits?|(?:gets?|got|drop|f[ae]ll|sink|decreas|shr[aiu]nk|go|climb|"
    r"r[io]se|increas|went|cr[ea]e?pt?|down|up|back|jump|grew|fell|rose)\w*"
    r"(?: (?:down|up|back|all the way))? to|down at|up at)\b|达到|[降升减增涨跌落跳](?:低|高|少|"
    r"加|小|大|回)?(?:到|至)了?|到过?",
    FLAGS,
)
OF_BOTH: Final = re.compile(
    r"\btrain(?:ing)? and (?:val(?:idation)?|eval(?:uation)?|test)\b|训练(?:集)?[和与及、]\s?"
    r"(?:验证|测试)",
    FLAGS,
)
"""Training and validation loss: what is said holds of each."""
STAYS: Final = re.compile(
    r"一直(?:是|为|保持|维持)|始终(?:是|为|保持|维持)|保持(?:在|为)|维持在|\b(?:stay\w*|remain\w*|sat|sits"
    r"|hold\w*|held|kept)\b",
    FLAGS,
)
HELD: Final = re.compile(
    rf"(?:{STAYS.pattern})(?:\b(?:at|around|about|near|roughly|constant|flat|stuck)\b|[约为是在~≈]|"
    rf"\s){{0,40}}$",
    FLAGS,
)
FIXED: Final = re.compile(
    r"恒定|全程(?=\s{0,3}\d)|固定(?:为|在|不变)|(?:保持|始终|一直|全程)(?:没有?变|不变)|全程(?:为|是|固定)|\b"
    r"(?:const|constant|fixed at|kept fixed|unchanged)\b|没变过|没有变化过",
    FLAGS,
)
ABOVE: Final = re.compile(
    r"\b(?:exceed(?:s|ed)?|above|more than|greater than|higher than|at least|surpass\w*)\b|超过|"
    r"高于|大于|突破|至少",
    FLAGS,
)
BELOW: Final = re.compile(
    r"\b(?:below|under|less than|lower than|smaller than|at most)\b|低于|小于|不到|不足|跌破|降破"
    r"|至多",
    FLAGS,
)
ABOVE_NUMBER: Final = re.compile(
    rf"(?:{ABOVE.pattern}|\b(?:over|past|beyond)\b)\s{{0,9}}[了过]?\s{{0,9}}$", FLAGS
)
BELOW_NUMBER: Final = re.compile(rf"(?:{BELOW.pattern})\s{{0,9}}[了过]?\s{{0,9}}$", FLAGS)
NUMBER_ABOVE: Final = re.compile(r"\s{0,9}[以之]上", FLAGS)
NUMBER_BELOW: Final = re.compile(r"\s{0,9}[以之][下内]", FLAGS)
AT_ALL_TIMES: Final = re.compile(
    r"\b(?:always|stay\w*|remain\w*|throughout|kept|keeps|held|at all times|every\w*|at most)\b|"
    r"始终|一直|全程|保持|维持|每个|所有|都(?:在|是|高于|低于|大于|小于)|至多",
    FLAGS,
)
CROSSED: Final = re.compile(
    r"\b(?:f[ae]ll\w*|drop\w*|dip\w*|s[iau]nk\w*|got|gets?|goes|went|r[io]se\w*|climb\w*|jump\w*|"
    r"sho[ot]+s?|spik\w*|cross\w*|pass(?:es|ed)|(?:ex|pro)ceed\w*"
    r"|surpass\w*|br[eo]a?ke?s?|reach\w*|hits?|ma[dk]es? it|once|at some point)\b|一度|曾|跌|降|"
    r"掉|涨|升|冲|飙|跳|突破|超过|达到",
    FLAGS,
)
"""A number was passed at some time, which says nothing of the other rows."""
LOOSELY: Final = re.compile(
    r"\b(?:mostly|mainly|usually|often|sometimes|rarely|hardly|seldom|no longer|any ?more|not "
    r"(?:always|yet)|until|till|before|within|by (?:epoch|step))\b"
    r"|大多|多数|基本|几乎|差不多|偶尔|很少|有时|不再|并非(?:一直|始终)|不(?:总|一直|始终)|之前|"
    r"以前|前",
    FLAGS,
)
"""Of most rows, or of those before a place: which ones are meant cannot be told."""
APART: Final = re.compile(
    r"\b(?:otherwise|except\w*|other than|apart from|excluding)\b|除|其余|其他", FLAGS
)
"""Of the rows that are left when others are taken out."""
DOWN: Final = re.compile(
    r"\b(?:fall(?:s|ing|en)?|fell|decreas\w*|declin\w*|drop\w*|shr[aiu]nk\w*|(?:going|goes|went|"
    r"trend\w*) down\w*|downwards?|sink\w*|sank)\b|比(?:上|前)一?(?:个|次|轮)?(?:都|要|更)?[低小]|下降|降低|减小|走低|变[低小]|衰减|越来越[低小]|在降|降(?=[到至])|\b(?:decay|anneal)\w*",
    FLAGS,
)
UP: Final = re.compile(
    r"\b(?:ris(?:es?|ing|en)|rose|increas\w*|climb\w*|bounc\w+ back|grow\w*|grew|(?:going|goes|"
    r"went|trend\w*|crept|creep\w*) up\w*|upwards?)\b|比(?:上|前)一?(?:个|次|轮)?(?:都|要|更)?[高大]|上升|升高|回升|增大|走高|变[高大]|都在涨|反弹|上涨|爬升|越来越[高大]|在涨",
    FLAGS,
)
BETTER: Final = re.compile(
    r"\bimprov\w*|\bbetter\b|改善|越来越好|变好|提升|比(?:上|前)一?(?:次|个|轮)?[^，,。]{0,8}好",
    FLAGS,
)
WORSE: Final = re.compile(r"\b(?:wors\w*|degrad\w*|deteriorat\w*)\b|越来越差|变差|恶化|退化", FLAGS)
EVERY: Final = re.compile(
    r"\bmonoton\w*|\bevery (?:single )?(?:evaluation|epoch|step|time|row)|\bwithout exception\b|"
    r"单调|从头到尾|逐[轮次个]|每(?:一)?次|每个|每(?:一)?轮|创(?:下|出)?(?:了)?新[低高]",
    FLAGS,
)
THROUGHOUT: Final = re.compile(
    r"\b(?:all the way|until the (?:very )?end|till the end|to the (?:very )?end|throughout|"
    r"steadily|keeps?|kept|continu\w+|the (?:whole|entire) (?:time|way|run)|consistently)\b"
    r"|持续|一直|一路|全程|始终|不断|稳步|从头到尾",
    FLAGS,
)
STILL: Final = re.compile(r"\bstill\b|仍|还在|尚在", FLAGS)
SINCE: Final = re.compile(
    r"\b(?:start(?:s|ed)|begins?|began) (?:to|rising|falling|increasing)|\bfrom\b.{0,200}?\bon\b|"
    r"开始|之后|以后",
    FLAGS,
)
TURNED: Final = re.compile(
    r"回升|反弹|回落|\b(?:bounc|climb|ris|ros|go|went|creep|crept)\w* back|\bturn(?:s|ed)? (?:up|"
    r"down)|\brebound\w*",
    FLAGS,
)
BEFORE_EVENT: Final = re.compile(
    r"(?:发散|崩|炸|挂|尖峰|NaN|[这那]之?)之?前|\bbefore (?:the|that|it|this)\b",
    FLAGS,
)
"""What is said of the rows before something that happened."""
UNLIKE: Final = re.compile(rf"\bup and down\b|{BEFORE_EVENT.pattern}", FLAGS)
"""Of no direction, or of rows whose end is not told."""
NO_TURN: Final = re.compile(
    r"(?:没有?|未|无)(?:再|明显|任何|出现)?(?:反弹|回升)|\b(?:no|never|without)\s(?:a\s)?(?:rebound|"
    r"bounc)\w*",
    FLAGS,
)
"""It has not risen again: it fell to the end."""
OVERALL: Final = re.compile(r"总体|整体|趋势|\b(?:overall|trend\w*)\b", FLAGS)
OVERFIT: Final = re.compile(r"\bover-?fit\w*|过拟合|過擬合", FLAGS)
NONFINITE: Final = re.compile(r"(?<![A-Za-z])(?:NaNs?|Infs?|non-?finite)(?![A-Za-z])|非有限", FLAGS)
FINE: Final = re.compile(
    r"\b(?:is|are|still|stays?|remains?|looks?)\s(?:\w+\s)?(?:fine|ok|okay|normal|finite)\b|正常(?!收敛|结束|"
    r"完成|下降)",
    FLAGS,
)
EARLY: Final = re.compile(r"\bearly[ -]stop\w*|\bstop\w* early\b|早停|提前停止", FLAGS)
TRIGGERED: Final = re.compile(
    r"\b(?:kick\w*|trigger\w*|fired|stopped|ended|activated)\b|触发|停止|早停(?!耐心|参数|设置)",
    FLAGS,
)
BROKE_OFF: Final = re.compile(
    r"\b(?:crash\w*|killed|interrupted|aborted|terminated|died|broke off)\b|崩溃|中断|终止|被杀|"
    r"挂掉|挂了",
    FLAGS,
)
FINISHED: Final = re.compile(
    r"\b(?:finish\w*|complet(?:ed?|ion)|ran (?:\w+ )?(?:through )?to the end|"
    r"through to the end)\b|跑完|正常(?:结束|完成)|顺利(?:结束|完成)|训练(?:已|已经)?(?:完成|"
    r"结束)(?!时|后)",
    FLAGS,
)
EXPLOSION: Final = re.compile(
    r"\b(?:explode[sd]|blew up|diverge[sd])\b|\b(?:explod|diverg)\w+ (?:at|in|after)\b|(?:出现|"
    r"发生|存在|没有|无)[^，,。；]{0,8}(?:爆炸|发散)|(?:爆炸|发散)了",
    FLAGS,
)
SPIKE: Final = re.compile(r"异常峰值|尖峰|飙升|突增|跳变|\bspik\w+|\boutlier", FLAGS)
NO: Final = (
    r"(?:没有|没出现|无|未见|未出现|未发现|未|并未|不含|没|不)[^，,。；：:]{{0,10}}(?:{words})|"
    r"(?:\b(?:no|not|never|none|without|free of)\b|n't\b)(?:\s+[a-z-]+){{0,4}}\s+(?:{words})"
)
"""That something has not happened is said right before it; a "not" elsewhere in the sentence says
something else.
"""
ELSEWHERE: Final = re.compile(r"\bsuch\b|\bspikes? (?:there|here)\b|此处|对应|那里", FLAGS)
NO_OVERFIT: Final = re.compile(NO.format(words=OVERFIT.pattern), FLAGS)
UNDECIDED: Final = re.compile(
    r"(?:判断|判定|确定|看出)[^，,。]{0,8}过拟合|\b(?:judg|tell|told|decid|say|know|rul)\w*\b.{0,20}\bover-?fit|"
    r"\bover-?fit\w*\b.{0,20}\b(?:judged|told|decided)\b",
    FLAGS,
)
"""Over-fitting that cannot be judged is neither there nor not."""
NO_BREAK: Final = re.compile(NO.format(words=BROKE_OFF.pattern), FLAGS)
NO_FINISH: Final = re.compile(NO.format(words=FINISHED.pattern), FLAGS)
EITHER: Final = re.compile(r"或|\bor\b|\beither\b", FLAGS)
NO_NAN: Final = re.compile(NO.format(words=NONFINITE.pattern), FLAGS)
NO_SPIKE: Final = re.compile(
    rf"(?:没有|无|未见|未出现|没出现|未发现)[^，,。；]{{0,10}}(?:{SPIKE.pattern})|\b(?:no|not|"
    rf"never|without|free of)\b(?:\s+\w+){{0,4}}\s+(?:{SPIKE.pattern})|"
    rf"(?:{SPIKE.pattern})[^，,。；]{{0,16}}(?:\bnever\b|n't\b)",
    FLAGS,
)
PARTIAL: Final = re.compile(
    r"同一[行处步段]|即使|比(?!例)|差距|差值|随机猜测|随.{0,8}(?:增大|变化)|这些|这几|其中|期间|"
    r"前后|相邻|中位数|均值|平均|之差|相差|预计|预测|量级|行数|次数|\b(?:at the same|in the same|"
    r"these|those|during (?:the|which)|among|of which|medians?|mean|average|typical|neighbou?rs?|"
    r"around it|difference|gap|ratio|forecast|baseline|expected|order of|chance level|guess\w*|"
    r"grows with|rows?|number of|count|meanwhile)\b",
    FLAGS,
)
"""What is said of some rows, or of what was worked out from them, is said of no row that can be
looked up.
"""
NOT_CONVERGED: Final = re.compile(
    r"未(?:完全)?收敛|没有收敛|尚未收敛|\b(?:not|never|n't)\b.{0,16}converged?", FLAGS
)
CONVERGED: Final = re.compile(
    r"(?:已经?|基本|已基本|完全|正常|顺利)收敛|收敛(?:良好|得(?:很|比较)?好|正常)|\b(?:has|have|is|are|fully|already)\b.{0,16}\bconverged\b|"
    r"\bconverged\b",
    FLAGS,
)
STABLE: Final = re.compile(
    r"(?<!不)(?<!趋于)稳定(?!性)|\b(?:is|stays?|remains?|was)\s{1,9}+"
    r"(?:\w{1,40}+\s{1,9}+)?stable\b",
    FLAGS,
)
MODEL: Final = re.compile(r"模型|训练|\bmodel\b|\brun\b|\btraining\b", FLAGS)
TOTAL: Final = re.compile(
    r"一?共|总共|总计|完整|训练了|训了|只训|跑了|跑满|跑到|完成|跑完|做了|进行了|就停|\b(?:total|in all|all|over|ran|run|only|did|"
    r"runs|train(?:ed|ing)?|completed?|went on|performed|validated|evaluated)\b",
    FLAGS,
)
PART: Final = re.compile(
    r"前|后|每|再|还|近|最后|连续|内|\b(?:first|last|every|each|after|next|within|more|another|"
    r"additional|per|patience|warm-?up|consecutive)\b",
    FLAGS,
)
OF_ALL: Final = re.compile(r"(?:\bof(?: the| all)?|/)\s*$", FLAGS)
"""8 of 20 epochs: what was planned."""
PLANNED: Final = re.compile(r"计划|预定|设定|\b(?:planned|scheduled|configured)\b", FLAGS)
EVALUATIONS: Final = re.compile(r"evaluations?|validations?|评估|验证|evaluat|validat", FLAGS)
REMARK: Final = re.compile(
    r"^\s*(?:the )?(?:lowest|highest|best|minimum|maximum)\b|^\s*(?:也)?(?:是|为)?(?:全程|"
    r"整个训练)?(?:的)?(?:最低|最高|最小|最大|最佳|最优|最好)",
    FLAGS,
)
ALONE: Final = re.compile(
    r"[\s,，、:：(（)）]{0,20}(?:为|是|约|at|of|about)?[\s,，、:：(（)）]{0,20}", FLAGS
)
GIVEN: Final = re.compile(
    r"(?:\s|[=≈:：~]|\b(?:is|was|of|about|around|roughly|value|at)\b|的?值|已经|只有|还有|仍有|仅|约|为|是|\b(?:only|just|still|now)\b)+",
    FLAGS,
)
CHANGED: Final = re.compile(
    r"\b(?:by|within)\s*$|(?:降低|下降|提升|提高|上升|增加|减少|变化|升高|升|降)了?\s{0,9}约?\s{0,9}$",
    FLAGS,
)
"""By 3 %: a difference, no value."""
BY_SO_MUCH: Final = re.compile(
    rf"(?:{DOWN.pattern}|{UP.pattern}|{BETTER.pattern}|\b(?:gain|lose|lost)\w*)\s{{1,9}}(?:by )?"
    rf"(?:more|less|at least|at most)\b[a-z ]{{0,9}}$",
    FLAGS,
)
"""Drops more than 0.5: a difference as well."""
THEN: Final = re.compile(
    r"\b(?:then|again|afterwards|later|soon|back)\b|又|再|随后|然后|接着|马上|立刻|很快", FLAGS
)
"""What comes after the place of the clause before is no longer there."""
STUCK: Final = re.compile(
    r"(?:\b(?:stuck|stagnat\w+|plateau\w*|flat\w*(?: (?:off|out))?|level\w* (?:off|out)|saturat\w*|hover\w*|bounc\w*|settl\w*"
    r"(?: down)?) (?:at|around|near)(?: (?:about|around|roughly))?\s{0,3}~?|卡在|停在|停留在|徘徊在)\s{0,9}约?\s{0,9}$",
    FLAGS,
)
"""A level, where a place says from when on."""


AROUND_BEFORE: Final = re.compile(r"(?:在|停在|卡在|稳定在|维持在|保持在)\s{0,9}约?\s{0,9}$", FLAGS)
AROUND_BEHIND: Final = re.compile(
    r"\s{0,9}(?:左右|附近|上下)(?!.{0,9}(?:达到|触底|开始|降|升|涨))", FLAGS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an earlier clause of the sentence has said that the next one goes on from: a lead place,
    the metric, role and place.
    """

    lead: tuple[Place, ...] = ()
    metric: Metric | None = None
    of_passage: bool = False
    which: Which = "somewhere"
    place: Place | None = None
    at_end: bool = False
    role: Which = "somewhere"
    compared: Compared | None = None
    last_rows: int = 0
    since: Place | None = None
    of_part: bool = False


def prose(
    sentence: str, origin: Origin, known: Vocabulary, passage: Metric | None, split: str
) -> Iterator[Claim]:
    """Yield the claims of one sentence; `passage` is the metric and `split` the split of its
    heading.
    """
    told = Told(metric=passage, of_passage=passage is not None)
    parts = _with_splits(clauses(sentence, known), known, passage)
    about_rate = bool(RATE.search(sentence) or SHAPES["warmup"].search(sentence))
    spiky = bool(SPIKE.search(sentence)) and not NEGATED.search(sentence)
    apart = bool(APART.search(sentence))

    for part in parts:
        metrics = tuple(
            replace(one, split=split) if split and not one.split else one for one in part.metrics
        )
        named_unknown = bool(part.mentions) and not metrics and not _is_its_loss(part, told)
        before = None if named_unknown else told.metric
        metric = metrics[0] if metrics else before
        found = [
            *of_run(part, origin, about_rate=about_rate, named=bool(part.mentions)),
            *(
                one
                for one in _clause(part, origin, metric, told, named_unknown, spiky)
                if not (apart and isinstance(one, BoundOf))
            ),
        ]
        if metric is not None and BOTH.search(part.text):
            found = list(_of_each(found, metric, known))
        yield from found
        told = _next(part, told, metric, found)
    if told.metric is not None:
        yield from turned(sentence, origin, told.metric)


BOTH: Final = re.compile(r"\bboth\b|两个|两条|两者|二者", FLAGS)


def _of_each(found: Sequence[Any], metric: Metric, known: Vocabulary) -> Iterator[Claim]:
    """Yield what is said of both losses for each of their splits."""
    splits = sorted(known.splits.get(metric.name, ()))
    for one_metric in found:
        if getattr(one_metric, "metric", None) == metric and not metric.split and len(splits) > 1:
            yield from (replace(one_metric, metric=replace(metric, split=one)) for one in splits)
        else:
            yield one_metric


LOSS: Final = re.compile(r"(?:its |the )?loss|损失", FLAGS)


def _is_its_loss(part: Clause, told: Told) -> bool:
    """Return whether a clause says "its loss" of the metric that was named before: 判别器崩了，loss
    变成 0.
    """
    return told.metric is not None and all(
        LOSS.fullmatch(part.text[one.start : one.end]) for one in part.mentions
    )


def _with_splits(
    parts: Sequence[Clause], known: Vocabulary, passage: Metric | None
) -> tuple[Clause, ...]:
    """Return the clauses with the splits that they name alone, each for the metric spoken of before
    it, or else next.
    """
    named = [metric for part in parts for metric in part.metrics]
    spoken_of = passage or (named[0] if named else None)
    found = []
    for part in parts:
        spoken_of = part.metrics[0] if part.metrics else spoken_of
        bare = known.bare(part.text, part.mentions, spoken_of)
        mentions = tuple(sorted((*part.mentions, *bare), key=lambda one: one.start))
        found.append(replace(part, mentions=mentions))
    return tuple(found)


def _next(part: Clause, told: Told, metric: Metric | None, found: Sequence[Claim]) -> Told:
    before = part.mentions[0].start if part.mentions else len(part.text)
    lead = tuple(
        place
        for spot in part.spots
        if spot.end <= before and not spot.since
        for place in spot.places
    )
    role = which_of(unnamed(part))
    values = [claim for claim in found if isinstance(claim, ValueAt)]
    last = next((claim.metric for claim in reversed(values)), metric)
    at_end = bool(LAST.search(part.text)) and not values and not part.figures
    return Told(
        lead=lead or told.lead,
        metric=last or told.metric,
        of_passage=told.of_passage and not part.mentions,
        which=values[-1].which if values else told.which,
        place=values[-1].place if values else told.place,
        at_end=at_end or (told.at_end and not values),
        role=role if role != "somewhere" else told.role,
        compared=next(
            (one for one in found if isinstance(one, Compared)),
            None if part.mentions else told.compared,
        ),
        last_rows=last_rows(part.text) or told.last_rows,
        since=next((spot.places[0] for spot in part.spots if spot.since), told.since),
        of_part=told.of_part or bool(AHEAD.search(part.text)),
    )


def which_of(text: str) -> Which:
    """Return which value of a metric a text speaks of, by its words."""
    for which, words in (
        ("least", LEAST),
        ("greatest", GREATEST),
        ("best", BEST),
        ("last", LAST),
        ("first", FIRST),
    ):
        if words.search(text):
            return which  # type: ignore[return-value]
    return "somewhere"


def _clause(
    part: Clause, origin: Origin, metric: Metric | None, told: Told, unknown: bool, spiky: bool
) -> Iterator[Claim]:
    yield from _counts(part, origin)
    yield from _happened(part, origin, metric, told, unknown, spiky)
    if unknown:
        return
    related = [
        replace(one, last_rows=one.last_rows or told.last_rows)
        if isinstance(one, ChangedBy)
        else one
        for one in relations(part, origin, metric, told.compared)
    ]
    yield from related
    if any(isinstance(one, Compared) for one in related) or (related and not part.mentions):
        return
    if metric is None:
        yield from _best_of_run(part, origin)
        return
    if SPIKE.search(part.text) or spiky:
        yield from _spikes(part, origin, metric)
        return
    yield from _settled(part, origin, metric)
    yield from _extreme_place(part, origin, metric, told)
    if not related:
        yield from _course(part, origin, metric)
    if any(isinstance(one, ChangedBy) for one in related):
        values = [f for f in part.figures if not CHANGE.search(part.text[: f.start])]
        part = replace(part, figures=tuple(values))
    yield from _figures(part, origin, metric, told)


# ------------------------------------------------------------------------------------------- values
def _figures(part: Clause, origin: Origin, metric: Metric, told: Told) -> Iterator[Claim]:
    """Yield what is said of the numbers of a clause: each belongs to the metric named last before
    it.
    """
    text = part.text
    if FIXED.search(text) and not NEGATED.search(FIXED.sub("", text)):
        yield ConstantIs(origin=origin, metric=metric)
    if bounds := list(_bounds(part, origin, metric, told)):
        yield from (one for one in bounds if not _is_loose(text))
        return
    if NEGATED.search(text) or PARTIAL.search(text):
        return
    ends = len(part.figures) == 2 and len(set(part.metrics)) < 2
    if ends and FROM.search(text) and TO.search(text):
        yield from _from_to(part, origin, metric, told)
        return
    yield from _values(part, origin, metric, told)


def _is_loose(text: str) -> bool:
    return bool(PARTIAL.search(text) or LOOSELY.search(text))


def _bounds(part: Clause, origin: Origin, metric: Metric, told: Told) -> Iterator[BoundOf]:
    """Yield the numbers of a clause that values lie above or below."""
    unreached = next(
        (figure for figure in part.figures if NOT_REACHED.search(part.text[: figure.start])), None
    )
    if unreached is not None:
        yield BoundOf(
            origin=origin,
            metric=metric,
            number=unreached.number,
            side="below",
            over="every",
            strict=True,
        )
        return
    both = (
        (metric, replace(metric, split="train"))
        if metric.split and OF_BOTH.search(origin.quote)
        else (metric,)
    )
    for one in both:
        for figure in part.figures:
            if (side := _side(part.text, figure)) is not None:
                yield _bound(part, origin, one, told, figure, *side)


def _values(part: Clause, origin: Origin, metric: Metric, told: Told) -> Iterator[Claim]:
    """Yield the values of a clause, each at the place that belongs to it."""
    text = part.text
    places = part.places or (told.lead if not (LAST.search(text) or THEN.search(text)) else ())
    if len(places) > 1:
        if len(places) == len(part.figures):
            for place, figure in zip(places, part.figures, strict=True):
                yield ValueAt(
                    origin=origin, metric=metric, number=figure.number, place=place, which="at"
                )
        return
    owners = [(figure, _owner(part, figure, metric)) for figure in part.figures]
    for figure, owner in owners:
        if _named_behind(part, figure) is not None and which_of(unnamed(part)) == "somewhere":
            yield ValueAt(origin=origin, metric=owner, number=figure.number, which="ended")
        elif sum(other == owner for _, other in owners) == 1:
            # two numbers of one metric: which says what cannot be told
            yield from _value(part, origin, owner, figure, places[0] if places else None, told)


def _owner(part: Clause, figure: Figure, metric: Metric) -> Metric:
    """Return the metric of a number: the one named right behind it ("85 % on val"), else the last
    before it.
    """
    before = [
        one.metric for one in part.mentions if one.metric is not None and one.end <= figure.start
    ]
    return _named_behind(part, figure) or (before[-1] if before else metric)


def _named_behind(part: Clause, figure: Figure) -> Metric | None:
    """Return the metric that a number is told to be of right behind it."""
    behind = next(
        (one for one in part.mentions if one.metric is not None and one.start >= figure.end), None
    )
    if behind is not None and OF_SPLIT.fullmatch(part.text[figure.end : behind.start]):
        return behind.metric
    return None


OF_SPLIT: Final = re.compile(r"\s{0,3}(?:\b(?:on|for|in|of)\b)?\s{0,3}(?:\bthe\b)?\s{0,3}", FLAGS)
"""What stands between a number and the split that it is of."""


def _side(text: str, figure: Figure) -> tuple[Literal["above", "below"], str] | None:
    """Return on which side of a number the text says that values lie, and what stands before those
    words; None for another number.
    """
    before, behind = text[: figure.start], text[figure.end :]
    words = ABOVE_NUMBER.search(before) or BELOW_NUMBER.search(before)
    said = NUMBER_ABOVE.match(behind) or NUMBER_BELOW.match(behind)
    lead = before[: words.start()] if words is not None else before
    if (
        (words or said) is None
        or CHANGED.search(lead)
        or (words is not None and BY_SO_MUCH.search(before))
    ):
        return None
    return ("above" if ABOVE_NUMBER.search(before) or NUMBER_ABOVE.match(behind) else "below"), lead


NOT_REACHED: Final = re.compile(
    r"(?:\b(?:never|not)\b|n't\b)\s{1,3}(?:\w{1,12}\s)?(?:reach\w*|gets? to|got to|hits?|ma[dk]es? it "
    r"to)\s{0,3}$|(?:没有?|未|从未|没能)(?:达|升|降|超)?(?:到|过|达到)\s{0,3}$",
    FLAGS,
)
"""It never reaches one: every value lies below."""


def _bound(
    part: Clause,
    origin: Origin,
    metric: Metric,
    told: Told,
    figure: Figure,
    side: Literal["above", "below"],
    lead: str,
) -> BoundOf:
    """Return which values lie beyond a number; a denial before it turns the side and speaks of
    every value.
    """
    text, denied = part.text, bool(NEGATED.search(lead))
    if denied:
        side = "below" if side == "above" else "above"
    spot = part.spots[0] if len(part.places) == 1 else None
    since = spot is not None and spot.since
    over: Literal["every", "some", "last", "ends", "told"]
    if STILL.search(text) and spot is None and not denied:
        over = "last"
    elif LAST.search(text) and spot is None:
        over = "ends" if CROSSED.search(text) and not denied else "last"
    elif denied or AT_ALL_TIMES.search(text) or not (spot is None or since):
        over = "every"
    else:
        over = "some" if CROSSED.search(text) else "told"
    place = spot.places[0] if spot is not None else None
    if place is None and told.since is not None:
        place, since = told.since, True
    return BoundOf(
        origin=origin,
        metric=metric,
        number=figure.number,
        side=side,
        over=over,
        place=place,
        since=since,
        last_rows=last_rows(text) if spot is None else 0,
        way=_sunk_or_risen(text) if over in ("some", "ends") else "",
    )


def _from_to(part: Clause, origin: Origin, metric: Metric, told: Told) -> Iterator[Claim]:
    """Yield the two ends of "from A at epoch 0 to B at epoch 19": the first and the last value, or
    those at the places named.
    """
    first, last = part.figures
    if told.last_rows or last_rows(part.text):
        for figure in part.figures:
            yield ValueAt(origin=origin, metric=metric, number=figure.number, which="reached")
        return
    if which_of(unnamed(part)) in ("least", "greatest", "best"):
        yield ValueAt(origin=origin, metric=metric, number=last.number, which="reached")
        return
    places = part.places or told.lead
    if len(places) == 2:
        at: tuple[Place | None, Place | None] = (places[0], places[1])
    elif len(places) == 1 and part.spots:
        near_last = (
            part.spots[0].start > first.end
            or FROM.search(part.text[part.spots[0].end : first.start]) is not None
        )
        at = (None, places[0]) if near_last else (places[0], None)
    else:
        at = (None, None)
    yield ValueAt(
        origin=origin,
        metric=metric,
        number=first.number,
        place=at[0],
        which="at" if at[0] else "began",
    )
    end: Which = "reached" if PART.search(part.text) or told.of_part else "ended"
    yield ValueAt(
        origin=origin, metric=metric, number=last.number, place=at[1], which="at" if at[1] else end
    )


def _value(
    part: Clause, origin: Origin, metric: Metric, figure: Figure, place: Place | None, told: Told
) -> Iterator[Claim]:
    text = unnamed(part)
    if CHANGED.search(text[: figure.start]):
        return
    since = next((spot for spot in part.spots if spot.since), None)
    which = which_of(text)
    if (
        which == "somewhere"
        and not part.mentions
        and ALONE.fullmatch(text[: figure.start])
        and ALONE.fullmatch(text[figure.end :])
    ):
        which = told.role  # "at its lowest, 0.27, in round 64"
    held = (
        HELD.search(text[: figure.start])
        or (since and STUCK.search(text[: figure.start]))
        or _is_level(text, figure)
    )
    if held and which == "somewhere":
        loosely = STUCK.search(text[: figure.start]) is not None
        yield LevelSince(
            origin=origin,
            metric=metric,
            number=replace(figure.number, about=figure.number.about or loosely),
            place=since.places[0] if since else None,
        )
        return
    if which in ("least", "greatest", "best"):
        yield ValueAt(origin=origin, metric=metric, number=figure.number, which=which)
    elif place is not None and since is not None:
        # how soon after, it does not say
        yield ValueAt(origin=origin, metric=metric, number=figure.number, which="reached")
    elif place is not None:
        yield ValueAt(origin=origin, metric=metric, number=figure.number, place=place, which="at")
    elif which != "somewhere":
        yield ValueAt(origin=origin, metric=metric, number=figure.number, which=which)
    elif told.at_end:
        yield ValueAt(origin=origin, metric=metric, number=figure.number, which="last")
    elif REACHED.search(text) and (part.mentions or not told.of_passage):
        way = _sunk_or_risen(text) or "reached"
        yield ValueAt(origin=origin, metric=metric, number=figure.number, which=way)
    elif GIVEN.fullmatch(
        text[
            max(
                (one.end for one in part.mentions if one.end <= figure.start), default=figure.start
            ) : figure.start
        ]
    ):
        at_last = ONLY.search(text[: figure.start])  # "is only 0.95": no row on the way
        which = "ended" if at_last else "somewhere"
        yield ValueAt(origin=origin, metric=metric, number=figure.number, which=which)


ONLY: Final = re.compile(
    r"(?:只有|只剩|仅|已经|还有|仍有|\b(?:only|just|still|now)\b)\s{0,3}(?:约|\w{1,12}\s)?\s{0,3}$",
    FLAGS,
)


def _sunk_or_risen(text: str) -> Literal["", "sunk", "risen"]:
    """Return which way a metric is said to have come so far: what it began with is not meant."""
    down, up = DOWN.search(text) or SUNK.search(text), UP.search(text) or RISEN.search(text)
    if bool(down) is bool(up):
        return ""
    return "sunk" if down else "risen"


SUNK: Final = re.compile(r"[降跌掉]|\bdr[oi]p\w*|\bf[ae]ll\w*", FLAGS)
RISEN: Final = re.compile(r"[升涨冲]|\br[io]se\w*|\bclimb\w*|\bjump\w*", FLAGS)


def _is_level(text: str, figure: Figure) -> bool:
    """Return whether a number is said to be about where a metric stays: 在 3.8 左右, plateaus at
    0.6.
    """
    before, behind = text[: figure.start], text[figure.end :]
    return bool(
        (AROUND_BEFORE.search(before) and AROUND_BEHIND.match(behind))
        or (STUCK.search(before) and not REACHED.search(before))
    )


def _extreme_place(part: Clause, origin: Origin, metric: Metric, told: Told) -> Iterator[Claim]:
    """Yield where a metric has its extreme: in its words, or in those of the clause before that
    this one completes.
    """
    text, own = part.text, which_of(unnamed(part))
    if NEGATED.search(text) or PARTIAL.search(text):
        return
    before = "somewhere" if part.figures or part.mentions else told.role
    extreme = own if own in ("least", "greatest", "best") else before
    if extreme not in ("least", "greatest", "best"):
        return
    places = [place for spot in part.spots if not spot.since for place in spot.places] or list(
        told.lead
    )
    if len(places) == 1:
        yield BestAt(origin=origin, metric=metric, which=extreme, place=places[0])
    elif not places and not part.figures and own == extreme:
        rest = LEAST.sub("", GREATEST.sub("", BEST.sub("", text)))
        if LAST.search(rest) or (REMARK.search(text) and told.which == "last"):
            yield BestAt(origin=origin, metric=metric, which=extreme, place=None)
        elif REMARK.search(text) and told.place is not None:
            yield BestAt(origin=origin, metric=metric, which=extreme, place=told.place)


def _best_of_run(part: Clause, origin: Origin) -> Iterator[Claim]:
    """Yield "best checkpoint at step 250": of the metric that counts."""
    places = [place for spot in part.spots if not spot.since for place in spot.places]
    text = part.text
    if BEST.search(text) and MARKED.search(text) and not NEGATED.search(text):
        if not places and (
            named := re.search(r"\bepochs?\s*(?:是|为|is|was|:|：|=)\s*(\d+)", text, FLAGS)
        ):
            places = [Place(x=float(named[1]), unit="epoch")]
        if len(places) == 1:
            yield BestAt(origin=origin, metric=None, which="best", place=places[0])


# ------------------------------------------------------------------------------------------- course
def _course(part: Clause, origin: Origin, metric: Metric) -> Iterator[Claim]:
    text = part.text
    found = [
        name
        for name, words in (("falls", DOWN), ("rises", UP), ("worse", WORSE), ("better", BETTER))
        if words.search(text)
    ]
    if UNLIKE.search(text):
        return
    if NO_TURN.search(text):
        yield CourseOf(origin=origin, metric=metric, direction="falls", over="throughout")
        return
    if (
        len(found) != 1
        or NEGATED.search(text)
        or (PARTIAL.search(text) and not THAN_LAST.search(text))
    ):
        return
    direction = found[0]
    since = next((spot.places[0] for spot in part.spots if spot.since or SINCE.search(text)), None)
    if since is not None:
        yield CourseOf(origin=origin, metric=metric, direction=direction, over="since", place=since)  # type: ignore[arg-type]
    elif STILL.search(text) or TURNED.search(text):
        yield CourseOf(origin=origin, metric=metric, direction=direction, over="end")  # type: ignore[arg-type]
    elif EVERY.search(text):
        yield CourseOf(origin=origin, metric=metric, direction=direction, over="every")  # type: ignore[arg-type]
    elif (
        OVERALL.search(text)
        and direction in ("falls", "rises")
        and not (FROM.search(text) and part.figures)
    ):
        yield TrendOf(origin=origin, metric=metric, direction=direction)  # type: ignore[arg-type]
    elif THROUGHOUT.search(text) and not part.places and not (FROM.search(text) and part.figures):
        yield CourseOf(origin=origin, metric=metric, direction=direction, over="throughout")  # type: ignore[arg-type]
    elif direction in ("falls", "rises") and not (
        part.places
        or part.figures
        or FIRST.search(text)
        or ABOVE.search(text)
        or BELOW.search(text)
    ):
        yield CourseOf(origin=origin, metric=metric, direction=direction, over="some")  # type: ignore[arg-type]


def _settled(part: Clause, origin: Origin, metric: Metric | None) -> Iterator[Claim]:
    text = part.text
    denied = bool(NEGATED.search(text) or WEAKENED.search(text))
    if NOT_CONVERGED.search(text):
        yield Settled(origin=origin, metric=metric, word="not_converged")
    elif CONVERGED.search(text) and not denied:
        yield Settled(origin=origin, metric=metric, word="converged")
    elif metric is not None and STABLE.search(text) and not denied and not part.figures:
        yield Settled(origin=origin, metric=metric, word="stable")


# ------------------------------------------------------------------------------------ what happened
def _happened(
    part: Clause, origin: Origin, metric: Metric | None, told: Told, unknown: bool, spiky: bool
) -> Iterator[Claim]:
    text = unnamed(part)
    denied = bool(NEGATED.search(text))
    place = part.places[0] if len(part.places) == 1 else None
    overfits = OVERFIT.search(text) and not UNDECIDED.search(text)
    if overfits and bool(NO_OVERFIT.search(text)) is denied:
        place_of = None if denied else place
        yield Happened(origin=origin, what="overfit", denied=denied, place=place_of)
    if BEFORE_EVENT.search(text):
        return
    if NONFINITE.search(text) and bool(NO_NAN.search(text)) is denied and not PARTIAL.search(text):
        yield Happened(
            origin=origin,
            what="nonfinite",
            denied=denied,
            metric=metric,
            place=None if denied else place,
        )
    elif EXPLOSION.search(text) and metric is not None:
        yield Happened(origin=origin, what="explosion", denied=denied, metric=metric)
    if metric is not None and part.mentions and FINE.search(text) and not denied:
        yield Happened(origin=origin, what="nonfinite", denied=True, metric=metric)
    if EARLY.search(text) and (denied or TRIGGERED.search(text) or part.places):
        yield Happened(origin=origin, what="early_stop", denied=denied, place=place)
    elif not unknown and not part.metrics and not EITHER.search(text):
        yield from _ended(text, origin)
    if metric is None and not unknown and MODEL.search(text):
        yield from _settled(part, origin, None)
    if metric is None and not unknown and (SPIKE.search(text) or spiky):
        yield from _spike_of_run(part, origin, denied)


def _ended(text: str, origin: Origin) -> Iterator[Claim]:
    """Yield how the run is said to have ended."""
    if BROKE_OFF.search(text):
        yield Happened(origin=origin, what="broke_off", denied=bool(NO_BREAK.search(text)))
    elif FINISHED.search(text):
        yield Happened(origin=origin, what="finished", denied=bool(NO_FINISH.search(text)))


def unnamed(part: Clause) -> str:
    """Return the words of a clause without the names of metrics: "number of nan iterations" is no
    NaN.
    """
    text = part.text
    for one in part.mentions:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text


def _spike_of_run(part: Clause, origin: Origin, denied: bool) -> Iterator[Claim]:
    """Yield what is said of spikes without a metric: that there are none, and how far the one at a
    place goes.
    """
    if NO_SPIKE.search(part.text) and not part.places and not ELSEWHERE.search(part.text):
        yield Happened(origin=origin, what="spike", denied=True)
    elif (
        not denied
        and part.places
        and not part.figures
        and not (PARTIAL.search(part.text) or ELSEWHERE.search(part.text))
    ):
        yield SpikesAt(origin=origin, metric=None, places=part.places)
    elif not denied and len(part.places) == len(part.figures) == 1:
        yield ValueAt(
            origin=origin,
            metric=None,
            number=part.figures[0].number,
            place=part.places[0],
            which="at",
        )


def _spikes(part: Clause, origin: Origin, metric: Metric) -> Iterator[Claim]:
    if NO_SPIKE.search(part.text) and not ELSEWHERE.search(part.text):
        place = part.places[0] if len(part.places) == 1 else None
        yield Happened(origin=origin, what="spike", denied=True, metric=metric, place=place)
    if NEGATED.search(part.text) or PARTIAL.search(part.text):
        return
    if part.places:
        yield SpikesAt(origin=origin, metric=metric, places=part.places)
    if len(part.places) == len(part.figures):
        for place, figure in zip(part.places, part.figures, strict=True):
            yield ValueAt(
                origin=origin, metric=metric, number=figure.number, place=place, which="at"
            )


IN_WORDS: Final = re.compile(
    rf"(?<!first )(?<!last )\b(?P<n>{WORD})\s(?P<word>epochs?|steps?)\b", FLAGS
)


def _in_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield counts that are written in words: five epochs."""
    for found in IN_WORDS.finditer(text):
        count = DIGITS[found["n"].lower()]
        if count >= 2:
            yield int(count), f"{found['n']} {found['word']}".lower()


def _counts(part: Clause, origin: Origin) -> Iterator[Claim]:
    """Yield how many epochs, steps or evaluations are said to have been; "the first 10 epochs" and
    "every 25 steps" count none.
    """
    for count, word in (*part.counts, *_in_words(part.text)):
        before = part.text[
            : part.text.lower().find(word) if word in part.text.lower() else len(part.text)
        ]
        if PART.search(before[-24:]) and not re.search(r"一?共|总|\bin total\b", part.text, FLAGS):
            continue
        if re.fullmatch(r"evaluations?|validations?", word) or (
            word in ("次", "times") and EVALUATIONS.search(part.text)
        ):
            yield CountOf(origin=origin, what="evaluations", count=count)
            continue
        if (
            not (TOTAL.search(part.text) or PLANNED.search(part.text))
            and part.text.strip(" .。-*+").lower() != f"{count} {word}"
        ):
            continue
        if "epoch" in word:
            yield EpochCount(
                origin=origin,
                count=count,
                planned=bool(
                    OF_ALL.search(before[: before.rfind(str(count))]) or PLANNED.search(part.text)
                ),
            )
        elif re.search(r"steps?|iter|步", word):
            yield CountOf(origin=origin, what="steps", count=count)
        elif re.search(r"rounds?|轮", word):
            yield CountOf(origin=origin, what="rounds", count=count)
