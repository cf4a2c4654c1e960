"""What a person writes of a run in words of their own: of ten true and ten false sentences a
language, none is taken for its opposite.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lossreport
from lossreport.lint.lint import of_text, told
from lossreport.model.analysis import Analysis

EPOCHS = 40


@pytest.fixture(scope="module")
def overfit(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Forty epochs: loss 1.7 -> 0.056, validation loss least (1.05) in epoch 20 and 1.25 at the
    end, accuracies, a constant learning rate.
    """
    t = np.arange(EPOCHS)
    frame = pd.DataFrame(
        {
            "epoch": t,
            "loss": 1.7 * 0.916**t,
            "val_loss": 1.05
            + np.where(t < 20, 0.6 * (1 - t / 20) ** 2, 0.2 * (np.maximum(0, t - 20) / 19) ** 1.5),
            "accuracy": np.minimum(1.0, 0.3 + 0.03 * t),
            "val_accuracy": np.minimum(0.6, 0.25 + 0.02 * t),
            "lr": np.full(EPOCHS, 0.001),
        }
    )
    folder = tmp_path_factory.mktemp("overfit")
    frame.round(6).to_csv(folder / "history.csv", index=False)
    return lossreport.analyze(
        lossreport.read_run([folder], {"epochs": EPOCHS, "batch_size": 32}), strict=True
    )


TRUE = [
    "val_loss bottoms out at 1.05 in epoch 20 and climbs back to 1.25 by the end.",
    "Training loss drops from 1.70 to 0.056 over 40 epochs.",
    "The model is clearly overfitting: training accuracy hits 100% while validation accuracy "
    "stays around 0.60.",
    "final val_accuracy: 0.600",
    "The validation loss was lowest at epoch 20.",
    "| metric | first | last |\n|---|---|---|\n| loss | 1.700 | 0.056 |",
    "There are no spikes in the training loss.",
    "The learning rate was constant throughout.",
    "loss falls from 1.70 at epoch 0 to 0.707 at epoch 10",
    "Best val_accuracy: 0.6, batch size = 32",
    "共训练 40 个 epoch。",
    "训练 loss 从 1.700 降到 0.056。",
    "验证 loss 在第 20 个 epoch 达到最低 1.05，之后回升到 1.25。",
    "模型明显过拟合。",
    "最终验证准确率为 0.600。",
    "从第 24 个 epoch 起训练准确率一直是 1.0。",
    "训练过程中 loss 没有出现尖峰。",
    "| 指标 | 初始 | 最终 |\n|---|---|---|\n| val_loss | 1.65 | 1.25 |",
    "训练 loss 单调下降，没有 NaN。",
    "第 10 个 epoch 的 val_loss 为 1.20。",
]
FALSE = [
    "Validation loss ended at 0.056.",
    "val_loss keeps decreasing until the end of training.",
    "Best val_loss: 0.9871",
    "No overfitting was observed.",
    "Ran for 100 epochs in total.",
    "The validation accuracy peaks at 0.68.",
    "| epoch | val_loss |\n|---|---|\n| 10 | 1.30 |",
    "Loss falls from 1.70 at epoch 0 to 0.95 at epoch 19.",
    "The validation loss reaches its minimum in the last epoch.",
    "Final val_accuracy is 0.5",
    "验证 loss 最后降到 0.056。",
    "val_loss 持续下降。",
    "最佳 epoch 是 39（val_loss 最低）。",
    "总共训练了 50 个 epoch。",
    "验证准确率最高达到 0.71。",
    "loss 从第 0 个 epoch 的 1.70 降到第 19 个 epoch 的 1.03。",
    "训练中途出现了 NaN。",
    "验证 loss 已经收敛。",
    "没有出现过拟合。",
    "训练准确率从未超过 0.95。",
]


@pytest.mark.parametrize("sentence", TRUE)
def test_what_is_true_is_borne_out(sentence: str, overfit: Analysis) -> None:
    found = of_text(sentence, overfit)
    assert [answer.text.plain("en") for answer in found.contradictions] == []
    assert [answer for answer in found.answers if answer.outcome == "confirmed"] != []


@pytest.mark.parametrize("sentence", FALSE)
def test_what_is_false_is_contradicted(sentence: str, overfit: Analysis) -> None:
    assert of_text(sentence, overfit).contradictions != ()


