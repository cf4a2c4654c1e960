"""loss_log.txt of pytorch-CycleGAN-and-pix2pix, pix2pixHD and their many forks: `(epoch: 1, iters: 100, time: 0.198, data: 0.278) G_GAN: 1.9 ...`.

Source: real logs and `util/visualizer.py`. Values are those of the last batch. `iters` counts the images of an epoch and begins again with each;
how many there are is not printed: rows stand at the epoch times the largest count. A line `==== Training Loss (date) ====` heads every start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser, values
from lossreport.text import Text

ROW: Final = re.compile(
    rf"\(epoch: (?P<epoch>\d+), iters: (?P<iters>\d+), time: (?P<time>{NUM})(?:, data: (?P<data>{NUM}))?[^)]*\),? *(?P<rest>\S.*)$",
    re.IGNORECASE,
)
PAIR: Final = re.compile(
    rf"(?:^|[\s,])(?P<name>[^\W\d][\w./\-]{{0,60}}): (?P<values>(?:{NUM})(?:, (?:{NUM})(?![\w:])){{0,31}})(?=[\s,]|$)", re.IGNORECASE
)
"""ComboGAN prints a value for every domain: `D: 0.111, 0.105, 0.310 |`."""
RESOLUTION: Final = 1e-3


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines; the file is looked through once for the images of an epoch."""
    length = max((int(match["iters"]) for line in log.lines() if "iters: " in line.text and (match := ROW.search(line.text))), default=0)

    def row(text: str) -> Row | None:
        match = ROW.search(text) if "iters: " in text else None
        if match is None:
            return None
        epoch = int(match["epoch"])
        times = tuple(Value(name, matched(match[name]), Statistic.UNKNOWN) for name in ("time", "data") if match[name])
        found = (*values(_pairs(match["rest"]), Statistic.VALUE, resolution=RESOLUTION), *times)
        return Row(axis=Axis.ITERATION, x=float((epoch - 1) * length + int(match["iters"])), values=found, epoch=float(epoch))

    return row


def _pairs(rest: str) -> Iterator[tuple[str, str]]:
    """Yield every name with its value, numbered where several stand behind one name."""
    for match in PAIR.finditer(rest):
        found = match["values"].split(", ")
        yield from ((match["name"] if len(found) == 1 else f"{match['name']}_{at}", value) for at, value in enumerate(found))


PARSER = printed_parser(
    id="cyclegan_text",
    title=Text(zh="CycleGAN、pix2pix、pix2pixHD 的 loss_log.txt", en="loss_log.txt of CycleGAN, pix2pix and pix2pixHD"),
    begin=begin,
)
