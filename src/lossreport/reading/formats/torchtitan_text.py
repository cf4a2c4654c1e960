"""Log of torchtitan: `[titan] 2026-08-21 21:30:21,000 - root - INFO - step:  1  loss:  8.15280  grad_norm:  1.5022  memory: ...`.

Source: FORMATS.md section 5. The loss is averaged over ranks; whether over the steps since the row before as well depends on the version.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, printed_parser, values
from lossreport.text import Text

HEAD: Final = re.compile(r"^.{0,40}\d\d:\d\d:\d\d,\d+ - [\w.]+ - INFO - (?P<validation>validate )?step: +(?P<x>\d+)  (?P<rest>.*)$")
PAIR: Final = re.compile(rf"(?:^|\s\s)\s*(?P<name>[^\W\d][\w/ ]*?): +(?P<value>{NUM})(?=GiB|%|\s|\(|$)", re.IGNORECASE)
INSTANT: Final = re.compile(r"grad_norm|lr|memory|tps|tflops|mfu", re.IGNORECASE)
UNITS: Final = {"memory": "GiB", "mfu": "%"}


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    match = HEAD.match(text)
    if match is None or "loss:" not in match["rest"]:
        return None
    split = "val" if match["validation"] else "train"
    how = Statistic.VALUE if match["validation"] else Statistic.UNKNOWN
    return Row(x=float(match["x"]), values=values(PAIR.findall(match["rest"]), how, units=UNITS, instant=INSTANT), split=split)


PARSER = printed_parser(id="torchtitan_text", title=Text(zh="torchtitan 的日志", en="log of torchtitan"), row=row)
