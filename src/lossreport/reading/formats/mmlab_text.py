r"""Text logs of OpenMMLab: mmengine (`Epoch(train) [1][4/8] lr: 1.0e-02 ...`), mmcv 1.x (`Epoch
[1][50/7330]\tlr: ...`) and old XTuner.

Source: FORMATS.md section 5; `LogProcessor` of mmengine 0.10 prints means of the last 10 iterations
for names with loss, time or grad_norm and the last value of others; `TextLoggerHook` of mmcv prints
means since the row before. Epochs and iterations count from 1.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import COLON, Line, LineFormat, Metric, Setting
from lossreport.text import Text

LEVEL: Final = r"- [A-Z]{4,8} - "
WINDOW: Final = 10
"""`window_size` of mmengine's LogProcessor."""
CURRENT: Final = r"(?!.{0,80}(?:loss|time|grad_norm)).*"
"""Names of which mmengine prints the last value (`mean_pattern` of LogProcessor)."""
INSTANT: Final = r"lr(?:_.*)?|base_lr|memory|momentum.*"
"""Names of which mmcv prints the last value."""
RESOLUTION: Final = 1e-4
"""Both print four decimals; learning rates are printed with an exponent."""
OF_VALIDATION: Final = Metric(
    "(.+)_val", Statistic.VALUE, resolution=RESOLUTION, name=r"\1", split="val"
)
"""What `train_step` returns beside the losses of training: mmseg computes it on a batch of the
validation set.
"""
LEFT_OUT: Final = "eta|epoch|iter|step|.*copypaste.*"
SPEED: Final = "time|data_time|memory|eta"
"""mmengine prints how fast a pass over the validation set goes on."""


def _training(head: str, *, by_epoch: bool, mmengine: bool) -> Line:
    return Line(
        head=LEVEL + head,
        pairs=COLON,
        axis=Axis.ITERATION,
        inner=by_epoch,
        statistic=Statistic.WINDOW_MEAN,
        window=WINDOW if mmengine else None,
        instant=CURRENT if mmengine else INSTANT,
        resolution=RESOLUTION,
        metrics=(OF_VALIDATION,),
        left_out=LEFT_OUT,
    )


def _validation(head: str, axis: Axis) -> Line:
    return Line(
        head=LEVEL + head,
        pairs=COLON,
        axis=axis,
        statistic=Statistic.VALUE,
        resolution=RESOLUTION,
        left_out=LEFT_OUT,
        hollow=SPEED,
    )


PARSER = LineFormat(
    id="mmlab_text",
    title=Text(
        zh="OpenMMLab 的文本日志（mmengine、mmcv 1.x、旧版 XTuner）",
        en="text logs of OpenMMLab (mmengine, mmcv 1.x, old XTuner)",
    ),
    lines=(
        _training(
            r"Epoch\(train\)\s{1,9}\[ {0,9}<epoch>(?:/ {0,9}\d{1,9})?\]\[ {0,9}<x>/ {0,9}<of>\]",
            by_epoch=True,
            mmengine=True,
        ),
        _training(
            r"Epoch\s{1,9}\[ {0,9}<epoch>(?:/ {0,9}\d{1,9})?\]\[ {0,9}<x>/ {0,9}<of>\]",
            by_epoch=True,
            mmengine=False,
        ),
        _training(
            r"Iter\(train\)\s{1,9}\[ {0,9}<x>/ {0,9}<max_steps>\]", by_epoch=False, mmengine=True
        ),
        _training(r"Iter\s{1,9}\[ {0,9}<x>/ {0,9}<max_steps>\]", by_epoch=False, mmengine=False),
        _validation(
            r"Epoch\((?P<split>val|test)\)\s{1,9}\[ {0,9}<epoch>"
            r"(?:/ {0,9}\d{1,9})?\]\[[^\]]{1,30}\]",
            Axis.EPOCH,
        ),
        _validation(r"(?:Iter|Epoch)\((?P<split>val|test)\)\s{1,9}\[[^\]]{1,30}\]", Axis.ITERATION),
    ),
    settings=(
        Setting(r"\bmax: <epochs> epochs\b"),
        Setting(r"\bmax: <max_steps> iters\b"),
        Setting(
            r"\b(?P<name>lr|max_norm|max_epochs|max_iters|samples_per_gpu|batch_size)="
            r"(?P<value>[\d.][\d.eE+\-]{0,30})(?=[,)\s]|$)",
            names={"max_norm": "clip_grad", "max_epochs": "epochs", "max_iters": "max_steps"},
            every=True,
            without=" - INFO - ",
        ),
    ),
).parser()
