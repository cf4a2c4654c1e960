"""Status line of OpenVLA: `=>> [Epoch 000] Global Step 000123 =>> LR :: 0.000020 - Loss :: 1.2345`,
drawn by a progress bar.

Source: FORMATS.md section 5 and 4.8 (the same run writes JSON lines with full precision). Whether
the loss is smoothed over steps depends on the settings.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric
from lossreport.text import Text

METRICS: Final = (
    Metric("Loss", Statistic.UNKNOWN, resolution=1e-4, once=True),
    Metric("LR", Statistic.VALUE, resolution=1e-6, once=True),
)
"""The bar draws a step again until the next."""

PARSER = LineFormat(
    id="openvla_text",
    title=Text(zh="OpenVLA 的状态行", en="status line of OpenVLA"),
    lines=(
        Line(
            head=r"=>> \[(?:Epoch <epoch>\] Global Step|Global Step\]) <x> =>> LR :: <LR> - "
            r"(?:Action )?Loss :: <Loss>",
            metrics=METRICS,
        ),
    ),
    known=r"=>> \[(?:Epoch \d{1,9}\] Global Step|Global Step\]) \d{1,18} =>> LR :: ",
).parser()
