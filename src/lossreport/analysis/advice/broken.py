"""What to do after a non-finite loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from lossreport.analysis.advice._ordering import SMALL_RATE, ordered
from lossreport.analysis.adviser import Advice, Case, has_step
from lossreport.analysis.breakage import Breakage, How, breakages, is_dead, row_of_failure
from lossreport.analysis.judging import evaluation_alone
from lossreport.analysis.payloads import NonFinite
from lossreport.analysis.signs import half_said, wild_without_updates
from lossreport.model.analysis import Finding, Recommendation, Severity
from lossreport.model.run import Axis, Series, Statistic, shown_x
from lossreport.text import Join, Phrase, Text, Value, number
from lossreport.words import AXES

ACT = Text(
    zh="{axis} {x} 起的权重不要再用：从 {axis} {x} 之前的 checkpoint 重启。{steps}代价："
    "丢掉那个 checkpoint 之后的训练。",
    en="Do not use weights written from {axis} {x} on: restart from a checkpoint before "
    "{axis} {x}. {steps} Cost: the training after that checkpoint.",
)
ANEW = Text(
    zh="这次训练的权重都不要用，从头训练。{steps}代价：几步训练。",
    en="Use no weights of this run and start anew. {steps} Cost: a few steps.",
)
LOWER = Text(zh="（{lr} → {less}）", en=" ({lr} → {less})")
TENTH: Final = 0.1
"""What maintainers answer first: a tenth of the rate (detectron2 #508: 0.02 fails, 0.001 works;
insightface #1555: 0.1 to 0.03).
"""
FIRST_STEP = Text(
    zh="`{metric}` 从第一行起就不是有限值，没有可以回退的 checkpoint：先用 fp32 或 bf16 "
    "跑几步，看第一步之前的 loss 和梯度；再查数据（标签全被屏蔽、空样本）、"
    "初始化和学习率{lr}。代价：几步训练。",
    en="`{metric}` is not finite from the first row on, so there is no checkpoint to go back "
    "to: run a few steps in fp32 or bf16 and look at loss and gradient before the first "
    "update; then at the data (labels that are all masked, empty samples), the "
    "initialisation and the learning rate{lr}. Cost: a few steps.",
)


AT_START = Text(
    zh="用一个 batch 单步调试，直到 loss 为有限值。{names}从第一行起就没有有限值，"
    "没有可以回退的 checkpoint。{first}检查学习率{lr}、输入归一化、标签范围和初始化。代价："
    "几分钟。",
    en="Debug on a single batch until the loss is finite. No value of {names} is, not even in "
    "the first row, so there is no checkpoint to go back to.{first} Check the learning "
    "rate{lr}, the scale of the inputs, the range of the labels and the initialisation. "
    "Cost: minutes.",
)
IN_FP32 = Text(
    zh="设置写明 {said}：先用 fp32 跑几步。",
    en=" The settings say {said}: run a few steps in fp32 first.",
)
DATA_FIRST = Text(
    zh="学习率只有 {lr}，先查数据：标签、空样本、超出范围的框。",
    en=" The learning rate is only {lr}, so look at the data first: labels, empty samples, "
    "boxes outside the image.",
)
PASSED = Text(
    zh="{axis} {x} 起有几行不是有限值，之后又恢复：权重没有损坏，训练可以继续；检查那里的 "
    "batch（标签、空目标、全被屏蔽的样本）和 fp16 溢出，否则还会再出现。代价：几分钟。",
    en="Some rows from {axis} {x} on are not finite, and finite ones follow, so the weights "
    "are finite and training can go on: check the batches there (labels, empty targets, "
    "fully masked samples) and fp16 overflow, or it will come again. Cost: minutes.",
)
BEFORE_UPDATE = Text(
    zh="{names}从第一步起就没有有限值：那时还没有更新过权重，所以不是学习率{precision}。"
    "先查数据（标签范围、空样本、输入里的 NaN）和 loss 的计算（0 除以 0、log 0），"
    "再查初始化和精度：用一个 batch 单步调试，直到 loss 为有限值。代价：几分钟。",
    en="No value of {names} is finite, not even in the first step, before any update, so it "
    "is not the learning rate{precision}. Check the data first (range of the labels, empty "
    "samples, NaN in the inputs) and how the loss is computed (0 divided by 0, log 0), "
    "then the initialisation and the precision: debug on a single batch until the loss is "
    "finite. Cost: minutes.",
)
HALF_SAID = Text(
    zh="；设置写明 {said}，先用 fp32 跑一步",
    en="; the settings say {said}, so run one step in fp32 before all else",
)
FIRST: Final = 1
"""Loggers count steps from 0 or from 1: that row was computed before the first update."""
NAME = Text(zh="`{name}`", en="`{name}`")
SOMEWHERE = Text(
    zh="出现非有限值之后的权重不要再用。那一行没有记录下来：从最后一行有限值之前的 checkpoint "
    "重启。{steps}代价：丢掉那个 checkpoint 之后的训练。",
    en="Do not use weights written after the non-finite value. Its row was not logged: "
    "restart from a checkpoint before the last finite row. {steps} Cost: the training "
    "after that checkpoint.",
)
GRADIENT = Text(
    zh="如果用 fp16，看 loss scale 和被 loss scaler 跳过的 step 数：`{metric}` 的 {rows} "
    "行中有 {count} 行不是有限值，而训练 loss 到最后仍是有限值，日志没有显示权重已经损坏。"
    "频繁跳过就改用 bf16，或降低学习率{lr}。代价：几分钟。",
    en="Under fp16, look at the loss scale and the number of steps that the loss scaler "
    "skipped: `{metric}` is not finite in {count} of {rows} rows while the training loss "
    "ends finite, so the log does not show that the weights are broken. If skipped steps "
    "are frequent, use bf16 or lower the learning rate{lr}. Cost: minutes.",
)
MEASURED = Text(
    zh="`{metric}` 的 {rows} 行中有 {count} 行不是有限值，而训练 loss 到最后仍是有限值，"
    "不必因此回退 checkpoint：查计算它的代码和数据（0 除以 0、空集、标签全被屏蔽、评估时的 "
    "fp16 溢出）。代价：几分钟。",
    en="`{metric}` is not finite in {count} of {rows} rows while the training loss ends "
    "finite: this alone is no reason to go back to a checkpoint. Check the code and the "
    "data that it is computed from (0 divided by 0, an empty set, labels that are all "
    "masked, fp16 overflow in evaluation). Cost: minutes.",
)
UNLOGGED = Text(
    zh="日志没有记录 loss，而 `{metric}` 从第一行起就不是有限值：先把 loss 也打印出来；"
    "它若同样不是有限值，就查学习率{lr}、数据和 fp16 溢出，不要再用这次训练的权重。代价："
    "重跑几步。",
    en="No loss is logged, and `{metric}` is not finite from its first row on: print the loss "
    "as well. If it is not finite either, check the learning rate{lr}, the data and fp16 "
    "overflow, and do not use weights of this run. Cost: a few steps.",
)
EVALUATION = Text(
    zh="训练 loss 每一行都有限，先查验证：验证集是否为空或不足一个 batch（drop_last）、"
    "其中有没有 NaN 或方差为零的列、评测是否用 fp16、只在评测时使用的统计量（BatchNorm）"
    "是否有限。在此之前不要按它选 checkpoint。代价：评测一个 batch。",
    en="The training losses are finite in every row, so look at the validation first: is the "
    "set empty or smaller than one batch (drop_last), does it hold NaN or columns without "
    "variance, does it run in fp16, are the statistics used only there (BatchNorm) finite? "
    "Choose no checkpoint by it until then. Cost: evaluating one batch.",
)
UNCOUNTED = Text(
    zh="先查验证：验证集是否为空或不足一个 batch（drop_last）。在此之前不要按它选 checkpoint。"
    "代价：评测一个 batch。",
    en="Look at the validation first: is the set empty or smaller than one batch (drop_last)? "
    "Choose no checkpoint by it until then. Cost: evaluating one batch.",
)
NOW = Text(zh="（现在 {lr}）", en=" (now {lr})")
NONE = ""
SOURCE = "OPT-175B logbook; IDEFICS knowledge base"


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where any non-finite value was found: where to go back to, by the earliest
    row, or by that from which the loss rose to it.
    """
    series = case.context.by_id
    seen = case.context.seen(NonFinite)
    if not is_dead(case.context):
        # of weights that are lost no gradient is of interest
        yield from _beside(
            case, [one for one in seen if one[1].aside and one[0].severity is not Severity.LOW]
        )
    found = [f for f, broken in seen if not broken.aside and _spoils(case, series[f.series[0]])]
    if not found:
        return
    because = tuple(finding.id for finding in found)
    if evaluation_alone(case.context) and all(
        series[finding.series[0]].split != "train" for finding in found
    ):
        if not all(has_step(finding) for finding in found):
            trained = any(one.split == "train" for one in case.context.progress)
            yield Recommendation(
                id="", when="now", because=because, text=(EVALUATION if trained else UNCOUNTED)()
            )
        return
    rows = [f for f in found if not np.isfinite(series[f.series[0]].y[f.start.row])]
    lasting = [f for f in rows if not np.isfinite(series[f.series[0]].y[-1])]
    first = _first(
        [f for f in lasting or rows if case.context.is_loss(series[f.series[0]])]
        or lasting
        or rows,
        series,
    )  # the losses say when
    if first is None:
        loss = series[found[0].series[0]]
        text = SOMEWHERE(steps=ordered(case, found[0], loss, len(loss), _lower(case)))
    elif not lasting and len(rows) == len(found) and all(has_step(finding) for finding in found):
        return
    elif not lasting and len(rows) == len(found):
        text = PASSED(axis=AXES[series[first.series[0]].axis.value], x=shown_x(first.start.x))
    elif not np.isfinite(series[first.series[0]].y).any() and not _began_finite(
        case, series[first.series[0]], first.start.x
    ):
        never = {f.series[0] for f in rows if not np.isfinite(series[f.series[0]].y).any()}
        # as the log names them
        names = _names(one for one in case.context.run.series if one.id in never)
        text = _from_start(case, series[first.series[0]], names)
    elif (start := _from_first_step(case, rows, series)) is not None:
        text = FIRST_STEP(metric=start.label, lr=_now(case))
    else:
        one = series[first.series[0]]
        # the zeros follow the row in which it began
        hidden = [float(at.series.x[at.row - 1]) for at in _beside_axis(case, How.MASKED, one)]
        rising = [at.finding.start.x for at in _beside_axis(case, How.DIVERGENCE, one)]
        broke, loss, row = _earliest(case, first, one)
        steps = ordered(case, broke, loss, row, _lower(case))
        if wild_without_updates(case.context, loss, row):
            text = ANEW(steps=steps)
        else:
            text = ACT(
                axis=AXES[one.axis.value],
                x=shown_x(min([_fails_from(one, first), *hidden, *rising])),
                steps=steps,
            )
    yield Recommendation(
        id="", when="now", because=because, text=text, source="" if text.text is PASSED else SOURCE
    )


def _from_start(case: Case, one: Series, names: Join) -> Phrase:
    """Return what to do about values of which none is finite: those of the first step come before
    any learning rate was at work.
    """
    if not case.context.losses:
        return UNLOGGED(metric=one.label, lr=_now(case))
    said = half_said(case.context)
    if (
        one.axis in (Axis.STEP, Axis.ITERATION)
        and one.x[0] <= FIRST
        and one.statistic is Statistic.VALUE
    ):
        return BEFORE_UPDATE(
            names=names, precision=HALF_SAID(said=said) if said is not None else NONE
        )
    return AT_START(names=names, lr=_now(case), first=_first_look(case, said))


def _first_look(case: Case, said: str | None) -> Phrase | str:
    """Return what to look at before the rest: half precision where it is known, the data where the
    rate is small.
    """
    if said is not None:
        return IN_FP32(said=said)
    return (
        DATA_FIRST(lr=number(case.lr, digits=3))
        if case.lr is not None and case.lr <= SMALL_RATE
        else NONE
    )


def _lower(case: Case) -> Phrase | str:
    return (
        LOWER(lr=number(case.lr, digits=3), less=number(TENTH * case.lr, digits=3))
        if case.lr
        else NONE
    )


def _from_first_step(
    case: Case, rows: list[Finding], series: Mapping[str, Series]
) -> Series | None:
    """Return the gradient norm that is finite in no row while a loss is NaN, or hides it, right
    behind its first row; None without.
    """
    hidden = {at.series.id for at in breakages(case.context, How.MASKED) if at.row <= 1}
    hidden |= {
        f.series[0] for f in rows if f.start.row <= 1 and case.context.is_loss(series[f.series[0]])
    }
    never = [series[f.series[0]] for f in rows if series[f.series[0]].metric_type == "grad_norm"]
    return next((one for one in never if hidden and not np.isfinite(one.y).any()), None)


def _first(found: list[Finding], series: Mapping[str, Series]) -> Finding | None:
    """Return the finding that begins earliest, by the axis of the training metrics: a validation
    that is NaN from its first row on came later.
    """
    ordered = sorted(found, key=lambda f: series[f.series[0]].split != "train")
    same_axis = [
        f for f in ordered if series[f.series[0]].axis is series[ordered[0].series[0]].axis
    ]
    return min(same_axis, key=lambda f: f.start.x, default=None)


def _fails_from(series: Series, finding: Finding) -> float:
    """Return where the values begin that are not finite to the end: finite rows show that the
    weights were until then.
    """
    return float(series.x[row_of_failure(series, finding)])


def _earliest(case: Case, first: Finding, one: Series) -> tuple[Finding, Series, int]:
    """Return where the training broke: the NaN that was told, or the zeros of its loss that hid one
    before a validation was NaN.
    """
    for at in _beside_axis(case, How.MASKED, one):
        if one.split != "train" or at.finding.start.x < first.start.x:
            return at.finding, at.series, at.row
    return first, one, row_of_failure(one, first)


def _beside_axis(case: Case, how: How, one: Series) -> Iterator[Breakage]:
    """Yield what breaks in this way on the axis of a series."""
    return (at for at in breakages(case.context, how) if at.series.axis is one.axis)


def _now(case: Case) -> Phrase | str:
    return NOW(lr=case.lr) if case.lr is not None else NONE


def _beside(case: Case, found: list[tuple[Finding, NonFinite]]) -> Iterator[Recommendation]:
    """Yield one step for gradients, and one for other metrics, that were not finite while the
    training loss was.
    """
    gradients = [one for one in found if case.context.subject(one[0]).metric_type == "grad_norm"]
    for some, text in (
        (gradients, GRADIENT),
        ([one for one in found if one not in gradients], MEASURED),
    ):
        if some:
            first, broken = some[0]
            series = case.context.subject(first)
            said: dict[str, Value] = {
                "metric": series.label,
                "count": broken.count,
                "rows": len(series),
            }
            values = {**said, "lr": _now(case)} if text is GRADIENT else said
            yield Recommendation(
                id="",
                when="now",
                because=tuple(f.id for f, _ in some),
                text=text(**values),
                source=SOURCE,
            )


def _names(series: Iterable[Series]) -> Join:
    return Join(
        items=tuple(NAME(name=name) for name in dict.fromkeys(one.label for one in series))[
            :MAX_NAMES
        ]
    )


MAX_NAMES: Final = 3


def _spoils(case: Case, one: Series) -> bool:
    """Return whether a NaN of a series speaks of the weights: an accuracy or a reward may lack a
    value for other reasons.
    """
    return case.context.is_loss(one) or one.metric_type == "grad_norm"


def _began_finite(case: Case, broken: Series, x: float) -> bool:
    """Return whether some loss was finite before `x`, or at it beside a gradient: a first
    validation that is NaN is not the start of the run.

    Zeros count for nothing: they are what a logger prints for NaN.
    """
    others = (one for one in case.context.progress if one is not broken and one.axis is broken.axis)
    before = x if case.context.is_loss(broken) else np.inf
    return any((np.isfinite(one.y) & (one.y != 0) & (one.x < before)).any() for one in others)


ADVICE = Advice(id="broken", advise=advise, order=5)
