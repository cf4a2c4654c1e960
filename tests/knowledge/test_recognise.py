"""How the kind of a plain loss is told, on what ground, and where it is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lossreport.knowledge.recognise import Clues, is_total, recognise
from lossreport.text import LANGS


def told(
    name: str = "loss",
    *metrics: str,
    parser: str = "",
    facts: Mapping[str, Any] | None = None,
    given: tuple[str, ...] = (),
) -> tuple[str, str]:
    clues = Clues(
        parser=parser,
        metrics=frozenset((name, *metrics)),
        facts=facts or {},
        given=frozenset(given),
    )
    found = recognise(name, clues)
    return found.type_id, found.ground.by


CAUSAL = {"architectures": ("LlamaForCausalLM",)}
PPO = ("reward", "reward_std", "clip_ratio/low_mean")
RIGHT = {
    "causal model": (told(facts=CAUSAL), ("cross_entropy", "config")),
    "sequence classifier": (
        told(facts={"architectures": ("BertForSequenceClassification",), "num_labels": 3}),
        ("class_cross_entropy", "config"),
    ),
    "speech": (
        told(facts={"architectures": ("Wav2Vec2ForCTC",), "vocab_size": 32}),
        ("ctc", "config"),
    ),
    "criterion": (told(facts={"criterion": "CrossEntropyLoss"}), ("cross_entropy", "config")),
    "keras config": (
        told("loss", "accuracy", facts={"loss": "binary_crossentropy"}),
        ("bce", "config"),
    ),
    "quarters of diffusion": (
        told("loss", "mse", "vb", "loss_q0", "loss_q1", "loss_q2"),
        ("diffusion", "metrics"),
    ),
    "loss of a named player": (told("Loss/G/loss", "Loss/D/loss"), ("gan", "name")),
    "denoising": (told(facts={"prediction_type": "epsilon"}), ("diffusion", "config")),
    "token accuracy": (
        told("loss", "mean_token_accuracy", "num_tokens"),
        ("cross_entropy", "metrics"),
    ),
    "perplexity": (told("loss", "ppl"), ("cross_entropy", "metrics")),
    "nanoGPT with its vocabulary": (
        told(parser="nanogpt_text", facts={"vocab_size": 50304}),
        ("cross_entropy", "parser"),
    ),
    "nanoGPT without": (told(parser="nanogpt_text"), ("generic", "none")),
    "llm.c": (told(parser="llmc_text"), ("cross_entropy", "parser")),
    "llama-factory": (
        told("loss", "accuracy", parser="llamafactory_jsonl"),
        ("preference", "parser"),
    ),
    "vocabulary given": (
        told(facts={"vocab_size": 512}, given=("vocab_size",)),
        ("cross_entropy", "config"),
    ),
    "dpo": (
        told("loss", "rewards/chosen", "rewards/rejected", "mean_token_accuracy"),
        ("preference", "metrics"),
    ),
    "reward model": (
        told("loss", "accuracy", "margin", "mean_reward"),
        ("reward_model", "metrics"),
    ),
    "grpo": (told("loss", *PPO), ("policy", "metrics")),
    "declared": (told("loss", *PPO, facts={"type.loss": "mse"}), ("mse", "declared")),
    "fairseq": (told("nll_loss", "wps", "ups", "wpb"), ("bits_per_token", "metrics")),
    "detr": (
        told("loss_ce", "loss_bbox", "loss_giou", "class_error"),
        ("class_cross_entropy", "metrics"),
    ),
    "critic of rl": (told("critic_loss", "actor_loss"), ("value", "metrics")),
    "encoder of an adversarial autoencoder": (
        told("Loss Encoder", "Loss Decoder", "Loss Discriminator"),
        ("gan", "metrics"),
    ),
    "critic of a gan": (told("critic_loss", "gen_loss"), ("gan", "name")),
    "a term told by a letter": (
        told("Loss_v", "Loss", "Loss_u", "Loss_fu"),
        ("generic", "metrics"),
    ),
    "a value loss": (told("loss_v", "loss_pi", "loss"), ("value", "name")),
    "l2 beside a loss": (told("L2", "Loss", "Loss_u"), ("generic", "metrics")),
    "l2 of lightgbm": (told("l2", "l1"), ("mse", "name")),
    "experts": (told("aux_loss", facts={"num_experts": 8}), ("load_balancing", "config")),
    "ratio of ppo": (told("ratio", "policy/clipfrac_avg"), ("importance_ratio", "metrics")),
    "name": (told("closs", "acc"), ("cross_entropy", "name")),
}


@pytest.mark.parametrize(("found", "wanted"), RIGHT.values(), ids=RIGHT)
def test_a_kind_is_told_with_its_ground(found: tuple[str, str], wanted: tuple[str, str]) -> None:
    assert found == wanted


LEFT = {
    "accuracy alone": told("loss", "accuracy"),
    "keras": told("loss", "accuracy", parser="keras_csv"),
    "trainer without a word": told("loss", "grad_norm", "learning_rate", parser="hf_trainer_state"),
    "vocabulary of a config": told(facts={"vocab_size": 30522}, parser="hf_trainer_state"),
    "vocabulary and rewards": told(
        "loss", "reward", facts={"vocab_size": 512}, given=("vocab_size",)
    ),
    "terms beside it": told("loss", "closs", "loss_ct", facts=CAUSAL),
    "orpo": told("loss", "nll_loss", "rewards/chosen", "rewards/rejected"),
    "moe": told("loss", "aux_loss", "mean_token_accuracy"),
    "one label regresses": told(
        facts={"architectures": ("BertForSequenceClassification",), "num_labels": 1}
    ),
    "many-hot labels": told(
        facts={
            "architectures": ("XForSequenceClassification",),
            "num_labels": 5,
            "problem_type": "multi_label_classification",
        }
    ),
    "two architectures": told(facts={"architectures": ("AForCausalLM", "BForCTC")}),
    "a loss type of dpo": told(facts={"loss_type": "sigmoid"}),
    "a number": told(facts={"loss": 0.3}),
    "fairseq": told("loss", "ppl", "wps", "ups", "wpb"),
    "aux loss without experts": told("aux_loss", "loss"),
    "another ratio": told("ratio", "loss"),
    "one of several": told("loss_0", "loss_1", facts=CAUSAL),
    "their sum": told("loss", "loss_0", "loss_1", facts=CAUSAL),
    "chosen alone": told("loss", "rewards/chosen"),
}


@pytest.mark.parametrize("found", LEFT.values(), ids=LEFT)
def test_what_nothing_tells_stays_generic(found: tuple[str, str]) -> None:
    assert found[0] == "generic"


def test_loss_entropy_of_classes_without_detr_is_over_tokens() -> None:
    assert told("loss_ce", "loss_bbox") == ("cross_entropy", "name")


@pytest.mark.parametrize("lang", LANGS)
def test_a_ground_names_what_it_stands_on(lang: Any) -> None:
    dpo = recognise(
        "loss", Clues(metrics=frozenset(("loss", "rewards/chosen", "rewards/rejected")))
    )
    assert "rewards/chosen" in dpo.ground.text.plain(lang)
    causal = recognise("loss", Clues(facts=CAUSAL))
    assert causal.ground.facts == ("architectures",)
    assert "LlamaForCausalLM" in causal.ground.text.plain(lang)
    total = recognise("loss", Clues(metrics=frozenset(("loss", "closs", "loss_ct"))))
    assert "closs" in total.ground.text.plain(lang)


def test_an_inference_is_called_one() -> None:
    ground = recognise("loss", Clues(metrics=frozenset(("loss", "token_acc")))).ground.text
    assert "inferred" in ground.plain("en")
    assert "推断" in ground.plain("zh")


def test_the_current_value_of_a_meter_is_no_value_function() -> None:
    assert told("loss_value", "loss_avg") == ("generic", "metrics")
    assert told("loss_value", "reward")[0] == "value"


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("Loss", True),
        ("total_loss", True),
        ("batch loss", True),
        ("cos_sim_loss", False),
        ("loss_cls", False),
    ],
)
def test_the_loss_that_is_trained_on_is_told_from_its_terms(name: str, total: bool) -> None:
    assert is_total(name) is total
