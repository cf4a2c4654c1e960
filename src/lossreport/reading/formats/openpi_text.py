"""Log of openpi: JAX `Step 100: grad_norm=1.2345, loss=0.0456, ...`, PyTorch `00:14:00.123 [I] step=100 loss=0.0456 lr=2.50e-05 ...`.

Source: FORMATS.md section 5. Values are means since the row before; the loss is a mean squared error of the flow, not a cross-entropy.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, printed_parser, values
from lossreport.text import Text

JAX: Final = re.compile(r"^(?:\d\d:\d\d:\d\d\.\d+ \[I\] )?Step (?P<x>\d+): (?P<rest>\w+=\S+(?:, \w+=\S+)*)\s*(?:\(\d+:\w+\.py:\d+\))?$")
TORCH: Final = re.compile(r"^\d\d:\d\d:\d\d\.\d+ \[I\] step=(?P<x>\d+) (?P<rest>loss=.*)$")
PAIR: Final = re.compile(rf"(?P<name>\w+)=(?P<value>{NUM})(?=s?(?:[,\s]|$))", re.IGNORECASE)
INSTANT: Final = re.compile(r"lr")


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    match = TORCH.match(text) or JAX.match(text)
    if match is None or "loss=" not in match["rest"]:
        return None
    return Row(x=float(match["x"]), values=values(PAIR.findall(match["rest"]), Statistic.WINDOW_MEAN, instant=INSTANT))


PARSER = printed_parser(id="openpi_text", title=Text(zh="openpi 的日志", en="log of openpi"), row=row)
