"""Lines of DeepSpeed: `steps: 10 loss: 8.5123 iter time (s): 1.234 samples/sec: 25.932`, `step=10, skipped=0, lr=[5e-06], ...`, its timer.

Source: FORMATS.md section 5. Only the pipeline engine prints a loss. A log that holds the other lines alone is left to the generic parsers
where these find a loss that the training script prints; the number of skipped steps counts from the start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, printed_parser, values
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import Parser, Score
from lossreport.text import Text

PIPELINE: Final = re.compile(
    rf"^(?:\[[^\]]*\] )*steps: (?P<x>\d+) loss: (?P<loss>{NUM}) iter time \(s\): (?P<time>{NUM})(?: samples/sec: (?P<rate>{NUM}))?",
    re.IGNORECASE,
)
STEP: Final = re.compile(
    r"^\[[^\]]+\] \[INFO\] \[[\w.]+:\d+:\w+\] \[Rank \d+\] step=(?P<x>\d+), skipped=(?P<skipped>\d+), lr=\[(?P<lr>[^\]]*)\]"
)
TIMER: Final = re.compile(
    r"^\[[^\]]+\] \[INFO\] \[[\w.]+:\d+:\w+\] (?:\[Rank \d+\] )?epoch=\d+/micro_step=\d+/global_step=(?P<x>\d+), (?P<rest>.*)$"
)
TIMED: Final = re.compile(rf"(?P<name>\w+)=(?P<value>{NUM})(?=GB|,|\s|$)", re.IGNORECASE)
ALONE: Final = 0.51
"""Below the generic text parser, which then reads what the training script prints."""


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    if match := PIPELINE.match(text):
        pairs = (("loss", match["loss"]), ("iter time (s)", match["time"]), ("samples/sec", match["rate"] or ""))
        return Row(x=float(match["x"]), values=values(pairs, Statistic.VALUE))
    if match := STEP.match(text):
        return Row(x=float(match["x"]), values=tuple(_step(match)))
    match = TIMER.match(text)
    return None if match is None else Row(x=float(match["x"]), values=tuple(_timer(match["rest"])))


def _step(match: re.Match[str]) -> Iterator[Value]:
    yield Value("skipped", float(match["skipped"]), Statistic.VALUE)
    rates = [number(text) for text in match["lr"].split(",")]
    for place, rate in enumerate(rates):
        if rate is not None:
            yield Value("lr" if len(rates) == 1 else f"lr_{place}", rate, Statistic.VALUE)


def _timer(text: str) -> Iterator[Value]:
    for name, printed in TIMED.findall(text):
        value = number(printed)
        if value is not None:
            running = name.startswith("RunningAvg")
            yield Value(name, value, Statistic.RUNNING_MEAN if running else Statistic.VALUE, None, "GB" if "Mem" in name else "")


READER: Final = printed_parser(id="deepspeed_text", title=Text(zh="DeepSpeed 的日志行", en="lines of DeepSpeed"), row=row)


def sniff(log: LogFile) -> Score:
    """Claim a log in which the pipeline engine prints losses; one with the other lines alone, where nobody else finds more."""
    score = READER.sniff(log)
    if score.value and not any(PIPELINE.match(text) for text in log.sample_lines):
        return Score(ALONE, f"{score.reason}, none with a loss")
    return score


PARSER = Parser(id=READER.id, title=READER.title, sniff=sniff, read=READER.read)
