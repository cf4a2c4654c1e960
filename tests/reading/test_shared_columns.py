"""Columns of the same rows hold their places once; what differs in one bit stays apart."""

from __future__ import annotations

import math

import numpy as np

from lossreport.model.run import Axis, Statistic, frozen_floats
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.generic_csv import PARSER
from lossreport.reading.parser import ColumnKey, Columns, Shared
from lossreport.reading.runs.reading import Reading, read_log


def test_columns_of_the_same_rows_share_places_and_lines() -> None:
    columns = Columns()
    for row in range(5):
        for name in ("loss", "acc"):
            columns.add(
                ColumnKey(name, "train", Axis.STEP, Statistic.VALUE), row, row * 0.5, row + 2
            )
    one, other = columns.chunks()
    assert one.x is other.x
    assert one.line is other.line
    assert one.epoch is other.epoch
    assert one.y is not other.y


def test_zero_and_minus_zero_are_not_shared_and_nan_is() -> None:
    shared = Shared()
    first = shared.of(frozen_floats([0.0, math.nan]))
    assert shared.of(frozen_floats([0.0, math.nan])) is first
    assert np.signbit(shared.of(frozen_floats([-0.0, math.nan]))[0])


def test_a_reading_holds_the_places_of_its_columns_once_and_for_reading_only() -> None:
    data = b"step,loss,acc\n" + b"".join(
        b"%d,%d.5,0.%d\n" % (row, row, row + 1) for row in range(9)
    )
    reading = read_log(LogFile("log.csv", data=data), PARSER)
    assert isinstance(reading, Reading)
    loss, acc = reading.columns.values()
    assert loss.x is acc.x
    assert loss.line is acc.line
    assert not any(
        values.flags.writeable
        for column in (loss, acc)
        for values in (column.x, column.y, column.line, column.epoch, column.of)
    )
