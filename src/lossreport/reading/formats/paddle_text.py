"""Logs of the Paddle suites: PaddleClas (`ppcls INFO: [Train][Epoch 1/120][Iter: 0/5005]...`), PaddleDetection, PaddleOCR.

Source: FORMATS.md section 5. PaddleClas prints means since the epoch began, and means of the epoch at its end; PaddleDetection and
PaddleOCR print medians of the last rows of a window that the configuration sets. PaddleDetection counts epochs from 0, the others from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, printed_parser, values
from lossreport.reading.kit.settings import plain_value, settings_of
from lossreport.text import Text

HEAD: Final = re.compile(r"^(?:\[(?:\d{4}/)?\d\d/\d\d \d\d:\d\d:\d\d\] )?(?P<suite>ppcls|ppdet|ppocr|root)[\w.]* INFO: (?P<body>.*)$")
CLASSIFIER: Final = re.compile(
    r"^\[(?P<mode>Train|Eval)\]\[Epoch (?P<epoch>\d+)(?:/(?P<epochs>\d+))?\]\[(?:Iter: ?(?P<i>\d+)/(?P<n>\d+)|(?P<mean>Avg))\](?P<rest>.*)$"
)
DETECTOR: Final = re.compile(r"^Epoch: \[(?P<epoch>\d+)\] \[ *(?P<i>\d+)/(?P<n>\d+)\] (?P<rest>.*)$")
READER: Final = re.compile(r"^epoch: \[(?P<epoch>\d+)/(?P<epochs>\d+)\], (?:global_step|iter): (?P<step>\d+), (?P<rest>.*)$")
STATIC: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+-INFO: iter: (?P<step>\d+), (?P<rest>.*)$")
"""PaddleDetection before 2.0: `2020-12-22 08:05:25,238-INFO: iter: 1240, lr: 0.019992, 'loss_cls': '0.736654', 'loss': '1.26', eta: ...`."""
CURRENT: Final = re.compile(r"^cur metric, (?P<rest>.*)$")
PRECISION: Final = re.compile(
    r"^ ?Average Precision +\(AP\) @\[ IoU=(?P<iou>0\.50:0\.95|0\.50 +|0\.75 +) \| area= *all \| maxDets= *\d+ \] = (?P<value>[-\d.]+)"
)
PRECISIONS: Final = {"0.50:0.95": "AP", "0.50": "AP50", "0.75": "AP75"}
PAIR: Final = re.compile(rf"(?:^|[\s,])(?P<name>[^\W\d][\w./@%\-]*)(?:\(\w+\))?: ?(?P<value>{NUM})(?= ?s?(?:,| |$))", re.IGNORECASE)
LEFT_OUT: Final = ("eta", "epoch", "iter", "global_step", "avg_samples", "samples")
INSTANT: Final = re.compile(r"lr|learning_rate|ips|memory.*|max_mem.*", re.IGNORECASE)
SPEED: Final = re.compile(r"(?:avg_)?(?:batch|reader|data)_cost")
"""Means over a stretch that differs from suite to suite."""
WINDOW: Final = re.compile(r"\b(?:log_smooth_window|log_iter)\s*:\s*(\d+)\s*$")
CONFIG: Final = re.compile(
    r"^(?:.* INFO: )? *(?P<name>epochs|epoch|epoch_num|batch_size_per_card|learning_rate|seed|log_iter)\s*:\s*(?P<value>[\d.][\d.eE+\-]*)\s*$"
)
NAMES: Final = {"epoch": "epochs", "epoch_num": "epochs", "learning_rate": "lr"}


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines.

    It remembers the window of the medians, and whether a suite has printed a row: other programs print tables of COCO too.
    """
    window: int | None = None
    is_ours = False

    def row(text: str) -> Row | None:
        nonlocal window, is_ours
        if match := STATIC.match(text):
            return Row(axis=Axis.ITERATION, x=float(match["step"]), values=_medians(match["rest"].replace("'", ""), window))
        match = HEAD.match(text)
        body = match["body"] if match else text
        if found := WINDOW.search(body):
            window = int(found[1])
        elif is_ours and (found := PRECISION.match(body)):
            return _precision(found)
        made = None if match is None else _row(body, window)
        is_ours = is_ours or made is not None
        return made

    return row


def _row(body: str, window: int | None) -> Row | None:
    if match := CLASSIFIER.match(body):
        return _classifier(match)
    if match := DETECTOR.match(body):
        x = int(match["epoch"]) * int(match["n"]) + int(match["i"])
        return Row(axis=Axis.ITERATION, x=float(x), values=_medians(match["rest"], window), epoch=float(match["epoch"]))
    if match := READER.match(body):
        facts = (("epochs", int(match["epochs"])),)
        found = _medians(match["rest"], window)
        return Row(x=float(match["step"]), values=found, epoch=float(match["epoch"]), facts=facts)
    if match := CURRENT.match(body):
        return Row(values=_values(match["rest"], Statistic.VALUE), split="eval")
    return None


def _classifier(match: re.Match[str]) -> Row | None:
    train, epoch = match["mode"] == "Train", int(match["epoch"])
    facts = (("epochs", int(match["epochs"])),) if match["epochs"] else ()
    if match["mean"]:
        found = _values(match["rest"], Statistic.EPOCH_MEAN)
        return Row(axis=Axis.EPOCH, x=float(epoch), values=found, split="train" if train else "eval", facts=facts)
    if not train:
        return None
    x = (epoch - 1) * int(match["n"]) + int(match["i"])
    found = _values(match["rest"], Statistic.RUNNING_MEAN, resolution=1e-5)
    return Row(axis=Axis.ITERATION, x=float(x), values=found, epoch=float(epoch), facts=facts)


def _medians(text: str, window: int | None) -> tuple[Value, ...]:
    return _values(text, Statistic.WINDOW_MEDIAN, window, resolution=1e-6)


def _precision(match: re.Match[str]) -> Row:
    name = PRECISIONS[match["iou"].strip()]
    return Row(axis=Axis.ITERATION, values=values([(name, match["value"])], Statistic.VALUE, resolution=1e-3), split="eval")


def _values(text: str, how: Statistic, window: int | None = None, resolution: float | None = None) -> tuple[Value, ...]:
    pairs = [(name, value) for name, value in PAIR.findall(text) if name not in LEFT_OUT]
    metrics = values((pair for pair in pairs if not SPEED.fullmatch(pair[0])), how, window, resolution=resolution, instant=INSTANT)
    return (*metrics, *values((pair for pair in pairs if SPEED.fullmatch(pair[0])), Statistic.UNKNOWN))


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield what a line of the dumped configuration sets."""
    if match := CONFIG.match(text):
        yield NAMES.get(match["name"], match["name"]), plain_value(match["value"])
    elif head := HEAD.match(text):
        yield from settings_of(head["body"])


PARSER = printed_parser(
    id="paddle_text",
    title=Text(zh="PaddleClas、PaddleDetection、PaddleOCR 的日志", en="logs of PaddleClas, PaddleDetection and PaddleOCR"),
    begin=begin,
    facts=facts,
)
