"""Words that claim something, in both languages, and what must be true where a sentence holds one.

A word is covered where a rule here looks at it, or where the claim that it stands in is of a kind
whose own rules do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.checking.courses import best_rows, measured
from lossreport.checking.ground import Ground
from lossreport.checking.kinds.excursions import back, stretch
from lossreport.model.analysis import State
from lossreport.model.run import Status
from lossreport.text import Lang, Phrase
from lossreport.values import dataclass

Rule = Callable[[Ground, Phrase], Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A claim in words: how it is said, the rule for it, and the kinds of claim whose own rules
    cover it.

    A kind is `finding spike`, `verdict improving`, `outcome`; one that ends in a blank stands for
    all that begin so.
    """

    id: str
    en: re.Pattern[str]
    zh: re.Pattern[str]
    rule: Rule | None = None
    kinds: tuple[str, ...] = ()

    def said_in(self, text: str, lang: Lang) -> bool:
        """Return whether a sentence holds the word."""
        return (self.zh if lang == "zh" else self.en).search(text) is not None

    def covers(self, kind: str) -> bool:
        """Return whether the rules of a kind of claim look at the word."""
        return self.rule is not None or any(
            kind == one or (one.endswith(" ") and kind.startswith(one)) for one in self.kinds
        )


def of_state(state: State) -> Rule:
    """Return the rule that a series named in the sentence is judged so, or a run."""

    def rule(ground: Ground, phrase: Phrase) -> Iterator[str]:
        ids = {series.id for series in ground.within(phrase).series}
        mine = [one for one in ground.analysis.verdicts if one.run == ground.run.id]
        if not any(
            one.state is state and (not one.series or set(one.series) & ids or not ids)
            for one in mine
        ):
            yield f"no series named here is {state.value}"

    return rule


def whole(ground: Ground) -> Ground | None:
    """Return the ground of the finding that a sentence stands in, None where it stands in none that
    names rows.
    """
    return ground.of(ground.finding) if ground.finding is not None and ground.finding.rows else None


