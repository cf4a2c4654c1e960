"""training.log of insightface (arcface_torch): `Training: <date>-Speed 3262.77 samples/sec   Loss 34.26   LearningRate 0.1000   Epoch: 0   Global Step: 1250 ...`.

Source: real logs and `utils_callbacks.py`. The loss is the mean of the rows since the line before; the rate is printed with four decimals only,
so that a small one reads as 0. Verification prints `[lfw][4000]Accuracy-Flip: 0.99633+-0.00296`, a line a data set.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.text import Text

HEAD: Final = r"^(?:Training: )?[\d\-: ,]+-(?:\w+:)?"
ROW: Final = re.compile(
    rf"{HEAD}Speed (?P<speed>[\d.]+) samples/sec +Loss (?P<loss>{NUM}) +(?:LearningRate (?P<lr>[\d.e\-+]+) +)?Epoch: (?P<epoch>\d+) +Global Step: ?(?P<x>\d+)"
    r"(?: +Fp16 Grad Scale: *(?P<scale>[\d.e+]+))?",
    re.IGNORECASE,
)
VERIFIED: Final = re.compile(rf"{HEAD}\[(?P<data>[\w\-]+)\]\[(?P<x>\d+)\](?P<name>Accuracy-Flip|Accuracy|XNorm): (?P<value>{NUM})")
COARSE: Final = 1e-4
"""Last decimal of the rate."""


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    if match := ROW.match(text):
        found = [Value("Loss", matched(match["loss"]), Statistic.WINDOW_MEAN, resolution=1e-4)]
        rate = matched(match["lr"]) if match["lr"] else 0.0
        if rate > 0:  # 0.0000 stands for any rate below 0.00005
            found.append(Value("LearningRate", rate, Statistic.VALUE, resolution=COARSE))
        found.append(Value("Speed", matched(match["speed"]), Statistic.WINDOW_MEAN, unit="samples/sec"))
        if match["scale"]:
            found.append(Value("Fp16 Grad Scale", matched(match["scale"]), Statistic.VALUE))
        return Row(x=float(match["x"]), values=tuple(found), epoch=float(match["epoch"]))
    match = VERIFIED.match(text)
    if match is None:
        return None
    value = Value(f"{match['data']}/{match['name']}", matched(match["value"]), Statistic.VALUE)
    return Row(x=float(match["x"]), values=(value,), split="val")


PARSER = printed_parser(
    id="arcface_text",
    title=Text(zh="insightface（arcface_torch）的 training.log", en="training.log of insightface (arcface_torch)"),
    row=row,
)
