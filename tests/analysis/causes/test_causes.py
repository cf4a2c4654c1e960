"""Every cause is seen in its own example, and in no other's unless it is said why."""

from functools import cache
from pathlib import Path
from typing import Final

import pytest

import lossreport
from lossreport.analysis.cause import causes
from lossreport.model.analysis import Analysis

EXAMPLES: Final = Path(__file__).parent / "examples"
"""One folder a cause, named by its id: the smallest log that shows its signature."""
ALSO_SEEN: Final[dict[tuple[str, str], str]] = {
    (
        "box_targets_invalid",
        "one_term_empty",
    ): "a batch without a positive leaves the same; it stands second, for a class term above "
    "0 speaks against it",
    (
        "early_stop_watches_training",
        "boosting_too_many_rounds",
    ): "a stop that waits for the training set runs for too many rounds; the log names what "
    "it watches",
    (
        "fp16_zero_from_start",
        "zero2_overlap_comm",
    ): "one sound row before the zeros; which of the two it was another precision tells",
    (
        "lr_free_optimiser_in_half",
        "fp16_overflow",
    ): "the log says fp16; which of the two it was only another optimiser tells",
    (
        "fp16_zero_from_start",
        "nan_filter_of_trainer",
    ): "the zeros are NaN in both; one says who wrote them, the other why they are NaN",
    (
        "nan_filter_of_trainer",
        "fp16_zero_from_start",
    ): "zeros beside a NaN gradient from the first row are those of a forward pass that overflows",
    (
        "majority_class",
        "val_constant_one_class",
    ): "one class is predicted in both; the share of the classes tells whether that is imbalance",
    (
        "val_constant_one_class",
        "majority_class",
    ): "one class is predicted in both; the share of the classes tells whether that is imbalance",
    (
        "min_snr_zero_terminal",
        "bad_sample",
    ): "single rows that are not finite; the weight of their time step is what is special "
    "about them",
    (
        "numerics_before_update",
        "nan_filter_of_trainer",
    ): "the zeros are NaN in both; one says who wrote them, the other why they are NaN",
    (
        "running_mean_keeps_inf",
        "bad_sample",
    ): "one batch was infinite, and the running mean keeps it for its epoch",
    (
        "label_encoding",
        "clamp_keras_epsilon",
    ): "half of the clip is a saturated output; one half in both splits says by which labels",
    (
        "label_encoding",
        "majority_class",
    ): "one class is predicted for all; the half of the clip tells why",
    (
        "weights_newly_initialised",
        "uniform_output",
    ): "a head without its weights begins at the level of guessing as well",
    (
        "zero2_overlap_comm",
        "nan_filter_of_trainer",
    ): "the zeros are NaN in both; one says who wrote them, the other why they are NaN",
}
"""(example, another cause named there): why the log cannot tell the two apart."""
FIRST: Final = 3
"""The cause of an example stands among the first three hypotheses of a finding."""


@cache
def analysed(example: str) -> Analysis:
    return lossreport.analyze(lossreport.read_run([EXAMPLES / example]), strict=True)


def named(example: str) -> set[str]:
    """Return the causes named in an example, of all findings."""
    known = {cause.id for cause in causes()}
    return {
        one.id
        for finding in analysed(example).findings
        for one in finding.hypotheses
        if one.rank <= FIRST
    } & known


@pytest.mark.parametrize("cause", [cause.id for cause in causes()])
def test_a_cause_is_named_in_its_own_example(cause: str) -> None:
    assert cause in named(cause)


@pytest.mark.parametrize("example", sorted(folder.name for folder in EXAMPLES.iterdir()))
def test_other_causes_are_silent_in_an_example(example: str) -> None:
    others = {
        cause for cause in named(example) if cause != example and (example, cause) not in ALSO_SEEN
    }
    assert not others


@pytest.mark.parametrize("example", sorted(folder.name for folder in EXAMPLES.iterdir()))
def test_a_cause_says_what_speaks_for_it_what_decides_what_to_do_and_where_it_is_from(
    example: str,
) -> None:
    told = [
        one
        for finding in analysed(example).findings
        for one in finding.hypotheses
        if one.id == example
    ]
    assert all(one.support and one.do is not None and one.reference for one in told)


def test_each_example_belongs_to_a_cause_and_each_exception_to_an_example() -> None:
    ids = {cause.id for cause in causes()}
    assert {folder.name for folder in EXAMPLES.iterdir()} == ids
    assert {name for pair in ALSO_SEEN for name in pair} <= ids
