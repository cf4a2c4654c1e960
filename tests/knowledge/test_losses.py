"""What every kind of loss promises, which names it takes, and that its sentences are true."""

import importlib
import math
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from lossreport.knowledge import losses
from lossreport.knowledge.loss_type import Known, LossType, classify, loss_type, loss_types
from lossreport.text import LANGS, Lang, Phrase
from wording import WRONG

CONTRACT_IDS = re.compile(
    "cross_entropy|weighted_cross_entropy|bits_per_byte|perplexity|bce|label_smoothed_ce|l1|mse|huber|kl|contrastive|triplet|ctc|z_loss"
    "|load_balancing|preference|reward_model|policy|value|diffusion|flow_matching|elbo|gan|box|dfl|learning_rate|grad_norm|accuracy|map"
    "|reward|entropy|throughput|time|memory|generic|counter|class_cross_entropy|focal|siglip|reconstruction|dice|cls|error_rate|loss_scale"
    "|bits_per_token|clip_fraction|importance_ratio|explained_variance|listener|image_quality|image_distance|implicit_reward"
)
"""The ids of the contract, and those added to it."""
FACTS: Mapping[str, Any] = {
    "vocab_size": 65536,
    "num_classes": 10,
    "action_dim": 7,
    "range.loss_ct": (-1, 1),
    "clip_grad": 4.0,
}
METRICS = frozenset({"closs", "loss_ct", "acc_image_9", "acc_action_5"})
VALUES = [
    math.nan,
    math.inf,
    -math.inf,
    -1.0,
    0.0,
    5e-6,
    0.02,
    0.5,
    0.13,
    2.13,
    4.0,
    8.51,
    9.5,
    11.09,
    13.18,
    39.86,
    95.19,
    1e6,
    1e300,
]

UNITS = [pytest.param(unit, id=unit.id) for unit in loss_types()]


def known(name: str, facts: Mapping[str, Any] = FACTS, metrics: frozenset[str] = METRICS) -> Known:
    return Known(name=name, facts=facts, metrics=metrics)


def said(
    name: str,
    value: float,
    lang: Lang = "en",
    facts: Mapping[str, Any] = FACTS,
    metrics: frozenset[str] = METRICS,
) -> str:
    return "\n".join(
        note.plain(lang) for note in classify(name).notes(known(name, facts, metrics), value)
    )


def names_of(unit: LossType) -> tuple[str, ...]:
    examples = {
        "l1": "loss_ct",
        "cross_entropy": "closs",
        "bits_per_byte": "bpb",
        "learning_rate": "lr",
        "accuracy": "acc",
        "generic": "loss",
    }
    return (examples.get(unit.id, unit.id), "anything")


def phrases(unit: LossType) -> Iterator[Phrase]:
    for name in names_of(unit):
        for facts in (
            {},
            FACTS,
            {**FACTS, "loss_img_weights": 0.04},
            {f"range.{name}": (-1.0, 1.0)},
        ):
            about = known(name, facts)
            yield from (level.condition for level in unit.levels(about))
            for value in VALUES:
                yield from unit.notes(about, value)


def texts(unit: LossType, lang: Lang) -> Iterator[str]:
    yield from (unit.title.of(lang), unit.why.of(lang))
    yield from (reference.value.of(lang) for reference in unit.references)
    yield from (said.plain(lang) for said in phrases(unit))


# --------------------------------------------------------------------------------------- every unit
def test_the_kinds_of_this_version_are_all_there() -> None:
    told = [
        one
        for one in CONTRACT_IDS.pattern.split("|")
        if one not in {unit.id for unit in loss_types()}
    ]
    assert told == []


def test_a_unit_has_the_name_of_its_file() -> None:
    for info in pkgutil.iter_modules(losses.__path__):
        if not info.name.startswith("_"):
            assert importlib.import_module(f"{losses.__name__}.{info.name}").LOSS.id == info.name


@pytest.mark.parametrize("unit", UNITS)
def test_an_id_stands_in_the_contract(unit: LossType) -> None:
    assert CONTRACT_IDS.fullmatch(unit.id)


