"""Gradient norm: how long the gradient was, usually before clipping, for the analyse step."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.knowledge.loss_type import Known, LossType
from lossreport.knowledge.losses._aliases import metric_names
from lossreport.knowledge.losses._facts import is_positive, number_fact
from lossreport.text import Phrase, Text, number, percent

CLIPPED = Text(
    zh="{value} 高于 `clip_grad` = {clip}：若记录的是单步裁剪前的范数，这一步的梯度被缩到 "
    "{share}。",
    en="{value} is above `clip_grad` = {clip}: if this is the norm of one step before "
    "clipping, its gradient was scaled to {share}.",
)
UNCLIPPED = Text(
    zh="{value} 低于 `clip_grad` = {clip}：若为单步的值，这一步没有被裁剪；若为均值，"
    "个别步仍可能被裁剪。",
    en="{value} is below `clip_grad` = {clip}: one such step was not clipped; under a mean "
    "like this single steps may still have been.",
)
AT_CLIP = Text(
    zh="{value} 恰好等于 `clip_grad` = {clip}：记录的可能是裁剪之后的范数，"
    "此时看不到裁剪前有多大。",
    en="{value} equals `clip_grad` = {clip}: the norm may be logged after clipping, which "
    "hides how large it was before.",
)
LIMIT = Text(
    zh="裁剪限制的是参数更新，不是 loss：开着裁剪也可能出现 loss 尖峰。",
    en="Clipping limits the update, not the loss: a loss can spike with clipping on.",
)
NO_CLIP = Text(
    zh="裁剪阈值未知，无法判断 {value} 是否被裁剪；请用 `--set clip_grad=N` 给出。",
    en="The clipping threshold is unknown, so whether {value} was clipped cannot be said; "
    "give it with `--set clip_grad=N`.",
)


def _notes(known: Known, value: float) -> tuple[Phrase, ...]:
    return tuple(_said(known, value)) if is_positive(value) else ()


def _said(known: Known, value: float) -> Iterator[Phrase]:
    clip = number_fact(known, "clip_grad")
    shown = number(value)
    if clip is None or clip <= 0:
        # a threshold of 0 or below switches clipping off in several trainers
        if clip is None:
            yield NO_CLIP(value=shown)
    elif value > clip:
        yield CLIPPED(value=shown, clip=number(clip), share=percent(clip / value))
        yield LIMIT()
    elif value < clip:
        yield UNCLIPPED(value=shown, clip=number(clip))
    else:
        yield AT_CLIP(value=shown, clip=number(clip))


LOSS = LossType(
    id="grad_norm",
    title=Text(zh="梯度范数", en="gradient norm"),
    names=metric_names(
        r"(?:\w+_)?(?:grad|gradient|grads)_?norm(?:_\w+)?",
        # its norm by the root of the number of parameters
        r"(?:\w+_)?(?:grad|gradient|grads)_?rms",
        r"gnorm",
        r"grdn",
        r"norm",
        r"梯度(?:范数)?",
        r"(?:.+/)?grad(?:ient)?s?/norm.*",
        r"(?:.+/)?grad_norm/.+",
    ),
    order=40,
    unit="",
    goal="none",
    role="health",
    notes=_notes,
    needs=("clip_grad",),
    why=Text(
        zh="大小取决于模型、loss 的缩放和 batch，没有通用的范围。PyTorch 的 `clip_grad_norm_` "
        "返回裁剪前的范数，因此高于 `clip_grad` 的值只表示该步被裁剪。",
        en="Its size depends on the model, the scale of the loss and the batch; there is no "
        "general range. PyTorch's `clip_grad_norm_` returns the norm before clipping, so a "
        "value above `clip_grad` only says that the step was clipped.",
    ),
)
