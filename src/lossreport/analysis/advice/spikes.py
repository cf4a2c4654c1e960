"""What to do about spikes that are not explained by the logger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from lossreport.analysis.adviser import Advice, Case
from lossreport.model.analysis import Finding, Recommendation, Severity, State
from lossreport.model.run import Axis, Series, Statistic, Status, is_epoch_level
from lossreport.text import Text

EPOCHS = Text(
    zh="{path} 的尖峰是整个 epoch 的均值：先查清是个别 batch 还是整个 epoch 都偏高。逐 batch "
    "记录 loss 和 grad_norm{clip}，按同样的数据顺序重跑该 epoch。代价：重跑一个 epoch。",
    en="The spikes in {path} are means over a whole epoch: find out whether a single batch or "
    "all of them were high. Log loss and grad_norm per batch{clip}, and rerun that epoch "
    "in the same data order. Cost: one epoch.",
)
UNTOLD = Text(
    zh="{path} 没有写明每行是一个 batch 还是均值：先逐 batch 记录 loss 和 grad_norm{clip}，"
    "再按同样的数据顺序重跑尖峰附近的一段。代价：重跑一小段。",
    en="{path} does not say whether a row is one batch or a mean: log loss and grad_norm per "
    "batch{clip}, and rerun the stretch around the spikes in the same data order. Cost: "
    "rerunning that stretch.",
)
EPOCH_ROWS = Text(
    zh="{path} 每个 epoch 只有一行：先查清尖峰是个别 batch 还是整个 epoch 都偏高。逐 batch "
    "记录 loss 和 grad_norm{clip}，按同样的数据顺序重跑该 epoch。代价：重跑一个 epoch。",
    en="{path} holds one row an epoch: find out whether a single batch or the whole epoch was "
    "high at the spike. Log loss and grad_norm per batch{clip}, and rerun that epoch in "
    "the same data order. Cost: one epoch.",
)
CLIP = Text(
    zh="（当前 clip_grad = {clip}，看有多少步被裁剪）",
    en=" (clip_grad is {clip}: see how many steps are clipped)",
)
MEANS = (Statistic.EPOCH_MEAN, Statistic.RUNNING_MEAN)
OF_POLICY = ("kl", "importance_ratio")
"""What a policy did at one update: samples of its own making, no batch of a data set to look at."""
NONE = ""
NOW = Text(zh="（{lr}）", en=" ({lr})")
ROWS = Text(
    zh="若尖峰再次出现：从尖峰前约 100 步的 checkpoint 重启并跳过随后 200-500 个 batch；"
    "若仍出现，把学习率{lr}降低 10%-33%。代价：约 100 步的重算和被跳过的数据。",
    en="If the spikes recur: restart from a checkpoint about 100 steps earlier and skip the "
    "next 200-500 batches; if they still occur, lower the learning rate{lr} by 10-33%. "
    "Cost: redoing about 100 steps, and the skipped data.",
)
AGAIN = Text(
    zh="训练已结束，loss 已从尖峰恢复，不必为此重训。下次训练：看尖峰处的 batch，"
    "并把学习率{lr}降低 10%-33% 或收紧梯度裁剪。代价：查几个 batch。",
    en="The run is over and the loss came back: do not retrain. Next time look at the batches "
    "of the spike and lower the learning rate{lr} by 10-33% or clip harder. Cost: reading "
    "a few batches.",
)
NEAR = Text(
    zh="若尖峰再次出现：从尖峰前最近的 checkpoint 重启并跳过其后的 batch；若仍出现，"
    "把学习率{lr}降低 10%-33%。代价：重算从那个 checkpoint 到尖峰的一段。",
    en="If the spikes recur: restart from the last checkpoint before them and skip the "
    "batches behind it; if they still occur, lower the learning rate{lr} by 10-33%. Cost: "
    "redoing the stretch from that checkpoint.",
)
LOST: Final = (State.UNSTABLE, State.DIVERGING, State.BROKEN)
LONG: Final = 10_000
"""Steps from which PaLM's 100 steps back and 200-500 batches skipped are a hundredth and a
twentieth of the run at most.
"""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield steps for step-level spikes; for epoch-level spikes only where no finer log shows which
    batches they were.

    The losses of a GAN or of reinforcement learning jump by their nature, and a validation by the
    noise of evaluating: they ask for none of this.
    """
    series = case.context.by_id
    measured = [
        f for f in case.context.found if f.series[0] in series and steers(case, series[f.series[0]])
    ]
    open_ = [
        f
        for f in measured
        if f.kind == "spike" and f.explained_by is None and f.severity is not Severity.LOW
    ]
    outliers = any(
        f.kind == "batch_outlier" and series[f.series[0]].metric_type not in OF_POLICY
        for f in measured
    )
    epochs = [f for f in open_ if is_epoch_level(series[f.series[0]])]
    steps = [f for f in open_ if f not in epochs]
    if epochs and not steps and not outliers:
        clip = case.context.facts.get("clip_grad")
        shown = CLIP(clip=clip) if isinstance(clip, int | float) else NONE
        of_rows = any(series[f.series[0]].axis is Axis.ROW for f in epochs)
        when: Literal["now", "next"] = (
            "now" if any(f.severity.rank >= Severity.HIGH.rank for f in epochs) else "next"
        )
        first = series[epochs[0].series[0]]
        untold = UNTOLD if of_rows else EPOCH_ROWS
        text = EPOCHS if first.statistic in MEANS else untold
        yield Recommendation(
            id="", when=when, because=_ids(epochs), text=text(path=first.path, clip=shown)
        )
    # else nothing was lost by them
    grave = (
        any(f.severity.rank >= Severity.HIGH.rank for f in steps)
        or case.run_state is State.UNSTABLE
    )
    if steps and grave:
        told = _restart(case, [(f, series[f.series[0]]) for f in steps])(
            lr=NOW(lr=case.lr) if case.lr is not None else NONE
        )
        yield Recommendation(
            id="",
            when="next",
            because=_ids(steps),
            text=told,
            source="PaLM (2022), section 5.1; OPT-175B",
        )


def _restart(case: Case, spikes: list[tuple[Finding, Series]]) -> Text:
    """Return what to do about spikes of a loss in words that fit the run: whether it is over and
    came back from them, and how long it is.
    """
    run = case.context.run
    if (
        case.run_state not in LOST
        and all(_came_back(*one) for one in spikes)
        and (run.status is Status.FINISHED or run.progress.is_done)
    ):
        return AGAIN
    series = spikes[0][1]
    taken = run.progress.steps[0] or (
        series.x[-1] if series.axis in (Axis.STEP, Axis.ITERATION) else 0.0
    )
    return ROWS if taken >= LONG else NEAR


def _came_back(spike: Finding, series: Series) -> bool:
    """Return whether a curve goes on behind a spike and ends below its peak."""
    return spike.end.row < len(series) - 1 and bool(
        series.y[-1] < np.max(series.y[spike.start.row : spike.end.row + 1])
    )


def steers(case: Case, series: Series) -> bool:
    """Return whether a series is what the optimiser follows, so that its spikes ask for
    something.
    """
    return series.split == "train" and case.context.is_measure(series)


def _ids(findings: list[Finding]) -> tuple[str, ...]:
    return tuple(finding.id for finding in findings)


ADVICE = Advice(id="spikes", advise=advise, order=30)
