"""Log of Caffe's solver: `... solver.cpp:228] Iteration 500, loss = 8.9`, then `Train net output #0: accuracy = 0`, `Test net output ...`.

Source: real logs and `solver.cpp`. The solver's loss is the sum of the weighted losses, averaged over `average_loss` iterations where the
settings say so; the outputs of the net are of one batch, those of a test are means over its batches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

GLOG: Final = r"^[IWEF]\d{4,8} \d\d:\d\d:\d\d\.\d+ +\d+ (?:sgd_)?solver\.(?:cpp|cu):\d+\] +"
ITERATION: Final = re.compile(rf"{GLOG}Iteration (?P<x>\d+)(?: \([^)]*\))?, (?P<name>loss|lr) = (?P<value>{NUM})\s*$", re.IGNORECASE)
TESTING: Final = re.compile(rf"{GLOG}Iteration (?P<x>\d+), Testing net \(#(?P<net>\d+)\)")
OUTPUT: Final = re.compile(
    rf"{GLOG}(?P<split>Train|Test) net output #\d+: (?P<name>\S+) = (?P<value>{NUM})(?: \(\* (?P<weight>{NUM}) = \S+ loss\))?\s*$",
    re.IGNORECASE,
)
AVERAGED: Final = re.compile(r"^\s*average_loss: (\d+)\s*$")
CONFIG: Final = re.compile(r"^ *(?P<name>base_lr|max_iter|average_loss|clip_gradients|random_seed): (?P<value>[\d.][\d.eE+\-]*)\s*$")
NAMES: Final = {"base_lr": "lr", "max_iter": "max_steps", "clip_gradients": "clip_grad", "random_seed": "seed"}


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the window of the loss and which net is tested."""
    window, tested = 1, "test"

    def row(text: str) -> Row | None:
        nonlocal window, tested
        if match := ITERATION.match(text):
            how = Statistic.WINDOW_MEAN if window > 1 and match["name"] == "loss" else Statistic.VALUE
            value = Value(match["name"], matched(match["value"]), how, window if how is Statistic.WINDOW_MEAN else None)
            return Row(axis=Axis.ITERATION, x=float(match["x"]), values=(value,))
        if match := OUTPUT.match(text):
            return _output(match, tested)
        if match := TESTING.match(text):
            tested = "test" if match["net"] == "0" else f"test{match['net']}"
            return Row(axis=Axis.ITERATION, x=float(match["x"]), split=tested)
        if match := AVERAGED.match(text):
            window = int(match[1])
        return None

    return row


def _output(match: re.Match[str], tested: str) -> Row:
    """Return an output of the net; `net/` sets it apart from the loss of the solver, which sums the weighted losses."""
    train = match["split"].lower() == "train"
    weight = number(match["weight"])
    facts: tuple[tuple[str, FactValue], ...] = () if weight is None else ((f"loss_weight.net/{match['name']}", weight),)
    value = Value(f"net/{match['name']}", matched(match["value"]), Statistic.VALUE if train else Statistic.EPOCH_MEAN)
    return Row(values=(value,), split="train" if train else tested, facts=facts)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield what a line of the solver's settings says."""
    if match := CONFIG.match(text):
        yield NAMES.get(match["name"], match["name"]), plain_value(match["value"])


PARSER = printed_parser(
    id="caffe_text",
    title=Text(zh="Caffe 求解器的日志", en="log of Caffe's solver"),
    begin=begin,
    facts=facts,
    finished=re.compile(r"\] Optimization Done\."),
    resumed=re.compile(r"\] Restoring previous solver status from "),
)
