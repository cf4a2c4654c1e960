"""A fine-tuning that begins several times too high: the loss was summed over the accumulated
batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import HighStart
from lossreport.analysis.signs import gradient, number_fact, rate_beside
from lossreport.text import Text, number

START = Text(
    zh="`{metric}` 第一行就是 {value}，`{norm}` 是 {gradient}，而学习率只有 {lr}："
    "预训练过的语言模型微调时从 1 到 4 开始，打印的值大了几倍。",
    en="`{metric}` begins at {value} with `{norm}` at {gradient} under a learning rate of "
    "only {lr}: a pretrained language model begins at 1 to 4, so the printed value is "
    "several times too large.",
)
DIVIDED = Text(
    zh="除以 gradient_accumulation_steps = {steps} 得 {value}，是合理的起点。",
    en="Divided by gradient_accumulation_steps = {steps} it is {value}, a plausible start.",
)
EVAL = Text(
    zh="`{metric}` 在同一阶段只有 {value}（第 {line} 行）：验证没有这个倍数。",
    en="`{metric}` of the same stretch is only {value} (line {line}): the validation does not "
    "carry the factor.",
)
LOW: Final = 1.0
HIGH: Final = 4.5
EVALUATED: Final = 0.6


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a start of a fine-tuning that is far too high."""
    for finding, start in context.seen(HighStart):
        series = context.subject(finding)
        value, norm = start.value, gradient(context, series)
        rate = rate_beside(context, series, finding.start.row)
        if norm is None or rate is None:
            continue
        said = START(
            metric=series.label,
            value=number(value),
            norm=norm.label,
            gradient=number(start.gradient),
            lr=number(rate.value),
        )
        signs = [strong(said)]
        steps = number_fact(
            context, "gradient_accumulation_steps", "accumulation_steps", "accumulate_grad_batches"
        )
        if steps is not None and steps > 1 and LOW <= value / steps <= HIGH:
            signs.append(strong(DIVIDED(steps=number(steps), value=number(value / steps))))
        held = next(
            (
                one
                for one in context.progress
                if one.split != "train" and len(one) and np.isfinite(one.y[0])
            ),
            None,
        )
        if held is not None and held.y[0] < EVALUATED * float(np.nanmin(series.y)):
            signs.append(
                strong(
                    EVAL(metric=held.label, value=number(float(held.y[0])), line=int(held.line[0]))
                )
            )
        yield Suspicion(
            finding=finding, signs=tuple(signs), code='pip install -U "transformers>=4.48"'
        )


CAUSE = Cause(
    id="accumulation_multiplied",
    family="reduction",
    title=Text(
        zh="打印的 loss 被乘了梯度累积步数：transformers 4.46、4.47 对累积的 batch "
        "求和而没有平均（或权重、分词器与模型不符）",
        en="The printed loss is multiplied by the accumulation steps: transformers 4.46 and "
        "4.47 summed over the accumulated batches instead of averaging (or weights and "
        "tokenizer do not fit the model)",
    ),
    decided_by=Text(
        zh="把 gradient_accumulation_steps 设为 1 跑几步：起点降到 1 到 4，就是累积；仍然高，"
        "查权重和分词器。",
        en="Run a few steps with gradient_accumulation_steps of 1: a start at 1 to 4 means "
        "the accumulation; if it is still high, look at weights and tokenizer.",
    ),
    do=Text(
        zh="升级到 transformers 4.48 以上，或让模型的 forward 接受 num_items_in_batch；"
        "受影响的是打印值和按范数的裁剪，用 eval_loss 与其他训练比较。",
        en="Upgrade to transformers 4.48 or later, or let the model's forward accept "
        "num_items_in_batch; the printed value and clipping by norm are affected, so "
        "compare with other runs by eval_loss.",
    ),
    reference="huggingface/transformers #35438: Pass correct num_items_in_batch...",
    suspect=suspect,
)
