"""The scale of a loss: the ground of its kind, the facts its parameters are from, and an inferred
vocabulary that nothing is made of.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import lossreport
from lossreport.model.analysis import Analysis, Severity
from lossreport.render.to_json import to_dict
from runs import falling, make_run, make_series


def analysed(*series: Any, facts: dict[str, Any] | None = None) -> Analysis:
    return lossreport.analyze(make_run(series, facts=facts), strict=True)


def starting(at: float, rows: int = 60, **other: Any) -> Any:
    return make_series(
        np.concatenate([[at], falling(rows, at - 0.2, 4.0)]), "loss", axis="step", **other
    )


def test_the_first_step_on_ln_v_is_told_as_an_inference() -> None:
    analysis = analysed(starting(math.log(32000)))
    scale = to_dict(analysis)["scales"][0]
    assert scale["inferred_vocab_sizes"] == [32000]
    assert scale["chance"] is None
    assert any(note["en"].startswith("An inference, not a fact") for note in scale["notes"])


def test_a_flat_loss_on_an_inferred_level_is_no_grave_finding() -> None:
    flat = make_series(
        np.full(60, math.log(32000)) + 1e-4 * np.sin(np.arange(60.0)), "loss", axis="step"
    )
    analysis = analysed(flat)
    assert to_dict(analysis)["scales"][0]["inferred_vocab_sizes"] == [32000]
    assert not [f for f in analysis.findings if f.kind == "above_chance"]
    assert all(f.severity.rank < Severity.HIGH.rank for f in analysis.findings)


def test_a_log_that_begins_later_tells_no_vocabulary() -> None:
    x = np.arange(61) + 10
    assert (
        to_dict(analysed(starting(math.log(32000), x=x)))["scales"][0]["inferred_vocab_sizes"] == []
    )


def test_a_known_vocabulary_is_not_guessed_and_its_fact_is_named() -> None:
    scale = to_dict(analysed(starting(math.log(32000)), facts={"vocab_size": 32768}))["scales"][0]
    assert scale["inferred_vocab_sizes"] == []
    assert scale["facts"] == ["vocab_size"]
    assert scale["bits"] is not None
    assert scale["floor"] is None


def test_label_smoothing_gives_the_scale_a_floor() -> None:
    facts = {"vocab_size": 50257, "label_smoothing": 0.1}
    scale = to_dict(analysed(make_series(falling(40), "ce_loss"), facts=facts))["scales"][0]
    assert round(scale["floor"], 3) == 1.408
    assert scale["facts"] == ["vocab_size", "label_smoothing"]


def test_the_ground_of_a_kind_stands_in_both_languages_and_in_the_json() -> None:
    series = [
        make_series(falling(40), name, id=f"m{i}", axis="step")
        for i, name in enumerate(("loss", "mean_token_accuracy"), 1)
    ]
    analysis = analysed(*series)
    made = to_dict(analysis)["series"]
    assert made[0]["metric_type"] == "cross_entropy"
    assert made[0]["type_ground"]["by"] == "metrics"
    assert "type_ground" not in made[1], "its name tells"
    page = lossreport.render(lossreport.compose(analysis), format="md", lang="both")
    assert "据此推断它是 token 上的交叉熵" in page
    assert "inferred to be a cross-entropy over tokens" in page


def test_a_list_of_class_names_is_not_quoted_as_a_setting() -> None:
    facts = {"classes": ("cat", "dog"), "num_labels": 3}
    scale = to_dict(analysed(make_series(falling(40), "ce_loss"), facts=facts))["scales"][0]
    assert scale["facts"] == ["num_labels"]


def test_what_nothing_tells_has_no_ground_in_the_json_and_says_so_in_the_report() -> None:
    analysis = analysed(make_series(falling(40), "loss"))
    assert "type_ground" not in to_dict(analysis)["series"][0]
    page = lossreport.render(lossreport.compose(analysis), format="md", lang="en")
    assert "Neither the name nor the configuration" in page