OPEN = [
    "accuracy = 0.60 at the end",  # of the validation it is; which is meant, is not said
    "The best val_loss came at epoch 21.",  # counted from 1
    "Both curves look nice and 3 people liked them.",
    "After 2.5 hours the loss improved by 12 %.",
]


@pytest.mark.parametrize("sentence", OPEN)
def test_what_cannot_be_told_is_listed_and_not_contradicted(
    sentence: str, overfit: Analysis
) -> None:
    found = of_text(sentence, overfit, "n.md")
    assert found.contradictions == ()
    assert [answer for answer in found.answers if answer.outcome == "confirmed"] == []
    assert any(sentence.rstrip(".") in line for line in told(found, "en"))


BOUNDS_TRUE = [
    "val_accuracy stayed above 0.24 throughout.",
    "val_accuracy is at least 0.25 in every epoch.",
    "At no point did val_loss go up to more than 1.7.",
    "val_loss dropped below 1.1 at some point.",
    "val_loss is below 1.2 at epoch 20.",
    "After epoch 10, val_loss never exceeded 1.3.",
    "The loss ended below 0.1.",
    "loss eventually fell under 0.06.",
    "val_loss 从没超过 1.7。",
    "第 0 个 epoch 的 val_accuracy 还不到 0.3。",
    "val_loss 一度跌破 1.1。",
    "loss 最后降到 0.1 以下。",
    "val_accuracy 从第 20 个 epoch 起都在 0.55 以上。",
    "第 10 个 epoch 之后，val_loss 没再超过 1.3。",
]
BOUNDS_FALSE = [
    "val_loss fell below 0.9 at some point.",
    "val_accuracy never made it past 0.5.",
    "val_accuracy stayed above 0.4 throughout.",
    "val_loss was at most 1.2.",
    "val_loss is below 1.0 at epoch 20.",
    "The training loss ended above 0.5.",
    "From epoch 10 on, val_loss stays below 1.1.",
    "val_accuracy 从来没超过 0.5。",
    "训练 loss 从没跌破 0.5。",
    "val_loss 最后降到 1.0 以下。",
    "val_accuracy 全程保持在 0.4 以上。",
    "第 20 个 epoch 的 val_loss 低于 1.0。",
    "第 10 个 epoch 起，val_loss 一直低于 1.1。",
]


@pytest.mark.parametrize(
    ("sentence", "outcome"),
    [*((s, "confirmed") for s in BOUNDS_TRUE), *((s, "contradicted") for s in BOUNDS_FALSE)],
)
def test_a_bound_is_of_the_rows_and_of_the_side_that_the_sentence_means(
    sentence: str, outcome: str, overfit: Analysis
) -> None:
    assert [answer.outcome for answer in of_text(sentence, overfit).answers] == [outcome]


BOUNDS_OPEN = [
    "val_loss is below 1.2.",
    "val_loss 低于 1.2。",
    "val_loss was above 1.3 until epoch 5.",
    "val_loss is mostly below 1.3.",
    "Apart from the first epochs, val_loss is always below 1.3.",
    "除了前几个 epoch，val_loss 都在 1.3 以下。",
]


@pytest.mark.parametrize("sentence", BOUNDS_OPEN)
def test_a_bound_of_rows_that_are_not_named_is_neither_borne_out_nor_contradicted(
    sentence: str, overfit: Analysis
) -> None:
    assert {answer.outcome for answer in of_text(sentence, overfit).answers} <= {"unchecked"}


PLACED = [
    ("The gap between loss and val_loss at the end is 1.194.", {"confirmed"}),
    ("最后 loss 与 val_loss 的差距为 1.194。", {"confirmed"}),
    ("The gap between loss and val_loss at the end is 1.394.", {"contradicted"}),
    ("最后 loss 与 val_loss 的差距为 1.394。", {"contradicted"}),
    ("val_loss fell to 1.05 at epoch 20, then went back to 1.25.", {"confirmed"}),
    ("第 20 个 epoch val_loss 降到 1.05，随后又回到 1.25。", {"confirmed"}),
    ("After epoch 20, val_loss goes up to 1.25.", {"confirmed"}),
    ("We wound up with a val_accuracy of 0.55.", {"contradicted"}),
    ("val_loss got stuck at 1.20 from epoch 10 on.", {"contradicted"}),
    ("第 10 个 epoch 之后 val_loss 就卡在 1.20。", {"contradicted"}),
]


