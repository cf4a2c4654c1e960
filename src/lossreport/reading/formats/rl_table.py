"""Boxes that RL libraries and guided-diffusion print: Stable-Baselines3, OpenAI Baselines, Spinning
Up (`| ep_rew_mean | 22.1 |`).

Source: `HumanOutputFormat` of stable-baselines3 2.9: a name that ends in `/` is a heading, names
below it are indented. Rows stand at the environment steps, or at the number the library counts;
rewards are means over the last episodes, losses over the updates of an iteration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.line_reader import TORN
from lossreport.reading.kit.rows import RowWriter, number
from lossreport.reading.parser import Parser, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text
from lossreport.values import dataclass

EDGE: Final = re.compile(r"^-{9,}\s*$")
CELLS: Final = re.compile(r"^\| ?(?P<name>[^|]*+)\| *+(?P<value>[^\s|]*+) *+\|\s*+$")
PLACES: Final = (
    "time/total_timesteps",
    "total_timesteps",
    "total timesteps",
    "total/steps",
    "TotalEnvInteracts",
    "TotalEnvSteps",
    "TimestepsSoFar",
    "misc/total_timesteps",
    "steps",
    "step",
)
ROUNDED: Final = "step"
"""guided-diffusion, whose logger is that of Baselines, prints its step with three digits: at
1.11e+04 a hundred rows have the same, so they are counted.
"""
LEFT_OUT: Final = re.compile(
    r"time/.*(?<!fps)|train/n_updates|Epoch|Time|nupdates|serial_timesteps|time_elapsed|"
    r"TimeElapsed|EpisodesSoFar|episodes|samples|total/(?:epochs|episodes|duration)"
)
"""Clocks and counters."""


@dataclass
class Box:
    """The rows of the box that is being read, with their lines."""

    names: dict[str, float] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    heading: str = ""
    is_closed: bool = False

    def take(self, text: str, line: int) -> bool:
        """Take a line; return whether it belongs to a box."""
        match = CELLS.match(text)
        if match is None:
            return False
        name, value = match["name"].rstrip(" "), number(match["value"])
        if not match["value"] and name.endswith("/"):
            self.heading = name
        elif value is not None:
            full = (
                f"{self.heading}{name.strip()}"
                if name.startswith("  ") and self.heading
                else name.strip()
            )
            self.names[full], self.lines[full] = value, line
        return True


def boxes(lines: Iterator[tuple[int, str]]) -> Iterator[Box | tuple[int, str]]:
    """Yield every box that holds a place, one that the file breaks off in too, and the lines that
    are of none.
    """
    box = Box()
    for number_, text in lines:
        if EDGE.match(text):
            if any(name in box.names for name in PLACES):
                box.is_closed = True
                yield box
            box = Box()
        elif not box.take(text, number_):
            box = Box()
            yield number_, text
    if box.names:
        yield box


def sniff(log: LogFile) -> Score:
    """Claim text with boxes of names and numbers, one of which counts the steps."""
    found = sum(
        isinstance(item, Box) and item.is_closed
        for item in boxes(iter(enumerate(log.sample_lines)))
    )
    return (
        Score(0.95, f"{found} boxes with a number of steps")
        if found
        else Score(0.0, "no boxes of names and numbers")
    )


def _are_exact(log: LogFile) -> bool:
    """Return whether the steps of the boxes are printed in full: whole, and each in one box
    only.
    """
    found = [item for item in boxes(iter(enumerate(log.sample_lines))) if isinstance(item, Box)]
    steps = [item.names[ROUNDED] for item in found if ROUNDED in item.names]
    return len(set(steps)) == len(steps) and all(step.is_integer() for step in steps)


def read(log: LogFile) -> Iterator[Record]:
    """Yield the numbers of every box; each with its own line."""
    writer, last, exact = RowWriter(statistic=Statistic.WINDOW_MEAN), 0, _are_exact(log)

    def lines() -> Iterator[tuple[int, str]]:
        nonlocal last
        line: Line
        for line in log.lines():
            last = line.number
            yield line.number, line.text

    for item in boxes(lines()):
        if isinstance(item, Box) and not item.is_closed:
            yield SkippedLine(max(item.lines.values()), TORN, torn=True)
        elif isinstance(item, Box):
            place = next(name for name in PLACES if name in item.names)
            row = {
                name: value
                for name, value in item.names.items()
                if name != place and not LEFT_OUT.fullmatch(name)
            }
            at = {} if place == ROUNDED and not exact else {"step": item.names[place]}
            yield from writer.add(at | row, item.lines)
        else:
            yield from said(item[1], item[0])
        if writer.columns.full():
            yield from writer.columns.chunks()
    yield from writer.columns.chunks()
    yield RowsRead(writer.rows, last)


PARSER = Parser(
    id="rl_table",
    title=Text(
        zh="强化学习库和 guided-diffusion 打印的表格（Stable-Baselines3、Baselines、Spinning Up）",
        en="boxes of RL libraries and guided-diffusion (Stable-Baselines3, Baselines, Spinning Up)",
    ),
    sniff=sniff,
    read=read,
)
