"""A gradient norm of 0 in every row beside a loss that is not: no parameter receives a gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signs import parsers
from lossreport.knowledge import trainers
from lossreport.text import Text, number

ADAPTERS = Text(
    zh="调用 model.enable_input_require_grads()，或 gradient_checkpointing_kwargs 设 "
    "use_reentrant=False（也可以先关掉梯度检查点），确认优化器收到的是这些参数。",
    en="Call model.enable_input_require_grads() or set use_reentrant=False for gradient "
    "checkpointing (or switch it off first), and make sure that the optimiser was given "
    "these parameters.",
)
ZERO = Text(
    zh="`{norm}` 在全部 {count} 行里都是 0（从第 {line} 行起），而 `{loss}` 不是 0（末行 "
    "{value}）：没有梯度到达任何参数。",
    en="`{norm}` is 0 in all {count} rows (from line {line} on) while `{loss}` is not "
    "({value} in the last row): no gradient reaches any parameter.",
)
MESSAGE: Final = re.compile(r"None of the inputs have requires_grad", re.IGNORECASE)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a gradient of 0 beside a loss, outside reinforcement learning, where
    equal rewards leave none.
    """
    if context.is_rewarded:
        return
    for finding in context.of_kind("constant_metric"):
        norm = context.subject(finding)
        if norm.metric_type != "grad_norm":
            continue
        loss = next(
            (
                one
                for one in context.progress
                if one.split == "train" and len(one) and context.is_measure(one)
            ),
            None,
        )
        if loss is not None and np.isfinite(loss.y).all() and loss.y[-1] != 0:
            said = ZERO(
                norm=norm.label,
                count=len(norm),
                line=int(norm.line[0]),
                loss=loss.label,
                value=number(float(loss.y[-1])),
            )
            if parsers(context) & trainers.LANGUAGE:
                yield Suspicion(
                    finding=finding,
                    signs=(strong(said),),
                    do=ADAPTERS(),
                    code="model.enable_input_require_grads()",
                )
            else:
                yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="nothing_trainable",
    family="model",
    title=Text(
        zh="没有可训练的参数：参数全被冻结，或计算图在某处被切断（微调适配器时多为梯度检查点）",
        en="Nothing is trainable: all parameters are frozen, or the graph is cut somewhere "
        "(with adapters most often by gradient checkpointing)",
    ),
    decided_by=Text(
        zh="打印 requires_grad 为真的参数个数，以及一步之后参数是否变过。",
        en="Print how many parameters require a gradient, and whether any has changed after a "
        "step.",
    ),
    do=Text(
        zh="确认 requires_grad 为真的参数不为空、优化器收到的正是它们，前向里没有 detach、"
        "no_grad 或 .item() 切断计算图；再训练几步，看 grad_norm 是否大于 0。",
        en="Make sure that some parameters require a gradient and that the optimiser was "
        "given these, and that no detach, no_grad or .item() cuts the graph in the forward "
        "pass; then train a few steps and see whether grad_norm is above 0.",
    ),
    reference="cloneofsimo/lora #26: Gradient checkpointing blocks LoRA weight updates",
    suspect=suspect,
)
