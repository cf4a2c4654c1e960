"""Logs of Torch7 (Lua): `json_stats: {"epoch":1,"loss":1.39,...}` of wide-residual-networks, ` | Epoch: [1][1/5005]  ...` of fb.resnet.torch.

Source: real logs; `train.lua` of both. `json_stats` repeats the options beside the results: a name that the options printed before is a
setting, and no curve, except the learning rate. Losses and errors of fb.resnet.torch are of one batch, in parentheses means of the pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.printed import Row, RowOf, Value, printed_parser, values
from lossreport.reading.kit.rows import is_axis, number
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

OPTION: Final = re.compile(r"^  (?P<name>[A-Za-z]\w*) : (?P<value>\"[^\"]*\"|true|false|[-\d.e+]+)\s*$")
RATE: Final = re.compile(r"lr|learningRate")
CONSTANT: Final = ("n_parameters", "num_classes")
NAMES: Final = {"batchSize": "batch_size", "learningRate": "lr", "max_epoch": "epochs", "nEpochs": "epochs", "LR": "lr"}
TRAIN: Final = re.compile(r"^ ?\| Epoch: \[(?P<epoch>\d+)\]\[(?P<i>\d+)/(?P<n>\d+)\]\s+(?P<rest>.*)$")
TEST: Final = re.compile(r"^ ?\| Test: \[(?P<epoch>\d+)\]\[\d+/\d+\]\s+(?P<rest>.*)$")
PAIR: Final = re.compile(rf"(?:^|\s)(?P<name>Err|Loss|top1|top5) +(?P<value>{NUM})(?: +\( *(?P<mean>{NUM})\))?(?=\s|$)", re.IGNORECASE)


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the options."""
    options: set[str] = set()

    def row(text: str) -> Row | None:
        if text.startswith("json_stats: ") and (stats := as_object(text.removeprefix("json_stats: ").strip())):
            return _stats(stats, options)
        if match := TRAIN.match(text):
            x = (int(match["epoch"]) - 1) * int(match["n"]) + int(match["i"])
            found = values(((name, value) for name, value, _ in PAIR.findall(match["rest"])), Statistic.VALUE)
            return Row(axis=Axis.ITERATION, x=float(x), values=found, epoch=float(match["epoch"]))
        if match := TEST.match(text):
            found = values(((name, mean or value) for name, value, mean in PAIR.findall(match["rest"])), Statistic.EPOCH_MEAN)
            return Row(axis=Axis.EPOCH, x=float(match["epoch"]), values=found, split="test", passing=True)
        if match := OPTION.match(text):
            options.add(match["name"])
        return None

    return row


def _stats(stats: dict[str, Any], options: set[str]) -> Row | None:
    epoch = number(stats.get("epoch"))
    found = tuple(_values(stats, options))
    if epoch is None or not found:
        return None
    facts: tuple[tuple[str, FactValue], ...] = tuple((name, int(stats[name])) for name in CONSTANT if number(stats.get(name)) is not None)
    return Row(axis=Axis.EPOCH, x=epoch, values=found, facts=facts)


def _values(stats: dict[str, Any], options: set[str]) -> Iterator[Value]:
    for printed, raw in stats.items():
        value = number(raw)
        setting = (printed in options and not RATE.fullmatch(printed)) or printed in CONSTANT or is_axis(printed)
        if value is None or setting or (printed == "learningRate" and "lr" in stats):
            continue
        split, name = split_name(printed)
        yield Value(name, value, Statistic.VALUE if RATE.fullmatch(name) else Statistic.EPOCH_MEAN, split=split)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the option that a line of the dumped Lua table sets."""
    if match := OPTION.match(text):
        yield NAMES.get(match["name"], match["name"]), plain_value(match["value"])


PARSER = printed_parser(
    id="torch7_text",
    title=Text(zh="Torch7（Lua）的日志", en="logs of Torch7 (Lua)"),
    begin=begin,
    facts=facts,
)
