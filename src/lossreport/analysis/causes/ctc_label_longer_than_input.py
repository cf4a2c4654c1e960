"""A CTC loss that becomes infinite: a label longer than what its input leaves after subsampling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import quoted, said
from lossreport.model.run import Series
from lossreport.text import Text, number

WARNING: Final = r"No valid path found"
KINDS: Final = ("nonfinite", "poisoned_mean", "masked_nonfinite")

ALONE = Text(
    zh="只有 `{metric}` 变为无穷，同一行的 `{other}` 仍是 {value}（第 {line} 行）。",
    en="`{metric}` alone becomes infinite; `{other}` of the same row is {value} (line {line}).",
)
INFINITE = Text(
    zh="`{metric}` 变为无穷（不是 NaN），而且此前没有上升：第 {line} 行为 {value}。",
    en="`{metric}` becomes infinite, not NaN, and did not rise before it: {value} at line {line}.",
)
RISE: Final = 2.0


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion where the library says that a label has no path, or where a CTC loss alone
    is infinite.
    """
    yield from _beyond_range(context)
    warning = said(context, WARNING)
    for finding in context.of_kind(*KINDS):
        series = context.subject(finding)
        if not finding.rows or not context.is_loss(series):
            continue
        row = finding.rows[0]
        signs = []
        if warning is not None:
            signs.append(strong(quoted(context, warning)))
        mate = _finite_mate(context, series, row)
        if series.metric_type == "ctc" and mate is not None:
            other, value, line = mate
            signs.append(
                strong(ALONE(metric=series.label, other=other, value=number(value), line=line))
            )
        elif (
            np.isposinf(series.y[row])
            and row
            and series.y[row - 1] < RISE * float(np.nanmedian(series.y[:row]))
        ):
            told = INFINITE(
                metric=series.label,
                line=int(series.line[row - 1]),
                value=number(float(series.y[row - 1])),
            )
            signs.append((strong if series.metric_type == "ctc" else weak)(told))
        if signs:
            yield Suspicion(finding=finding, signs=tuple(signs))


def _beyond_range(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a CTC loss that is negative or beyond all range while another loss of
    the same row is sound: of single utterances, not of the weights.
    """
    for finding in context.of_kind("broken_metric"):
        for series in (context.by_id[one] for one in finding.series):
            if series.metric_type != "ctc" or not len(series):
                continue
            row = int(np.nanargmax(np.abs(series.y)))
            mate = _finite_mate(context, series, row)
            lost = series.y[row] < 0 or series.y[row] > HUGE
            if mate is None or abs(mate[1]) > HUGE or not lost:
                continue
            other, value, line = mate
            said_of = IMPOSSIBLE(
                metric=series.label,
                worst=number(float(series.y[row]), digits=3),
                other=other,
                value=number(value),
                line=line,
            )
            yield Suspicion(finding=finding, signs=(strong(said_of), weak(said_of)))
            return


HUGE: Final = 1e8
"""As in `detectors/explosion.py`: no CTC loss of an utterance is that large."""
IMPOSSIBLE = Text(
    zh="`{metric}` 是 {worst}，而同一行的 `{other}` 正常（{value}，第 {line} 行）：权重没有坏，"
    "是个别样本的 CTC 算不出来。",
    en="`{metric}` is {worst} while `{other}` of the same row is sound ({value}, line {line}): "
    "the weights are not lost, the CTC of single samples cannot be computed.",
)


def _finite_mate(context: Context, series: Series, row: int) -> tuple[str, float, int] | None:
    for one in context.progress:
        if (
            one.source == series.source
            and one.axis is series.axis
            and one.metric_type != "ctc"
            and one.id != series.id
        ):
            at = np.flatnonzero(one.x == series.x[row])
            if len(at) and np.isfinite(one.y[at[0]]):
                return one.label, float(one.y[at[0]]), int(one.line[at[0]])
    return None


CAUSE = Cause(
    id="ctc_label_longer_than_input",
    family="speech",
    title=Text(
        zh="CTC：有标签比下采样后的输入更长，没有可行路径",
        en="CTC: a label is longer than its input after subsampling, so that no path exists",
    ),
    decided_by=Text(
        zh="对每条样本比较下采样后的帧数与标签长度（相邻重复的字符各多算一帧）：有一条不够就是它。",
        en="Compare frames after subsampling with the length of the label for every sample (a "
        "repeated character needs one frame more): one that is too short decides it.",
    ),
    do=Text(
        zh="剔除标签过长的样本，或减小下采样倍数、补长输入；同时打开 zero_infinity（PyTorch）"
        "或 ignore_longer_outputs_than_inputs（TensorFlow）。均值为 inf 的那个 epoch "
        "不代表权重已坏，下一 epoch 会从有限值开始。",
        en="Leave out samples whose label is too long, subsample less or pad the input, and "
        "turn on zero_infinity (PyTorch) or ignore_longer_outputs_than_inputs "
        "(TensorFlow). A mean that is inf does not show broken weights: the next epoch "
        "begins finite.",
    ),
    reference="audier/DeepSpeechRecognition #25: No valid path found",
    suspect=suspect,
)
