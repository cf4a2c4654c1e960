"""Log of LeRobot: `INFO 2026-08-23 04:38:38 t_train.py:769 step:200 smpl:2K ep:3 epch:0.08
loss:2.871 grdn:38.122 lr:1.2e-05 ...`.

Source: FORMATS.md section 5. Values are means since the row before. From 1000 on the step is
printed short, `12K`, so that many rows show the same: the distance of rows is that of the rows
below 1000, or of the configuration, or follows from how many rows show one number. Where nothing
tells it, rows are counted and stand at no step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final, NamedTuple

import numpy as np

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.line_format import COLON, LineFormat
from lossreport.reading.kit.line_row import Row, matched, values
from lossreport.reading.kit.patterns import NUM
from lossreport.text import Text

ROW: Final = re.compile(
    r"(?:^|.{0,120}?\s)step:(?P<step>\d{1,9}(?:\.\d{1,3})?)"
    r"(?P<suffix>[KMB]?) smpl:\S{1,20} ep:\S{1,20} epch:(?P<epoch>[\d.]{1,20}) (?=\S{1,40}:)"
)
EVALUATED: Final = re.compile(
    rf"(?:^|.{{0,120}}?\s)step (?P<x>\d{{1,18}}): eval_loss=(?P<loss>{NUM})\s*$"
)
PAIR: Final = re.compile(COLON.pattern().pattern.replace(r"(?P<name>", r"(?P<name>∑rwrd|"))
SUFFIXES: Final = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}
UPDATES: Final = re.compile(r"updt_s|loss|grdn")
"""What a row of the training holds and one of an evaluation does not."""
INSTANT: Final = re.compile(r"lr|mem_gb")
CONFIGURED: Final = re.compile(r"'log_freq': (\d{1,9})")


class Printed(NamedTuple):
    """A step as it is printed: its value, and the unit of its last digit (1 where it is whole)."""

    value: float
    unit: float


class Place(NamedTuple):
    """The steps of all rows of the training, none where they cannot be told, and how many rows were
    read.
    """

    steps: tuple[float, ...]
    row: int = 0


def places(log: LogFile) -> Place:
    """Return the state before the first row: the file is looked through once for the steps."""
    printed: list[Printed] = []
    configured = 0.0
    for line in log.lines():
        if "log_freq" in line.text and (match := CONFIGURED.search(line.text)):
            configured = float(match[1])
        elif match := _training(line.text):
            printed.append(_printed(match))
    distance = distance_of(printed) or configured
    if distance <= 0:
        return Place(
            tuple(step.value for step in printed) if all(step.unit <= 1 for step in printed) else ()
        )
    return Place(tuple(counted(printed, distance)))


def distance_of(printed: Sequence[Printed]) -> float:
    """Return how many steps lie between two rows; 0 where the rows do not tell.

    Whole steps tell it, or the mean length of the stretches of rows that show one number, the first
    and the last of them left out.
    """
    whole = [step.value for step in printed if step.unit <= 1]
    apart = Counter(
        b.value - a.value
        for a, b in pairwise(printed)
        if a.unit <= 1 and b.unit <= 1 and b.value > a.value
    )
    if whole:
        return apart.most_common(1)[0][0] if apart else min(whole)
    stretches = [(step, sum(1 for _ in same)) for step, same in groupby(printed)][1:-1]
    inner = [(step.unit, length) for step, length in stretches if step.unit > 1]
    if not inner or max(length for _, length in inner) < 2:
        return 0.0
    return float(round(sum(unit for unit, _ in inner) / sum(length for _, length in inner)))


def counted(printed: Sequence[Printed], distance: float) -> Iterator[float]:
    """Yield the step of every row: of a stretch of rows, the multiples of the distance that are
    printed so, from the row before on.
    """
    before, at = -distance, 0
    while at < len(printed):
        length = _fitting(printed, at, distance)
        while (first := _first(printed[at : at + length], distance, before + distance)) is None:
            length -= 1
        yield from (first + distance * i for i in range(length))
        before, at = first + distance * (length - 1), at + length


def _fitting(printed: Sequence[Printed], at: int, distance: float) -> int:
    """Return how many rows from one on can be at equal distances."""
    low, high, count = -np.inf, np.inf, 0
    for i in range(at, len(printed)):
        step, half = printed[i], printed[i].unit / 2 if printed[i].unit > 1 else 0.0
        low, high = (
            max(low, step.value - half - distance * (i - at)),
            min(high, step.value + half - distance * (i - at)),
        )
        if low > high:
            break
        count += 1
    return count


def _first(printed: Sequence[Printed], distance: float, expected: float) -> float | None:
    """Return where a stretch begins: at the step expected where it fits, else at the multiple
    nearest to what is printed; None where none fits.
    """
    nearest = round(printed[0].value / distance) * distance
    reach = int(printed[0].unit / distance) + 1 if printed[0].unit > 1 else 0
    multiples = sorted(
        (nearest + distance * i for i in range(-reach, reach + 1)),
        key=lambda x: abs(x - printed[0].value),
    )
    candidates = [expected, *multiples, printed[0].value]
    return next((x for x in candidates if x >= 0 and _agrees(printed, x, distance)), None)


def _agrees(printed: Sequence[Printed], first: float, distance: float) -> bool:
    value, unit = (
        np.array([step.value for step in printed]),
        np.array([step.unit for step in printed]),
    )
    return bool(
        np.array_equal(
            np.round((first + distance * np.arange(len(printed))) / unit), np.round(value / unit)
        )
    )


def _training(text: str) -> re.Match[str] | None:
    match = ROW.match(text) if " smpl:" in text else None
    return (
        match
        if match is not None and any(UPDATES.fullmatch(name) for name, _ in _pairs(match))
        else None
    )


def _printed(match: re.Match[str]) -> Printed:
    unit = SUFFIXES[match["suffix"]]
    decimals = len(match["step"].partition(".")[2])
    return Printed(float(match["step"]) * unit, unit * 10.0**-decimals)


def _pairs(match: re.Match[str]) -> list[tuple[str, str]]:
    return [(pair["name"], pair["value"]) for pair in PAIR.finditer(match.string[match.end() :])]


def step(text: str, place: Place) -> tuple[tuple[Row, ...], Place]:
    """Return the row that a line is."""
    match = ROW.match(text) if " smpl:" in text else None
    if match is None:
        found = EVALUATED.match(text) if "eval_loss=" in text else None
        loss = () if found is None else values([("loss", found["loss"])], Statistic.VALUE)
        return (
            () if found is None else (Row(x=float(found["x"]), values=loss, split="eval"),)
        ), place
    pairs, after = _pairs(match), Place(place.steps, place.row + 1)
    if not any(UPDATES.fullmatch(name) for name, _ in pairs):
        return (Row(values=values(pairs, Statistic.VALUE), split="eval"),), place
    told = place.row < len(place.steps)
    axis, x = (Axis.STEP, place.steps[place.row]) if told else (Axis.ROW, float(place.row))
    return (
        Row(
            axis=axis,
            x=x,
            values=values(pairs, Statistic.WINDOW_MEAN, instant=INSTANT),
            epoch=matched(match["epoch"]),
        ),
    ), after


PARSER = LineFormat(
    id="lerobot_text", title=Text(zh="LeRobot 的日志", en="log of LeRobot"), start=places, step=step
).parser()
