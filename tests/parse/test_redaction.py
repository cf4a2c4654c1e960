"""What is quoted holds no secret, person, home folder or address; numbers, metrics and versions stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lossreport
from lossreport.parse.redaction import redact, redact_fact
from runs import seed_rows, write_log_train

TEXTS = {
    "hf_AbCdEfGhIjKlMnOpQrStUv": "[secret]",
    "export WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567": "export WANDB_API_KEY=[secret]",
    "Authorization: Bearer abcdefghijklmnop123": "Authorization: Bearer [secret]",
    "git clone https://bob:hunter22@git.example.com/x": "git clone https://[secret]@git.example.com/x",
    "loading /home/alice/data/train.bin": "loading ~/data/train.bin",
    "loading /Users/alice/x and /root/y": "loading ~/x and ~/y",
    r"C:\Users\alice\runs\1": r"~\runs\1",
    "mail alice@example.com": "mail [email]",
    "init tcp://10.20.30.40:29500": "init tcp://[address]:29500",
    "rank 3 on gpu-07.cluster.internal": "rank 3 on [host]",
    "alice@gpu07:~$ python train.py": "[user]@[host]:~$ python train.py",
}
KEPT = [
    "no address: 1.2.3.4.5",
    "torch 2.4.1, transformers 4.57.6, numpy 1.26.4",
    "listening on 127.0.0.1:6006",
    "num_tokens: 123456789, tokens per second: 1000.5",
    "token_accuracy=0.934",
    "Epoch: [7]  [1190/1200]  closs: 8.5197 (8.5198)",
    "checkpoint saved to out/step_1000/model.safetensors",
    "损失=0.1234 学习率=1e-4",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_must_not_be_passed_on_is_taken_out(text: str) -> None:
    assert redact(text) == TEXTS[text]


@pytest.mark.parametrize("text", KEPT)
def test_what_a_log_says_of_training_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("wandb_api_key", "0123456789", "[secret]"),
        ("hub_token", "x" * 9, "[secret]"),
        ("hub_token", None, None),
        ("hub_token", "None", "None"),
        ("password", "12345", "[secret]"),
        ("user", "alice", "[user]"),
        ("master_addr", "node17", "[host]"),
        ("master_addr", "localhost", "localhost"),
        ("max_tokens", 4096, 4096),
        ("tokenizer", "gpt2", "gpt2"),
        ("data_path", "/home/alice/x", "~/x"),
        ("paths", ("/home/a/x", 3), ("~/x", 3)),
        ("lr", 1e-4, 1e-4),
    ],
)
def test_settings_are_judged_by_their_name_and_their_words(name: str, value: object, expected: object) -> None:
    assert redact_fact(name, value) == expected  # type: ignore[arg-type]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_log_train(tmp_path / "log.txt", seed_rows())
    config = {
        "vocab_size": 100,
        "lr": 1e-4,
        "output_dir": "/home/alice/out",
        "wandb_token": "deadbeefdeadbeef",
        "host": "gpu07",
        "epochs": 12,
    }
    (tmp_path / "args.json").write_text(json.dumps(config))
    (tmp_path / "output.log").write_text(
        "".join(f"step {i} loss: {3 - i / 50:.4f}\n" for i in range(50))
        + "torch.OutOfMemoryError: CUDA out of memory. pid on 10.1.2.3 /home/alice/x\n"
    )
    return tmp_path


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_no_format_shows_them_unless_asked(form: str, logs: Path, tmp_path: Path) -> None:
    hidden = ("alice", "deadbeef", "gpu07", "10.1.2.3")
    target = tmp_path / f"r.{form}"
    lossreport.build([logs], target)
    page = target.read_text(encoding="utf-8")
    assert [word for word in hidden if word in page] == []
    lossreport.build([logs], target, redact=False)
    shown = target.read_text(encoding="utf-8")
    assert [word for word in hidden[:3] if word in shown] == list(hidden[:3])
