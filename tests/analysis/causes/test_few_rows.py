"""Causes that one to three rows and a setting beside them tell, each beside what only looks like
it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.model.analysis import Analysis


def analysed(folder: Path, log: str, command: str = "") -> Analysis:
    (folder / "train.log").write_text(log, encoding="utf-8")
    if command:
        (folder / "command.txt").write_text(command)
    return lossreport.analyze(lossreport.read_run([folder]), strict=True)


def first_named(analysis: Analysis) -> set[str]:
    return {one.id for finding in analysis.findings for one in finding.hypotheses if one.rank <= 3}


def overlaps(iou: float, score: float, loss: float) -> str:
    return "".join(
        f"Epoch {n}\ntrain: 100%|██████| 40/40 [01:02<00:00,  1.55s/it, dice_loss - {loss}, "
        f"iou_score - {iou}, fscore - {score}, accuracy - 0.61]\n"
        for n in (1, 2)
    )


@pytest.mark.parametrize(
    ("log", "expected"),
    [(overlaps(9.32, 1.81, -0.72), True), (overlaps(0.62, 0.81, 0.28), False)],
)
def test_an_overlap_above_1_is_one_of_masks_that_hold_255(
    log: str, expected: bool, tmp_path: Path
) -> None:
    assert ("masks_not_scaled" in first_named(analysed(tmp_path, log))) is expected


def espnet(ctc: float, attention: float) -> str:
    rows = ",\n".join(
        f'{{"main/loss_ctc": {ctc}, "main/loss_att": {attention}, "main/acc": 0.94, '
        f'"main/loss": {0.2 * ctc + 0.8 * attention}, "epoch": {n}, "iteration": {1000 * n}}}'
        for n in (3, 7)
    )
    return f"[{rows}]\n"


@pytest.mark.parametrize(
    ("ctc", "attention", "expected"),
    [(-4.1e33, 12.2, "ctc_label_longer_than_input"), (-4.1e33, -3e33, ""), (14.0, 12.2, "")],
)
def test_a_ctc_loss_that_alone_is_beyond_all_range_is_of_single_utterances(
    ctc: float, attention: float, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "log").write_text(espnet(ctc, attention))
    analysis = lossreport.analyze(lossreport.read_run([tmp_path]), strict=True)
    found = first_named(analysis)
    assert ("ctc_label_longer_than_input" in found) is bool(expected)
    assert not expected or "lr_too_high" not in found


@pytest.mark.parametrize(("classes", "expected"), [(1, True), (2, False)])
def test_a_single_row_that_is_perfect_is_no_training_where_the_settings_say_one_class(
    classes: int, expected: bool, tmp_path: Path
) -> None:
    log = "train: epoch 01:   1/ 50: 0.3 Hz accuracy: 1.000 objective: 0.000\n" * 2
    found = first_named(analysed(tmp_path, log, f"num_classes={classes}\n"))
    assert ("one_class_softmax" in found) is expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python train.py -data demo -layers 2 -optim adam\n", True),
        ("python train.py -data demo -layers 2 -optim adam -learning_rate 0.001\n", False),
    ],
)
def test_opennmt_gives_adam_the_rate_of_sgd_where_none_is_named(
    command: str, expected: bool, tmp_path: Path
) -> None:
    log = "".join(
        f"Epoch  1, {50 * n}/1200; acc:   1.2; ppl: 26881171418161356094253400435962903554686976.00;"
        f" 3300 src tok/s; 3100 tgt tok/s;   {20 * n} s elapsed\n"
        for n in range(1, 7)
    )
    assert ("adam_rate_of_sgd" in first_named(analysed(tmp_path, log, command))) is expected


@pytest.mark.parametrize(("loss", "expected"), [("1.21", True), ("0.0", False)])
def test_a_first_gradient_that_is_nan_under_a_sound_loss_is_of_the_backward_pass(
    loss: str, expected: bool, tmp_path: Path
) -> None:
    log = (
        f"{{'loss': {loss}, 'grad_norm': nan, 'learning_rate': 2e-08, 'epoch': 0.0}}\n"
        "{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 4e-08, 'epoch': 0.01}\n"
    )
    assert ("zero2_overlap_comm" in first_named(analysed(tmp_path, log))) is expected


@pytest.mark.parametrize(("size", "expected"), [(6.0, True), (0.4, False)])
def test_a_loss_that_swings_by_its_own_size_takes_steps_that_are_too_large(
    size: float, expected: bool, tmp_path: Path
) -> None:
    log = "".join(
        f"Epoch: {10 * n:04d} cost = {8 - 0.1 * n + size * (-1, 1, -0.2)[n % 3]:.6f}\n"
        for n in range(1, 31)
    )
    assert ("lr_too_high" in first_named(analysed(tmp_path, log))) is expected


def test_minus_dice_is_no_fault(tmp_path: Path) -> None:
    log = "".join(
        f"2024-05-01 10:0{n}:00.100000: \nepoch:  {n} \n"
        f"2024-05-01 10:0{n}:20.100000: train loss : {-0.1 * n - 0.05:.4f} \n"
        f"2024-05-01 10:0{n}:30.100000: validation loss: {-0.09 * n:.4f} \n"
        f"2024-05-01 10:0{n}:30.200000: Average global foreground Dice: [{0.1 * n}] \n"
        for n in range(3)
    )
    analysis = analysed(tmp_path, log)
    assert first_named(analysis) == {"density_or_negated_score"}
    assert all(finding.severity.value == "low" for finding in analysis.findings)


def coco(precision: float, recall: float) -> str:
    rows = [
        ("Precision", "AP", "0.50:0.95", "   all", "100", precision),
        ("Precision", "AP", "0.50     ", "   all", "100", precision),
        ("Precision", "AP", "0.75     ", "   all", "100", precision),
        ("Recall   ", "AR", "0.50:0.95", "   all", "  1", recall),
        ("Recall   ", "AR", "0.50:0.95", "   all", "100", recall),
    ]
    return "".join(
        f" Average {name} ({short}) @[ IoU={iou} | area={area} | maxDets={most} ] = {value:.3f}\n"
        for name, short, iou, area, most, value in rows
    )


@pytest.mark.parametrize(
    ("precision", "recall", "expected"),
    [(0.0, 0.001, True), (0.0, 0.12, False), (0.01, 0.001, False)],
)
def test_one_evaluation_that_finds_nothing_at_all_has_other_class_ids(
    precision: float, recall: float, expected: bool, tmp_path: Path
) -> None:
    found = first_named(analysed(tmp_path, coco(precision, recall)))
    assert ("classes_do_not_match" in found) is expected


@pytest.mark.parametrize(
    ("box", "expected"), [("nan       nan       nan", True), ("nan     0.021     0.013", False)]
)
def test_all_losses_of_ultralytics_that_are_nan_at_once_are_of_half_precision(
    box: str, expected: bool, tmp_path: Path
) -> None:
    log = (
        " Epoch   gpu_mem       box       obj       cls    labels  img_size\n"
        f"      0/49     1.91G       {box}         6       416: 100%|██████████| 9/9 "
        "[00:12<00:00,  1.33s/it]\n"
        "               Class     Images     Labels          P          R     mAP@.5 mAP@.5:.95: "
        "100%|██████████| 1/1 [00:01<00:00,  1.20s/it]\n"
        "                 all         18          0          0          0          0          0\n"
    )
    assert ("gtx16_half" in first_named(analysed(tmp_path, log))) is expected


def test_a_loss_that_fell_to_the_level_of_guessing_keeps_its_finding(tmp_path: Path) -> None:
    values = [2.3034, 2.2897, 2.2339, *[2.302585] * 9]
    log = "".join(
        f"Train Epoch: {1 + n // 4} [{12800 * (n % 4)}/50000 ({26 * (n % 4)}%)]\tLoss: {value:.6f}"
        "\tLR: 0.1\n"
        for n, value in enumerate(values)
    )
    assert {"dead_relu", "uniform_output"} & first_named(analysed(tmp_path, log))
