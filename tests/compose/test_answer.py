"""What the first screen says at a glance."""

import lossreport
from lossreport.model.report import Section, Table
from lossreport.model.run import Run, Segment
from lossreport.text import show_value
from runs import falling, make_run


def glance(run: Run) -> dict[str, str]:
    analysis = lossreport.analyze(run, strict=True)
    (answer,) = [section for section in lossreport.compose(analysis, strict=True).sections if section.id == "answer"]
    return _rows(answer)


def _rows(answer: Section) -> dict[str, str]:
    (table,) = [block for block in answer.blocks if isinstance(block, Table)]
    return {show_value(row.cells[0], "en"): show_value(row.cells[1], "en") for row in table.rows}  # type: ignore[arg-type]


def test_a_resumed_run_says_how_often_and_where() -> None:
    pieces = [
        Segment(source="s1", first_line=first, last_line=first + 9, why="resume" if first > 1 else "start") for first in range(1, 51, 10)
    ]
    assert (
        glance(make_run(loss=falling(50), axis="step", segments=pieces))["resumed"]
        == "4× (log_train.txt:11, log_train.txt:21, log_train.txt:31, …)"
    )


def test_a_run_in_one_piece_says_nothing_of_it() -> None:
    assert "resumed" not in glance(make_run(loss=falling(50), axis="step"))
