"""`monitor.csv` of Stable-Baselines3 and of Gym before it: an episode a row, with its reward `r`,
its length `l` and the seconds `t` since the start.

Source: `common/monitor.py` of Stable-Baselines3 2: a comment of JSON (`t_start`, `env_id`), the
header `r,l,t`, then the columns the user asked for. An episode stands at the steps of the
environment until its end, the sum of the lengths, as `results_plotter` draws it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawFact,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

COMMENT: Final = re.compile(r"^#\s*+(\{(?=.*?\"t_start\").*\})\s*+$")
HEADER: Final = re.compile(r"^r,l,t(?:,|$)")
NAMES: Final = {"r": "episode_reward", "l": "episode_length"}
"""Columns are told by what they are: `r` alone says nothing to a reader."""
MOST_STEPS: Final = 1e12
"""No episode takes more steps: a length beyond, or one that is not finite, would displace every row
behind it.
"""
NO_COMMENT = Text(
    zh="表头之前的注释不是完整的 JSON 对象",
    en="the comment above the header is not a complete JSON object",
)
BROKEN = Text(zh="不是一行奖励、长度与时间", en="not a row of reward, length and time")


def sniff(log: LogFile) -> Score:
    """Claim the header `r,l,t`, and more surely below the comment that the wrapper writes."""
    lines = [line.strip() for line in log.head_lines[:2]]
    if len(lines) == 2 and COMMENT.match(lines[0]) and HEADER.match(lines[1]):
        return Score(0.97, "the comment and the header of a Monitor")
    if len(lines) == 2 and lines[0].startswith("#") and HEADER.match(lines[1]):
        return Score(0.9, "the header of a Monitor below a comment that is no longer whole")
    return (
        Score(0.8, "the header of a Monitor")
        if lines and HEADER.match(lines[0])
        else Score(0.0, "no header r,l,t")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield reward and length of every episode, and the environment as a fact."""
    columns, names, steps, rows, last = Columns(), [], 0.0, 0, 0
    for line in log.lines():
        text, last = line.text.strip(), line.number
        if comment := COMMENT.match(text):
            said = as_object(comment[1])
            if said is None:
                yield SkippedLine(line.number, NO_COMMENT)
            elif isinstance(env := said.get("env_id"), str):
                yield RawFact("env_id", env, line.number)
        elif text.startswith("#"):
            yield SkippedLine(line.number, NO_COMMENT)
        elif HEADER.match(text):
            names, steps = text.split(","), 0.0
        elif text:
            cells = [number(cell) for cell in next(csv.reader([text]))]
            reward, length = (cells[0], cells[1]) if len(cells) >= len(names) >= 3 else (None, None)
            if reward is None or length is None or not abs(length) <= MOST_STEPS:
                yield SkippedLine(line.number, BROKEN)
                continue
            steps += length
            for name, value in zip(names, cells, strict=False):
                if value is not None and name != "t":
                    columns.add(
                        ColumnKey(NAMES.get(name, name), "train", Axis.STEP, Statistic.VALUE),
                        steps,
                        value,
                        line.number,
                    )
            rows += 1
    yield from columns.chunks()
    yield RowsRead(rows, last)


PARSER = Parser(
    id="monitor_csv",
    title=Text(
        zh="Stable-Baselines3 / Gym 的 monitor.csv（每行一个 episode）",
        en="monitor.csv of Stable-Baselines3 and Gym (an episode a row)",
    ),
    sniff=sniff,
    read=read,
)
