"""Log of openpi: JAX `Step 100: grad_norm=1.2345, loss=0.0456, ...`, PyTorch `00:14:00.123 [I]
step=100 loss=0.0456 lr=2.50e-05 ...`.

Source: FORMATS.md section 5. Values are means since the row before; the loss is a mean squared
error of the flow, not a cross-entropy.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Pairs
from lossreport.text import Text

PRINTED: Final = Pairs(name=r"\w{1,80}", sign="=", behind=r"(?=s?(?:[,\s]|$))")


def _line(head: str) -> Line:
    return Line(
        head=head, pairs=PRINTED, statistic=Statistic.WINDOW_MEAN, instant="lr", requires=".*loss"
    )


PARSER = LineFormat(
    id="openpi_text",
    title=Text(zh="openpi 的日志", en="log of openpi"),
    lines=(
        _line(r"^(?:\d\d:\d\d:\d\d\.\d{1,9} \[I\] )?Step <x>: (?=\w{1,80}=\S)"),
        _line(r"\[I\] step=<x> (?=loss=)"),
    ),
).parser()
