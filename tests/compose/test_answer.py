"""What the first screen says at a glance."""

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.compose.sections.answer import GLANCE, headline
from lossreport.model.analysis import State
from lossreport.model.report import Section, Steps, Table
from lossreport.model.run import Run, Segment, Weighing
from lossreport.model.states import STATES
from lossreport.reading.runs.weighing import NO_ORDER as OTHER_KIND
from lossreport.reading.runs.weighing import OTHER
from lossreport.text import show_value
from runs import falling, make_run, make_series


def glance(run: Run) -> dict[str, str]:
    analysis = lossreport.analyze(run, strict=True)
    (sources,) = [
        section
        for section in lossreport.compose(analysis, strict=True).sections
        if section.id == "sources"
    ]
    return _rows(sources)


def _rows(sources: Section) -> dict[str, str]:
    (table,) = [
        block for block in sources.blocks if isinstance(block, Table) and block.caption == GLANCE()
    ]
    return {show_value(row.cells[0], "en"): show_value(row.cells[1], "en") for row in table.rows}  # type: ignore[arg-type]


def test_a_resumed_run_says_how_often_and_where() -> None:
    pieces = [
        Segment(
            source="s1",
            first_line=first,
            last_line=first + 9,
            why="resume" if first > 1 else "start",
        )
        for first in range(1, 51, 10)
    ]
    assert (
        glance(make_run(loss=falling(50), axis="step", segments=pieces))["resumed"]
        == "4× (log_train.txt:11, log_train.txt:21, log_train.txt:31, …)"
    )


def test_a_run_in_one_piece_says_nothing_of_it() -> None:
    assert "resumed" not in glance(make_run(loss=falling(50), axis="step"))


@pytest.mark.parametrize(
    ("gain", "label"),
    [(0.03, "Lowest validation loss"), (0.005, "Checkpoint to use (by validation loss)")],
)
def test_the_lowest_validation_loss_is_the_checkpoint_to_use_unless_a_score_still_rose(
    gain: float, label: str
) -> None:
    loss = np.r_[falling(30, 6, 2, noise=0), 2 * np.linspace(1, 1.5, 30)]
    accuracy = np.r_[np.linspace(0.5, 0.8, 30), 0.8 * np.linspace(1, 1 + gain, 30)]
    run = make_run(loss=falling(60), val_loss=loss, val_accuracy=accuracy)
    page = lossreport.render(
        lossreport.compose(lossreport.analyze(run, strict=True), strict=True), "md", "en"
    )
    assert f"| {label} | `val/loss` 2 at epoch" in page
    said = [one.text.plain("en") for one in lossreport.analyze(run, strict=True).recommendations]
    assert any(text.startswith("Decide by which measure") for text in said) is (
        label == "Lowest validation loss"
    )


def test_of_several_scores_the_strict_one_is_named_first_and_precision_last() -> None:
    names = ("precision(B)", "recall(B)", "mAP50(B)", "mAP50-95(B)")
    scores = [
        make_series(np.linspace(0.1, 0.6, 20), name, "val", id=f"m{n + 2}")
        for n, name in enumerate(names)
    ]
    analysis = lossreport.analyze(
        make_run([make_series(falling(20), "box_loss"), *scores]), strict=True
    )
    series = {one.id: one.name for one in analysis.runs[0].series}
    assert [series[best.series] for best in analysis.bests] == [
        "mAP50-95(B)",
        "mAP50(B)",
        "precision(B)",
    ]


@pytest.mark.parametrize(("name", "said"), [("loss", "loss"), ("episode_reward", "episode_reward")])
def test_the_last_values_are_of_the_losses_or_else_of_scores_and_rewards(
    name: str, said: str
) -> None:
    run = make_run(
        [
            make_series(falling(20), name),
            make_series(np.linspace(0.1, 0.9, 20), "val_accuracy", "val", id="m2"),
        ]
    )
    assert glance(run)["last values"].startswith(said)


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (Weighing(margin=0.9, chosen=OTHER_KIND()), False),
        (
            Weighing(
                margin=0.1,
                chosen=OTHER_KIND(),
                other=OTHER(what=OTHER_KIND(), option="read.runs=strays"),
                option="read.runs=strays",
            ),
            True,
        ),
    ],
    ids=["none comes near", "another comes near"],
)
def test_where_another_reading_comes_near_the_first_screen_says_which_and_how_to_choose_it(
    reading: Weighing, told: bool
) -> None:
    run = replace(make_run(loss=falling(50), axis="step"), reading=reading)
    report = lossreport.compose(lossreport.analyze(run, strict=True), strict=True)
    for lang, words in (
        ("zh", "这些行怎样归为一次训练并不确定"),
        ("en", "How these rows belong together is not certain"),
    ):
        for form in ("md", "html"):
            text = lossreport.render(report, format=form, lang=lang)
            assert (words in text) is told
            assert ("--set read.runs=strays" in text) is told


def test_a_step_stands_on_the_first_screen_or_among_the_further_ones_never_twice() -> None:
    run = make_run(loss=[*falling(40), float("nan"), float("nan")], facts={"vocab_size": 1000})
    report = lossreport.compose(lossreport.analyze(run, strict=True), strict=True)
    steps = [
        show_value(step.text, "en")
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Steps)
        for step in block.steps
    ]
    assert len(steps) == len(set(steps)) == len(report.analysis.recommendations) > 1


@pytest.mark.parametrize(
    ("name", "is_told"), [("final_test_accuracy", True), ("final_loss", False)]
)
def test_a_test_behind_the_training_stands_on_the_first_screen(name: str, is_told: bool) -> None:
    report = lossreport.compose(
        lossreport.analyze(make_run(loss=falling(40), facts={name: 92.5}), strict=True)
    )
    told = lossreport.render(report, "md", lang="en")
    assert ("**Test after the training**: `test_accuracy` 92.5" in told) is is_told


@pytest.mark.parametrize(
    ("values", "is_told"), [([2.2], False), ([2.2, 2.1], True)], ids=["once", "twice"]
)
def test_what_was_measured_once_names_no_checkpoint(values: list[float], is_told: bool) -> None:
    page = lossreport.render(
        lossreport.compose(
            lossreport.analyze(make_run(loss=falling(9)[: len(values)], val_loss=values))
        ),
        "md",
        "en",
    )
    assert ("**Checkpoint to use" in page) is is_told


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        (State.IMPROVING, "interrupted", "not complete, still improving"),
        (State.IMPROVING, "crashed", "crashed, still improving"),
        (State.IMPROVING, "finished", "still improving"),
        (State.DIVERGING, "interrupted", "diverging"),
    ],
)
def test_a_sound_state_is_no_heading_of_a_run_that_did_not_come_to_its_end(
    state: State, status: str, said: str
) -> None:
    assert headline(STATES[state].name, state, status).plain("en") == said
