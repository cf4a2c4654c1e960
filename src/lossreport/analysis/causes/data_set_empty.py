"""Zeros that contradict one another: the data set is empty, and no batch was ever run."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import ZeroLoss
from lossreport.text import Join, Text

ALL = Text(
    zh="{names} 同时是 0，共 {count} 行没有一个别的数。",
    en="{names} are 0 together, in {count} rows without any other number.",
)
NAME = Text(zh="`{name}`", en="`{name}`")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for such zeros."""
    for finding, zero in context.seen(ZeroLoss):
        if zero.nothing:
            names = Join(items=tuple(NAME(name=context.by_id[one].label) for one in finding.series))
            said = ALL(names=names, count=len(finding.rows))
            yield Suspicion(finding=finding, signs=(strong(said),))


CAUSE = Cause(
    id="data_set_empty",
    family="data",
    title=Text(
        zh="数据集是空的：路径、文件名或格式不对，没有跑过一个 batch",
        en="The data set is empty: a wrong path, file name or format, and not one batch was run",
    ),
    decided_by=Text(
        zh="打印训练集与验证集的样本数（len(dataset)）和一个 epoch 的 batch 数：是 0 就是它。",
        en="Print the number of samples of both sets, len(dataset), and of batches in an "
        "epoch: 0 decides it.",
    ),
    do=Text(
        zh="核对数据路径、文件扩展名与转换脚本的输出（tfrecord、索引文件的大小），"
        "并在训练开始处断言样本数大于 0；再从头训练。",
        en="Check the path of the data, the file extensions and what the conversion wrote "
        "(the size of tfrecords and index files), assert at the start that there are "
        "samples, and start anew.",
    ),
    reference="noahchalifour/rnnt-speech-recognition #49: EPOCH RESULTS: Loss: 0.0000",
    suspect=suspect,
)
