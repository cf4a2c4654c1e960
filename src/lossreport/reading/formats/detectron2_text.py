"""Text log of detectron2, on the terminal or in log.txt: `d2.utils.events INFO:  eta: 0:10:00  iter: 19  total_loss: 1.923  ...`.

Source: FORMATS.md section 5. `CommonMetricPrinter` prints losses as medians of the last 20 iterations. An evaluation is printed as three
lines `copypaste:` (task, names, values) and stands at the last iteration printed before it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, printed_parser, values
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

HEAD: Final = r"^\[\d\d/\d\d \d\d:\d\d:\d\d(?: [\w.]+\]:|\] [\w.]+ INFO:) +"
ROW: Final = re.compile(rf"{HEAD}(?:eta: .*?  )?(?:epoch/iter: (?P<epoch>\d+)/|iter: )(?P<iter>\d+)  (?P<rest>.*)$")
"""fast-reid and its kin print the epoch in front of the iteration, which counts since the start in both."""
PAIR: Final = re.compile(rf"(?:^|\s)(?P<name>[^\W\d][\w./\-]*): (?P<value>{NUM})(?=[A-Z]?(?:\s|$))", re.IGNORECASE)
WINDOW: Final = 20
"""`window_size` of CommonMetricPrinter."""
NOT_A_LOSS: Final = re.compile(r"(?!.*loss).*", re.IGNORECASE)
UNCERTAIN: Final = ("time", "data_time")
"""Means of the last 20 iterations in one version, since the start in another."""
EVALUATION: Final = re.compile(rf"{HEAD}(?:copypaste: (?P<said>.*)|Evaluation results for (?P<data>\S+) in csv format:)$")
RESUMED: Final = re.compile(r"Starting training from iteration [1-9]")
CONFIG: Final = re.compile(r"^ *(?P<name>BASE_LR|MAX_ITER|IMS_PER_BATCH|SEED): (?P<value>[\d.][\d.eE+\-]*)$")
WORLD: Final = re.compile(r"Rank of current process: \d+\. World size: (\d+)")
NAMES: Final = {"BASE_LR": "lr", "MAX_ITER": "max_steps", "IMS_PER_BATCH": "batch_size", "SEED": "seed"}


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the data set, the task and the names of an evaluation."""
    first = shown = task = ""
    names: list[str] = []

    def evaluated(match: re.Match[str]) -> Row | None:
        nonlocal first, shown, task, names
        if match["data"]:
            first, shown = first or match["data"], match["data"]
        elif match["said"].startswith("Task: "):
            task, names = match["said"].removeprefix("Task: ").strip(), []
        elif not names:
            names = match["said"].split(",")
        else:
            pairs = zip((f"{task}/{name}" for name in names), match["said"].split(","), strict=False)
            return Row(axis=Axis.ITERATION, values=values(pairs, Statistic.VALUE), split="val" if shown == first else shown)
        return None

    def row(text: str) -> Row | None:
        if match := ROW.match(text):
            return _training(match)
        found = EVALUATION.match(text)
        return None if found is None else evaluated(found)

    return row


def _training(match: re.Match[str]) -> Row:
    pairs = [(name, value) for name, value in PAIR.findall(match["rest"]) if not name.startswith("last_")]
    known = [pair for pair in pairs if pair[0] not in UNCERTAIN]
    found = values(known, Statistic.WINDOW_MEDIAN, WINDOW, instant=NOT_A_LOSS)
    times = values([pair for pair in pairs if pair[0] in UNCERTAIN], Statistic.UNKNOWN)
    epoch = float(match["epoch"]) if match["epoch"] else math.nan
    return Row(axis=Axis.ITERATION, x=float(match["iter"]), values=(*found, *times), epoch=epoch)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield what a line of the dumped YAML configuration sets."""
    if match := CONFIG.match(text):
        yield NAMES[match["name"]], plain_value(match["value"])
    elif match := WORLD.search(text):
        yield "world_size", int(match[1])


PARSER = printed_parser(
    id="detectron2_text",
    title=Text(zh="detectron2 的文本日志（log.txt、终端输出）", en="text log of detectron2 (log.txt, terminal)"),
    begin=begin,
    facts=facts,
    resumed=RESUMED,
)
