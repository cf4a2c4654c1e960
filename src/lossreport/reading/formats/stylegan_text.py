"""log.txt of StyleGAN2, StyleGAN2-ADA and StyleGAN3: `tick 14  kimg 70.1  time ...  sec/kimg 73.10 ...`, and `network-snapshot-000204  time ...  fid50k_full 327.5`.

Source: real logs and `training_loop.py` of NVlabs. A tick is printed every few thousand images shown; the losses stand in stats.jsonl and the events of
TensorBoard alone. A metric stands at the thousands of images in the name of its snapshot.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, printed_parser, values
from lossreport.text import Text

TICK: Final = re.compile(r"^tick +\d+ +kimg +(?P<kimg>[\d.]+) +(?:lod .*?)?time .*?sec/tick +[\d.]+ +(?P<rest>.*)$")
SNAPSHOT: Final = re.compile(
    rf"^network-snapshot-(?P<kimg>\d+) +time (?:\d+[dhms] ?)+ +(?P<name>[a-z]+\d*k?\w*) +(?P<value>{NUM}) *$", re.IGNORECASE
)
PAIR: Final = re.compile(r"(?P<name>sec/kimg|gpumem|cpumem|augment) +(?P<value>[\d.]+)")
UNITS: Final = {"sec/kimg": "s", "gpumem": "GB", "cpumem": "GB"}
FINISHED: Final = re.compile(r"^Exiting\.\.\.\s*$")


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    if match := TICK.match(text):
        found = values(PAIR.findall(match["rest"]), Statistic.VALUE, units=UNITS)
        return Row(axis=Axis.SAMPLES, x=1000 * float(match["kimg"]), values=found)
    match = SNAPSHOT.match(text)
    if match is None:
        return None
    found = values([(match["name"], match["value"])], Statistic.VALUE)
    return Row(axis=Axis.SAMPLES, x=1000 * float(match["kimg"]), values=found, split="eval")


PARSER = printed_parser(
    id="stylegan_text",
    title=Text(zh="StyleGAN2、StyleGAN3 的 log.txt", en="log.txt of StyleGAN2 and StyleGAN3"),
    row=row,
    finished=FINISHED,
)