@pytest.mark.parametrize("unit", UNITS)
def test_a_name_is_matched_whole_or_not_at_all(unit: LossType) -> None:
    assert not unit.names.fullmatch("")
    assert not unit.names.fullmatch("qqq_none_of_these_qqq")
    assert unit.names.flags & re.IGNORECASE == 0, (
        "names are folded to lower case before they are matched"
    )


@pytest.mark.parametrize("unit", UNITS)
def test_both_languages_speak_about_every_value_without_raising(unit: LossType) -> None:
    for lang in LANGS:
        shown = list(texts(unit, lang))
        assert all(text.strip() for text in shown)
        assert all("{" not in text for text in shown)
    same = {unit.title.zh} if unit.title.zh == unit.title.en else set()
    assert all(re.search("[一-鿿]", text) for text in texts(unit, "zh") if text not in same)
    assert not any(re.search("[一-鿿，。：；（）]", text) for text in texts(unit, "en"))


@pytest.mark.parametrize("unit", UNITS)
def test_a_chinese_sentence_uses_full_width_punctuation(unit: LossType) -> None:
    for text in texts(unit, "zh"):
        assert not re.search(r"[一-鿿][,;:?!]|[,;:?!][一-鿿]", text), text
        assert not text.endswith("."), text


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nothing_is_said_about_a_value_that_is_not_finite(unit: LossType, value: float) -> None:
    for name in names_of(unit):
        assert unit.notes(known(name), value) == ()
        assert unit.notes(known(name, {}), value) == ()


@pytest.mark.parametrize("unit", UNITS)
def test_a_chance_level_is_finite_and_names_its_assumption(unit: LossType) -> None:
    for name in names_of(unit):
        chance = unit.chance(known(name))
        assert chance is None or (math.isfinite(chance.value) and chance.assumption)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("lang", LANGS)
def test_no_text_repeats_what_the_fact_check_marks_wrong(unit: LossType, lang: Lang) -> None:
    for text in texts(unit, lang):
        assert not WRONG.search(text), text


@pytest.mark.parametrize("unit", UNITS)
def test_a_reference_names_its_source(unit: LossType) -> None:
    assert all(reference.source for reference in unit.references)


@pytest.mark.parametrize("type_id", ["cross_entropy", "l1"])
def test_a_kind_with_references_says_which_values_are_not_comparable(type_id: str) -> None:
    kind = loss_type(type_id)
    assert kind.references
    assert kind.comparable is not None
    assert "not comparable" in kind.comparable.en
    assert "不可比" in kind.comparable.zh


def test_what_the_user_declares_wins() -> None:
    assert classify("loss", "cross_entropy").id == "cross_entropy"


# ------------------------------------------------------------------------------------ cross-entropy
def test_the_chance_level_of_a_cross_entropy_is_ln_v() -> None:
    chance = classify("closs").chance(known("closs"))
    assert chance is not None
    assert (round(chance.value, 4), chance.assumption) == (11.0904, "ln(vocab_size)")


def test_classes_stand_in_for_an_unknown_vocabulary() -> None:
    chance = classify("ce_loss").chance(known("ce_loss", {"num_classes": 10}))
    assert chance is not None
    assert (round(chance.value, 4), chance.assumption) == (2.3026, "ln(num_classes)")


@pytest.mark.parametrize("wrong", [None, True, "many", 0, 1, -5, 2.5, math.nan, [65536]])
def test_a_vocabulary_that_is_no_count_is_unknown(wrong: object) -> None:
    assert classify("closs").chance(known("closs", {"vocab_size": wrong})) is None


def test_the_chance_level_is_called_neither_minimum_nor_maximum() -> None:
    assert "neither a minimum nor a maximum" in said("closs", 8.51)
    assert "既不是最小值，也不是最大值" in said("closs", 8.51, "zh")


@pytest.mark.parametrize("lang", LANGS)
def test_a_value_below_chance_is_told_as_choices_and_share(lang: Lang) -> None:
    text = said("closs", 8.51, lang)
    for part in ("11.09 nats", "2.58 nats", "77%", "4964", "7.6%", "65536"):
        assert part in text


