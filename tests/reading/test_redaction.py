"""What is quoted holds no secret, person, home folder or address; numbers, metrics and versions
stay as they are.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lossreport
from lossreport.reading.privacy.redaction import redact, redact_fact
from runs import seed_rows, write_log_train

HEX = "0123456789abcdef0123456789abcdef01234567"
TEXTS = {
    "hf_AbCdEfGhIjKlMnOpQrStUv": "[secret]",
    "--hub_token hf_AbCdEfGhIjKlMnOpQrStUv": "--hub_token [secret]",
    f"export WANDB_API_KEY={HEX}": "export WANDB_API_KEY=[secret]",
    f'{{"WANDB_API_KEY": "{HEX}"}}': '{"WANDB_API_KEY": "[secret]"}',
    f"wandb login {HEX}": "wandb login [secret]",
    "SWANLAB_API_KEY=abcDEF123456": "SWANLAB_API_KEY=[secret]",
    "secret_key: 'two words'": "secret_key: '[secret]'",
    "password=12345678": "password=[secret]",
    "Authorization: Bearer abcdefghijklmnop123": "Authorization: Bearer [secret]",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==": "Authorization: Basic [secret]",
    "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE": "AWS_ACCESS_KEY_ID=[secret]",
    "credentials of ASIAIOSFODNN7EXAMPLE": "credentials of [secret]",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "aws_secret_access_key = [secret]",
    "AWS_SESSION_TOKEN=FwoGZXIvYXdzEXAMPLETOKEN/abc+def==": "AWS_SESSION_TOKEN=[secret]",
    "AccessKeyId: LTAI5tFakeFakeFakeFakeFa": "AccessKeyId: [secret]",
    "AccessKeySecret: abcdefghijklmnopqrstuvwxyz0123": "AccessKeySecret: [secret]",
    "volc_ak=AKLTxxxx1234567890": "volc_ak=[secret]",
    "VOLC_SECRETKEY=WVdGaVltSmlZbUppWW1KaVltSmk=": "VOLC_SECRETKEY=[secret]",
    "sk-abcdefghijklmnopqrstuvwx": "[secret]",
    "OPENAI_API_KEY=sk-proj-abcdefghijklmnop_qrs": "OPENAI_API_KEY=[secret]",
    "post https://oapi.dingtalk.com/robot/send?access_token=0123abcd": "post [secret]",
    "post https://open.feishu.cn/open-apis/bot/v2/hook/0123-4567": "post [secret]",
    "post https://open.larksuite.com/open-apis/bot/v2/hook/0123": "post [secret]",
    "post https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6": "post [secret]",
    "git clone https://bob:hunter22@git.example.com/x": "git clone https://[secret]@git.example.com/x",
    "postgresql://mlflow:s3cr3t@db.internal:5432/mlflow": "postgresql://[secret]@[host]:5432/mlflow",
    "redis://:mypassword@10.0.0.9:6379/0": "redis://[secret]@[address]:6379/0",
    "s3://company-bucket/alice/run42/model.pt": "s3://[address]/model.pt",
    "https://b.oss-cn-hangzhou.aliyuncs.com/a?Signature=abcdefgh%3D": "https://b.oss-cn-hangzhou.aliyuncs.com/a?Signature=[secret]",
    "loading /home/alice/data/train.bin": "loading ~/data/train.bin",
    "loading /Users/alice/x and /root/y": "loading ~/x and ~/y",
    "loading /mnt/nas1/home/alice/x": "loading ~/x",
    "loading /home/张三/数据/train.json": "loading ~/数据/train.json",
    "file:///home/alice/x": "file://~/x",
    r"C:\Users\alice\runs\1": r"~\runs\1",
    r"D:\\Users\\张三\\runs": r"~\\runs",
    r"\\fileserver\share\run": r"\\[host]\share\run",
    "mail alice@example.com": "mail [email]",
    "USER=alice": "USER=[user]",
    "username: 张三": "username: [user]",
    "ssh alice@trainer7": "ssh [user]@[host]",
    "alice@gpu07:~$ python train.py": "[user]@[host]:~$ python train.py",
    "rank 3 on gpu-07.cluster.internal": "rank 3 on [host]",
    "rank 3 on gpu-node-17.cluster.local": "rank 3 on [host]",
    "rank 3 on dgx-a100-03": "rank 3 on [host]",
    "ip-10-0-1-23 joined": "[host] joined",
    "SLURM_NODELIST=gpu[01-04,07]": "SLURM_NODELIST=[host]",
    "nodes gpu-[01-04]": "nodes [host]",
    "MASTER_ADDR=node01 MASTER_PORT=29500": "MASTER_ADDR=[host] MASTER_PORT=29500",
    "init tcp://10.20.30.40:29500": "init tcp://[address]:29500",
    "init tcp://[2001:db8::1]:29500": "init tcp://[[address]]:29500",
    "peer fe80::1ff:fe23:4567:890a": "peer [address]",
    "peer ::ffff:10.1.2.3": "peer [address]",
}
KEPT = [
    "no address: 1.2.3.4.5",
    "driver version 1.2.3.4",
    "cudnn 8.9.7.29, nccl 2.18.1",
    "torch 2.4.1, transformers 4.57.6, numpy 1.26.4",
    "torch==2.1.0+cu121",
    "listening on 127.0.0.1:6006 and localhost:6006",
    "num_tokens: 123456789, tokens per second: 1000.5",
    "token_accuracy=0.934",
    "token: 50256, pad_token: <pad>, eos_token_id: 2",
    "bos_token: <|begin_of_text|>",
    "access token expired, password incorrect_input",
    "api_key: null, password: none",
    "Epoch: [7]  [1190/1200]  closs: 8.5197 (8.5198)",
    "[2025-12-01 10:03:21,482] eta: 1 day, 2:03:04",
    "checkpoint saved to out/step_1000/model.safetensors",
    "mAP@0.5:0.95 0.44, top1@5: 0.9, recall@10 0.8, acc@1 75.3",
    "meta-llama/Llama-3-8B@abc123, qwen2.5-7b@main",
    "val/home/alpha_loss: 0.1, train/users: 3",
    "encoder.local.attn, layer.0.internal, loss.local 0.2",
    "std::vector, aten::add, torch::autograd, ::1",
    "gpu[0,1,2,3], gpu0 73 C, node_rank: 0, num_nodes: 4",
    "commit 0123456789abcdef0123456789abcdef01234567",
    "sk-learn-0.24-wheel-builder",
    "basic resnet50_bottleneck_imagenet",
    "user 0.1 s, user=0.5",
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
        ("pad_token", "<pad>", "<pad>"),
        ("AccessKeySecret", "abc", "[secret]"),
        ("wandb.password", "12345", "[secret]"),
        ("slurm_nodelist", "gpu[01-04]", "[host]"),
        ("output_uri", "s3://bucket/alice/run/ckpt", "s3://[address]/ckpt"),
        ("data_path", "/home/alice/x", "~/x"),
        ("paths", ("/home/a/x", 3), ("~/x", 3)),
        ("lr", 1e-4, 1e-4),
    ],
)
def test_settings_are_judged_by_their_name_and_their_words(
    name: str, value: object, expected: object
) -> None:
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
