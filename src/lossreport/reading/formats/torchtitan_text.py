"""Log of torchtitan: `[titan] 2026-08-21 21:30:21,000 - root - INFO - step: 1 loss: 8.15280
grad_norm: 1.5022 memory: ...`.

Source: FORMATS.md section 5. The loss is averaged over ranks; whether over the steps since the row
before as well depends on the version.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Pairs
from lossreport.text import Text

METERS: Final = Pairs(
    before=r"(?:^|\s\s)\s{0,9}",
    name=r"[^\W\d][\w/]{0,60}(?: [\w/]{1,40}){0,3}",
    sign=": {1,9}",
    behind=r"(?=GiB|%|\s|\(|$)",
)
INSTANT: Final = "grad_norm|lr|memory|tps|tflops|mfu"
UNITS: Final = {"memory": "GiB", "mfu": "%"}
LOSS: Final = ".*loss"

PARSER = LineFormat(
    id="torchtitan_text",
    title=Text(zh="torchtitan 的日志", en="log of torchtitan"),
    lines=(
        Line(
            head=r"[\w.]{1,60} - INFO - step: {1,9}<x>  ",
            pairs=METERS,
            instant=INSTANT,
            units=UNITS,
            requires=LOSS,
        ),
        Line(
            head=r"[\w.]{1,60} - INFO - validate step: {1,9}<x>  ",
            pairs=METERS,
            split="val",
            statistic=Statistic.VALUE,
            instant=INSTANT,
            units=UNITS,
            requires=LOSS,
        ),
    ),
).parser()
