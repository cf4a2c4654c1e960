r"""Log of open_clip: `... | INFO | Train Epoch: 0 [  1024/100000 (1%)] ... Loss: 6.9312 (6.9312)`, `Eval Epoch: 1 clip_val_loss: 3.1\t...`.

Source: FORMATS.md section 5. The first number is of the last batch, that in parentheses the mean since the epoch began. Rows stand at the
samples seen. Evaluations count the epochs completed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, printed_parser, values
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import settings_of
from lossreport.text import Text

STAMP: Final = r"^\d{4}-\d\d-\d\d,\d\d:\d\d:\d\d \| (?:\S+ \| )?INFO \| "
TRAIN: Final = re.compile(STAMP + r"Train Epoch: (?P<epoch>\d+) \[ *(?P<x>\d+)/(?P<n>\d+) \(\d+%\)\] (?P<rest>.*)$")
EVAL: Final = re.compile(STAMP + r"Eval Epoch: (?P<epoch>\d+) (?P<rest>.*)$")
SETTING: Final = re.compile(STAMP + r" *(?P<said>\w+: \S+)$")
PAIR: Final = re.compile(
    rf"(?:^|\s)(?P<name>[^\W\d][\w@\-]*(?: Scale| \(t\))?): *(?P<value>{NUM})(?: \((?P<mean>{NUM})\))?(?=[\s,]|$)", re.IGNORECASE
)
LEFT_OUT: Final = ("epoch", "num_samples")
TIMES: Final = ("Data (t)", "Batch (t)")


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    if match := TRAIN.match(text):
        x = int(match["epoch"]) * int(match["n"]) + int(match["x"])
        return Row(axis=Axis.SAMPLES, x=float(x), values=tuple(_training(match["rest"])), epoch=float(match["epoch"]))
    match = EVAL.match(text)
    if match is None:
        return None
    pairs = [(name, value) for name, value, _ in PAIR.findall(match["rest"]) if name not in LEFT_OUT]
    return Row(axis=Axis.EPOCH, x=float(match["epoch"]), values=values(pairs, Statistic.VALUE, resolution=1e-4), split="val")


def _training(text: str) -> Iterator[Value]:
    for name, printed, mean in PAIR.findall(text):
        value, averaged = number(printed), number(mean)
        if value is not None:
            yield Value(name, value, Statistic.UNKNOWN if name in TIMES else Statistic.VALUE, None, "s" if name in TIMES else "")
        if averaged is not None:
            yield Value(name, averaged, Statistic.RUNNING_MEAN)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the settings that are listed one a line behind the stamp."""
    if match := SETTING.match(text):
        yield from settings_of(match["said"])


PARSER = printed_parser(id="open_clip_text", title=Text(zh="open_clip 的日志", en="log of open_clip"), row=row, facts=facts)
