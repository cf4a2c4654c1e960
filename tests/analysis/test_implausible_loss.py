"""A language model trained from scratch is not better than any published one: below 1 nat per token
the future leaks in, or it is memory.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.detectors.implausible_loss import FLOOR, FROM_SCRATCH, LEAST_TOKENS
from lossreport.model.run import Run
from runs import falling, make_run, make_series

LN = float(np.log(50304))


def trained(start: float = LN, end: float = 0.3, size: int = 50304) -> Run:
    series = [
        make_series(falling(40, start, end), "loss", axis="step"),
        make_series(falling(40, start, end), "loss", "val", axis="step", id="m2"),
    ]
    return make_run(series, facts={"vocab_size": size, "type.loss": "cross_entropy"})


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (trained(), 1),
        (trained(end=FLOOR * 0.9), 1),
        (trained(end=FLOOR * 1.1), 0),
        (trained(start=LN * FROM_SCRATCH * 0.95), 0),
        (trained(start=float(np.log(LEAST_TOKENS - 1)), size=LEAST_TOKENS - 1), 0),
        (trained(start=float(np.log(LEAST_TOKENS)), size=LEAST_TOKENS), 1),
    ],
    ids=["leak", "below the floor", "above it", "trained before", "characters", "words"],
)
def test_a_loss_below_that_of_every_published_model_is_told_once(run: Run, expected: int) -> None:
    analysis = lossreport.analyze(run, strict=True)
    found = [finding for finding in analysis.findings if finding.kind == "implausible_loss"]
    assert len(found) == expected
    assert all(analysis.series(finding.series[0]).split == "val" for finding in found)
    assert any(
        "the future leaks in" in one.text.plain("en") for one in analysis.recommendations
    ) is bool(expected)


def test_it_is_what_to_look_at_first_under_a_loss_that_still_improves() -> None:
    (outcome,) = lossreport.analyze(trained(), strict=True).outcomes
    assert "First look at #F1: loss too low to be true" in outcome.text.plain("en")


@pytest.mark.parametrize(("name", "expected"), [("wer", 0), ("sacrebleu", 0), ("answer", 1)])
def test_text_that_depends_on_an_input_may_be_certain(name: str, expected: int) -> None:
    run = trained()
    beside = make_series(np.linspace(0.9, 0.1, 40), name, "val", axis="step", id="m3")
    analysis = lossreport.analyze(replace(run, series=(*run.series, beside)), strict=True)
    assert len([one for one in analysis.findings if one.kind == "implausible_loss"]) == expected
