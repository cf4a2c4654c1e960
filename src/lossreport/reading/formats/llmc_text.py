"""`main.log` of llm.c: `s:2 trl:10.8556 lr:0.000003 norm:14.84`, `s:250 tel:6.5`; one value a line,
train (trl) and validation (tel).

Source: FORMATS.md section 5. All losses are cross-entropy in nats of one step.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import COLON, Line, LineFormat, Metric
from lossreport.text import Text

NAMES: Final = (
    Metric("trl", name="loss", unit="nats"),
    Metric("tel", name="loss", split="val", unit="nats"),
    Metric("eval", name="hellaswag_accuracy", split="val"),
    Metric("norm", name="grad_norm"),
)

PARSER = LineFormat(
    id="llmc_text",
    title=Text(zh="llm.c 的 main.log", en="main.log of llm.c"),
    lines=(Line(head=r"^s:<x> ", pairs=COLON, statistic=Statistic.VALUE, metrics=NAMES),),
).parser()
