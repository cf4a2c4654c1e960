"""Excursions stand out from both sides; trends, level shifts, single low rows and the last row do
not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import lossreport
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.spike import (
    CLEAR,
    DETECTOR,
    HUGE,
    NOT_SO_SMALL,
    SMALL,
    _is_small,
)
from lossreport.analysis.views import DEAVERAGE
from lossreport.curves.excursion import MIN_EXCESS, excursions
from lossreport.model.analysis import Finding, NotApplicable, Severity
from lossreport.model.run import Derived, Floats
from runs import SEED_CLOSS, SEED_LOSS_CT, falling, flat, make_run, make_series


def spiked(n: int, row: int, factor: float, noise: float = 0.005, seed: int = 0) -> Floats:
    y = np.array(falling(n, noise=noise, seed=seed))
    y[row] *= factor
    return y


def found(series_or_y: object, **extra: object) -> list[Finding]:
    run = make_run([make_series(series_or_y, **extra)])  # type: ignore[arg-type]
    return [one for one in DETECTOR.detect(Context(run, run)) if isinstance(one, Finding)]


@pytest.mark.parametrize("n", [20, 40, 100, 1000, 5000])
@pytest.mark.parametrize("where", [0.4, 0.5, 0.8])
def test_a_row_of_twice_the_curve_is_found_and_nothing_else(n: int, where: float) -> None:
    row = int(where * n)
    assert excursions(spiked(n, row, 2.0)) == ((row, row),)


CLEAN: dict[str, Callable[[int], Floats]] = {
    "falling": lambda seed: falling(200, seed=seed),
    "flat": lambda seed: flat(300, seed=seed),
    "short": lambda seed: falling(12, seed=seed),
    "level shift up": lambda seed: np.r_[flat(100, 2.0, seed=seed), flat(100, 3.0, seed=seed + 50)],
    "learning-rate drop": lambda seed: np.r_[
        flat(100, 3.0, seed=seed), flat(100, 2.0, seed=seed + 50)
    ],
    "rise to the end": lambda seed: flat(100, seed=seed) * np.linspace(1, 3, 100),
}


@pytest.mark.parametrize("kind", CLEAN)
@pytest.mark.parametrize("seed", range(20))
def test_curves_without_excursions_have_none(kind: str, seed: int) -> None:
    assert excursions(CLEAN[kind](seed)) == ()


def test_a_low_row_is_no_spike() -> None:
    assert excursions(spiked(100, 50, 0.3)) == ()


def test_the_last_row_has_no_future_to_recover_in() -> None:
    assert excursions(spiked(100, 99, 5.0)) == ()


@pytest.mark.parametrize(
    ("excess", "expected"), [(MIN_EXCESS * 1.3, 1), (MIN_EXCESS * 0.7, 0)], ids=["above", "below"]
)
def test_the_excess_must_reach_ten_per_cent(excess: float, expected: int) -> None:
    assert len(excursions(spiked(400, 300, 1 + excess, noise=0.0005))) == expected


@pytest.mark.parametrize(("noise", "expected"), [(0.005, 1), (0.1, 0)], ids=["quiet", "noisy"])
def test_the_same_excess_counts_by_the_noise_around_it(noise: float, expected: int) -> None:
    assert len(excursions(spiked(400, 300, 1.3, noise=noise, seed=3))) == expected


@pytest.mark.parametrize(
    ("dips", "expected"), [([], 1), ([30, 55, 80, 105, 130], 0)], ids=["none", "as deep"]
)
def test_an_excursion_counts_only_beyond_the_reach_of_noise_downwards(
    dips: list[int], expected: int
) -> None:
    y = np.array(flat(200, noise=0.02))
    y[dips] /= 1.4
    y[160] *= 1.3
    assert len(excursions(y)) == expected


def test_several_rows_in_a_row_are_one_excursion() -> None:
    y = np.array(falling(500))
    y[250:254] *= [4.0, 3.0, 2.5, 2.0]
    assert excursions(y) == ((250, 253),)


def test_the_rows_of_the_document() -> None:
    assert [span[0] for span in excursions(np.array(SEED_CLOSS))] == [7, 10]
    assert excursions(np.array(SEED_LOSS_CT)) == ()


def test_not_finite_rows_are_no_spikes_and_hide_none() -> None:
    y = spiked(200, 100, 4.0)
    y[[40, 41]] = [np.nan, np.inf]
    assert excursions(y) == ((100, 100),)


def test_negative_values_are_taken_as_they_are() -> None:
    y = np.array(flat(200, 1.0, 0.01)) - 1.0
    y[120] += 0.5
    assert excursions(y) == ((120, 120),)


def test_the_finding_names_line_value_and_baseline() -> None:
    (finding,) = found(spiked(40, 20, 3.0))
    assert (finding.kind, finding.severity, finding.start.x, finding.start.line) == (
        "spike",
        Severity.HIGH,
        20,
        21,
    )
    assert finding.numbers["value"] == pytest.approx(3 * falling(40)[20])
    assert finding.evidence[0].line == 21
    assert finding.key == "spike:train/closs@log_train.txt:epoch_mean#20"


@pytest.mark.parametrize(
    ("next_row", "kind"), [(1.0, "batch_outlier"), (2.0, "spike")], ids=["back at once", "not back"]
)
def test_one_row_of_a_step_log_whose_next_row_is_normal_is_a_batch(
    next_row: float, kind: str
) -> None:
    y = spiked(200, 100, 3.0)
    y[101] *= next_row
    (finding,) = found(y, axis="step")
    assert finding.kind == kind
    assert finding.severity is (Severity.LOW if kind == "batch_outlier" else Severity.HIGH)


def test_segments_are_looked_at_apart() -> None:
    two = np.r_[falling(60), falling(60)]
    assert found(two, spans=[(0, 59), (60, 119)], axis="step") == []


@pytest.mark.parametrize(("rows", "said"), [(5, 1), (6, 0)])
def test_fewer_than_six_rows_are_not_judged_and_that_is_said(rows: int, said: int) -> None:
    run = make_run(closs=falling(rows))
    assert (
        len([one for one in DETECTOR.detect(Context(run, run)) if isinstance(one, NotApplicable)])
        == said
    )


@pytest.mark.parametrize(("window", "hidden"), [(19, False), (20, True)])
def test_a_wide_window_hides_batches_and_that_is_said(window: int, hidden: bool) -> None:
    run = make_run(
        [make_series(spiked(200, 100, 3.0), axis="step", statistic="window_median", window=window)]
    )
    assert (
        any(isinstance(one, NotApplicable) for one in DETECTOR.detect(Context(run, run))) == hidden
    )


def test_two_excursions_near_each_other_in_a_short_curve_are_both_found() -> None:
    y = np.array(flat(12, 4.0, 0.01))
    y[[5, 7]] = [9.0, 30.0]
    assert [row for span in excursions(y) for row in range(span[0], span[1] + 1) if y[row] > 5] == [
        5,
        7,
    ]


def test_a_spike_of_a_recovered_local_mean_is_told_as_one() -> None:
    """The log prints the running mean in that line, so the value alone would not be found there."""
    series = make_series(spiked(200, 100, 3.0), axis="step")
    for derived, said in ((None, False), (Derived(of=("m0",), how=DEAVERAGE), True)):
        run = make_run([replace(series, derived=derived)])
        (finding,) = [one for one in DETECTOR.detect(Context(run, run)) if isinstance(one, Finding)]
        assert ("recovered from the running mean" in finding.text.plain("en")) is said


def test_a_spike_over_a_negative_level_has_no_ratio() -> None:
    (finding,) = found(np.r_[flat(100, -2.0, 0.01), [9.0, 5.0], flat(100, -2.0, 0.01)], axis="step")
    assert "against a median of -2" in finding.text.plain("en")
    assert "×" not in finding.text.plain("en")


@pytest.mark.parametrize(
    ("kind", "level", "peak", "grave"),
    [
        ("generic", 2.0, 4.1, True),  # doubled
        ("generic", 2.0, 3.9, False),
        ("generic", 8.0, 10.5, True),  # half of the way from 12 to 8 is lost again
        ("generic", 8.0, 9.5, False),
        ("cross_entropy", 4.0, 5.1, True),  # a factor e in perplexity
        ("cross_entropy", 4.0, 4.9, False),
    ],
)
def test_a_spike_is_grave_where_it_doubles_the_loss_or_costs_half_the_progress(
    kind: str, level: float, peak: float, grave: bool
) -> None:
    y = np.r_[12.0, 12.0, 12.0, np.linspace(11, level, 20), flat(60, level, 0.001)]
    y[50] = peak
    (one,) = found(y, name="loss", metric_type=kind)
    assert one.severity is (Severity.HIGH if grave else Severity.MEDIUM)


@pytest.mark.parametrize(
    ("height", "severity"),
    [(SMALL - 0.1, Severity.LOW), (SMALL + 0.5, Severity.HIGH)],
    ids=["half as high", "higher"],
)
def test_one_batch_that_is_a_little_harder_is_low_and_asks_for_nothing(
    height: float, severity: Severity
) -> None:
    y = np.ones(40)
    y[20] = height
    analysis = lossreport.analyze(make_run([make_series(y, "loss", axis="step")]), strict=True)
    (finding,) = [one for one in analysis.findings if one.kind == "spike"]
    assert finding.severity is severity
    assert any("skip the batches" in one.text.plain("en") for one in analysis.recommendations) is (
        severity is Severity.HIGH
    )


@pytest.mark.parametrize(
    ("n", "ratio", "score", "small"),
    [
        (40, 2.0, CLEAR - 1, True),
        (40, 2.0, CLEAR + 1, False),
        (40, NOT_SO_SMALL + 1, CLEAR - 1, False),
        (140, 2.0, CLEAR - 1, False),
        (140, SMALL - 0.1, 9.0, True),
    ],
    ids=["high", "far above the spread", "four times as high", "many rows", "hardly higher"],
)
def test_one_batch_among_few_must_stand_out_of_their_spread_too(
    n: int, ratio: float, score: float, small: bool
) -> None:
    assert _is_small(n, ratio, score) is small


@pytest.mark.parametrize(("every", "found_some"), [(10, False), (100, True)])
def test_a_series_that_is_zero_but_where_something_was_updated_has_no_spikes(
    every: int, found_some: bool
) -> None:
    y = np.zeros(300)
    y[5::every] = np.linspace(0.001, 0.05, len(y[5::every]))
    assert bool(found(y, name="policy_loss", axis="step")) is found_some


def test_the_first_row_of_a_training_is_no_spike() -> None:
    assert found(np.r_[15.48, falling(120, 2, 0.5)], name="NER loss", axis="step") == []


def test_why_a_sparse_series_has_no_spikes_stands_up_to_the_check() -> None:
    y = np.where(np.arange(300) % 7 == 3, np.linspace(0.001, 0.05, 300), 0.0)
    run = make_run(
        [
            make_series(y, "policy_loss", axis="step"),
            make_series(falling(300), "loss", axis="step", id="m2"),
        ]
    )
    analysis = lossreport.analyze(run, strict=True)
    (reason,) = [
        one.reason.plain("en")
        for one in analysis.not_applicable
        if one.check == "spike" and one.series == ("m1",)
    ]
    assert "exactly 0 in 257 of 300 rows" in reason


@pytest.mark.parametrize(
    ("ratio", "severity", "said"),
    [(0.9 * HUGE, Severity.LOW, False), (1.1 * HUGE, Severity.MEDIUM, True)],
    ids=["a hard batch", "ten times"],
)
def test_a_row_of_ten_times_its_neighbours_is_named_in_the_answer(
    ratio: float, severity: Severity, said: bool
) -> None:
    y = np.array(falling(300, 6.0, 2.0, 0.01))
    y[200] = ratio * float(np.median(np.delete(y[195:206], 5)))
    analysis = lossreport.analyze(make_run([make_series(y, "loss", axis="step")]), strict=True)
    (finding,) = [one for one in analysis.findings if one.kind == "batch_outlier"]
    assert finding.severity is severity
    assert ("First look at" in analysis.outcomes[0].text.plain("en")) is said


@pytest.mark.parametrize(
    ("begins", "expected"),
    [(9, "more_terms"), (8, None)],
    ids=["where a term begins", "a row behind it"],
)
def test_a_jump_where_further_terms_begin_is_one_of_the_sum(
    begins: int, expected: str | None
) -> None:
    """From epoch 9 on the total holds a term that starts at 2870: the jump from 108 to 2980 is no
    instability.
    """
    term = 2870 * 0.4 ** np.arange(60 - begins)
    total = np.array(falling(60, 300, 30))
    total[9:] += 2870 * 0.4 ** np.arange(51)
    extra = make_series(term, "trans_loss", id="m2", x=np.arange(begins, 60.0))
    analysis = lossreport.analyze(make_run([make_series(total, "loss_tgt"), extra]), strict=True)
    spike = next(f for f in analysis.findings if f.kind == "spike" and f.series[0] == "m1")
    assert spike.explained_by == expected
    assert ("consistent with a sum of more terms" in spike.text.plain("en")) is (
        expected is not None
    )
