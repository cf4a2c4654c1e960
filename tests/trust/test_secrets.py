"""Fifty secrets, people and machines of as many kinds go, wherever they stand; of what the sample
logs say of training nothing goes.
"""

from __future__ import annotations

import json
import random
import shutil
import string
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import lossreport
from lossreport.reading.privacy.known import DATA, known, without_known
from lossreport.reading.privacy.redaction import redact, redact_fact
from lossreport.reading.privacy.scrubbing import scrub
from lossreport.reading.privacy.tokens import SHAPES
from runs import SAMPLES

WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def made(length: int, of: str = WORD) -> str:
    """Letters that are nobody's secret, the same at every run."""
    source = random.Random(f"{length}-{of}")
    return "".join(source.choice(of) for _ in range(length - 2)) + of[-1] + of[0]


TOKENS = {
    "azure storage": f"AccountKey={made(86)}==;EndpointSuffix=core.windows.net",
    "azure storage alone": f"{made(86, WORD + '+/')}==",
    "azure ad": f"{made(3)}8Q~{made(34)}",
    "azure cognitive": f"AZURE_OPENAI_KEY={made(32, HEX)}",
    "stripe live": f"sk_live_{made(24)}",
    "stripe restricted": f"rk_test_{made(24)}",
    "stripe webhook": f"whsec_{made(32)}",
    "twilio account": f"AC{made(32, HEX)}",
    "twilio key": f"SK{made(32, HEX)}",
    "sendgrid": f"SG.{made(22)}.{made(43)}",
    "pypi": f"pypi-AgEI{made(60)}",
    "telegram": f"{made(10, string.digits)}:AA{made(33)}",
    "telegram address": f"https://api.telegram.org/bot{made(9, string.digits)}:AA{made(33)}/sendMessage",
    "comet option": f"python train.py --comet_key {made(25)} --lr 0.1",
    "comet setting": f"comet_key: {made(25)}",
    "neptune": f"eyJhcGlfYWRkcmVzcyI{made(60)}==",
    "replicate": f"r8_{made(37)}",
    "databricks": f"dapi{made(32, HEX)}",
    "google oauth": f"ya29.{made(60)}",
    "google refresh": f"1//0{made(40)}",
    "google client": f"GOCSPX-{made(28)}",
    "groq": f"gsk_{made(52)}",
    "nvidia": f"nvapi-{made(64)}",
    "xai": f"xai-{made(80)}",
    "perplexity": f"pplx-{made(48)}",
    "wandb": f"wandb_v1_{made(40)}",
    "langsmith": f"lsv2_pt_{made(32, HEX)}_{made(10, HEX)}",
    "hugging face": f"hf_{made(34)}",
    "openai": f"sk-proj-{made(48)}",
    "anthropic": f"sk-ant-api03-{made(80)}",
    "github": f"ghp_{made(36)}",
    "gitlab": f"glpat-{made(20)}",
    "npm": f"npm_{made(36)}",
    "docker": f"dckr_pat_{made(27)}",
    "slack": f"xoxb-{made(12, string.digits)}-{made(24)}",
    "discord": f"M{made(24)}.{made(6)}.{made(27)}",
    "aws": f"AKIA{made(16, string.ascii_uppercase + string.digits)}",
    "vault": f"hvs.{made(90)}",
    "digitalocean": f"dop_v1_{made(64, HEX)}",
    "atlassian": f"ATATT3{made(180)}",
    "grafana": f"glsa_{made(32)}_{made(8, HEX)}",
}
MACHINES = {
    "Connecting to gpu-login.hpc.example.org:22": "Connecting to [host]:22",
    "connected to trainer17": "connected to [host]",
    "Connecting to master node-a.local ...": "Connecting to master [host] ...",
    "Connecting to 'node42'": "Connecting to '[host]'",
    "rank 3 on r6i5n1": "rank 3 on [host]",
    "rank 3 on nid001234": "rank 3 on [host]",
    "task 5 on node x1000c0s0b0n0 failed": "task 5 on node [host] failed",
    "dgx07: loss": "[host]: loss",
}
PHONES = {
    "call +86 138 1234 5678": "call [phone]",
    "call +8613812345678": "call [phone]",
    "call +1 (415) 555-2671": "call [phone]",
    "call (415) 555-2671": "call [phone]",
    "call +44 20 7946 0958": "call [phone]",
    "电话：13812345678": "电话：[phone]",
    "手机号 138-1234-5678": "手机号 [phone]",
    "phone: 010-62785678": "phone: [phone]",
}
TRAINING = (
    "tokens: 13107200000 | loss 1.23", "step 13812345678 loss 0.5", "grad +1.5e-3 +2.0 -3", "delta +0.0123 -0.0456 +123", "Epoch 138 1234/5678", "key-value cache: 12 GB",
    "Connecting to database", "connected to wandb", "Connecting to localhost:29500", "sort_key=length image_key: pixel_values", "--monitor val_loss --key_frame 12",
    "pypi-mirror is slow", "gpu07_mem: 12.5 gpu0: 3 GPU 10", "sk_learn_version 1.2", "r8_loss: 0.5", "dapi_loss 0.1", "SG.loss 0.1 SG.acc.top1 0.9", "loss_AC 0.5 SK 1",
    "sha256 " + made(64, HEX), "md5 " + made(32, HEX), "commit " + made(40, HEX), "hash=" + made(64, HEX), "AC_loss=0.1 ACCURACY=0.93", "ASIAN_FACES_DATASET_2021 acc 0.9",
    "on node 3 of 4", "from machine learning", "at host memory 12 GB", "checkpoint-1000 of resnet50.a1_in1k", "time 1700000000123 1700000000", "lr 1//2 of 1", "mode: r1i2 n3",
    "loss (415) 555", "[138-1234] 5678", "bbox 100 200 300 400", "2024-05-06 12:34:56", "138 1234 56", "hv.loss 0.1", "tel_loss: 0.1234567", "fax 0.5", "phone_acc: 0.98765432",
)  # fmt: skip
"""What looks a little like a secret, a machine or a telephone number and is none."""


