"""Sources of one metric: agreement is silent, disagreement a finding, and marks of a mixed
reduction are weighed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lossreport.analysis.analyze import analyze_run
from lossreport.analysis.detectors.source_disagreement import FAR_ROW, TOLERANCE
from lossreport.model.analysis import Analysis, Finding, Severity
from lossreport.model.run import Floats, Run, SourceNote
from runs import falling, make_run, make_series

EPOCHS, PER = 12, 20


def two_sources(
    ratio: Sequence[float] | Floats,
    *,
    accuracy: Sequence[float] | None = None,
    key_order: Sequence[int] = (),
    facts: dict[str, object] | None = None,
) -> Run:
    """A run whose rank 0 prints running means, and whose file of epoch means is `ratio` times as
    high at each epoch.
    """
    means = falling(EPOCHS, 9.0, 8.0)
    x = np.tile(np.arange(PER) * 10.0, EPOCHS)
    epoch = np.repeat(np.arange(EPOCHS), PER)
    local = np.repeat(means, PER)
    series = [
        make_series(np.asarray(ratio) * means, "closs", id="m1"),
        make_series(
            local,
            "closs",
            axis="iteration",
            statistic="running_mean",
            x=x,
            epoch=epoch,
            id="m2",
            source="s2",
            path="output.log",
        ),
    ]
    if accuracy is not None:
        inside = {
            "axis": "iteration",
            "statistic": "running_mean",
            "x": x,
            "epoch": epoch,
            "source": "s2",
            "path": "output.log",
        }
        series += [
            make_series(accuracy, "acc", id="m3"),
            make_series(np.full(len(x), 0.4), "acc", id="m4", **inside),
        ]  # type: ignore[arg-type]
    notes = [SourceNote(kind="key_order", source="s1", lines=tuple(key_order))] if key_order else []
    return make_run(series, facts=facts, notes=notes)  # type: ignore[arg-type]


def of_kind(analysis: Analysis, kind: str) -> list[Finding]:
    return [finding for finding in analysis.findings if finding.kind == kind]


def test_sources_that_agree_raise_nothing() -> None:
    assert of_kind(analyze_run(two_sources(np.ones(EPOCHS))), "source_disagreement") == []


@pytest.mark.parametrize(
    ("off", "expected"), [(TOLERANCE * 1.4, 1), (TOLERANCE * 0.6, 0)], ids=["above", "below"]
)
def test_a_constant_difference_counts_from_five_per_cent(off: float, expected: int) -> None:
    assert (
        len(of_kind(analyze_run(two_sources(np.full(EPOCHS, 1 + off))), "source_disagreement"))
        == expected
    )


@pytest.mark.parametrize(
    ("off", "expected"), [(FAR_ROW * 1.5, 1), (FAR_ROW * 0.7, 0)], ids=["above", "below"]
)
def test_one_epoch_that_is_far_off_is_enough(off: float, expected: int) -> None:
    ratio = np.ones(EPOCHS)
    ratio[5] += off
    assert len(of_kind(analyze_run(two_sources(ratio)), "source_disagreement")) == expected


MIXED = (0.25, 0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 11.0, 0.5, 0.25, 4.4, 0.5)
RANKS = {"world_size": 4, "vocab_size": 65536}


def test_key_order_impossible_accuracies_and_quiet_rows_point_to_the_reduction() -> None:
    run = two_sources(
        MIXED,
        accuracy=[0.4, 62, 0.4, 93, 62, 0.4, 93, 6, 0.4, 93, 2, 62],
        key_order=(2, 4, 5),
        facts=RANKS,
    )
    analysis = analyze_run(run, strict=True)
    (cause,) = of_kind(analysis, "mixed_reduction")
    assert cause.severity is Severity.HIGH
    assert [h.id for h in sorted(cause.hypotheses, key=lambda h: h.rank)] == [
        "mixed_reduction",
        "real_instability",
    ]
    assert all(h.support and h.against and h.decided_by.plain("zh") for h in cause.hypotheses)
    spikes = [f for f in of_kind(analysis, "spike") if f.series[0] == "m1"]
    assert {f.explained_by for f in spikes} == {cause.key}
    assert max(finding.severity.rank for finding in analysis.findings) < Severity.CRITICAL.rank


def test_a_disagreement_without_its_marks_is_not_blamed_on_the_reduction() -> None:
    analysis = analyze_run(two_sources(np.full(EPOCHS, 1.5), facts=RANKS))
    assert len(of_kind(analysis, "source_disagreement")) == 1
    assert of_kind(analysis, "mixed_reduction") == []


def test_one_rank_has_no_reduction() -> None:
    run = two_sources(MIXED, accuracy=[93.0] * 12, key_order=(2, 4, 5), facts={"world_size": 1})
    analysis = analyze_run(run)
    assert of_kind(analysis, "mixed_reduction") == []
    assert any(one.check == "mixed_reduction" for one in analysis.not_applicable)


def test_fewer_than_three_common_epochs_are_not_compared() -> None:
    series = [
        make_series([1.0, 2.0], "closs", id="m1"),
        make_series(
            [5.0, 9.0],
            "closs",
            axis="iteration",
            statistic="running_mean",
            epoch=[0, 1],
            id="m2",
            source="s2",
            path="o.log",
        ),
    ]
    assert of_kind(analyze_run(make_run(series)), "source_disagreement") == []
