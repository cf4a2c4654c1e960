"""A part of the reward that is the same for every answer: a rule that is never met, always met, or
not run.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import OneValue
from lossreport.text import Text, number

CONSTANT = Text(
    zh="`{metric}` 在全部 {count} 行里都是 {value}，而总奖励在变化。",
    en="`{metric}` is {value} in all {count} rows while the reward varies.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a judge without a verdict."""
    for finding, same in context.seen(OneValue):
        if same.judge:
            series = context.subject(finding)
            told = CONSTANT(metric=series.label, count=len(series), value=number(same.value))
            yield Suspicion(finding=finding, signs=(strong(told),))


CAUSE = Cause(
    id="reward_rule_never_met",
    family="reinforcement",
    title=Text(
        zh="这一项奖励或评判对所有样本都给同一个值",
        en="This part of the reward, or this judge, gives every sample the same value",
    ),
    decided_by=Text(
        zh="在几条人工写的、应当得分的样本上单独调用它：仍给同样的值就是实现有误，"
        "否则是任务太难或太易。",
        en="Call it alone on samples that should earn: the same value there means that it is "
        "written wrongly, else the task is too hard or too easy.",
    ),
    do=Text(
        zh="检查它期待的格式（标签、正则、答案字段）与实际输出是否一致；"
        "评判模型则看它的原始回复与解析。",
        en="Check that the form it expects (tags, pattern, field of the answer) is what comes "
        "out; of a judge model read its raw reply and how it is parsed.",
    ),
    reference="huggingface/trl #3857: GRPO Trainer loss error?",
    suspect=suspect,
)
