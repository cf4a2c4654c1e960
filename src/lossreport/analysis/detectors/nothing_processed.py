"""Losses of 0 in training and validation beside an accuracy of 0: right and wrong at once, so no
sample was ever counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import ZeroLoss
from lossreport.model.analysis import Severity
from lossreport.model.run import Series
from lossreport.text import Text, Value

MIN_ROWS: Final = 2
MANY_ROWS: Final = 5
"""Without an accuracy that contradicts it: no model is without any error from its first row on, in
training and validation alike.
"""

TEXT = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都正好是 0，`{other}` 也是 0，而 `{score}` "
    "同时是 0：loss 为 0 就是全对，准确率为 0 就是全错，两者矛盾——没有一个样本被计入，这些 "
    "0 都不是结果。",
    en="`{metric}` ({path}) is exactly 0 in all {count} rows and so is `{other}`, while "
    "`{score}` is 0 as well: a loss of 0 has everything right, an accuracy of 0 everything "
    "wrong. Not one sample was counted, and none of these zeros is a result.",
)

NO_SCORE = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里都正好是 0，验证的 `{other}` 也是 0："
    "没有模型从第一行起就毫无误差——很可能没有一个样本被计入，这些 0 都不是结果。",
    en="`{metric}` ({path}) is exactly 0 in all {count} rows and so is `{other}` of the "
    "validation: no model is without any error from its first row on. Most likely not one "
    "sample was counted, and none of these zeros is a result.",
)
ALONE = Text(
    zh="`{metric}`（{path}）在全部 {count} 行里打印的都是 0，旁边也没有任何指标说明模型在学："
    "很可能没有一个 batch 被计入（数据不足一个 batch 而 drop_last 把它丢掉、加载器为空、"
    "标签全被忽略），或者打印的位数太少。凭它什么也判断不了。",
    en="`{metric}` ({path}) is printed as 0 in all {count} rows, and nothing beside it tells "
    "of learning. Most likely no batch was counted (fewer samples than one batch with "
    "drop_last, an empty loader, all labels ignored), or the print has too few digits. "
    "Nothing can be judged by it.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss of nothing but 0 beside such a validation, or with nothing
    beside it that moves.
    """
    for series in context.progress:
        if (
            series.split != "train"
            or not context.is_measure(series)
            or context.is_rewarded
            or not _is_zero(series)
            or len(series) < MIN_ROWS
        ):
            continue
        if context.has("broken_metric", series) or context.has("masked_nonfinite", series):
            continue
        held = [
            one for one in context.judged if one.split != "train" and one.source == series.source
        ]
        other = next((one for one in held if one in context.progress and _is_zero(one)), None)
        score = next((one for one in held if one.metric_type == "accuracy" and _is_zero(one)), None)
        if other is None and len(series) >= MANY_ROWS and _is_alone(context, series):
            text = ALONE(metric=series.label, path=series.path, count=len(series))
            zero = ZeroLoss(value=0.0, count=float(len(series)), alone=True)
            yield make_finding(
                "broken_metric",
                series,
                list(range(len(series))),
                Severity.HIGH,
                text,
                payload=zero,
            )
        if other is None or any(one in context.progress and not _is_zero(one) for one in held):
            continue
        if score is None and len(series) < MANY_ROWS:
            continue
        values: dict[str, Value] = {
            "metric": series.label,
            "path": series.path,
            "count": len(series),
            "other": other.label,
        }
        text = NO_SCORE(**values) if score is None else TEXT(**values, score=score.label)
        zero = ZeroLoss(value=0.0, count=float(len(series)), dead=True, nothing=True)
        rows, others = list(range(len(series))), (other,) if score is None else (other, score)
        yield make_finding(
            "broken_metric", series, rows, Severity.CRITICAL, text, payload=zero, others=others
        )


def _is_alone(context: Context, series: Series) -> bool:
    """Return whether no other loss, score or gradient of the run has a value but 0: only rates,
    times and counts may stand beside it.
    """
    others = (
        one
        for one in context.run.series
        if one is not series and context.kind(one).role in ("loss", "metric", "health")
    )
    return not any(one.y.any() for one in others if context.kind(one).id not in MACHINE)


MACHINE: Final = ("time", "throughput", "memory", "counter")
"""What a machine reports however little it computes."""


def _is_zero(series: Series) -> bool:
    return len(series) > 0 and not series.y.any()  # NaN is not 0


DETECTOR = Detector(id="nothing_processed", kinds=("broken_metric",), detect=detect, order=13)
