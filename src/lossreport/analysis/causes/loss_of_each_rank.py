"""Rows that come in groups of nearly equal values: each rank prints its own loss, and only the
gradients are averaged.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.row_of_each_process import RowsOfProcesses
from lossreport.analysis.signature import setting
from lossreport.text import Text

GROUPS = Text(
    zh="`{metric}` 每个位置有 {each} 行，相近而不相等，一个位置接一个位置一起下降。",
    en="`{metric}` has {each} rows a place, close and not equal, which go down together from "
    "place to place.",
)
WORLD = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for each loss with rows of several processes."""
    for finding, rows in context.seen(RowsOfProcesses):
        signs = [strong(GROUPS(metric=context.subject(finding).label, each=int(rows.each)))]
        world = setting(context, "world_size", "num_gpus", "gpus", "nproc_per_node")
        if world is not None and world[1] == rows.each:
            signs.append(weak(WORLD(name=world[0], value=world[1])))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code="if dist.get_rank() == 0: print(...)  # after dist.all_reduce(loss)",
        )


CAUSE = Cause(
    id="loss_of_each_rank",
    family="metric",
    title=Text(
        zh="正常：分布式训练的每个进程打印自己的 loss，只有梯度在进程间取平均",
        en="Normal: every process of a distributed run prints its own loss; only the "
        "gradients are averaged between them",
    ),
    decided_by=Text(
        zh="在每行前打印 rank：同一位置的几行来自不同的 rank，就是它；各 rank "
        "的参数之和应逐位相等。",
        en="Print the rank before each row: rows of one place from different ranks decide it; "
        "the sum of the parameters should be equal on all ranks to the last digit.",
    ),
    do=Text(
        zh="不必改训练；只想要一条曲线，就先对 loss 做 all_reduce 取平均，只在 rank 0 打印。",
        en="Leave the training as it is; for a single curve average the loss with all_reduce "
        "and print on rank 0 only.",
    ),
    reference="facebookresearch/maskrcnn-benchmark #84: the reduction of the losses is only needed "
    "for logging",
    suspect=suspect,
)
