"""Log of the PaddleNLP Trainer: `[2024-10-18 17:05:11,123] [    INFO] - loss: 8.51, learning_rate: 5e-06, global_step: 10, ...`.

Source: FORMATS.md 3.6. `loss` is the mean since the row before. Rows of an evaluation print no step: they stand at the last one.
"""

from __future__ import annotations

import math
import re
from typing import Final

from lossreport.model.run import FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.printed import Row, printed_parser, values
from lossreport.reading.kit.rows import SUMMARY, number
from lossreport.text import Text

HEAD: Final = re.compile(
    r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+\] \[ *[A-Z]+\](?: \S+:\d+:)? - (?=[^:]+: )(?=.*\bprogress_or_epoch: )(?P<rest>.*)$"
)
PAIR: Final = re.compile(rf"(?:^|, )(?P<name>[\w./\-]+): (?P<value>{NUM})(?=, |\s*$)", re.IGNORECASE)
PLACE: Final = ("global_step", "progress_or_epoch")
SPEED: Final = re.compile(r"(?:eval|test)_(?:runtime|samples_per_second|steps_per_second|ppl_runtime)|interval_runtime")
AVERAGED: Final = re.compile(r"(?!loss$).*")


def row(text: str) -> Row | None:
    """Return the row that a line is; the row that sums the training up holds only facts."""
    match = HEAD.match(text)
    if match is None:
        return None
    printed = dict(PAIR.findall(match["rest"]))
    step, epoch = number(printed.get("global_step")), number(printed.get("progress_or_epoch"))
    summary: tuple[tuple[str, FactValue], ...] = tuple((name, number(text)) for name, text in printed.items() if SUMMARY.fullmatch(name))
    if "train_runtime" in printed:
        return Row(facts=summary)
    pairs = [(name, text) for name, text in printed.items() if name not in PLACE and not SPEED.fullmatch(name)]
    named = [(split_name(name), text) for name, text in pairs]
    split = named[0][0][0] if named else "train"
    how = Statistic.WINDOW_MEAN if split == "train" else Statistic.VALUE
    found = values([(name, text) for (_, name), text in named], how, instant=AVERAGED)
    return Row(x=step, values=found, split=split, epoch=math.nan if epoch is None else epoch)


PARSER = printed_parser(id="paddlenlp_text", title=Text(zh="PaddleNLP Trainer 的日志", en="log of the PaddleNLP Trainer"), row=row)
