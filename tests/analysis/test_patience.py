"""A run that was cut before its plan exactly where a patience ran out has stopped early."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.model.analysis import Analysis
from lossreport.model.run import Fact, Progress, Run, Status
from runs import falling, make_run


def turned(behind: int, best: int = 11) -> np.ndarray:
    return np.r_[np.linspace(1.6, 1.4, best), 1.41 + 0.01 * np.arange(1, behind + 1)]


def cut(val: np.ndarray, *, parser: str = "test", **facts: int) -> Run:
    run = make_run(loss=falling(len(val)), val_loss=val)
    (source,) = run.sources
    return replace(
        run,
        status=Status.INTERRUPTED,
        sources=(replace(source, parser=parser),),
        progress=Progress(epochs=(len(val), 1000)),
        facts=tuple(
            Fact(name=name, value=value, source=source.id, line=7) for name, value in facts.items()
        ),
    )


def analysed(run: Run) -> Analysis:
    return lossreport.analyze(run, strict=True)


@pytest.mark.parametrize(
    ("name", "behind", "stopped"),
    [
        ("trainer.stopping_patience", 4, True),
        ("early_stopping_rounds", 5, True),
        ("patience", 3, False),
        ("patience", 6, False),
        ("scheduler.patience", 4, False),
        ("lr_patience", 4, False),
        ("epochs", 4, False),
    ],
)
def test_a_run_is_stopped_early_where_the_patience_of_its_settings_ran_out(
    name: str, behind: int, stopped: bool
) -> None:
    analysis = analysed(cut(turned(behind), **{name: 4}))
    said = analysis.outcomes[0].text.plain("en")
    assert said.startswith("Stopped early by its own rule (" if stopped else "Not complete (")
    assert (analysis.runs[0].status is Status.FINISHED) is stopped
    advice = " ".join(one.text.plain("en") for one in analysis.recommendations)
    assert ("resume from the last checkpoint" in advice) is not stopped


@pytest.mark.parametrize(
    ("parser", "behind", "likely"),
    [("catboost", 100, True), ("catboost", 93, False), ("generic_csv", 100, False)],
)
def test_a_boosting_that_ends_a_round_number_behind_its_best_may_have_stopped_early(
    parser: str, behind: int, likely: bool
) -> None:
    analysis = analysed(cut(turned(behind), parser=parser))
    said = analysis.outcomes[0].text.plain("en")
    assert (
        f"{behind} rows behind the best `val/loss`" in analysis.outcomes[0].text.plain("en")
        or f"{behind} rows behind the best val/loss" in said
    ) is likely
    advice = " ".join(one.text.plain("en") for one in analysis.recommendations)
    assert ("nothing to resume" in advice) is likely
