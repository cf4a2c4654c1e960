"""Log that torchtune's DiskLogger writes: `Step 1 | loss:1.5839389562606812 lr:3e-06 tokens_per_second_per_gpu:412.3 grad_norm:3.1 `.

Source: FORMATS.md 4.10. The loss is the mean over the tokens of that step.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.printed import Row, printed_parser, values
from lossreport.text import Text

HEAD: Final = re.compile(r"^Step (?P<x>\d+) \| (?P<rest>[^\W\d][\w./\-]*:\S.*)$")
PAIR: Final = re.compile(r"(?P<name>[^\W\d][\w./\-]*):(?P<value>tensor\([^)]*\)|\S+)")


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    match = HEAD.match(text)
    if match is None:
        return None
    named = [(split_name(name), value) for name, value in PAIR.findall(match["rest"])]
    split = named[0][0][0] if named else "train"
    return Row(x=float(match["x"]), values=values([(name, value) for (_, name), value in named], Statistic.VALUE), split=split)


PARSER = printed_parser(id="torchtune_text", title=Text(zh="torchtune 的 DiskLogger 日志", en="log of torchtune's DiskLogger"), row=row)
