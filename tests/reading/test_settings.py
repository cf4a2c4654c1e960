"""Settings are read from what logs print before their rows; what is contradicted, or no setting, is
none.
"""

from __future__ import annotations

import pytest

from lossreport.reading.kit.settings import Settings, is_settings, plain_value, settings_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Namespace(lr=5e-06, batch_size=8)", {"lr": 5e-06, "batch_size": 8}),
        ("  clip_grad ....................................... 1.0", {"clip_grad": 1.0}),
        (
            "python -m torch.distributed.run --nproc_per_node=8 train.py --lr 1e-4 "
            "--clip-grad=2.5 --fp16",
            {"lr": 1e-4, "clip_grad": 2.5, "fp16": True},
        ),
        (
            "+ CUDA_VISIBLE_DEVICES=0,1 torchrun --nnodes 1 train.py --lr 1e-4 --name 'two words'",
            {"lr": 1e-4, "name": "two words"},
        ),
        (
            "[2025-02-21] [INFO] cmd = /usr/bin/python3 -u train.py --lr 5e-6 --seed 7",
            {"lr": 5e-6, "seed": 7},
        ),
        ("learning_rate = 6e-4 # max learning rate", {"learning_rate": 6e-4}),
        ('  "vocab_size": 32000,', {"vocab_size": 32000}),
        ("  BATCH_SIZE: 128", {"batch_size": 128}),
        ("    per_device_train_batch_size=4,", {"per_device_train_batch_size": 4}),
        (
            "(base) root@host:~/w# python /w/train.py -train_set A -batch_size 32 -epochs 60",
            {"train_set": "A", "batch_size": 32, "epochs": 60},
        ),
        ("python train.py trainer.max_epochs=60 lr=1e-3", {"trainer.max_epochs": 60, "lr": 1e-3}),
        ("python train.py --epochs=60", {"epochs": 60}),
        ("/venv/bin/python /w/train.py --n_epoch=100 --lr=5e-4", {"n_epoch": 100, "lr": 5e-4}),
        ("INFO:__main__:epochs: 30", {"epochs": 30}),
        ("2024-01-01 10:00:00 - INFO - Number of epochs: 30", {"epochs": 30}),
        ("Training for 30 epochs on 426 samples ...", {"epochs": 30}),
        ("训练轮数：30", {"epochs": 30}),
        ("number of communication rounds: 100", {"num_rounds": 100}),
        ("num_rounds: 100", {"num_rounds": 100}),
        ("[ok] N_ic=20000 epochs=10000 lr=0.001", {"epochs": 10000}),
        (
            "Config: {'filters': 'wide', 'num_epochs': 30, 'opt': {'lr': 0.1}}",
            {"filters": "wide", "num_epochs": 30, "opt.lr": 0.1},
        ),
    ],
)
def test_a_printed_setting_is_read(text: str, expected: dict[str, object]) -> None:
    assert dict(settings_of(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "usage: train.py [-h] [--lr LR] [--batch-size N]",
        # no command line: it does not begin with a program
        "hint: try train.py --lr 1 --seed 2 instead",
        "python train.py --lr 1e-4",  # one option is not enough to tell a command from prose
        "lr: 0.1, loss: 2.3",
        "batch_size: auto",
        "the learning_rate: 0.1",
        "hidden_size: 768",
        "{'loss': 0.5, 'learning_rate': 1e-4, 'epoch': 1.2}",
        "{'name': 'mnist', 'classes': 10}",
        "Epoch 3/10 - loss: 0.5",
        "Iteration: 1000",
        "usage: train.py [-h] [--epochs N]",
    ],
)
def test_what_is_no_setting_is_left_alone(text: str) -> None:
    assert dict(settings_of(text)) == {}


def test_lines_that_contradict_each_other_say_nothing() -> None:
    settings = Settings()
    for number, text in enumerate(("batch_size: 64", "seed: 7", "batch_size: 32", "seed: 7"), 1):
        settings.see(text, number)
    assert [(fact.name, fact.value, fact.line) for fact in settings.facts()] == [("seed", 7, 2)]


def test_settings_before_a_second_run_count_anew() -> None:
    settings = Settings()
    settings.see("batch_size: 64", 1)
    assert [fact.value for fact in settings.facts()] == [64]
    settings.see("batch_size: 32", 9)
    assert [fact.value for fact in settings.facts()] == [32]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("8", 8),
        ("8.0", 8.0),
        ("True", True),
        ("None", None),
        ("'adamw'", "adamw"),
        ("1,2", "1,2"),
        ("9" * 400, "9" * 400),
    ],
)
def test_a_printed_value_keeps_its_type(text: str, value: object) -> None:
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INFO Namespace(lr=0.1, epochs=90)", True),
        ("  lr ...................... 0.1", True),
        ("python train.py --epochs 90 --lr 0.1", True),
        ("lr: 0.1", False),
        ("Epoch 1 -- loss: 0.5", False),
        ("Epoch 1 ... loss: 0.5", False),
    ],
)
def test_a_line_that_can_only_be_settings_is_no_row(text: str, expected: bool) -> None:
    assert is_settings(text) is expected
