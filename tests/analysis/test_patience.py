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
    assert (f"{behind} rows behind the best val/loss" in said) is likely
    advice = " ".join(one.text.plain("en") for one in analysis.recommendations)
    assert ("nothing to resume" in advice) is likely


@pytest.mark.parametrize(
    ("parser", "val", "reassures"),
    [("catboost", False, False), ("catboost", True, True), ("generic_csv", False, True)],
)
def test_a_boosting_without_a_validation_is_not_told_that_it_still_improves_and_may_go_on(
    parser: str, val: bool, reassures: bool
) -> None:
    y = falling(120, 5.0, 1.0, noise=0.0)
    run = make_run(loss=y, **({"val_loss": y} if val else {}))
    (source,) = run.sources
    analysis = analysed(replace(run, sources=(replace(source, parser=parser),)))
    said = analysis.outcomes[0].text.plain("en")
    assert ("tells nothing of new data" in said) is not reassures
    assert (analysis.outcomes[0].tone == "good") is reassures
    advice = " ".join(one.text.plain("en") for one in analysis.recommendations)
    assert ("before adding rounds" in advice) is not reassures
