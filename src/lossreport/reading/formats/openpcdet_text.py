"""Log of OpenPCDet: `Train:    1/3 ( 33%) [  49/323 ( 15%)]  Loss: 36.77 (81.7)  LR: 1.351e-04  ...  Acc_iter 50 ...`, before 2023 `epoch: 18/120, acc_iter=4900, ...`.

Source: real logs and `tools/train_utils/train_utils.py`. The loss is that of the last iteration, in parentheses the mean since the epoch began.
`acc_iter` counts iterations since the start; epochs count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser, values
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

ROW: Final = re.compile(
    rf"INFO +Train: +(?P<epoch>\d+)/(?P<epochs>\d+) \( *\d+%\) \[ *\d+/\d+ \( *\d+%\)\] +Loss: (?P<loss>{NUM}) \((?P<mean>{NUM})\) +LR: (?P<lr>{NUM}) .*?Acc_iter (?P<x>\d+)"
    r"(?: +Data time: (?P<data>[\d.]+)\([\d.]+\) +Forward time: [\d.]+\([\d.]+\) +Batch time: (?P<batch>[\d.]+))?",
    re.IGNORECASE,
)
OLD: Final = re.compile(r"INFO +epoch: (?P<epoch>\d+)/(?P<epochs>\d+), acc_iter=(?P<x>\d+), (?P<rest>.*)$")
PAIR: Final = re.compile(rf"(?:^|, )(?P<name>[^\W\d][\w./\-]*)=(?P<value>{NUM})(?=,|\s*$)", re.IGNORECASE)
CONFIG: Final = re.compile(r"INFO +(?P<name>batch_size|epochs) +(?P<value>\d+)\s*$")


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    if match := ROW.search(text):
        found = [
            Value("loss", matched(match["loss"]), Statistic.VALUE),
            Value("loss", matched(match["mean"]), Statistic.RUNNING_MEAN),
            Value("lr", matched(match["lr"]), Statistic.VALUE),
        ]
        if match["data"]:
            found += [
                Value("data_time", matched(match["data"]), Statistic.VALUE),
                Value("batch_time", matched(match["batch"]), Statistic.VALUE),
            ]
    elif match := OLD.search(text):
        found = list(values(((name, value) for name, value in PAIR.findall(match["rest"]) if name != "batch_size"), Statistic.VALUE))
    else:
        return None
    facts = (("epochs", int(match["epochs"])),)
    return Row(axis=Axis.ITERATION, x=float(match["x"]), values=tuple(found), epoch=float(match["epoch"]), facts=facts)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the arguments printed at the start."""
    if match := CONFIG.search(text):
        yield match["name"], plain_value(match["value"])


PARSER = printed_parser(id="openpcdet_text", title=Text(zh="OpenPCDet 的日志", en="log of OpenPCDet"), row=row, facts=facts)
