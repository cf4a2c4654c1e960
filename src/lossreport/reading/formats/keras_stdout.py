"""Progress output of Keras: `Epoch 3/20`, then a bar that is drawn again and again; the last state
of an epoch is its mean.

Source: FORMATS.md section 5. Epochs count from 1 here (from 0 in CSVLogger). Values of a bar are
means since the start of the epoch, so only the last fragment of an epoch is read; it alone carries
`val_`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.rows import number
from lossreport.reading.parser import (
    ColumnKey,
    Columns,
    Parser,
    RawFact,
    RawSegment,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

EPOCH: Final = re.compile(r"^\s*+Epoch (\d{1,12}+)/(\d{1,12}+)\s*+$")
BAR: Final = re.compile(
    r"^\s*+(?P<at>\d{1,12}+)/(?P<of>\d{1,12}+|Unknown)\s.*?(?:\d(?:m?s|us|µs)\b|ETA|- \d{1,4}:\d\d)"
)
QUIET: Final = re.compile(r"^\s*+\d{1,12}+s(?: \d{1,12}+m?s/step)? - (?=\w)")
"""`4s - loss: 0.1026`: a whole epoch, as `verbose=2` of Keras 1 and 2 prints it."""
METRIC: Final = re.compile(
    r"\s-\s(?P<name>[A-Za-z_][\w\-/ ]{0,80}?):\s(?P<value>[-+]?(?:\d{1,40}+(?:\.\d{0,40}+)?+"
    r"(?:[eE][-+]?\d{1,4}+)?+|nan|inf))(?=\s|$)",
    re.IGNORECASE,
)


def sniff(log: LogFile) -> Score:
    """Claim text with `Epoch 1/20` on a line of its own and bars that show a loss."""
    epochs = sum(EPOCH.match(line) is not None for line in log.sample_lines)
    bars = sum(
        (BAR.match(line) or QUIET.match(line)) is not None and METRIC.search(line) is not None
        for line in log.sample_lines
    )
    if not epochs or not bars:
        return Score(0.0, 'no "Epoch 1/20" with a bar that shows a loss')
    return Score(0.9, f"{epochs} epoch headers and {bars} bars with metrics")


UNFINISHED = Text(
    zh="日志在这个 epoch 中途结束：这些值是开头若干 batch 的均值，不是整个 epoch 的",
    en="the log ends inside this epoch: its values are means over its first batches, not over "
    "the epoch",
)
EVALUATED: Final = "eval"
"""What `model.evaluate` measures behind the training: of which set it does not say."""


def read(log: LogFile) -> Iterator[Record]:
    """Yield the last values of every epoch."""
    columns, state, last = Columns(), _State(), 0
    state.epoch = _before(log)
    for line in log.lines():
        last = line.number
        header = EPOCH.match(line.text)
        if header:
            state.close(columns)
            epoch, planned = int(header[1]), int(header[2])
            if planned == 1 == state.planned:  # a loop that calls fit() for one epoch at a time
                state.epoch += 1
                continue
            if planned != state.planned and planned > 1:
                yield RawFact("epochs", planned, line.number)
            if epoch == state.epoch:  # the same heading once more: nothing else tells the two apart
                yield RawSegment(line.number, "restart")
            state.epoch, state.planned = epoch, planned
        elif ((bar := BAR.match(line.text)) or QUIET.match(line.text)) and (
            found := METRIC.findall(line.text)
        ):
            if bar is not None and state.is_another(bar["at"], bar["of"]):
                state.close(columns)
                state.split = EVALUATED
            state.values, state.line = found, line.number
            # a warning of another thread lands on the bar
            yield from said(line.text[bar.end() if bar else 0 :], line.number)
        else:
            yield from said(line.text, line.number)
    if state.is_partial:
        yield SkippedLine(state.line, UNFINISHED)
    else:
        state.close(columns)
    if state.planned == 1 == state.epoch:
        yield RawFact("epochs", 1, state.line)
    yield from columns.chunks()
    yield RowsRead(state.rows, last)


def _before(log: LogFile) -> int:
    """Return the epoch of the bars above the first heading, the one before it; 0 where the head of
    the log holds none.
    """
    bars = False
    for line in log.head_lines:
        header = EPOCH.match(line)
        if header:
            return int(header[1]) - 1 if bars else 0
        bars = bars or (BAR.match(line) is not None and METRIC.search(line) is not None)
    return 0


class _State:
    """The epoch that is being read and the last values its bar showed."""

    def __init__(self) -> None:
        self.epoch, self.planned, self.rows, self.line = 0, 0, 0, 0
        self.values: list[tuple[str, str]] = []
        self.split, self.batches, self.full = "train", "", False

    @property
    def is_partial(self) -> bool:
        """Whether the log ends inside an epoch: its values are means over the first batches, which
        are not those of an epoch.

        Where no epoch was finished they are all there is, and told.
        """
        return (
            bool(self.values)
            and self.rows > 0
            and bool(self.batches)
            and self.batches != "Unknown"
            and not self.full
        )

    def is_another(self, at: str, of: str) -> bool:
        """Return whether a bar is that of `evaluate` behind the fit: the bar of the epoch was full,
        and this one counts other batches.
        """
        another = self.full and of != self.batches and self.epoch > 0
        self.batches, self.full = of, at == of
        return another

    def close(self, columns: Columns) -> None:
        """Put the epoch's last values into the columns."""
        for printed, text in self.values:
            value = number(text)
            if value is not None:
                split, name = split_name(printed, self.split)
                statistic = (
                    Statistic.VALUE if name in ("lr", "learning_rate") else Statistic.EPOCH_MEAN
                )
                columns.add(
                    ColumnKey(name, split, Axis.EPOCH, statistic),
                    float(self.epoch),
                    value,
                    self.line,
                )
        self.rows += bool(self.values)
        self.values, self.split, self.batches, self.full = [], "train", "", False


PARSER = Parser(
    id="keras_stdout",
    title=Text(zh="Keras 的进度输出", en="progress output of Keras"),
    sniff=sniff,
    read=read,
)
