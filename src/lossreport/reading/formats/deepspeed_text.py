"""Lines of DeepSpeed: `steps: 10 loss: 8.5123 iter time (s): 1.234 samples/sec: 25.932`, `step=10,
skipped=0, lr=[5e-06], ...`, its timer.

Source: FORMATS.md section 5. Only the pipeline engine prints a loss. A log that holds the other
lines alone is left to the generic parsers where these find a loss that the training script prints;
the number of skipped steps counts from the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.line_format import EQUAL, Line, LineFormat, Metric, stateless
from lossreport.reading.kit.line_row import Row, Value
from lossreport.reading.kit.patterns import INT, head
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import Parser, Score
from lossreport.text import Text

PIPELINE: Final = r"steps: <x> loss: <loss> iter time \(s\): <time>(?: samples/sec: <rate>)?"
PLACE: Final = r"\[INFO\] \[[\w.]{1,60}:\d{1,9}:\w{1,60}\] (?:\[Rank \d{1,9}\] )?"
STEP: Final = re.compile(
    rf"^\[[^\]]{{1,60}}\] {PLACE}step=(?P<x>{INT}), skipped=(?P<skipped>{INT}), lr=\["
    rf"(?P<lr>[^\]]{{0,2000}})\]"
)
ALONE: Final = 0.51
"""Below the generic text parser, which then reads what the training script prints."""


def step(text: str) -> Row | None:
    """Return a row of the optimiser: its learning rates, and the number of skipped steps, which
    counts from the start.
    """
    match = STEP.match(text)
    return None if match is None else Row(x=float(match["x"]), values=tuple(_rates(match)))


def _rates(match: re.Match[str]) -> Iterator[Value]:
    yield Value("skipped", float(match["skipped"]), Statistic.VALUE)
    rates = [number(text) for text in match["lr"].split(",")]
    for place, rate in enumerate(rates):
        if rate is not None:
            yield Value("lr" if len(rates) == 1 else f"lr_{place}", rate, Statistic.VALUE)


FORMAT: Final = LineFormat(
    id="deepspeed_text",
    title=Text(zh="DeepSpeed 的日志行", en="lines of DeepSpeed"),
    lines=(
        Line(
            head=PIPELINE,
            statistic=Statistic.VALUE,
            metrics=(Metric("time", name="iter time (s)"), Metric("rate", name="samples/sec")),
        ),
        Line(
            head=PLACE + r"epoch=\d{1,9}/micro_step=\d{1,18}/global_step=<x>, ",
            pairs=EQUAL,
            statistic=Statistic.VALUE,
            metrics=(Metric("RunningAvg.*", Statistic.RUNNING_MEAN), Metric(".*Mem.*", unit="GB")),
        ),
    ),
    step=stateless(step),
)


def sniff(log: LogFile) -> Score:
    """Claim a log in which the pipeline engine prints losses; one with the other lines alone, where
    nobody else finds more.
    """
    score = FORMAT.sniff(log)
    if score.value and not any(head(PIPELINE).match(text) for text in log.sample_lines):
        return Score(ALONE, f"{score.reason}, none with a loss")
    return score


PARSER = Parser(id=FORMAT.id, title=FORMAT.title, sniff=sniff, read=FORMAT.read)
