"""Splits in metric names, and what configuration names stand for."""

import pytest

from lossreport.reading.kit.names import behind, canonical_names, lettered, plain_facts, split_name


@pytest.mark.parametrize(
    ("name", "split", "short"),
    [
        ("train_closs", "train", "closs"),
        ("val_closs", "val", "closs"),
        ("valid/loss", "valid", "loss"),
        ("eval_loss", "eval", "loss"),
        ("Test loss", "test", "loss"),
        ("dev.acc", "dev", "acc"),
        ("clip_val_loss", "val", "clip_val_loss"),
        ("interval_loss", "train", "interval_loss"),
        ("valid_1/auc", "valid_1", "auc"),
        ("validation_0/logloss", "validation_0", "logloss"),
        ("valid_1_auc", "valid", "1_auc"),
        ("ValLoss", "val", "Loss"),
        ("trainAcc", "train", "Acc"),
        ("testing psnr", "test", "psnr"),
        ("ValueLoss", "train", "ValueLoss"),
        ("RMSE_Val", "val", "RMSE"),
        ("loss_test", "test", "loss"),
        ("acc_train", "train", "acc"),
        ("best_val", "train", "best_val"),
        ("num_test", "train", "num_test"),
        ("loss", "train", "loss"),
        ("value_loss", "train", "value_loss"),
        ("training", "train", "training"),
        ("val_", "train", "val_"),
        ("训练|损失", "train", "训练|损失"),
        ("metrics/mAP50-95(B)", "val", "mAP50-95(B)"),
        ("metrics/HBBmAP.5", "val", "HBBmAP.5"),
        ("metrics/accuracy", "train", "metrics/accuracy"),
        ("heldout_error", "val", "error"),
        ("held_out/loss", "val", "loss"),
        ("FSD_test.ber", "test", "FSD.ber"),
        ("coco_2017_val/AP", "val", "coco_2017.AP"),
        ("loss_val/total", "train", "loss_val/total"),
    ],
)
def test_the_split_is_a_prefix_or_a_suffix_set_apart(name: str, split: str, short: str) -> None:
    assert split_name(name) == (split, short)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("loss_ct_weights", ("loss_ct_weights", "weight.loss_ct")),
        ("z_loss_weight", ("z_loss_weight", "weight.z_loss")),
        ("bbox_loss_coef", ("bbox_loss_coef", "weight.bbox_loss")),
        ("optim.learning_rate", ("optim.learning_rate", "lr")),
        ("max_grad_norm", ("max_grad_norm", "clip_grad")),
        ("num_train_epochs", ("num_train_epochs", "epochs")),
        ("lr", ("lr",)),
        ("pretrained_weights", ("pretrained_weights",)),
    ],
)
def test_a_configuration_value_is_known_by_its_own_name_and_by_that_of_the_contract(
    name: str, names: tuple[str, ...]
) -> None:
    assert canonical_names(name) == names


def test_values_of_other_types_become_their_text() -> None:
    assert dict(plain_facts({"a": {"b": [1, None]}, "c": object})) == {
        "a.b": (1, None),
        "c": str(object),
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("loss_train", "loss_val"),
            {"loss_train": ("train", "loss"), "loss_val": ("val", "loss")},
        ),
        (
            ("rmse_e_val", "rmse_e_trn"),
            {"rmse_e_val": ("val", "rmse_e"), "rmse_e_trn": ("train", "rmse_e")},
        ),
        (("loss", "loss_val"), {"loss_val": ("val", "loss")}),
        (("acc_test",), {"acc_test": ("test", "acc")}),
        (("loss_val", "lr"), {}),
        (("std_dev", "std"), {}),
        (("num_train",), {}),
    ],
    ids=[
        "both",
        "DeePMD",
        "beside the plain name",
        "test",
        "the value of a loss",
        "a deviation",
        "no metric",
    ],
)
def test_a_split_behind_the_name_counts_where_it_can_be_nothing_else(
    names: tuple[str, ...], expected: dict[str, tuple[str, str]]
) -> None:
    assert behind(names) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("loss", "v_loss", "kl", "v_kl", "v_R10"), {"v_loss": ("val", "loss"), "v_kl": ("val", "kl"), "v_R10": ("val", "R10")}),
        (("t_loss", "v_loss", "t_acc", "v_acc"), {"t_loss": ("train", "loss"), "v_loss": ("val", "loss"), "t_acc": ("train", "acc"), "v_acc": ("val", "acc")}),
        (("loss", "v_loss", "pi_loss"), {}),
        (("x", "v_x", "y", "v_y"), {}),
    ],
    ids=["beside the plain names", "both marked", "the loss of the value", "velocities"],
)  # fmt: skip
def test_a_letter_is_a_split_where_it_is_a_habit(
    names: tuple[str, ...], expected: dict[str, tuple[str, str]]
) -> None:
    assert lettered(names) == expected
