"""What a person writes of one value beside another, and of the run as a whole: how much it changed,
how two metrics lie, how long it took. Every sentence has a twin that is just as false.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lossreport
from lossreport.lint.lint import of_text
from lossreport.model.analysis import Analysis

EPOCHS = 40


@pytest.fixture(scope="module")
def overfit(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Forty epochs: loss 1.6 -> 0.04 by a power, validation loss 1.6 -> 1.0 in epoch 20 -> 1.2,
    accuracies 0.2 -> 1.0 and 0.2 -> 0.6, a rate that falls to zero as a cosine.
    """
    t = np.arange(EPOCHS)
    frame = pd.DataFrame(
        {
            "epoch": t,
            "loss": 1.6 * 0.025 ** (t / 39),
            "val_loss": np.where(t < 20, 1.0 + 0.6 * (1 - t / 20) ** 2, 1.0 + 0.2 * (t - 20) / 19),
            "accuracy": np.minimum(1.0, 0.2 + 0.04 * t),
            "val_accuracy": np.minimum(0.6, 0.2 + 0.02 * t),
            "lr": 0.001 * 0.5 * (1 + np.cos(np.pi * t / 39)),
        }
    )
    folder = tmp_path_factory.mktemp("overfit")
    frame.round(6).to_csv(folder / "history.csv", index=False)
    facts = {"batch_size": 32, "clip_grad": 4.0, "n_parameters": 1_250_000, "train_runtime": 7200.0}
    return lossreport.analyze(lossreport.read_run([folder], facts), strict=True)