def test_image_tokens_are_a_condition_and_not_a_claim() -> None:
    levels = classify("closs").levels(known("closs"))
    assert [round(level.value, 4) for level in levels] == [9.0109]
    assert "if most targets are image tokens" in levels[0].condition.plain("en")
    assert "0.5 nats below it" in said("closs", 8.51)
    assert "explain 81%" in said("closs", 8.51)
    assert "若多数目标是图像 token" in said("closs", 8.51, "zh")


@pytest.mark.parametrize(
    ("facts", "metrics"),
    [({"vocab_size": 32000}, METRICS), (FACTS, frozenset({"closs"})), ({}, METRICS)],
    ids=["other", "no image", "unknown"],
)
def test_no_image_level_without_both_signs_of_the_family(
    facts: Mapping[str, Any], metrics: frozenset[str]
) -> None:
    assert classify("closs").levels(known("closs", facts, metrics)) == ()
    assert "8192" not in said("closs", 8.51, facts={**facts, "vocab_size": 32000}, metrics=metrics)


def test_a_value_between_the_image_level_and_chance_is_above_that_level() -> None:
    assert "0.49 nats above it" in said("closs", 9.5)


def test_a_value_far_below_is_not_measured_against_the_image_level() -> None:
    assert "8192" not in said("closs", 0.02)


@pytest.mark.parametrize("lang", LANGS)
def test_a_value_above_chance_is_worse_than_guessing(lang: Lang) -> None:
    text = said("closs", 13.18, lang)
    assert "2.09 nats" in text
    assert "8.1" in text
    assert "perplexity" not in text
    assert "8192" not in text
    assert ("worse than chance" in text) if lang == "en" else ("差于均匀猜测" in text)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("facts", [FACTS, {}], ids=["V known", "V unknown"])
def test_no_perplexity_where_e_to_the_loss_means_nothing(
    lang: Lang, facts: Mapping[str, Any]
) -> None:
    text = said("closs", 95.19, lang, facts)
    assert text
    assert "perplexity" not in text
    assert "e^L" not in text
    assert not re.search(r"\de\d", text)


def test_a_value_far_above_chance_is_told_as_a_multiple_of_it() -> None:
    assert "84.1 nats worse than chance, 8.6× the chance level" in said("closs", 95.19)


def test_a_value_at_chance_is_neither_below_nor_above() -> None:
    text = said("closs", 11.09)
    assert "within 0.01 nats" in text
    assert "worse" not in text


@pytest.mark.parametrize("value", [0.0, -0.3, math.nan, math.inf])
def test_a_cross_entropy_that_cannot_be_gets_no_note(value: float) -> None:
    assert classify("closs").notes(known("closs"), value) == ()
    assert classify("closs").notes(known("closs", {}), value) == ()


@pytest.mark.parametrize("lang", LANGS)
def test_an_unknown_vocabulary_gives_candidates_the_turning_point_and_the_way_to_say_it(
    lang: Lang,
) -> None:
    text = said("closs", 8.51, lang, {}, frozenset())
    for part in (
        "4964",
        "--set vocab_size=N",
        "8192",
        "9.011",
        "10.37",
        "50257",
        "10.82",
        "50304",
        "11.09",
        "11.76",
        "11.93",
    ):
        assert part in text


def test_the_turning_point_is_e_to_the_loss() -> None:
    v = math.exp(8.51)
    assert math.log(v - 1) < 8.51 < math.log(v + 1)
    assert (
        "for a smaller vocabulary 8.51 nats is worse than chance, for a larger one better"
        in said("closs", 8.51, facts={})
    )


def test_beyond_any_vocabulary_the_judgement_needs_none() -> None:
    assert "above the chance level of every V listed" in said("closs", 95.19, facts={})
    assert "whatever V is" in said("closs", 0.02, facts={})


@pytest.mark.parametrize("value", [8.51, 13.18])
def test_a_weighted_mean_has_no_perplexity(value: float) -> None:
    text = said("closs", value, facts={**FACTS, "loss_img_weights": 0.04})
    assert "e^L is not a perplexity" in text
    assert "effective choices" not in text
    assert "geometric" not in text


