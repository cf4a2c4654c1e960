"""Log of VITS and its kin (so-vits-svc, GPT-SoVITS, Bert-VITS2): `Train Epoch: 9 [1%]`, and below
it the bare list of losses, step and rate.

Source: train_ms.py of jaywalnut310/vits: `logger.info([x.item() for x in losses] + [global_step,
lr])`. The losses carry no names, and their order differs between the programs: they are numbered.
The last two numbers are the step since the start and the learning rate. so-vits-svc 4 says `Losses:
[...], step: 800, lr: 0.0001`, as does its Chinese port; there the five losses are those of its
train.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.events import said
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import Settings
from lossreport.reading.parser import ColumnKey, Columns, Parser, Record, RowsRead, Score
from lossreport.text import Text

HEADING: Final = re.compile(
    r"(?:^|[:\s])(?:Train Epoch: |训练回合[:：] ?)(?P<epoch>\d{1,9}) \[\d{1,3}%\]\s*$"
)
VALUES: Final = re.compile(r"(?:^|[:\s])\[(?P<values>[-+\deE.naif, ]{5,2000})\]\s*$")
WORDED: Final = re.compile(
    r"(?:^|[:\s])(?:Losses|损失)[:：] ?\[(?P<values>[-+\deE.naif, ]{5,2000})\][,，] ?(?:step|"
    r"步数)[:：] ?(?P<step>\d{1,12})[,，] ?(?:lr|学习率)[:：] ?(?P<rate>[-+\deE.]{1,30})"
    r"(?:[,，] ?reference_loss[:：] ?(?P<reference>[-+\deE.naif]{1,30}))?\s*$"
)
SVC: Final = ("loss_disc", "loss_gen", "loss_fm", "loss_mel", "loss_kl")
"""`losses = [loss_disc, loss_gen, loss_fm, loss_mel, loss_kl]` in train.py of
svc-develop-team/so-vits-svc.
"""
FEWEST: Final = 4
"""At least two losses before the step and the rate."""
LARGEST_RATE: Final = 1.0
MIN_ROWS: Final = 2


def sniff(log: LogFile) -> Score:
    """Claim text with such a heading and a list of numbers, of which the last but one counts steps,
    right below it.
    """
    found, worded, heading = 0, 0, False
    for text in log.sample_lines:
        found += heading and _values(text) is not None
        worded += _worded(text) is not None
        heading = HEADING.search(text) is not None
    # a list that names its step and rate tells by itself what it is
    sure = found >= MIN_ROWS or worded > 0
    return Score(0.96 if sure else 0.0, f"{found + worded} lists of losses of VITS")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every list as a row over the step."""
    columns, settings, rows, last, epoch, heading = Columns(), Settings(), 0, 0, float("nan"), False
    for line in log.lines():
        last = line.number
        yield from said(line.text, line.number)
        if match := HEADING.search(line.text):
            epoch, heading = float(match["epoch"]), True
            continue
        row = _worded(line.text)
        values = _values(line.text) if heading and row is None else None
        heading = False
        if row is None and values is None:
            settings.see(line.text, line.number)
            continue
        yield from settings.facts()
        step, rate, named = row if row is not None else _numbered(values or [])
        for name, value in named.items():
            columns.add(
                ColumnKey(name, "train", Axis.STEP, Statistic.VALUE),
                step,
                value,
                line.number,
                epoch,
            )
        columns.add(
            ColumnKey("learning_rate", "train", Axis.STEP, Statistic.VALUE),
            step,
            rate,
            line.number,
            epoch,
        )
        rows += 1
        if columns.full():
            yield from columns.chunks()
    yield from settings.facts()
    yield from columns.chunks()
    yield RowsRead(rows, last)


def _numbered(values: list[float]) -> tuple[float, float, dict[str, float]]:
    *losses, step, rate = values
    return step, rate, {f"loss_{index}": value for index, value in enumerate(losses)}


def _worded(text: str) -> tuple[float, float, dict[str, float]] | None:
    """Return the step, the learning rate and the losses of a list that names its step and rate;
    None for any other line.
    """
    match = WORDED.search(text) if len(text) < LONGEST else None
    if match is None:
        return None
    losses = [number(part) for part in match["values"].split(",")]
    step, rate, reference = (
        number(match["step"]),
        number(match["rate"]),
        number(match["reference"] or ""),
    )
    if step is None or rate is None or any(value is None for value in losses):
        return None
    names = SVC if len(losses) == len(SVC) else [f"loss_{index}" for index in range(len(losses))]
    named = {name: value for name, value in zip(names, losses, strict=True) if value is not None}
    return step, rate, named if reference is None else named | {"reference_loss": reference}


def _values(text: str) -> list[float] | None:
    """Return the losses, the step and the learning rate of a list; None for any other line."""
    match = VALUES.search(text) if len(text) < LONGEST else None
    found = [number(part) for part in match["values"].split(",")] if match else []
    values = [value for value in found if value is not None]
    if len(values) < FEWEST or len(values) < len(found):
        return None
    step, rate = values[-2:]
    return values if step >= 0 and step.is_integer() and 0 <= rate < LARGEST_RATE else None


LONGEST: Final = 4_000

PARSER = Parser(
    id="vits_text",
    title=Text(
        zh="VITS 系列的日志（VITS、GPT-SoVITS、Bert-VITS2）",
        en="log of VITS (VITS itself, GPT-SoVITS, Bert-VITS2)",
    ),
    sniff=sniff,
    read=read,
)
