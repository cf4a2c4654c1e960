"""What a first value tells about an unknown vocabulary, how narrow the match is, and where it is
not trusted.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from lossreport.knowledge.loss_type import Known, Start
from lossreport.knowledge.vocabulary import CANDIDATES, COARSEST, TOLERANCE, guess, hits


def known(
    value: float,
    *,
    resolution: float = 0.0,
    split: str = "train",
    parser: str = "",
    metrics: tuple[str, ...] = (),
) -> Known:
    return Known(
        name="loss",
        split=split,
        parser=parser,
        metrics=frozenset(metrics),
        start=Start(value=value, resolution=resolution),
    )


def test_the_real_start_of_an_untrained_head_gives_its_codebook() -> None:
    found = guess(known(9.0116, resolution=0.0001))
    assert found is not None
    assert found.sizes == (8192,)


@pytest.mark.parametrize(
    ("away", "sizes"), [(0.99, (32000,)), (1.01, ()), (-0.99, (32000,)), (-1.01, ())]
)
def test_a_match_is_as_narrow_as_the_tolerance(away: float, sizes: tuple[int, ...]) -> None:
    assert hits(math.log(32000) + away * TOLERANCE) == sizes


def test_sizes_that_cannot_be_told_apart_are_all_named() -> None:
    found = guess(known(10.8254))
    assert found is not None
    assert found.sizes == (50257, 50304)
    assert "50257 or 50304 (they cannot be told apart)" in found.text.plain("en")


def test_a_value_that_has_nothing_to_do_with_a_vocabulary_seldom_matches() -> None:
    values = np.random.default_rng(0).uniform(math.log(256), math.log(2**18), 20000)
    assert np.mean([bool(hits(value)) for value in values]) < 0.015
    wide = np.mean(
        [
            any(abs(value - math.log(v)) <= 0.003 * math.log(v) for v in CANDIDATES)
            for value in values
        ]
    )
    assert wide > 0.08, "0.3 % of the value would be too wide"


@pytest.mark.parametrize(
    ("resolution", "told"), [(COARSEST, True), (1.01 * COARSEST, False), (0.01, False)]
)
def test_a_coarse_print_tells_nothing(resolution: float, told: bool) -> None:
    assert (guess(known(math.log(32000), resolution=resolution)) is not None) is told


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 0.0, 2.3018, 3.5045, 11.0091, 20.5])
def test_other_values_tell_nothing(value: float) -> None:
    assert guess(known(value)) is None


def test_without_a_first_value_nothing_is_told() -> None:
    assert guess(Known(name="loss")) is None


@pytest.mark.parametrize(
    "one",
    [
        known(math.log(32000), parser="hf_trainer_state"),
        known(math.log(32000), parser="tfevents", metrics=("total_flos",)),
    ],
    ids=["state", "events"],
)
def test_the_training_loss_of_the_trainer_is_not_trusted(one: Known) -> None:
    found = guess(one)
    assert found is not None
    assert found.sizes == ()
    assert "no vocabulary size is inferred" in found.text.plain("en")


def test_the_evaluation_loss_of_the_trainer_is() -> None:
    found = guess(known(math.log(32000), split="eval", parser="hf_trainer_state"))
    assert found is not None
    assert found.sizes == (32000,)


def test_the_factor_of_the_trainer_could_pass_one_vocabulary_for_another() -> None:
    shifted = math.log(32768) * 437 / 438
    assert hits(shifted) == (32000,), "a sequence of 438 tokens"


def test_it_is_said_as_an_inference() -> None:
    found = guess(known(math.log(65536)))
    assert found is not None
    assert found.text.plain("en").startswith("An inference, not a fact")
    assert found.text.plain("zh").startswith("推断（不是事实）")