@pytest.mark.parametrize("text", TOKENS.values(), ids=TOKENS)
def test_a_secret_of_every_kind_goes_wherever_it_stands(text: str) -> None:
    for around in ("{}", "found {} in env", "token='{}'", '{{"x": "{}"}}', "a={},b", "url/{}/x"):
        shown = redact(around.format(text))
        longest = max(
            (
                part
                for part in text.replace("=", " ")
                .replace(":", " ")
                .replace("/", " ")
                .replace(";", " ")
                .split()
            ),
            key=len,
        )
        assert "[secret]" in shown
        assert longest not in shown
        assert longest[:12] not in shown.replace("endpointsuffix", "")


@pytest.mark.parametrize(("text", "shown"), {**MACHINES, **PHONES}.items())
def test_names_of_machines_and_telephone_numbers_go(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize("text", TRAINING)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert redact(text) == text


def test_settings_called_like_keys_go_and_those_of_data_stay() -> None:
    assert [
        redact_fact(name, "abcdefgh12345678")
        for name in ("comet_key", "storage_key", "AZURE_OPENAI_KEY", "app_key")
    ] == ["[secret]"] * 4
    assert [
        redact_fact(name, "pixel_values")
        for name in ("image_key", "sort_key", "monitor_key", "keys")
    ] == ["pixel_values"] * 4


SETTINGS = (
    "'cls_token': dict(decay_mult=0.)", "mask_token: dict(x=1)", "HF_TOKEN: ${{ secrets.HF_TOKEN }}", "curl --form token=$COV_TOKEN", "--hf-token <HF_TOKEN>", "id-token: write", "password: ${PW}", "passwd=$DB_PASSWD/x",
    "pip install --user torch", "serve --host localhost --port 80", "serve --host 0.0.0.0",
    "repository_owner == 'org'", "uses: actions/checkout@9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0 # v7", "MASTER_ADDR=$MASTER_ADDR", "me ALL=(ALL) NOPASSWD: ALL",
)  # fmt: skip
"""What real configurations hold that is called like a secret, a person or a machine and is none, of
446 files of eight public trainers.
"""


@pytest.mark.parametrize("text", SETTINGS)
def test_a_setting_that_names_where_a_secret_is_or_a_token_of_the_vocabulary_stays(
    text: str,
) -> None:
    assert scrub(text.encode()) == text.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    {
        "hf_token: abcdefgh1234": "[secret]",
        "password: $ecret-99": "[secret]",
        "password: $Tr0ub4dor": "[secret]",
        "--db-password $Secret99xx": "--db-password [secret]",
        "api_key='$A9-zz-topsecret'": "api_key='[secret]'",
        "train.py --user bob --lr 0.1": "--user [user] --lr 0.1",
        "train.py --host node17 --lr 0.1": "--host [host] --lr 0.1",
        "torchrun --rdzv-endpoint=node17:29500 train.py": "--rdzv-endpoint=[host]:29500 train.py",
        "torchrun --master_addr login3 train.py": "--master_addr [host] train.py",
        "DB_PASSWD=abcd1234": "[secret]",
        "me@gpu1:~/x$ python": "[user]@[host]",
    }.items(),
)
def test_beside_those_the_real_ones_go(text: str, shown: str) -> None:
    assert shown in (scrub(text.encode()) or b"").decode()


