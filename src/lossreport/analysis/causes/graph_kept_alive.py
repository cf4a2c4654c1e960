"""Memory that grows row after row: a tensor with its graph is kept from step to step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.beside import finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted
from lossreport.text import Text, number

LINEAR: Final = 0.9
"""The correlation of memory with the row: what an allocator keeps grows in a few steps, a kept
graph in every row.
"""

STEADY = Text(
    zh="`{metric}` 从 {first} 到 {last} 逐行增长，与行号的相关系数是 {r}。",
    en="`{metric}` grows with every row from {first} to {last}; its correlation with the row "
    "is {r}.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a memory that grows along a line."""
    full = next((event for event in context.run.events if event.kind == "oom"), None)
    for finding in context.of_kind("memory_growth"):
        series = context.subject(finding)
        y = finite(series)
        r = float(np.corrcoef(np.arange(len(y)), y)[0, 1])
        if r < LINEAR:
            continue
        signs = [
            strong(
                STEADY(
                    metric=series.label,
                    first=number(float(y[0])),
                    last=number(float(y[-1])),
                    r=number(r, digits=2),
                )
            )
        ]
        if full is not None:
            signs.append(weak(quoted(context, full)))
        yield Suspicion(finding=finding, signs=tuple(signs), code="total_loss += loss.item()")


CAUSE = Cause(
    id="graph_kept_alive",
    family="hardware",
    title=Text(
        zh="每一步都留住了带计算图的张量（如累加 loss 而不取 .item()）",
        en="Each step keeps a tensor with its graph (adding up the loss without .item(), for "
        "example)",
    ),
    decided_by=Text(
        zh="用 torch.cuda.memory._snapshot 或 gc 数一数张量：每步多出同样几个就是它。",
        en="Count tensors with torch.cuda.memory._snapshot or gc: the same few more at every "
        "step decide it.",
    ),
    do=Text(
        zh="日志里累加 loss.item() 或 loss.detach()，不要把模型输出放进列表；评估时加 "
        "torch.no_grad()。",
        en="Add up loss.item() or loss.detach() for logs, keep no outputs of the model in "
        "lists, and evaluate under torch.no_grad().",
    ),
    reference="PyTorch documentation, FAQ: Don't accumulate history across your training loop",
    suspect=suspect,
)
