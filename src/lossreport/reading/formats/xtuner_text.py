"""Log of XTuner v1: `[2026-08-21 16:02:20][INFO] Epoch 0 Step 10/1000 data_time: 0.0123 lr: 1.0e-06 ... reduced_llm_loss: 1.23, ...`.

Source: FORMATS.md section 5. `reduced_` losses are of the step over all ranks, `local_loss` is of this rank. Old XTuner logs as mmengine.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, printed_parser, values
from lossreport.text import Text

HEAD: Final = re.compile(r"^(?:\[[^\]]*\])*\[INFO\] Epoch (?P<epoch>\d+) Step (?P<x>\d+)/(?P<of>\d+) +(?=data_time: )(?P<rest>.*)$")
PAIR: Final = re.compile(rf"(?:^|[\s,])(?P<name>[^\W\d][\w./\-]*): (?P<value>{NUM})(?=[\s,]|$)", re.IGNORECASE)
LEFT_OUT: Final = ("approximate_total_consumed_tokens", "eta")
UNITS: Final = {"max_memory": "GB", "reserved_memory": "GB"}


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    match = HEAD.match(text)
    if match is None:
        return None
    found = values((pair for pair in PAIR.findall(match["rest"]) if pair[0] not in LEFT_OUT), Statistic.VALUE, units=UNITS)
    return Row(x=float(match["x"]), values=found, epoch=float(match["epoch"]), facts=(("max_steps", int(match["of"])),))


PARSER = printed_parser(id="xtuner_text", title=Text(zh="XTuner v1 的日志", en="log of XTuner v1"), row=row)
