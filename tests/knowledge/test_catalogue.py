"""What each kind says of a value above, at and far below its reference value is true, and claims
nothing without a baseline.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from lossreport.knowledge.loss_type import Known, LossType, loss_type, loss_types
from lossreport.knowledge.losses._compare import TIE
from lossreport.knowledge.losses.huber import uniform_chance
from lossreport.text import LANGS
from wording import WRONG

FACTS: Mapping[str, Any] = {
    "vocab_size": 50304,
    "num_classes": 10,
    "label_smoothing": 0.1,
    "focal_alpha": 0.25,
    "focal_gamma": 2,
    "batch_size": 128,
    "world_size": 8,
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "loss_type": "sigmoid",
    "prediction_type": "epsilon",
    "reg_max": 16,
    "num_actions": 6,
    "clip_grad": 1.0,
    "positive_rate": 0.1,
}


def known(
    name: str, facts: Mapping[str, Any] = FACTS, metrics: frozenset[str] = frozenset()
) -> Known:
    own = {
        f"range.{name}": (-1.0, 1.0),
        f"margin.{name}": 0.2,
        f"beta.{name}": 0.1,
        f"target_var.{name}": 4.0,
        f"dims.{name}": 3072,
    }
    return Known(name=name, facts={**facts, **own} if facts else {}, metrics=metrics)


def said(
    type_id: str,
    name: str,
    value: float,
    facts: Mapping[str, Any] = FACTS,
    metrics: frozenset[str] = frozenset(),
) -> str:
    return " ".join(
        note.plain("en") for note in loss_type(type_id).notes(known(name, facts, metrics), value)
    )


def test_the_l1_term_of_a_generator_is_no_mean_error_as_it_is_logged() -> None:
    assert "10.55 over that weight" in said("l1", "G_L1", 10.55, {})
    assert "10.55 is the mean absolute error per element" in said("l1", "l1_loss", 10.55, {})


def test_vocabularies_are_offered_where_a_cross_entropy_may_be_over_one() -> None:
    assert "Llama" not in said("cross_entropy", "Cross Entropy Loss", 0.97, {})
    assert "ln K" in said("cross_entropy", "Cross Entropy Loss", 0.97, {})
    assert "Llama" in said("cross_entropy", "lm_loss", 0.97, {})
    assert "Llama" in said("cross_entropy", "ce", 0.97, {}, frozenset(("ce", "perplexity")))


YOLO = frozenset(("box_loss", "dfl_loss"))
SAYS = [
    ("cross_entropy", "closs", 13.0, "worse than chance"),
    ("cross_entropy", "closs", math.log(50304), "within 0.01 nats of the chance level"),
    ("cross_entropy", "closs", 2.0, "2 nats is 8.83 nats below the chance level"),
    ("cross_entropy", "closs", 2.0, "the entropy of the smoothed targets"),
    ("weighted_cross_entropy", "wce", 16.0, "5.17 nats above ln 50304"),
    ("weighted_cross_entropy", "wce", 10.826, "within 1% of ln 50304"),
    ("weighted_cross_entropy", "wce", 1.0, "9.83 nats below ln 50304"),
    ("class_cross_entropy", "loss_ce", 3.0, "a uniform guess scores lower"),
    ("class_cross_entropy", "loss_ce", math.log(10), "no different from a uniform guess"),
    ("class_cross_entropy", "loss_ce", 0.6, "equivalent to 1.822 effective choices"),
    ("label_smoothed_ce", "ls_ce", 3.0, "a uniform guess scores lower"),
    ("label_smoothed_ce", "ls_ce", 1.0, "0.5 nats above this floor"),
    (
        "label_smoothed_ce",
        "ls_ce",
        0.4,
        "0.1 nats below it: the logged number leaves the smoothing out",
    ),
    ("bce", "bce", 0.5, "ignoring the input would score lower"),
    ("bce", "bce", 0.325, "no different from ignoring the input"),
    ("bce", "bce", 0.1, "0.225 nats below it"),
    ("bce", "obj_loss", 0.1, "ln 2 is not its chance level"),
    ("focal", "focal", 0.2, "0.113 above it"),
    ("focal", "focal", 0.0866, "within 1% of it"),
    ("focal", "focal", 0.01, "12% of it"),
    ("huber", "smooth_l1", 0.6, "worse than that constant"),
    ("huber", "smooth_l1", uniform_chance(-1, 1, 0.1), "no different from that constant"),
    ("huber", "smooth_l1", 0.01, "2.2% of it"),
    ("contrastive", "clip_loss", 9.0, "random features start there"),
    ("contrastive", "clip_loss", math.log(128), "pairs that cannot be told apart"),
    ("contrastive", "clip_loss", 1.0, "3.85 nats below it"),
    ("siglip", "siglip", 3.0, "no reference value to quote"),
    ("triplet", "triplet", 0.4, "2× as large"),
    ("triplet", "triplet", 0.2, "fits collapsed features"),
    ("triplet", "triplet", 0.01, "5% of it"),
    ("ctc", "ctc_loss", 0.0, "zero_infinity"),
    ("ctc", "ctc_loss", 40.0, "no general chance level"),
    ("load_balancing", "lbl", 3.0, "1.5× as large"),
    ("load_balancing", "lbl", 2.0, "2 is within 1% of it"),
    ("load_balancing", "lbl", 0.02, "logged with its coefficient"),
    ("preference", "dpo_loss", 1.2, "in the wrong order"),
    ("preference", "dpo_loss", 0.6931, "a policy that is not updated"),
    ("preference", "dpo_loss", 0.1, "the mean gap of chosen over rejected is positive"),
    ("reward_model", "rm_loss", 1.2, "in the wrong order"),
    ("reward_model", "rm_loss", 0.693, "does not tell the better answer"),
    ("reward_model", "rm_loss", 0.2, "accuracy on held-out pairs"),
    ("policy", "pg_loss", -0.02, "has no chance level and may have either sign"),
    ("value", "value_loss", 8.0, "200% of it"),
    ("value", "value_loss", 4.0, "100% of it"),
    ("value", "value_loss", 0.4, "10% of it"),
    ("explained_variance", "explained_variance", 0.7, "70% of the variance"),
    (
        "explained_variance",
        "explained_variance",
        0.0,
        "the same as always predicting the mean return",
    ),
    (
        "explained_variance",
        "explained_variance",
        -0.5,
        "worse than always predicting the mean return",
    ),
    ("clip_fraction", "clipfrac", 0.2, "20% of the probability ratios"),
    ("clip_fraction", "clipfrac", 1.2, "outside 0 to 1"),
    ("importance_ratio", "ratio", 1.5, "+50% away from 1"),
    ("importance_ratio", "ratio", 1.0, "the same probabilities"),
    ("diffusion", "eps_loss", 1.5, "a constant 0 would score lower"),
    ("diffusion", "eps_loss", 1.0, "consistent with learning nothing"),
    ("diffusion", "eps_loss", 0.1, "says nothing about samples"),
    ("flow_matching", "fm_loss", 3.0, "a constant 0 would score lower"),
    ("flow_matching", "fm_loss", 2.0, "consistent with learning nothing"),
    ("flow_matching", "fm_loss", 0.4, "20% of it"),
    ("elbo", "elbo_loss", 6388.0, "3 bits per dimension"),
    ("reconstruction", "recon_loss", 0.1, "does not tell how the reconstruction is measured"),
    ("dice", "dice_loss", 1.4, "above 1, which 1 − Dice never is"),
    ("dice", "dice_loss", 0.1, "a mean Dice of 90%"),
    ("dice", "dice_loss", -0.9, "the negative Dice"),
    ("cls", "loss_cls", 3.0, "1.3× as large"),
    ("cls", "loss_cls", math.log(11), "within 1% of it"),
    ("cls", "loss_cls", 0.2, "8.7% of it"),
    ("loss_scale", "loss_scale", 65536.0, "2^16"),
    ("loss_scale", "loss_scale", 1.0, "nothing is scaled"),
    ("error_rate", "wer", 12.0, "in percent"),
    ("map", "mAP", 47.0, "One value cannot tell"),
    ("map", "mAP", -1.0, "nothing to evaluate"),
    ("bits_per_token", "loss", 20.0, "that guess scores lower"),
    ("bits_per_token", "loss", math.log2(50304), "no different from that guess"),
    ("bits_per_token", "loss", 4.0, "2.773 nats"),
    ("entropy", "entropy", 3.0, "cannot be higher"),
    ("entropy", "entropy", 0.1, "5.6% of it"),
]


@pytest.mark.parametrize(("type_id", "name", "value", "part"), SAYS)
def test_a_kind_says(type_id: str, name: str, value: float, part: str) -> None:
    assert part in said(type_id, name, value)


def test_the_gain_of_ultralytics_is_taken_out_where_it_logs() -> None:
    assert "the default 7.5, the value without it is 0.4" in said("box", "box_loss", 3.0, {}, YOLO)
    assert "cls = 1 here: without it the value is 3" in said(
        "cls", "cls_loss", 3.0, {"cls": 1.0}, YOLO
    )
    assert "within 1% of it" in said("dfl", "dfl_loss", 1.5 * math.log(16), FACTS, YOLO)
    assert said("box", "box_loss", 3.0, {}) == ""


# --------------------------------------------------------------------------------------- every kind
UNITS = [pytest.param(unit, id=unit.id) for unit in loss_types()]


@pytest.mark.parametrize("unit", UNITS)
def test_a_kind_that_knows_no_facts_gives_no_chance_level_but_those_of_its_definition(
    unit: LossType,
) -> None:
    definition = {"bce", "reward_model", "explained_variance", "bits_per_byte"}
    name = (
        "bpb" if unit.id == "bits_per_byte" else "dpo_loss" if unit.id == "preference" else unit.id
    )
    chance = unit.chance(Known(name=name))
    assert chance is None or unit.id in definition | {"preference"}


@pytest.mark.parametrize("unit", UNITS)
def test_a_floor_lies_below_the_chance_level(unit: LossType) -> None:
    about = known(unit.id)
    floor, chance = unit.floor(about), unit.chance(about)
    assert floor is None or (
        chance is not None and 0 < floor.value <= chance.value and floor.assumption
    )


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "value", [1e-3, 0.05, 0.2, 0.6931, 1.0, 2.0, 2.303, 4.852, 9.0, 10.826, 50.0]
)
def test_no_sentence_praises_or_repeats_a_mistake(unit: LossType, value: float) -> None:
    for facts in (FACTS, {}):
        for note in unit.notes(known(unit.id, facts, YOLO), value):
            for lang in LANGS:
                text = note.plain(lang)
                assert text.strip()
                assert not WRONG.search(text), text


def test_which_kinds_have_a_floor() -> None:
    assert {unit.id for unit in loss_types() if unit.floor(known(unit.id)) is not None} == {
        "cross_entropy",
        "class_cross_entropy",
        "label_smoothed_ce",
    }


# ----------------------------------------------------------------------------------------- formulas
@pytest.mark.parametrize(("k", "floor"), [(10, 0.500), (1000, 1.015), (50257, 1.408)])
def test_the_floor_of_label_smoothing_is_the_entropy_of_its_targets(k: int, floor: float) -> None:
    found = loss_type("label_smoothed_ce").floor(
        Known(name="ls_ce", facts={"num_classes": k, "label_smoothing": 0.1})
    )
    assert found is not None
    assert round(found.value, 3) == floor


@pytest.mark.parametrize(("rate", "chance"), [(0.5, 0.6931), (0.1, 0.3251), (0.01, 0.0560)])
def test_a_constant_predictor_of_rare_positives_costs_the_entropy_of_their_share(
    rate: float, chance: float
) -> None:
    found = loss_type("bce").chance(Known(name="bce", facts={"positive_rate": rate}))
    assert found is not None
    assert round(found.value, 4) == chance


@pytest.mark.parametrize("beta", [0.05, 0.5, 1.0, 2.0])
def test_the_chance_level_of_a_smooth_l1_is_its_mean_over_uniform_targets(beta: float) -> None:
    errors = [abs(-1 + (2 * i + 1) / 20000) for i in range(20000)]
    mean = sum(e * e / (2 * beta) if e < beta else e - beta / 2 for e in errors) / len(errors)
    assert math.isclose(uniform_chance(-1, 1, beta), mean, rel_tol=1e-4)


def test_a_smooth_l1_with_a_tiny_bend_is_an_l1() -> None:
    assert math.isclose(uniform_chance(-1, 1, 1e-9), 0.5, rel_tol=1e-6)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"loss_type": "sigmoid"}, 0.6931),
        ({"loss_type": "ipo", "beta.loss": 0.1}, 25.0),
        ({"loss_type": "ipo", "beta.loss": 0.5}, 1.0),
        ({"loss_type": "kto_pair"}, 0.5),
        ({}, 0.6931),
    ],
)
def test_a_preference_loss_starts_where_its_form_says(
    facts: Mapping[str, Any], level: float
) -> None:
    levels = loss_type("preference").levels(Known(name="loss", facts=facts))
    assert [round(one.value, 4) for one in levels] == [level]


def test_the_form_of_a_preference_loss_is_a_condition_where_it_is_unknown() -> None:
    unknown = loss_type("preference")
    assert unknown.chance(Known(name="loss")) is None
    assert unknown.levels(Known(name="loss"))[0].condition.plain("en").startswith("if")


def test_the_stuck_run_of_supcontrast_sits_on_its_level() -> None:
    facts = {"batch_size": 256, "temperature": 0.1, "base_temperature": 0.07}
    levels = loss_type("contrastive").levels(Known(name="supcon_loss", facts=facts))
    assert 8.909 in [round(level.value, 3) for level in levels]


def test_a_batch_size_alone_gives_conditional_levels_and_no_chance_level() -> None:
    unit, about = (
        loss_type("contrastive"),
        Known(name="clip_loss", facts={"batch_size": 128, "world_size": 8}),
    )
    assert unit.chance(about) is None
    assert [round(level.value, 3) for level in unit.levels(about)] == [4.852, 6.931, 5.541]
    given = unit.chance(Known(name="clip_loss", facts={"candidates.clip_loss": 32768}))
    assert given is not None
    assert round(given.value, 3) == 10.397


def test_a_router_z_loss_is_over_the_experts() -> None:
    levels = loss_type("z_loss").levels(
        Known(name="router_z_loss", facts={"vocab_size": 32000, "num_experts": 8})
    )
    assert [round(level.value, 3) for level in levels] == [round(math.log(8) ** 2, 3)]


@pytest.mark.parametrize(
    ("value", "part"), [(2.0 * (1 + 0.99 * TIE), "within"), (2.0 * (1 + 1.01 * TIE), "above it")]
)
def test_one_percent_is_at_a_level(value: float, part: str) -> None:
    assert part in said("flow_matching", "fm_loss", value)


def test_the_vocabulary_of_llm_c_is_a_condition() -> None:
    unit, about = loss_type("cross_entropy"), Known(name="loss", parser="llmc_text")
    assert unit.chance(about) is None
    assert [round(level.value, 3) for level in unit.levels(about)] == [10.826]
    assert "if V is 50304" in " ".join(note.plain("en") for note in unit.notes(about, 3.22))
    assert unit.levels(Known(name="loss", parser="llmc_text", facts={"vocab_size": 65})) == ()


def test_a_sum_over_accumulation_steps_is_thought_of_before_a_loss_is_called_worse_than_guessing() -> (
    None
):
    assert "sum over the steps of gradient accumulation" in said("cross_entropy", "loss", 20.4, {})
