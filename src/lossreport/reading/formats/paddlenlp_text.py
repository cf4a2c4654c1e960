"""Log of the PaddleNLP Trainer: `[2024-10-18 17:05:11,123] [ INFO] - loss: 8.51, learning_rate:
5e-06, global_step: 10, ...`.

Source: FORMATS.md 3.6. `loss` is the mean since the row before. Rows of an evaluation print no
step: they stand at the last one.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport import regex as re
from lossreport.model.run import FactValue, Statistic
from lossreport.reading.kit.line_format import LineFormat, stateless
from lossreport.reading.kit.line_row import Row, values
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.patterns import NUM
from lossreport.reading.kit.rows import SUMMARY, number
from lossreport.text import Text

HEAD: Final = re.compile(
    r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{1,9}\] \[ {0,9}[A-Z]{1,9}\](?: \S{1,200}:\d{1,9}:)? - "
    r"(?P<rest>[^:\s]{1,80}: .*)$"
)
PAIR: Final = re.compile(rf"(?:^|, )(?P<name>[\w./\-]{{1,80}}): (?P<value>{NUM})(?=, |\s*$)")
PROGRESS: Final = "progress_or_epoch"
PLACE: Final = ("global_step", PROGRESS)
SPEED: Final = re.compile(
    r"(?:eval|test)_(?:runtime|samples_per_second|steps_per_second|ppl_runtime)|interval_runtime"
)
AVERAGED: Final = re.compile(r"(?!loss$).*")


def row(text: str) -> Row | None:
    """Return the row that a line is; the row that sums the training up holds only facts."""
    match = HEAD.match(text) if f"{PROGRESS}: " in text else None
    if match is None:
        return None
    printed = dict(PAIR.findall(match["rest"]))
    step, epoch = number(printed.get("global_step")), number(printed.get(PROGRESS))
    if "train_runtime" in printed:
        summary: tuple[tuple[str, FactValue], ...] = tuple(
            (name, number(text)) for name, text in printed.items() if SUMMARY.fullmatch(name)
        )
        return Row(facts=summary)
    pairs = [
        (name, text)
        for name, text in printed.items()
        if name not in PLACE and not SPEED.fullmatch(name)
    ]
    named = [(split_name(name), text) for name, text in pairs]
    split = named[0][0][0] if named else "train"
    how = Statistic.WINDOW_MEAN if split == "train" else Statistic.VALUE
    found = values([(name, text) for (_, name), text in named], how, instant=AVERAGED)
    return Row(x=step, values=found, split=split, epoch=math.nan if epoch is None else epoch)


PARSER = LineFormat(
    id="paddlenlp_text",
    title=Text(zh="PaddleNLP Trainer 的日志", en="log of the PaddleNLP Trainer"),
    step=stateless(row),
).parser()