KNOWN = {
    "adafruit-api-key": f"adafruit_key = '{made(32)}'",
    "airtable-api-key": f"AIRTABLE = {made(17)}",
    "clojars-api-token": f"CLOJARS_{made(60, 'abcdef0123456789')}",
    "dropbox-api-token": f"dropbox: {made(15)}",
    "duffel-api-token": f"duffel_live_{made(43)}",
    "flutterwave-secret-key": f"FLWSECK_TEST-{made(32, 'abcdefh0123456789')}-X".replace("g", "a"),
    "frameio-api-token": f"fio-u-{made(64)}",
    "heroku-api-key-v2": f"HRKU-AA{made(58)}",
    "huggingface": f"hf_{made(34, string.ascii_letters)}",
    "readme-api-token": f"rdme_{made(70, 'abcdefxyz0123456789')}",
    "typeform-api-token": f"typeform = tfp_{made(59)}",
}
"""Kinds that only the kept rules know, and one that both do."""


@pytest.mark.parametrize("text", KNOWN.values(), ids=KNOWN)
def test_the_kept_rules_find_what_our_own_do_not_name(text: str) -> None:
    assert "[secret]" in redact(text)


def test_the_kept_rules_are_whole_and_carry_their_licence() -> None:
    place = files("lossreport.reading.privacy")
    data = json.loads((place / DATA).read_text(encoding="utf-8"))
    assert len(known()) == len(data["rules"]) > 200
    assert all(rule.keywords and rule.pattern.groups >= 0 for rule in known())
    assert data["source"].startswith("https://github.com/gitleaks/gitleaks/blob/")
    assert (place / "gitleaks.LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_a_secret_that_is_not_random_is_none() -> None:
    assert without_known(f"hf_{'a' * 34}") == f"hf_{'a' * 34}"
    assert without_known(f"rdme_{made(70, 'abcdefxyz0123456789')}") == "[secret]"


def test_every_shape_has_its_literal_and_is_tried() -> None:
    assert len({(shape.vendor, shape.pattern) for shape in SHAPES}) == len(SHAPES)
    assert all(shape.vendor and shape.literal for shape in SHAPES)
    assert len({shape.vendor for shape in SHAPES}) >= 40


RUNS = [
    *sorted(
        path
        for kind in ("formats", "gallery")
        for path in (SAMPLES / kind).iterdir()
        if path.is_dir()
    ),
    SAMPLES / "vla_action_head",
    SAMPLES / "vla_healthy",
]


@pytest.mark.parametrize("run", RUNS, ids=lambda path: path.name)
def test_no_metric_of_the_sample_logs_is_redacted(run: Path, tmp_path: Path) -> None:
    """The logs are read as they are and with everything redacted that is: the same series with the
    same numbers.
    """
    copy = tmp_path / run.name
    shutil.copytree(run, copy)
    for path in copy.rglob("*"):
        if path.is_file() and (clean := scrub(path.read_bytes())) is not None:
            path.write_bytes(clean)
    before, after = (lossreport.read_runs([place], redact=False) for place in (run, copy))
    assert [one.key for one in _series(before)] == [one.key for one in _series(after)]
    for one, other in zip(_series(before), _series(after), strict=True):
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.y, other.y, equal_nan=True)


def _series(runs: tuple[lossreport.model.run.Run, ...]) -> list[lossreport.model.run.Series]:
    return [series for run in runs for series in run.series]
