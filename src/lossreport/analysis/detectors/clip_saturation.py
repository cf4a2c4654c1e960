"""A gradient norm that is clipped most of the time: the step is then a fixed length, and clipping
sets the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import make_finding
from lossreport.analysis.payloads import ClippedSteps
from lossreport.model.analysis import NotApplicable, Severity
from lossreport.model.guidance import Threshold
from lossreport.text import Text, number, percent

MIN_ROWS: Final = 50
SHARE: Final = 0.5
"""More than half of the rows: "extremely aggressive", lower the learning rate (Deep Learning Tuning
Playbook).
"""
CLIPPED: Final = Threshold(
    name="clip_share",
    default=SHARE,
    low=0.05,
    high=0.99,
    meaning=Text(zh="被裁剪的步数占比", en="share of steps whose gradient is clipped"),
)
AT: Final = 2e-3
"""Norms within 0.2 % of the threshold: the log prints them after clipping."""

TEXT = Text(
    zh="`{metric}`（{path}）有 {share} 的行达到或超过裁剪阈值 {clip}（中位数 {median}）："
    "这些步的梯度被缩到阈值，梯度大小的差别不再影响更新。",
    en="`{metric}` ({path}) reaches the clipping threshold of {clip} in {share} of the rows "
    "(median {median}): in these steps the gradient is scaled down to the threshold, and "
    "its size no longer affects the update.",
)
NEEDS = Text(
    zh="`{metric}`：裁剪阈值未知，没有检查有多少步被裁剪。可用 `--set clip_grad=...` 给出。",
    en="`{metric}`: the clipping threshold is unknown, so it was not checked how often the "
    "gradient is clipped. Give it with `--set clip_grad=...`.",
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a gradient norm that is clipped in most rows."""
    clip = context.facts.get("clip_grad")
    for series in context.judged:
        if series.metric_type != "grad_norm" or np.isfinite(series.y).sum() < MIN_ROWS:
            continue
        if isinstance(clip, bool) or not isinstance(clip, int | float) or clip <= 0:
            yield NotApplicable(
                check="clip_saturation", series=(series.id,), reason=NEEDS(metric=series.label)
            )
            return
        y = series.y[np.isfinite(series.y)]
        after_clipping = float(y.max()) <= clip * (1 + AT)
        share = float(
            np.mean(np.abs(y / clip - 1) < AT) if after_clipping else np.mean(y > clip * (1 + AT))
        )
        if share > context.threshold(CLIPPED):
            text = TEXT(
                metric=series.label,
                path=series.path,
                share=percent(share),
                clip=number(float(clip)),
                median=number(float(np.median(y))),
            )
            rows = np.flatnonzero(series.y >= clip * (1 - AT)).tolist()
            yield make_finding(
                "clip_saturation",
                series,
                rows,
                Severity.MEDIUM,
                text,
                payload=ClippedSteps(share=share, clip=float(clip)),
            )


DETECTOR = Detector(
    id="clip_saturation",
    kinds=(Kind(id="clip_saturation", title=Text(zh="梯度被裁剪", en="clipped steps")),),
    detect=detect,
    thresholds=(CLIPPED,),
    order=70,
)
