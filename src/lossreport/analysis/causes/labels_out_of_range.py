"""A loss that is NaN from the first row, or a device-side assert: labels lie outside 0 to the
number of classes less one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.text import Text

ASSERT: Final = re.compile(
    r"device-side assert|Target -?[0-9]+ is out of bounds|t >= 0 && t < n_classes|"
    r"label value .* outside the valid range",
    re.IGNORECASE,
)
SAID = Text(zh="日志在第 {line} 行写道：“{quote}”。", en="The log says at line {line}: “{quote}”.")
FROM = Text(
    zh="`{metric}` 从第一行起就不是有限值，不是训练中途发散。",
    en="`{metric}` is not finite from its first row on; it did not diverge while training.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the log quotes such an assertion."""
    event = next((one for one in context.run.events if ASSERT.search(one.quote)), None)
    if event is None:
        return
    said = SAID(line=event.line, quote=event.quote)
    for finding in context.of_kind("nonfinite", "broken_metric", "divergence", "truncated_log"):
        series = context.subject(finding)
        signs = [strong(said)]
        if len(series) and not np.isfinite(series.y[0]):
            signs.append(weak(FROM(metric=series.label)))
        yield Suspicion(finding=finding, signs=tuple(signs))
        return


CAUSE = Cause(
    id="labels_out_of_range",
    family="data",
    title=Text(
        zh="标签越界：超出 0 到类别数减一的范围",
        en="Labels out of range: outside 0 to the number of classes less one",
    ),
    decided_by=Text(
        zh="打印全部标签的最小值和最大值，与 num_classes 比较；看有没有 255 或 -1。",
        en="Print the smallest and largest label of the whole set against num_classes; look "
        "for 255 and -1.",
    ),
    do=Text(
        zh="把标签映射到 0 到 C-1，忽略的像素用 ignore_index；框架把背景算作一类时 "
        "num_classes 加 1。用 CPU 跑一个 batch 可以看到确切的报错。",
        en="Map the labels to 0 to C-1 and give ignored pixels to ignore_index; add 1 to "
        "num_classes where the framework counts the background. One batch on the CPU shows "
        "the exact error.",
    ),
    reference="shekkizh/FCN.tensorflow #17: The loss is Nan",
    suspect=suspect,
)
