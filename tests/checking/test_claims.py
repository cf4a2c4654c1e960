"""What is true passes the check, and every number and claim word of a report has a predicate behind
it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.claims import contradicted

import lossreport
from lossreport.analysis.causes import dropout_in_training_only
from lossreport.analysis.detector import kinds as declared
from lossreport.checking.check import kinds
from lossreport.checking.coverage import coverage
from lossreport.checking.ground import Ground
from lossreport.checking.kinds import levels
from lossreport.checking.kinds.levels import SLACK
from lossreport.errors import ClaimError
from lossreport.text import percent
from runs import SAMPLES, make_run, make_series, rng

RUNS = (
    "vla_action_head",
    "vla_healthy",
    *(f"gallery/{folder.name}" for folder in sorted((SAMPLES / "gallery").iterdir())),
)
FORMATS = tuple(
    f"formats/{folder.name}"
    for folder in sorted((SAMPLES / "formats").iterdir())
    if folder.is_dir()
)
CAUSES = Path(__file__).parents[1] / "analysis" / "causes" / "examples"
CURVES = 120
"""Random runs of the fast lane; `python benchmarks/claims.py 10000` looks at more."""


@pytest.mark.parametrize(
    "folder",
    [*(SAMPLES / name for name in (*RUNS, *FORMATS)), *sorted(CAUSES.iterdir())],
    ids=lambda path: path.name,
)
def test_a_report_is_covered_and_stands(folder: Path) -> None:
    runs = lossreport.read_runs([folder])
    analysis = lossreport.analyze(runs, strict=True)
    assert coverage(lossreport.compose(analysis), runs).bare == []


def test_random_curves_hold_no_claim_that_their_rows_contradict() -> None:
    assert list(contradicted(range(CURVES))) == []


def test_every_kind_of_finding_is_checked() -> None:
    assert set(declared()) - set(kinds()) == set()


@pytest.mark.parametrize("seed", range(3))
def test_a_tail_with_one_step_in_it_is_told_by_the_rows_beside_the_step(seed: int) -> None:
    levels = (1.5, 1.5), (1.05, 1.05), (0.75, 0.75), (0.54, 0.523), (0.335, 0.321)
    y = np.concatenate([np.linspace(*level, 600) for level in levels]) * (
        1 + 0.004 * rng(seed).standard_normal(3000)
    )
    run = make_run([make_series(y, "loss", axis="step", epoch=np.repeat(np.arange(5.0), 600))])
    assert lossreport.analyze(run, strict=True).failures == ()


@pytest.mark.parametrize(
    ("told", "is_borne_out"),
    [(0.044 + 0.9 * SLACK, True), (0.044 - 0.9 * SLACK, True), (0.044 - 1.1 * SLACK, False)],
)
def test_a_gain_beside_a_step_may_differ_by_what_two_robust_slopes_do(
    told: float, is_borne_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows of the tail gain 0.665, those beside its step 0.044: what is told may be either, as
    near as two slopes of one tail come.
    """
    y = np.concatenate([np.full(2250, 1.0), np.full(150, 0.4525), np.full(600, 0.2965)])
    analysis = lossreport.analyze(make_run([make_series(y, "loss", axis="step")]))
    series = analysis.runs[0].series[0]
    monkeypatch.setattr(levels, "estimate", lambda part, whole: (0.665, 0.1))
    monkeypatch.setattr(levels, "beside_a_step", lambda part, whole: 0.044)
    allowed = levels.gains(
        Ground(analysis, analysis.runs[0], analysis.runs[0]).about(series), series, 750
    )
    assert (allowed.low <= told <= allowed.high) is is_borne_out


@pytest.mark.parametrize("seed", range(6))
def test_a_ratio_of_an_even_number_of_rows_lies_between_the_two_in_the_middle(seed: int) -> None:
    """The detector takes the mean of their logarithms, the check that of the ratios: 2.996 is
    both.
    """
    y = 2 + 5 * np.exp(-np.arange(12) / 3)
    both = {"a.csv": y, "b.csv": y * 3 * np.exp(0.02 * rng(seed).normal(size=12))}
    run = lossreport.run_from_frame(
        {path: pd.DataFrame({"step": np.arange(12), "loss": loss}) for path, loss in both.items()}
    )
    assert "source_disagreement" in {
        finding.kind for finding in lossreport.analyze(run, strict=True).findings
    }


@pytest.mark.parametrize("fall", [0.3266, 0.7434])
def test_a_forecast_of_a_curve_that_falls_in_steps_carries_its_slope_on(fall: float) -> None:
    y = 4.26 - fall * np.repeat([0.0, 1.0, 2.0], [6, 5, 1])
    assert any(one.valid for one in lossreport.analyze(make_run(loss=y), strict=True).forecasts)


def shares(
    val: np.ndarray[tuple[int], np.dtype[np.float64]],
    train: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> list[str]:
    run = lossreport.run_from_frame(
        pd.DataFrame({"epoch": np.arange(30), "loss": train, "val_loss": val})
    )
    found = [
        one
        for finding in lossreport.analyze(run, strict=True).findings
        for one in finding.hypotheses
    ]
    return [
        sign.plain("en")
        for one in found
        if one.id == "dropout_in_training_only"
        for sign in one.support
    ]


def test_in_how_many_rows_a_validation_lies_below_the_training_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = np.geomspace(4.0, 2.0, 30)
    val = 0.4 * train
    val[[11, 17]] = 1.2 * train[[11, 17]]
    assert any("93% of the rows" in one for one in shares(val, train))
    assert shares(val, np.full(30, 4.0)) == []  # a training that stands has other reasons
    monkeypatch.setattr(dropout_in_training_only, "percent", lambda share: percent(share - 0.02))
    with pytest.raises(ClaimError, match="share"):
        shares(val, train)
