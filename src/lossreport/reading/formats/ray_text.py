"""What Ray Tune and RLlib print: `Result for PPO_CartPole-v0_0a1b2_00000:` and below it an indented
block of names and numbers, one an iteration.

Source: ray/tune/progress_reporter.py and ray/tune/logger/unified.py (`pretty_print`, until Ray
2.6): the block is YAML and ends with a blank line. Every trial is a run; `done: true` closes it.
The tables of `== Status ==` between the blocks repeat what they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.ray_tune import AT, OWN
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import RowWriter, number
from lossreport.reading.parser import Parser, RawStatus, RawTime, Record, RowsRead, Score
from lossreport.text import Text

HEAD: Final = re.compile(
    r"(?:\([\w ]{1,30}pid=\d{1,9}[^)]{0,60}\) ?)?Result for (?P<trial>\S{1,200}):\s*"
)
ITEM: Final = re.compile(
    r"(?P<indent> {2,80})(?P<name>[^\s:#][^:]{0,120}):(?: (?P<value>\S.{0,200}))?\s*"
)
MOST_DEEP: Final = 12
"""Levels of names in a block; deeper ones are a dumped configuration."""


def sniff(log: LogFile) -> Score:
    """Claim text with the head of a result and a count of iterations below it."""
    heads = [line for line in log.sample_lines if HEAD.fullmatch(line)]
    if not heads or not any(line.strip().startswith(f"{AT}:") for line in log.sample_lines):
        return Score(0.0, "no `Result for TRIAL:` over training_iteration")
    return Score(0.95, f"{len(heads)} results of trials of Ray Tune")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the numbers of every result at its iteration, each trial a run of its own."""
    writer, block, last = RowWriter(), _Block(), 0
    for line in log.lines():
        last = line.number
        if (head := HEAD.fullmatch(line.text)) is not None:
            yield from block.end(writer)
            block = _Block(trial=head["trial"])
        elif block.trial and (item := ITEM.fullmatch(line.text)) is not None:
            block.take(item, line.number)
        else:
            yield from said(line.text, line.number)
            if not line.text.strip():
                yield from block.end(writer)
                block = _Block()
    yield from block.end(writer)
    yield from writer.columns.chunks()
    yield RowsRead(writer.rows, last)


class _Block:
    """The numbers of one result with their lines, under names joined by a slash as the files of a
    trial have them.
    """

    def __init__(self, trial: str = "") -> None:
        self.trial = trial
        self._row: dict[str, Any] = {}
        self._lines: dict[str, int] = {}
        self._above: list[tuple[int, str]] = []
        self._date, self._done = "", 0

    def take(self, item: re.Match[str], line: int) -> None:
        """Take in a line of the block: a name with its value, or one over deeper names."""
        depth = len(item["indent"])
        self._above = [one for one in self._above if one[0] < depth][:MOST_DEEP]
        if item["value"] is None:
            self._above.append((depth, item["name"]))
            return
        name = "/".join([*(above for _, above in self._above), item["name"]])
        if name == "date":
            self._date = item["value"].strip("'\"")
        elif name == "done" and item["value"].lower() == "true":
            self._done = line
        if (value := number(item["value"])) is not None and (name == AT or not OWN.fullmatch(name)):
            at = "iteration" if name == AT else name
            self._row[at], self._lines[at] = value, line

    def end(self, writer: RowWriter) -> Iterator[Record]:
        """Put the row of the block where its iteration is known."""
        if "iteration" not in self._row:
            return
        yield from writer.add(
            {**self._row, "trial": self.trial}, {**self._lines, "trial": self._lines["iteration"]}
        )
        if len(self._date) == len("2021-05-01_12-00-00"):
            yield RawTime(f"{self._date[:10]} {self._date[11:].replace('-', ':')}")
        if self._done:
            yield RawStatus(Status.FINISHED, self._done)
        self._row = {}


PARSER = Parser(
    id="ray_text",
    title=Text(
        zh="Ray Tune / RLlib 打印的结果（`Result for ...`）",
        en="results that Ray Tune and RLlib print (`Result for ...`)",
    ),
    sniff=sniff,
    read=read,
)
