"""Console log of verl: `step:1 - global_seqlen/min:61320 - actor/pg_loss:-0.0012 -
critic/rewards/mean:0.31 - ...`, one line a step.

Source: FORMATS.md section 5. Values are of the step, also where NumPy wraps them
(`np.float64(0.5)`). Names that begin with `val` are of a validation.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import LineFormat, stateless
from lossreport.reading.kit.line_row import Row, Value
from lossreport.reading.kit.patterns import INT
from lossreport.reading.kit.rows import is_axis, number
from lossreport.text import Text

ROW: Final = re.compile(
    rf"^(?:\(\w{{1,60}} pid=\d{{1,9}}[^)]{{0,80}}\)\s{{1,9}})?step:(?P<x>{INT}) - "
    rf"(?P<rest>[^\s:]{{1,200}}:\S.*)$"
)
VALIDATION: Final = re.compile(r"^val(?:-core|-aux)?/")
EPOCH: Final = ("training/epoch", "train/epoch", "epoch")


def row(text: str) -> Row | None:
    """Return the row that a line is; a name may hold colons, its value does not."""
    match = ROW.match(text) if "step:" in text else None
    if match is None:
        return None
    pairs = [item.rpartition(":") for item in match["rest"].split(" - ")]
    printed = {
        name: value for name, _, text in pairs if name and (value := number(text)) is not None
    }
    found = tuple(
        _value(name, value)
        for name, value in printed.items()
        if not is_axis(name) and name not in EPOCH
    )
    epoch = next((printed[name] for name in EPOCH if name in printed), math.nan)
    return Row(x=float(match["x"]), values=found, epoch=epoch) if found else None


def _value(name: str, value: float) -> Value:
    split = "val" if VALIDATION.match(name) else ""
    short = name.removeprefix("val/") if split else name.removeprefix("train/")
    return Value(short, value, Statistic.VALUE, split=split)


PARSER = LineFormat(
    id="verl_text",
    title=Text(zh="verl 的控制台日志", en="console log of verl"),
    step=stateless(row),
).parser()
