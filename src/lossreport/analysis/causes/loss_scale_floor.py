"""A loss scale that halves to its floor: every step overflows, and no update is made any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.breakage import How, breaks
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.overflow_messages import lowest
from lossreport.analysis.signs import around, beyond_named_best, parsers, set_rate
from lossreport.text import Phrase, Text, number

FELL = Text(
    zh="`{metric}` 从 {first} 一路降到 {last}（第 {line} 行）：几乎每一步都溢出，更新被丢弃。",
    en="`{metric}` falls from {first} to {last} (line {line}): nearly every step overflows "
    "and its update is dropped.",
)
EVENT = Text(zh="日志在第 {line} 行写道：“{quote}”。", en="The log says at line {line}: “{quote}”.")
FLOOR: Final = 1.0
"""A scale below 1 makes gradients smaller instead of larger: the search has failed (fairseq stops
at 1e-4, DeepSpeed at 1).
"""
MESSAGE: Final = re.compile(r"minimum loss scale|already at minimum", re.IGNORECASE)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a break, or a flat loss, beside a loss scale at its floor."""
    signs = []
    for scale in context.run.series:
        if scale.metric_type == "loss_scale" and len(scale) > 1 and not scale.derived:
            y = scale.y[np.isfinite(scale.y)]
            if len(y) and y[0] > FLOOR and y[-1] < FLOOR:
                row = int(np.flatnonzero(scale.y < FLOOR)[0])
                values = {"first": number(float(y[0])), "last": number(float(scale.y[row]))}
                signs.append(strong(FELL(metric=scale.label, line=int(scale.line[row]), **values)))
    event = next((one for one in context.run.events if MESSAGE.search(one.quote)), None) or lowest(
        context
    )
    if event is not None:
        signs.append(strong(EVENT(line=event.line, quote=event.quote)))
    if not signs:
        return
    if (lost := beyond_named_best(context)) is not None:
        signs.append(weak(lost))
    for at in breaks(context, How.NONFINITE, How.MASKED, How.DIVERGENCE):
        yield Suspicion(
            finding=at.finding, signs=(*signs, *around(context, at.series, at.row)), do=_do(context)
        )
        return
    for finding in context.of_kind("skipped_steps", "no_learning", "constant_metric"):
        fairseq = "fairseq_text" in parsers(context)
        cramped = _is_at_its_best(context)
        code = "--min-loss-scale 1e-6" if fairseq and cramped else ""
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            do=CRAMPED() if cramped else _do(context),
            code=code,
        )
        return


CRAMPED = Text(
    zh="验证 loss 还在最好处，训练没有发散：先把 loss scale 的下限调低（fairseq："
    "--min-loss-scale），或减小每步的 batch（max-tokens、update-freq）再续训；loss "
    "若开始上升，再降低学习率、改用 bf16。",
    en="The validation loss is at its best, so nothing has diverged: first lower the floor of "
    "the loss scale (fairseq: --min-loss-scale) or make the batch of a step smaller "
    "(max-tokens, update-freq) and go on; where the loss begins to rise, lower the "
    "learning rate and use bf16.",
)


def _is_at_its_best(context: Context) -> bool:
    """Return whether every validation loss ends at its lowest, and at the best that the log names;
    False without any.
    """
    ends = [
        one
        for one in context.progress
        if one.split != "train" and len(one) and np.isfinite(one.y).all()
    ]
    named = [
        one
        for one in context.run.series
        if one.split != "train" and one.name == "best_loss" and len(one)
    ]
    lowest = all(float(one.y[-1]) <= float(one.y.min()) for one in ends)
    return (
        bool(ends)
        and lowest
        and (len(ends[0]) > 1 or bool(named))
        and all(ends[0].y[-1] <= one.y[-1] for one in named[:1])
    )


LOWER = Text(
    zh="从 loss scale 开始一路下降之前的 checkpoint 重启，按顺序试：学习率从 {lr} 降到 "
    "{less}、加长 warm-up、开启梯度裁剪（clip-norm 0 等于没开）、加大 batch；仍溢出就用 "
    "bf16 或 fp32。",
    en="Restart from a checkpoint before the scale began to fall and try in this order: a "
    "learning rate of {less} instead of {lr}, a longer warm-up, gradient clipping "
    "(clip-norm 0 means off), a larger batch; if it still overflows, bf16 or fp32.",
)


def _do(context: Context) -> Phrase | None:
    rate = set_rate(context)
    return LOWER(lr=number(rate), less=number(rate / 10)) if rate else None


CAUSE = Cause(
    id="loss_scale_floor",
    family="precision",
    title=Text(
        zh="loss scale 降到了底：fp16 的梯度步步溢出（学习率过高、每步的 batch 极大，"
        "或某层的激活值为无穷大）",
        en="The loss scale is at its floor: gradients overflow fp16 in every step (a learning "
        "rate that is too high, a huge batch, or infinite activations in one layer)",
    ),
    decided_by=Text(
        zh="看 scale 开始下降之前的 loss：在上升，是学习率；仍在下降，只是 scale "
        "的下限太紧（例如每步的 batch 极大），可以把下限调低；平稳，是某个坏 batch "
        "或某一层，用 fp32 重放即可分辨。",
        en="Look at the loss before the scale began to fall: rising means the learning rate; "
        "still falling means that only the search for a scale is cramped, by a huge batch "
        "for example, and its floor may be lower; calm means one bad batch or one layer, "
        "which a replay in fp32 tells.",
    ),
    do=Text(
        zh="从 loss scale 开始一路下降之前的 checkpoint 重启：降低学习率、加长 warm-up、"
        "开启梯度裁剪、加大 batch；仍溢出就用 bf16 或 fp32。",
        en="Restart from a checkpoint before the scale began to fall: lower the learning "
        "rate, lengthen the warm-up, clip gradients, enlarge the batch; if it still "
        "overflows, use bf16 or fp32.",
    ),
    reference="facebookresearch/fairseq #1529: FloatingPointError: Minimum loss scale reached "
    "(0.0001).",
    suspect=suspect,
)