@pytest.fixture(scope="module")
def spiky(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Four hundred steps with spikes at 150 and 300, an evaluation every 50, ten steps of
    warm-up.
    """
    random = np.random.default_rng(7)
    step = np.arange(400)
    loss = (0.5 + 2.0 * np.exp(-step / 60)) * (1 + 0.01 * random.standard_normal(400))
    loss[150], loss[300] = 9.0, 7.0
    rate = np.minimum(step / 10, 1.0) * 0.003
    held_out = np.full(400, np.nan)
    held_out[49::50] = 0.6 + 1.5 * np.exp(-step[49::50] / 60)
    frame = pd.DataFrame({"step": step, "loss": loss, "val_loss": held_out, "lr": rate})
    folder = tmp_path_factory.mktemp("spiky")
    frame.round(5).to_csv(folder / "metrics.csv", index=False)
    return lossreport.analyze(lossreport.read_run([folder]), strict=True)


def outcomes(sentence: str, analysis: Analysis) -> set[str]:
    return {answer.outcome for answer in of_text(sentence, analysis).answers}


PAIRS = [
    ("val_loss fell by a third to its best.", "val_loss fell by three quarters to its best."),
    ("The training loss dropped by more than 90 %.", "The training loss dropped by half."),
    ("val_loss is up by 20 % from its best.", "val_loss doubled from its minimum."),
    ("val_accuracy improved by about 40 points.", "val_accuracy improved by about 20 points."),
    ("loss fell to about a sixth of its initial value by epoch 19.", "loss halved by epoch 19."),
    ("The training loss is lower than the validation loss at the end.",
     "The training loss is higher than the validation loss at the end."),
    ("val_loss is about 30 times the training loss at the end.",
     "val_loss is about 5 times the training loss at the end."),
    ("The gap between train and val loss keeps growing after epoch 20.",
     "The gap between train and val loss keeps shrinking after epoch 20."),
    ("val_loss ends up lower than where it started.", "val_loss ends higher than at the start."),
    ("val_accuracy does not improve after epoch 20.", "val_accuracy does not improve after epoch 5."),
    ("val_accuracy is flat after epoch 20.", "val_accuracy was flat the whole time."),
    ("val_loss first falls, then climbs.", "accuracy first drops, then climbs."),
    ("Most of the gains of val_accuracy came in the first 15 epochs.",
     "Most of the gains of val_accuracy came in the first 5 epochs."),
    ("The learning rate follows a cosine to zero.", "The learning rate was warmed up."),
    ("It took 2 hours.", "It took 3 hours."),
    ("forty epochs is what we ran, val_loss was still above 1.1.", "val_loss was still above 1.3."),
    ("Most of the improvement came in the first 20 epochs.", "The training loss shrinks by half."),
    ("val_accuracy 逐轮提升到 epoch 20，最后为 0.6。", "val_loss 逐轮下降。"),
    ("最后验证 loss 比训练 loss 高出一倍以上。", "最后训练 loss 比验证 loss 高出一倍。"),
    ("第 30 个 epoch 验证 loss 略有上升。", "第 30 个 epoch 验证 loss 略有下降。"),
    ("学习率从 0.001 降到 0。", "验证 loss 基本没有变化。"),
    ("Training took just under 2.2 hours.", "Training took less than 90 minutes."),
    ("The model has 1.25M parameters.", "The model has 2.5M parameters."),
    ("clip_grad was set to 4.0, bs 32", "clip_grad was set to 1.0, bs 32"),
    ("train accuracy is 100% vs 60% on val.", "train accuracy is 100% vs 75% on val."),
    ("val_accuracy never reaches 0.7.", "The training accuracy never reaches 1."),
    ("There was no restart.", "The run was resumed from a checkpoint."),
    ("验证 loss 降到最低时降了三分之一左右。", "验证 loss 降了七成。"),
    ("训练 loss 降了九成多。", "训练 loss 只降了一半。"),
    ("最后的验证 loss 比最低点高了 20%。", "最后的验证 loss 比最低点高了 50%。"),
    ("验证准确率提升了 40 个点。", "验证准确率提升了 20 个点。"),
    ("最后训练 loss 低于验证 loss。", "最后训练 loss 高于验证 loss。"),
    ("验证准确率比训练低 40 个百分点。", "验证准确率比训练低 10 个百分点。"),
    ("最后验证 loss 是训练 loss 的 30 倍。", "最后验证 loss 是训练 loss 的 5 倍。"),
    ("训练和验证的 loss 差距越来越大。", "训练和验证的 loss 差距越来越小。"),
    ("验证 loss 先降后升。", "准确率先降后升。"),
    ("第 20 个 epoch 之后验证准确率不再提升。", "第 5 个 epoch 之后验证准确率不再提升。"),
    ("前 15 个 epoch 验证准确率提升最快。", "前 3 个 epoch 贡献了验证准确率的大部分提升。"),
    ("学习率余弦衰减到 0。", "学习率全程固定。"),
    ("训练花了 2 个小时。", "训练花了 3 个小时。"),
    ("训练准确率已经 100%，验证只有 60%。", "训练准确率已经 100%，验证只有 75%。"),
    ("第一个 epoch 的验证准确率是 20%。", "第一个 epoch 的验证准确率超过 40%。"),
    ("第 20 个 epoch 开始过拟合。", "第 5 个 epoch 开始过拟合。"),
    ("| metric | best | epoch |\n|---|---|---|\n| val_loss | 1.0 | 20 |",
     "| metric | best | epoch |\n|---|---|---|\n| val_loss | 1.0 | 30 |"),
]  # fmt: skip


@pytest.mark.parametrize(("true", "false"), PAIRS)
def test_a_true_sentence_is_borne_out_and_its_twin_contradicted(
    true: str, false: str, overfit: Analysis
) -> None:
    assert "contradicted" not in outcomes(true, overfit)
    assert "confirmed" in outcomes(true, overfit)
    assert "contradicted" in outcomes(false, overfit)


SPIKY = [
    (
        "There are two loss spikes, at step 150 and step 300.",
        "There is only one spike, at step 150.",
    ),
    ("The loss recovered after the spike.", "The loss never recovered from the spike."),
    ("Evaluated every 50 steps.", "Evaluated every 100 steps."),
    ("10 steps of warmup.", "100 steps of warmup."),
    ("The run did not diverge.", "The run diverged."),
    ("一共出现了 2 次尖峰。", "一共出现了 5 次尖峰。"),
    ("尖峰之后 loss 很快恢复。", "尖峰之后 loss 一直没恢复。"),
    ("每 50 步评估一次。", "每 20 步评估一次。"),
    ("学习率前 10 步预热。", "学习率前 50 步预热。"),
]


@pytest.mark.parametrize(("true", "false"), SPIKY)
def test_what_is_said_of_the_run_as_a_whole(true: str, false: str, spiky: Analysis) -> None:
    assert "contradicted" not in outcomes(true, spiky)
    assert "confirmed" in outcomes(true, spiky)
    assert "contradicted" in outcomes(false, spiky)


@pytest.mark.parametrize(
    ("share", "outcome"),
    [
        ("24 %", "contradicted"),
        ("25 %", "confirmed"),
        ("26 %", "confirmed"),
        ("28 %", "contradicted"),
    ],
)
def test_a_per_cent_is_met_within_one(share: str, outcome: str, overfit: Analysis) -> None:
    # 1.6 -> 1.2
    assert outcomes(f"val_loss fell by {share} over the whole run.", overfit) == {outcome}, share


def test_a_clause_that_was_not_read_is_listed_beside_those_that_were(overfit: Analysis) -> None:
    found = of_text("val_loss is best at epoch 20, the cluster was down for 3 days.", overfit)
    assert [answer.outcome for answer in found.answers] == ["confirmed"]
    assert ["the cluster was down for 3 days" in one.quote for one in found.unread] == [True]


NO_CLAIMS = [
    "没有验证集，既不能判断过拟合，也选不出 checkpoint。",
    "Without a validation set overfitting cannot be judged.",
    "5. 数据边界或续训",
    "共 4 条：3 条单行离群、1 条训练与验证的差距。",
]


@pytest.mark.parametrize("sentence", NO_CLAIMS)
def test_words_that_only_look_like_a_claim_contradict_nothing(
    sentence: str, overfit: Analysis
) -> None:
    assert "contradicted" not in outcomes(sentence, overfit)
