"""Causes of logs of a few rows, as people paste them: named where something in those rows decides, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.analysis.cause import causes
from lossreport.model.analysis import Analysis, Finding
from lossreport.model.run import FactValue, Run
from runs import make_run, make_series

IDS = {cause.id for cause in causes()}
NAN = np.nan


def analysed(folder: Path, log: str, **files: str) -> Analysis:
    """Analyse a log of these words, and beside it files by their stem, as JSON."""
    (folder / "train.log").write_text(log, encoding="utf-8")
    for stem, text in files.items():
        (folder / f"{stem}.json").write_text(text, encoding="utf-8")
    return lossreport.analyze(lossreport.read_run([folder]), strict=True)


def judged(run: Run) -> Analysis:
    return lossreport.analyze(run, strict=True)


def named(analysis: Analysis) -> set[str]:
    return {one.id for finding in analysis.findings for one in finding.hypotheses} & IDS


def first(analysis: Analysis) -> Finding:
    return analysis.findings[0]


def advice(analysis: Analysis) -> str:
    return " | ".join(one.text.plain("en") for one in analysis.recommendations)


# ------------------------------------------------------------------------------------- NaN in the second row
@pytest.mark.parametrize(
    ("apart", "facts", "expected"),
    [
        (1, {"lr": 2e-5}, True),
        (1, {}, True),
        (1, {"lr": 0.1}, False),
        (10, {}, False),
        (100, {"lr": 2e-5}, False),
        (100, {"precision": "fp16"}, True),
        (100, {"load_in_8bit": True}, True),
        (1, {"precision": "fp32", "lr": 2e-5}, False),
    ],
)
def test_only_half_precision_or_successive_steps_show_that_the_first_update_did_it(
    apart: int, facts: dict[str, FactValue], expected: bool
) -> None:
    loss = make_series([5.1, NAN, NAN, NAN, NAN], "loss", axis="step", x=np.arange(5) * apart)
    assert ("half_weights_second_step" in named(judged(make_run([loss], facts=facts)))) is expected
