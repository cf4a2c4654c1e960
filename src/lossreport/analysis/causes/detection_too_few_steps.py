"""A mAP of 0 after few steps with a loss that falls: a detector that has hardly begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import falls_by, finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import moved
from lossreport.text import Text, number

FEW: Final = 1000
"""Steps: the warm-up of YOLO alone takes a hundred at least and three epochs, and mAP leaves 0
after some hundreds (ultralytics #2470: 20 images).
"""
FALLEN: Final = 0.05

STEPS = Text(
    zh="到末尾只训练了约 {steps} 步。",
    en="Only about {steps} steps were trained by the end.",
)
MORE = Text(
    zh="才训练了约 {steps} 步：减小 batch 或增加 epoch，使总步数到 {more} 以上再看 mAP；loss "
    "在降，数据读得到。",
    en="About {steps} steps were trained: use smaller batches or more epochs until there are "
    "{more} and look at mAP then; the loss falls, so the data is read.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a mAP of 0 in a run of few steps whose losses on boxes fall."""
    steps = _steps(context)
    falling = [
        one
        for one in context.progress
        if one.metric_type in ("box", "dfl") and one.split == "train" and falls_by(one) > FALLEN
    ]
    if steps is None or steps >= FEW or not falling:
        return
    for finding in context.of_kind("constant_metric", "no_learning"):
        series = context.subject(finding)
        if series.metric_type == "map" and not finite(series).any():
            told = STEPS(steps=number(steps))
            do = MORE(steps=number(steps), more=number(float(FEW)))
            yield Suspicion(finding=finding, signs=(strong(told), weak(moved(falling[0]))), do=do)


def _steps(context: Context) -> float | None:
    done = context.run.progress.steps[0]
    if done is not None:
        return float(done)
    images, batch, epochs = (
        context.facts.get(name) for name in ("train_images", "batch_size", "epochs")
    )
    known = [
        float(one)
        for one in (images, batch, epochs)
        if isinstance(one, int | float) and not isinstance(one, bool) and one > 0
    ]
    return known[0] / known[1] * known[2] if len(known) == 3 else None


CAUSE = Cause(
    id="detection_too_few_steps",
    family="detection",
    title=Text(
        zh="步数太少，检测器还没有学到能被计入 mAP 的框",
        en="Too few steps: no box is good enough to count yet",
    ),
    decided_by=Text(
        zh="把置信度阈值降到 0.001 看有没有位置正确的框：有就是训练不够，没有则查标注。",
        en="Lower the confidence threshold to 0.001: boxes at the right places mean too "
        "little training, none at all mean the labels.",
    ),
    do=Text(
        zh="减小 batch 或增加 epoch，总步数到 1000 以上再看 mAP。",
        en="Use smaller batches or more epochs until there are 1000 steps, and look at mAP then.",
    ),
    reference="ultralytics/ultralytics #2470: no detections",
    suspect=suspect,
)
