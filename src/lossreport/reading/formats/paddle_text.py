"""Logs of the Paddle suites: PaddleClas (`ppcls INFO: [Train][Epoch 1/120][Iter: 0/5005]...`),
PaddleDetection, PaddleOCR.

Source: FORMATS.md section 5. PaddleClas prints means since the epoch began, and means of the epoch
at its end; PaddleDetection and PaddleOCR print medians of the last rows of a window that the
configuration sets. PaddleDetection counts epochs from 0, the others from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, Pairs, Setting
from lossreport.reading.kit.patterns import head
from lossreport.reading.kit.settings import settings_of
from lossreport.text import Text

SUITE: Final = r"(?:ppcls|ppdet|ppocr|root)[\w.]{0,60} INFO: "
PRINTED: Final = Pairs(
    before=r"(?:^|[\s,])'?",
    sign=r"(?:\(\w{1,20}\))?'?: ?'?",
    behind=r"(?='? ?s?(?:,| |$))",
)
"""PaddleDetection before 2.0 quotes names and values."""
LEFT_OUT: Final = "eta|epoch|iter|global_step|avg_samples|samples"
INSTANT: Final = "lr|learning_rate|ips|memory.*|max_mem.*"
SPEED: Final = Metric("(?:avg_)?(?:batch|reader|data)_cost", Statistic.UNKNOWN)
"""Means over a stretch that differs from suite to suite."""
WINDOW: Final = "window"


def _line(
    head: str,
    statistic: Statistic,
    axis: Axis = Axis.ITERATION,
    *,
    split: str = "train",
    window: str | None = None,
    resolution: float | None = None,
    inner: bool = False,
    first_epoch: int = 1,
) -> Line:
    return Line(
        head=head,
        pairs=PRINTED,
        axis=axis,
        split=split,
        statistic=statistic,
        window=window,
        resolution=resolution,
        metrics=(SPEED,),
        instant=INSTANT,
        left_out=LEFT_OUT,
        inner=inner,
        first_epoch=first_epoch,
    )


def _medians(head: str, axis: Axis = Axis.ITERATION, *, inner: bool = False) -> Line:
    return _line(
        head,
        Statistic.WINDOW_MEDIAN,
        axis,
        window=WINDOW,
        resolution=1e-6,
        inner=inner,
        first_epoch=0,
    )


def _precision(iou: str, name: str) -> Line:
    """Return a row of the table of COCO, which other programs print too: it counts below rows of a
    suite.
    """
    return Line(
        head=rf"Average Precision {{1,9}}\(AP\) @\[ IoU={iou} {{1,9}}\| area= {{0,9}}all \| maxD"
        rf"ets= {{0,9}}\d{{1,4}} \] = <{name}>",
        axis=Axis.ITERATION,
        split="eval",
        statistic=Statistic.VALUE,
        resolution=1e-3,
        below_rows=True,
    )


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield what a line of the dumped configuration sets behind the name of the suite."""
    if " INFO: " in text and (match := head(SUITE).match(text)):
        yield from settings_of(text[match.end() :])


PARSER = LineFormat(
    id="paddle_text",
    title=Text(
        zh="PaddleClas、PaddleDetection、PaddleOCR 的日志",
        en="logs of PaddleClas, PaddleDetection and PaddleOCR",
    ),
    lines=(
        _line(
            SUITE + r"\[Train\]\[Epoch <epoch>(?:/<epochs>)?\]\[Iter: ?<x>/<of>\]",
            Statistic.RUNNING_MEAN,
            resolution=1e-5,
            inner=True,
        ),
        _line(
            SUITE + r"\[(?P<split>Train|Eval)\]\[Epoch <epoch>(?:/<epochs>)?\]\[Avg\]",
            Statistic.EPOCH_MEAN,
            Axis.EPOCH,
        ),
        _medians(SUITE + r"Epoch: \[<epoch>\] \[ {0,9}<x>/<of>\] ", inner=True),
        _medians(SUITE + r"epoch: \[<epoch>/<epochs>\], (?:global_step|iter): <x>, ", Axis.STEP),
        _medians(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{1,9}-INFO: iter: <x>, "),
        _line(SUITE + "cur metric, ", Statistic.VALUE, Axis.STEP, split="eval"),
        _precision("0.50:0.95", "AP"),
        _precision("0.50", "AP50"),
        _precision("0.75", "AP75"),
    ),
    learn=(r"\b(?:log_smooth_window|log_iter)\s{0,20}:\s{0,20}<window:int>\s*$",),
    settings=(
        Setting(
            r"^(?:.{0,120} INFO: )? {0,20}(?P<name>epochs|epoch|epoch_num|batch_size_per_card|"
            r"learning_rate|seed|log_iter)\s{0,20}:\s{0,20}"
            r"(?P<value>[\d.][\d.eE+\-]{0,30})\s*$",
            names={"epoch": "epochs", "epoch_num": "epochs", "learning_rate": "lr"},
        ),
    ),
    facts=facts,
    known=r"\[Eval\]\[Epoch \d{1,9}(?:/\d{1,9})?\]\[Iter: ",
).parser()
