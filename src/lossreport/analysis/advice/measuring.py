"""What to do when the log itself misleads: hidden NaN, metrics that cannot be or never move, values
too coarse, sources apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.adviser import Advice, Case, has_step
from lossreport.analysis.detectors.no_gradient import EqualRewards
from lossreport.analysis.detectors.no_hits import falls
from lossreport.analysis.detectors.out_of_scale import OutOfScale
from lossreport.analysis.detectors.quantised import Quantised
from lossreport.analysis.payloads import AtClamp, OneValue, WrongAccuracy
from lossreport.model.analysis import Finding, Recommendation, Severity
from lossreport.text import Join, Text

HIDDEN = Text(
    zh="关掉替换（transformers：`--logging_nan_inf_filter False`）再跑几步，确认 loss 是否为 "
    "NaN；不要使用此后的 checkpoint，回到 loss 变为 0 之前的那个。代价：几步训练。",
    en="Switch the replacement off (in transformers: `--logging_nan_inf_filter False`) and "
    "run a few steps to see whether the loss is NaN; do not use later checkpoints, go back "
    "to one from before the zeros. Cost: a few steps.",
)
IMPOSSIBLE = Text(
    zh="先修指标再看曲线：有些数值是这种指标不可能取到的，检查累计、归一化和跨 rank 归约。"
    "代价：改评测代码，无需重训。",
    en="Fix the metric before reading its curve: some of its values are impossible; check how "
    "it is accumulated, normalised and reduced across ranks. Cost: a change to the "
    "evaluation code, no retraining.",
)
STILL = Text(
    zh="有指标从头到尾没有变化：确认它真的被计算和更新（学习率大于 0、参数没有被冻结、"
    "验证真的执行、类别数大于 1）。代价：几步训练。",
    en="A metric never changes: make sure it is computed and updated at all (a learning rate "
    "above 0, no frozen parameters, a validation that runs, more than one class). Cost: a "
    "few training steps.",
)
UNCOUNTED = Text(
    zh="训练 loss 在下降，而 `{metric}` 一直是 0：先查它是怎样算出来的（预测与标签的形状、"
    "类型和编号是否一致，argmax 的维度对不对，有没有整数除法），拿几个样本手算一遍。代价："
    "几分钟，无需重训。",
    en="The training loss falls while `{metric}` stays 0: check how it is computed (whether "
    "predictions and labels agree in shape, type and numbering, the axis of the argmax, an "
    "integer division), by hand on a few samples. Cost: minutes, no retraining.",
)
LOST = Text(
    zh="先数一数没找到的类（{names}）在训练集和验证集里各有多少样本、"
    "标签编号与模型输出是否对应，再看几张它们的预测图；样本少的，按类加权 loss "
    "或多采这些样本，并逐类看得分而不只看平均值。代价：一次统计。",
    en=(
        "Count the samples of the classes that are not found ({names}) in training and "
        "validation, check that label ids match the outputs of the model, and look at some "
        "predictions; where samples are few, weight the loss by class or sample these more "
        "often, and follow the scores by class, not their mean alone. Cost: one count."
    ),
)
COARSE = Text(
    zh="用 fp32 累计并记录 loss：目前的最小刻度比末段的变化还大。代价：几乎没有。",
    en="Accumulate and log the loss in fp32: the smallest step it can show is larger than the "
    "changes near the end. Cost: next to nothing.",
)
APART = Text(
    zh="先弄清两份日志各自记录的是什么（哪个 rank、是否同步、求和还是均值），"
    "再使用其中的数字；给每一行写上 run id，以后就不会再混淆。代价：读一遍日志代码。",
    en="Find out what each of the two logs records (which rank, synchronised or not, sum or "
    "mean) before using their numbers; a run id in every row prevents it next time. Cost: "
    "reading the logging code once.",
)


MOST_NAMED: Final = 4
REAL: Final = (AtClamp, WrongAccuracy, OutOfScale)
"""What findings of impossible values carry where the values are real ones: of a training that is
broken, not of a metric.
"""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield a step for each; a disagreement that a suspected reduction explains has its own."""
    if because := case.ids("masked_nonfinite"):
        yield Recommendation(
            id="",
            when="now",
            because=because,
            text=HIDDEN(),
            source="transformers: TrainingArguments.logging_nan_inf_filter",
        )
    apart = tuple(
        f.id
        for f in case.context.found
        if f.kind == "source_disagreement" and f.explained_by is None
    )
    if apart:
        yield Recommendation(id="", when="now", because=apart, text=APART())
    impossible = (
        f
        for f in case.context.found
        if f.kind == "broken_metric" and not (f.is_dead or isinstance(f.payload, REAL))
    )  # those are values of the training, or of the wrong measure
    broken = tuple(f.id for f in impossible if not case.ids("mixed_reduction"))
    if broken:
        yield Recommendation(id="", when="now", because=broken, text=IMPOSSIBLE())
    constant = case.context.of_kind("constant_metric")
    still = tuple(
        f.id
        for f in constant
        if f.severity is not Severity.LOW and _is_score(case, f) and not has_step(f)
    )
    learns = any(
        s.split == "train" and len(s) > 1 and np.isfinite(s.y).all() and falls(s)
        for s in case.context.progress
    )
    zero = [f for f, same in case.context.seen(OneValue) if f.id in still and not same.value]
    zero = zero if learns else []
    if zero:
        metric = case.context.subject(zero[0]).label
        yield Recommendation(
            id="", when="now", because=tuple(f.id for f in zero), text=UNCOUNTED(metric=metric)
        )
    still = tuple(one for one in still if one not in {f.id for f in zero})
    if still:
        yield Recommendation(id="", when="now", because=still, text=STILL())
    for finding in case.context.of_kind("lost_class"):
        names = Join(
            items=tuple(case.context.by_id[one].label for one in finding.series[:-1][:MOST_NAMED])
        )
        yield Recommendation(id="", when="next", because=(finding.id,), text=LOST(names=names))
    if because := tuple(f.id for f, one in case.context.seen(Quantised) if not one.decimals):
        yield Recommendation(
            id="", when="next", because=because, text=COARSE(), source="IDEFICS knowledge base"
        )


def _is_score(case: Case, finding: Finding) -> bool:
    """Return whether a constant is one of what is measured: a gradient of 0 and equal rewards are
    of the training.
    """
    held = finding.payload
    is_rule = isinstance(held, EqualRewards) or (isinstance(held, OneValue) and held.judge)
    return not is_rule and case.context.subject(finding).metric_type not in ("grad_norm", "reward")


ADVICE = Advice(id="measuring", advise=advise, order=15)