def test_a_class_weight_of_one_changes_nothing() -> None:
    assert said("closs", 8.51, facts={**FACTS, "loss_img_weights": 1.0}) == said("closs", 8.51)


# ----------------------------------------------------------------------------------------------- L1
@pytest.mark.parametrize("lang", LANGS)
def test_an_l1_is_a_share_of_the_range_and_never_divided_by_the_dimensions(lang: Lang) -> None:
    text = said("loss_ct", 0.13, lang)
    assert "6.5%" in text
    assert "action_dim = 7" in text
    assert "0.019" not in text
    assert "0.0186" not in text
    assert "/7" not in text.replace(" ", "")


def test_the_middle_of_the_range_costs_a_quarter_of_it() -> None:
    chance = classify("loss_ct").chance(known("loss_ct"))
    assert chance is not None
    assert (chance.value, chance.assumption) == (0.5, "range/4")


def test_zeros_averaged_in_are_a_condition() -> None:
    assert "If batches without actions" in said("loss_ct", 0.13)
    assert "0.26 instead of 0.13" in said("loss_ct", 0.13)
    assert "batches without actions" not in said("mae", 0.13)


@pytest.mark.parametrize("name", ["mae", "l1_loss_action_9"])
def test_dimensions_are_named_only_where_the_mean_is_over_actions(name: str) -> None:
    assert "action_dim" not in said(name, 0.13)


@pytest.mark.parametrize("wrong", [None, (1,), (1, -1), (0, 0), "-1,1", (math.nan, 1), 2])
def test_a_range_that_is_none_is_asked_for(wrong: object) -> None:
    assert "--set range.loss_ct=LO,HI" in said("loss_ct", 0.13, facts={"range.loss_ct": wrong})


# --------------------------------------------------------------------------------------- the others
def test_a_z_loss_is_read_through_its_root() -> None:
    assert classify("z_loss").chance(known("z_loss")) is None
    assert [round(level.value, 1) for level in classify("z_loss").levels(known("z_loss"))] == [
        123.0
    ]
    assert "6.313 nats" in said("z_loss", 39.86)


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (0.3, "10%"),
        (1.5, "One value cannot tell"),
        (93.0, "One value cannot tell"),
        (120.0, "above 100"),
    ],
)
def test_an_accuracy_is_a_fraction_or_doubtful(value: float, part: str) -> None:
    assert part in said("acc", value)


@pytest.mark.parametrize(
    ("value", "part"), [(9.1, "44%"), (2.0, "not clipped"), (4.0, "after clipping")]
)
def test_a_gradient_norm_is_read_against_the_threshold(value: float, part: str) -> None:
    assert part in said("grad_norm", value)


def test_the_digits_of_a_printed_learning_rate_are_doubted() -> None:
    assert "10% of it" in said("lr", 5e-6)
    assert said("lr", 4.87e-6) == ""


@pytest.mark.parametrize(
    ("value", "part"),
    [(4964.0, "7.6%"), (5e5, "worse than a uniform guess"), (0.5, "no perplexity can be")],
)
def test_a_perplexity_is_read_against_v(value: float, part: str) -> None:
    assert part in said("ppl", value)


def test_bits_per_character_have_no_chance_level_of_bytes() -> None:
    byte, char = (classify(name).chance(known(name)) for name in ("bpb", "bpc"))
    assert byte is not None
    assert (byte.value, char) == (8.0, None)


def test_a_mean_squared_error_is_read_through_its_root() -> None:
    text = said("mse", 0.04, facts={"range.mse": [-1, 1]})
    assert "RMSE) is 0.2," in text
    assert "10% of the range" in text


def test_an_unknown_kind_of_loss_is_asked_for() -> None:
    assert "--set type.loss=cross_entropy" in said("loss", 3.0)


def test_a_negative_kl_or_entropy_is_explained() -> None:
    assert "estimate" in said("kl", -0.01)
    assert "entropy loss" in said("entropy", -0.7)
    assert [level.value for level in classify("kl").levels(known("kl"))] == [0.0]
    assert [round(level.value, 2) for level in classify("entropy").levels(known("entropy"))] == [
        11.09
    ]