def last_is_best(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Demand that the last value equals the best one."""
    for series in ground.series[:1]:
        rows = measured(series)
        if len(rows) and not any(
            series.y[row] == series.y[rows[-1]] for row in best_rows(ground, series)
        ):
            yield "an earlier value is better"


def not_back(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Demand that no row to the end of the stretch is back."""
    own = whole(ground)
    if own is not None and back(own) is not None:
        yield "a later row is back"


def next_is_back(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Demand that the row behind the excursion is back."""
    own = whole(ground)
    if own is not None and back(own) != stretch(own)[1] + 1:
        yield "the next row is not back"


def constant_rate(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Demand that no learning rate of the run ends elsewhere than where it was after its start."""
    for series in ground.run.series:
        y = series.y[np.isfinite(series.y)]
        if series.metric_type == "learning_rate" and len(y) >= 4 and y[-1] < 0.5 * y.max():
            yield f"{series.label} falls to {y[-1]:g}"


def ended(*statuses: Status) -> Rule:
    """Return the rule that the run ended so."""

    def rule(ground: Ground, phrase: Phrase) -> Iterator[str]:
        if ground.run.status not in statuses:
            yield f"the run is {ground.run.status.value}"

    return rule


def no_validation(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Demand that no loss of a validation is logged."""
    names = {series.name for series in ground.run.series if series.split == "train"}
    held = [
        s.label
        for s in ground.run.series
        if s.split != "train" and s.name in names and s.name in ("loss", "total_loss")
    ]
    if held:
        yield f"{held[0]} is logged"


def no_checkpoint(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Demand that the source of the finding names no checkpoint up to the last finite row before
    it.
    """
    own = whole(ground)
    if own is None or own.finding is None:
        return
    series, first = own.subject, own.finding.start.line
    sound = series.line[np.isfinite(series.y) & (series.line < first)]
    named = [
        one.line
        for one in own.run.events
        if one.kind == "checkpoint" and one.source == series.source
    ]
    if len(sound) > 1 and any(line <= sound[-2] for line in named):
        yield "a checkpoint is named before it"


def no_sound_row(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Demand that no row before the finding, or none but the last of them, is finite."""
    own = whole(ground)
    if own is not None and np.isfinite(own.subject.y[: max(0, own.rows[0] - 1)]).any():
        yield "a finite row stands before it"


def _word(id: str, en: str, zh: str, rule: Rule | None = None, *kinds: str) -> Word:
    return Word(id=id, en=re.compile(en, re.IGNORECASE), zh=re.compile(zh), rule=rule, kinds=kinds)


FINDINGS: Final = "finding "
WORDS: Final = (
    _word("improving", r"\bstill improving\b", "仍在改善", of_state(State.IMPROVING)),
    _word("flat here", r"\bflat at (?:this|a constant) learning rate\b", "在当前学习率下已走平|常数学习率", of_state(State.CONVERGED)),
    _word("flat at a poor level", r"\bflat at a poor level\b", "停在不好的水平|停在高位", of_state(State.PLATEAU_HIGH)),
    _word("diverging", r"\bdiverging\b", "正在发散", of_state(State.DIVERGING)),
    _word("unstable", r"\bis unstable\b|: unstable\b", "训练不稳定|：不稳定", of_state(State.UNSTABLE)),
    _word("mixed", r"\bmix different groups\b|\bbelong to different groups\b", "混杂了不同的组|属于不同的组", of_state(State.MIXED)),
    _word("broken", r"\brun is broken\b|\brun ended with a non-finite\b", "(?:这次)?训练已(?:经)?损坏", of_state(State.BROKEN)),
    _word("overfits", r"\brun overfits\b|: overfitting;", "训练已经过拟合|：过拟合，", of_state(State.OVERFITTING)),
    _word("past its best", r"\bis past its best\b|\bPast its best and\b|: worse at the end than", "已过最佳点|：在变差", of_state(State.WORSENING)),
    _word("too few", r"\btoo few (?:finite rows )?to judge\b", "不足以判断(?:收敛|：)", of_state(State.INSUFFICIENT)),
    _word("undecided", r"\bcannot tell whether it still improves: |"
        r"\bwhether that lasts cannot be told\b|"
        r"\brows cannot separate flat\b|\bit is not judged whether it is flat\b|"
        r"\bwhether it is flat is not judged\b", "看不出是走平还是缓慢改善|看不出是否(?:还在改善|会持续)|不判断是否走平", of_state(State.INCONCLUSIVE)),
    _word("last is best", r"\bbest at its last value\b", "最后一次（.{0,80}）最好", last_is_best),
    _word("not back", r"\bnot back (?:near the level around )?by the end\b", "仍未回到基线", not_back),
    _word("next is back", r"\bnext row (?:\(line \d+\) )?is back\b", "下一行(?:（第 \\d+ 行）)?(?:即|已)回到", next_is_back),
    _word("constant rate", r"\blearning rate is constant\b", "学习率是常数", constant_rate),
    _word("finished", r"^Finished|\bended as planned\b|^Stopped early", "训练已结束|训练按(?:计划|早停规则)结束", ended(Status.FINISHED)),
    _word("crashed", r"^Crashed\b|\brun crashed\b", "训练崩溃|异常退出", ended(Status.CRASHED)),
    _word("stopped", r"^Stopped from outside|^Not complete\b", "训练被中止|训练没有跑完", ended(Status.INTERRUPTED)),
    _word("running", r"^Still running", "^仍在运行", ended(Status.RUNNING)),
    _word("no word of an end", r"\blogs do not say whether it ended\b", "没有写明是否结束", ended(Status.UNKNOWN)),
    _word("no validation", r"\bno validation loss in the logs\b", "没有验证集的 loss", no_validation),
    _word("no checkpoint", r"\blogs name no checkpoint\b", "没有写明任何 checkpoint", no_checkpoint),
    _word("no sound row", r"\bno sound row before\b", "没有一行完好的记录", no_sound_row),
    # covered by the rules of their kind of claim
    _word("spikes", r"\bspikes at\b|\boutlying row\b|\bjumps to\b", "出现尖峰|一行离群|在 epoch \\{x\\} 跳到", None, FINDINGS),
    _word("recovers", r"\brecovers\b", "之后回落|后回落", None, "finding spike"),
    _word("rises", r"\bhas (?:been rising|risen|turned up)\b", "(?:起|已经)(?:上升|回升)|之后回升|此后回升", None, FINDINGS, "verdict overfitting"),
    _word("not risen", r"\bwhile the training loss (?:has not|still falls)\b", "训练 loss (?:没有同步上升|仍在下降)", None, "finding overfitting"),
    _word("worse", r"\bhas become worse\b|\bnever better\b|\bworse at the end\b", "此后变差|没有再变好|不如此前", None, FINDINGS, "verdict worsening"),
    _word("best", r"\bwas (?:best|lowest) at\b|\bbest level of\b|\bbest [\d.-]", "达到(?:最低|最好)|最好水平|最好 [\\d.-]", None, FINDINGS, "verdict ", "outcome"),
    _word("flat tail", r"\brows of .{0,200} are flat\b|\bhardly changed from\b", "行走平|从头到尾几乎没有变化", None, FINDINGS),
    _word("does not come back", r"\bdoes not come back\b", "之后没有回来", None, "finding level_shift"),
    _word("rate drops", r"\bthe learning rate drops\b", "学习率下降", None, "finding level_shift"),
    _word("level", r"\blevel of .{0,200} changes by\b|\bis a staircase\b", "水平(?:突变|变化)|呈台阶状", None, FINDINGS),
    _word("above chance", r"(?<!not )\babove (?:the )?chance\b(?! level of every)|"
        r"\bworse than chance\b", "(?<!是否)高于随机猜测水平", None, "finding above_chance", "verdict unstable", "recommendation"),
    _word("not finite", r"\bis NaN or infinite in\b|\bis not finite\b|\bnot finite at the end\b|"
        r"\bended? with a non-finite\b|\btook values that are not finite\b|"
        r"\bends in values that are not finite\b", "NaN 或无穷大|不是有限值|以非有限值|出现了非有限值", None, FINDINGS, "verdict ", "outcome", "recommendation"),
    _word("follows", r"\bfinite values? follows?\b|\bfinite ones follow\b", "(?:再没有|又出现(?:过|了))有限值|其后又", None, FINDINGS, "recommendation"),
    _word("constant", r"\bnever changes\b|\bin all \d+ (?:rows|validations)\b|"
        r"\bto the last digit\b|"
        r"\bis exactly\b", "一次也没有变化|在全部 \\d+ (?:行|次验证)里|逐位|起一直是", None, FINDINGS, "verdict ", "recommendation"),
    _word("missing", r"\brows are missing\b|\bis not logged any more\b", "中间缺行|不再出现", None, FINDINGS),
    _word("restarted", r"\bstarts again at\b|\btraining was (?:resumed|restarted)\b|\bholds "
        r"(?:another run"
        r"|"
        r"several runs)\b", "又从 .{0,80} 开始|训练在此(?:续训|重新开始)|是另一次运行|写了几次运行", None, FINDINGS, "recommendation"),
    _word("twice", r"\brepeat an earlier\b", "数值完全相同", None, FINDINGS),
    _word("torn", r"\bends in the middle of line\b", "中间断掉", None, FINDINGS),
    _word("swings", r"\boscillates\b|\btakes the same course in every epoch\b", "周期性振荡：|重复同样的走势", None, "finding oscillation", "recommendation"),
    _word("slower", r"\bgot slower\b|\bkeeps growing\b", "变慢了|一直在涨", None, FINDINGS, "recommendation"),
    _word("groups", r"\btwo alternating groups\b|\bfall into clusters\b", "交替出现的两组|聚成若干簇", None, "finding mixture"),
    _word("disagrees", r"\bdoes not agree between\b|\bdiffers between\b", "对不上：", None, "finding source_disagreement"),
)  # fmt: skip
"""All words that a report claims something by, whether their rule stands here or with the kind of
claim.
"""


def wrong_words(ground: Ground, phrase: Phrase) -> Iterator[str]:
    """Yield the words of one sentence, without those inside it, that the rows contradict."""
    text = phrase.text.en
    for word in WORDS:
        if word.rule is not None and word.said_in(text, "en"):
            yield from (f"“{word.id}”: {why}" for why in word.rule(ground, phrase))
