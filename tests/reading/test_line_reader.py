"""What the parsers of known text logs share: places, headings, passes over a validation set, torn
ends, restarts, settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.line_format import SINGLE, SURE, LineFormat, stateless
from lossreport.reading.kit.line_row import Row, Value, values
from lossreport.reading.parser import (
    ColumnChunk,
    Parser,
    RawEvent,
    RawFact,
    RawStatus,
    Record,
    SkippedLine,
)
from lossreport.reading.runs.belonging import runs_of
from lossreport.reading.runs.reading import Reading, read_log
from lossreport.text import Text

ROW = re.compile(r"^(?P<split>train|val|pass|head|here) (?P<x>\d+|-)(?P<rest>.*)$")


def row(text: str) -> Row | None:
    match = ROW.match(text)
    if match is None:
        return None
    found = tuple(
        Value(name, float(value)) for name, value in re.findall(r" (\w+)=([\d.]+)", match["rest"])
    )
    split = {"pass": "val", "head": "val", "here": "val"}.get(match["split"], match["split"])
    x = None if match["x"] == "-" else float(match["x"])
    return Row(x=x, values=found, split=split, passing=match["split"] == "pass")


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    if text.startswith("depth "):
        yield "depth", int(text[6:])


TOY: Parser = LineFormat(
    id="toy", title=Text(zh="玩具", en="toy"), step=stateless(row), facts=facts
).parser()


def read(text: str) -> list[Record]:
    return list(TOY.read(LogFile("toy.log", data=text.encode())))


def points(text: str) -> dict[str, list[tuple[float, float, int]]]:
    found: dict[str, list[tuple[float, float, int]]] = {}
    for chunk in read(text):
        if isinstance(chunk, ColumnChunk):
            rows = zip(chunk.x.tolist(), chunk.y.tolist(), chunk.line.tolist(), strict=True)
            found.setdefault(f"{chunk.key.split}/{chunk.key.name}", []).extend(rows)
    return found


def test_a_value_without_a_place_stands_where_the_training_stands() -> None:
    assert points("train 10 loss=2\nhere - acc=5\ntrain 20 loss=1\n")["val/acc"] == [(10, 5, 2)]


def test_a_value_without_a_place_before_the_training_stands_at_the_beginning_of_its_axis() -> None:
    assert points("here - acc=5\ntrain 10 loss=2\n")["val/acc"] == [(0, 5, 1)]


def test_a_heading_places_the_rows_below_it_until_the_training_goes_on() -> None:
    found = points(
        "train 10 loss=2\nhead 15\nhere - acc=5\nhere - err=4\ntrain 20 loss=1\nhere - acc=6\n"
    )
    assert found["val/acc"] == [(15, 5, 3), (20, 6, 6)]
    assert found["val/err"] == [(15, 4, 4)]


def test_of_a_pass_over_a_validation_set_only_the_last_row_counts() -> None:
    found = points("pass 1 loss=9\npass 1 loss=8\ntrain 10 loss=2\npass 2 loss=7\npass 2 loss=6\n")
    assert found["val/loss"] == [(1, 8, 2), (2, 6, 5)]


def test_a_training_that_goes_back_is_another_run_or_the_resume_that_was_announced() -> None:
    text = (
        "train 10 loss=2\ntrain 20 loss=2\nResuming from step 11\ntrain 11 loss=2\ntrain 5 "
        "loss=2\nval 1 loss=3\n"
    )
    reading = read_log(LogFile("toy.log", data=text.encode()), TOY)
    assert isinstance(reading, Reading)
    first, second = runs_of(reading)
    assert [(r.line, r.why) for r in first.segments] == [(4, "resume")]
    assert (second.first_line, second.segments) == (5, [])
    assert [(r.line, r.kind) for r in read(text) if isinstance(r, RawEvent)] == [(3, "resume")]


@pytest.mark.parametrize(
    ("last", "skipped"),
    [
        ("train 30 loss=1.25 acc=0.50", 0),
        ("train 30 loss=1.25 acc=0.5", 1),
        ("train 30 loss=1.25", 1),
        ("train 3", 1),
    ],
)
def test_a_last_line_without_its_end_counts_only_where_it_is_whole(last: str, skipped: int) -> None:
    text = "train 10 loss=1.50 acc=0.25\ntrain 20 loss=1.40 acc=0.30\n"
    records = read(text + last)
    assert sum(isinstance(record, SkippedLine) and record.torn for record in records) == skipped
    assert len(points(text + last)["train/loss"]) == 3 - skipped


def test_settings_of_the_format_and_of_all_logs_are_facts_before_the_first_row() -> None:
    records = read("depth 12\nseed: 7\ntrain 10 loss=2\nTraining complete\n")
    assert [(r.name, r.value, r.line) for r in records if isinstance(r, RawFact)] == [
        ("depth", 12, 1),
        ("seed", 7, 2),
    ]
    assert [r.line for r in records if isinstance(r, RawStatus)] == [4]


@pytest.mark.parametrize(("rows", "score"), [(0, 0.0), (1, SINGLE), (2, SURE)])
def test_one_row_is_less_sure_than_two(rows: int, score: float) -> None:
    text = "hello\n" + "".join(f"train {i} loss=2\n" for i in range(rows))
    assert TOY.sniff(LogFile("toy.log", data=text.encode())).value == score


def test_names_of_single_values_have_no_window() -> None:
    found = values(
        [("loss", "2.5"), ("lr", "1e-4"), ("eta", "1:00")],
        Statistic.WINDOW_MEAN,
        10,
        resolution=0.1,
    )
    assert [(v.name, v.value, v.statistic, v.window, v.resolution) for v in found] == [
        ("loss", 2.5, Statistic.WINDOW_MEAN, 10, 0.1),
        ("lr", 1e-4, Statistic.VALUE, None, None),
    ]


def test_a_format_that_says_neither_lines_nor_step_is_refused() -> None:
    with pytest.raises(TypeError, match="neither lines nor step"):
        LineFormat(id="empty", title=Text(zh="空", en="empty")).parser()


def test_the_axis_of_a_row_is_the_axis_of_its_values() -> None:
    unit = LineFormat(
        id="axis",
        title=Text(zh="轴", en="axis"),
        step=stateless(lambda text: Row(axis=Axis.EPOCH, x=1.0, values=(Value("a", 1.0),))),
    ).parser()
    chunk = next(
        record for record in unit.read(LogFile("x", data=b"a\n")) if isinstance(record, ColumnChunk)
    )
    assert chunk.key.axis is Axis.EPOCH


def test_sniffing_looks_no_file_through() -> None:
    def start(log: LogFile) -> None:
        assert log.data == b""

    looking = LineFormat(
        id="looking", title=Text(zh="看", en="looking"), start=start, step=stateless(row)
    ).parser()
    assert looking.sniff(LogFile("x", data=b"train 1 loss=2\ntrain 2 loss=1\n")).value == SURE
