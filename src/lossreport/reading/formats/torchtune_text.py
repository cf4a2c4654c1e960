"""Log that torchtune's DiskLogger writes: `Step 1 | loss:1.5839389562606812 lr:3e-06
tokens_per_second_per_gpu:412.3 grad_norm:3.1 `.

Source: FORMATS.md 4.10. The loss is the mean over the tokens of that step.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Pairs
from lossreport.text import Text

PRINTED: Final = Pairs(sign=":", value=r"tensor\([^)]{0,200}\)|[^\s|]{1,60}+", behind="")

PARSER = LineFormat(
    id="torchtune_text",
    title=Text(zh="torchtune 的 DiskLogger 日志", en="log of torchtune's DiskLogger"),
    lines=(
        Line(
            head=r"^Step <x> \| (?=[^\W\d]\S{0,80}:\S)",
            pairs=PRINTED,
            named_splits=True,
            statistic=Statistic.VALUE,
        ),
    ),
).parser()