@pytest.mark.parametrize(("sentence", "outcomes"), PLACED)
def test_a_number_belongs_to_the_place_that_its_own_words_mean(
    sentence: str, outcomes: set[str], overfit: Analysis
) -> None:
    assert {answer.outcome for answer in of_text(sentence, overfit).answers} == outcomes


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("0.6", True),
        ("0.5", False),
        ("0.60", True),
        ("0.61", False),
        ("60%", True),
        ("50 %", False),
    ],
)
def test_a_number_is_held_to_the_digits_it_is_written_with(
    written: str, holds: bool, overfit: Analysis
) -> None:
    assert (of_text(f"final val_accuracy: {written}", overfit).contradictions == ()) is holds


@pytest.mark.parametrize(
    "name",
    [
        "val_loss",
        "val/loss",
        "validation loss",
        "Val Loss",
        "验证 loss",
        "验证集的 loss",
        "loss on the validation set",
    ],
)
def test_a_split_is_read_however_it_is_spelled(name: str, overfit: Analysis) -> None:
    assert of_text(f"final {name}: 1.25", overfit).contradictions == ()
    assert of_text(f"final {name}: 0.056", overfit).contradictions != ()


def test_our_own_report_of_a_run_holds_no_contradiction(overfit: Analysis) -> None:
    report = lossreport.compose(overfit)
    for lang in ("zh", "en"):
        found = of_text(lossreport.render(report, format="md", lang=lang), overfit)
        assert [
            (answer.claim.origin.quote, answer.text.plain("en")) for answer in found.contradictions
        ] == []


@pytest.fixture(scope="module")
def spiked(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Sixty epochs: loss 3 -> 1 with one spike of 9.5 in epoch 30; val_loss ends at 0.4255; the
    rate falls from 2e-4 to 2e-5 in epoch 41.
    """
    t = np.arange(60)
    noise = np.random.default_rng(5).normal(0, 0.01, 60)
    loss = np.where(t == 30, 9.5, 1 + 2 * np.exp(-t / 15) + noise)
    frame = pd.DataFrame(
        {
            "epoch": t,
            "loss": loss,
            "val_loss": 0.4255 + np.exp(-t / 8) * (t < 59),
            "lr": np.where(t < 41, 2e-4, 2e-5),
        }
    )
    folder = tmp_path_factory.mktemp("spiked")
    frame.round(7).to_csv(folder / "history.csv", index=False)
    return lossreport.analyze(lossreport.read_run([folder], {"epochs": 90}), strict=True)


@pytest.mark.parametrize(
    ("sentence", "outcome"),
    [
        ("val_loss ended below 0.4.", "contradicted"),
        ("val_loss 最后低于 0.4。", "contradicted"),
        ("val_loss ended below 0.43.", "confirmed"),
        ("Training and validation loss both end below 0.5.", "contradicted"),
        ("The loss flattens out around 2.5 from epoch 40 on.", "contradicted"),
        ("There is one big spike at epoch 30.", "confirmed"),
        ("The spike hit at epoch 45.", "contradicted"),
        ("第 30 个 epoch 有一个大尖峰。", "confirmed"),
        ("尖峰出现在第 45 个 epoch。", "contradicted"),
        ("The learning rate was dropped from 2e-4 to 2e-5 at epoch 41.", "confirmed"),
        ("学习率在第 41 轮从 2e-4 降到了 2e-5。", "confirmed"),
        ("学习率在第 20 轮从 2e-4 降到了 2e-5。", "contradicted"),
        ("训练和验证 loss 最后都低于 0.5。", "contradicted"),
    ],
)
def test_bounds_levels_spikes_and_drops_are_held_to_what_is_written(
    sentence: str, outcome: str, spiked: Analysis
) -> None:
    outcomes = {answer.outcome for answer in of_text(sentence, spiked).answers}
    assert ("contradicted" in outcomes) is (outcome == "contradicted"), outcomes
    assert outcomes
    assert outcome in outcomes
