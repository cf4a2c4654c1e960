"""Log of LeRobot: `INFO 2026-08-23 04:38:38 t_train.py:769 step:200 smpl:2K ep:3 epch:0.08 loss:2.871 grdn:38.122 lr:1.2e-05 ...`.

Source: FORMATS.md section 5. Values are means since the row before. From 1000 on the step is printed as `12K`: it is counted on by
`log_freq` as long as the count agrees with what is printed, else it is the printed one, rounded to thousands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, matched, printed_parser, values
from lossreport.text import Text

ROW: Final = re.compile(r"(?:^|\s)step:(?P<step>\d+)(?P<suffix>[KMB]?) smpl:\S+ ep:\S+ epch:(?P<epoch>[\d.]+) (?P<rest>\S+:.*)$")
EVALUATED: Final = re.compile(rf"\bstep (?P<x>\d+): eval_loss=(?P<loss>{NUM})\s*$", re.IGNORECASE)
PAIR: Final = re.compile(rf"(?:^|\s)(?P<name>[^\W\d][\w/]*|∑rwrd):(?P<value>{NUM})%?(?=\s|$)", re.IGNORECASE)
SUFFIXES: Final = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}
UPDATES: Final = re.compile(r"updt_s|loss|grdn")
"""What a row of the training holds and one of an evaluation does not."""
INSTANT: Final = re.compile(r"lr|mem_gb")
LOG_FREQ: Final = 200.0
"""Steps between rows where the dumped configuration does not say (the default of LeRobot)."""
CONFIGURED: Final = re.compile(r"'log_freq': (\d+)")


@dataclass
class Steps:
    """Counts steps on where they are printed without their last digits."""

    distance: float = LOG_FREQ
    last: float = 0.0

    def exact(self, printed: str, suffix: str) -> float:
        """Return the step of a row."""
        unit = SUFFIXES[suffix]
        guess = self.last + self.distance
        agrees = unit > 1 and f"{guess / unit:.0f}" == printed
        self.last = guess if agrees else float(printed) * unit
        return self.last


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which counts the steps."""
    steps = Steps()

    def row(text: str) -> Row | None:
        if "log_freq" in text and (configured := CONFIGURED.search(text)):
            steps.distance = float(configured[1])
        match = ROW.search(text) if " smpl:" in text else None
        if match is None:
            found = EVALUATED.search(text) if "eval_loss=" in text else None
            return (
                None if found is None else Row(x=float(found["x"]), values=values([("loss", found["loss"])], Statistic.VALUE), split="eval")
            )
        pairs = PAIR.findall(match["rest"])
        if any(UPDATES.fullmatch(name) for name, _ in pairs):
            x = steps.exact(match["step"], match["suffix"])
            return Row(x=x, values=values(pairs, Statistic.WINDOW_MEAN, instant=INSTANT), epoch=matched(match["epoch"]))
        return Row(values=values(pairs, Statistic.VALUE), split="eval")

    return row


PARSER = printed_parser(id="lerobot_text", title=Text(zh="LeRobot 的日志", en="log of LeRobot"), begin=begin)
