"""Embedded logs come out as they went in, nothing lands outside the folder, and a redacted report
carries no secret.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from lossreport import api
from lossreport.errors import ReportError, UsageError
from lossreport.reading.privacy.scrubbing import scrub
from lossreport.render.attachments import Attachment, attached, unpacked
from lossreport.store.extract import extract
from lossreport.store.stored import read_report
from lossreport.verify.verify import verify
from runs import SAMPLES, falling

FORMATS = SAMPLES / "formats"


@pytest.mark.parametrize("name", ["hf_trainer_state", "tfevents", "wandb", "mlflow_sqlite"])
def test_the_bytes_that_went_in_come_out(name: str, tmp_path: Path) -> None:
    api.build([FORMATS / name], tmp_path / "r.html", embed_logs=True, redact=False)
    extract(tmp_path / "r.html", tmp_path / "out")
    written = {
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert written - {"lossreport.json"}
    for file in written - {"lossreport.json"}:
        assert (tmp_path / "out" / file).read_bytes() == (FORMATS / name / file).read_bytes()
    sources = json.loads((tmp_path / "out" / "lossreport.json").read_text())["runs"][0]["sources"]
    for source in sources:
        if source["sha256"]:
            assert (
                hashlib.sha256((tmp_path / "out" / source["path"]).read_bytes()).hexdigest()
                == source["sha256"]
            )
    assert verify(tmp_path / "r.html").differences == ()


def test_the_extracted_folder_gives_the_same_report(tmp_path: Path) -> None:
    api.build([SAMPLES / "vla_action_head"], tmp_path / "r.html", embed_logs=True, redact=False)
    extract(tmp_path / "r.html", tmp_path / "vla_action_head")
    api.build(
        [tmp_path / "vla_action_head"], tmp_path / "again.html", embed_logs=True, redact=False
    )
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "r.html").read_bytes()


@pytest.mark.parametrize(
    "path",
    ["../evil", "/tmp/evil", "a/../../evil", "..", "C:/evil", "a\\..\\..\\evil", "link/evil", ""],
)
def test_nothing_is_written_outside_the_folder(path: str, tmp_path: Path) -> None:
    api.build([FORMATS / "generic_csv"], tmp_path / "r.html")
    page = attached((tmp_path / "r.html").read_text(), [Attachment(path=path, content=b"x")])
    (tmp_path / "r.html").write_text(page)
    out = tmp_path / "out"
    out.mkdir()
    (out / "link").symlink_to(tmp_path)
    with pytest.raises(ReportError):
        extract(tmp_path / "r.html", out)
    assert {file.name for file in tmp_path.rglob("*")} == {"r.html", "out", "link"}


def test_a_log_that_is_not_what_its_digest_says_is_refused(tmp_path: Path) -> None:
    page = attached("<body></body>", [Attachment(path="a", content=b"loss 1")])
    block = re.search(r">(\{.*?\})</script>", page)
    assert block is not None
    assert unpacked(block[1]).content == b"loss 1"
    value = json.loads(block[1])
    for broken in (
        {"sha256": "0" * 64},
        {"bytes": 5},
        {"bytes": 7},
        {"data": "!"},
        {"encoding": "zip"},
    ):
        with pytest.raises(ReportError):
            unpacked(json.dumps({**value, **broken}))
    with pytest.raises(ReportError):
        unpacked("{}")


SECRETS = {
    "key": "hf_abcdefghijklmnopqrstuvwx",
    "home": "/home/zhangsan/runs",
    "host": "gpu-node-17",
    "person": "zhangsan",
    "pem": "MIIEvQIBADANBgkqhkiG9w0BAQ",
}


def noisy_log(place: Path) -> Path:
    place.mkdir()
    head = (
        f"login token {SECRETS['key']}\nsaving to {SECRETS['home']}\nhostname={SECRETS['host']}, "
        f"user: '{SECRETS['person']}'\n-----BEGIN RSA PRIVATE "
        f"KEY-----\n{SECRETS['pem']}\n-----END RSA PRIVATE KEY-----\n"
    )
    rows = "".join(f'{{"step": {i}, "loss": {y:.4f}}}\n' for i, y in enumerate(falling(30)))
    (place / "train.jsonl").write_text(rows)
    (place / "train.log").write_text(
        head + "".join(f"step {i} loss {y:.4f}\n" for i, y in enumerate(falling(30)))
    )
    return place


def test_a_redacted_report_carries_no_secret_and_the_same_lines(tmp_path: Path) -> None:
    logs = noisy_log(tmp_path / "run")
    api.build([logs], tmp_path / "r.html", embed_logs=True)
    carried = {log.path: log for log in read_report(tmp_path / "r.html").logs()}
    assert carried["train.log"].redacted
    assert not carried["train.jsonl"].redacted
    assert [
        name for name, secret in SECRETS.items() if secret.encode() in carried["train.log"].content
    ] == []
    assert carried["train.log"].content.count(b"\n") == (logs / "train.log").read_bytes().count(
        b"\n"
    )
    assert (
        carried["train.log"].original
        == hashlib.sha256((logs / "train.log").read_bytes()).hexdigest()
    )
    assert verify(tmp_path / "r.html", [logs]).differences == ()


def test_only_no_redact_embeds_the_secret_and_what_cannot_be_redacted(tmp_path: Path) -> None:
    logs = noisy_log(tmp_path / "run")
    api.build([logs], tmp_path / "r.html", embed_logs=True, redact=False)
    assert all(not log.redacted for log in read_report(tmp_path / "r.html").logs())
    assert {log.path for log in read_report(tmp_path / "r.html").logs()} == {
        "train.log",
        "train.jsonl",
    }
    api.build([FORMATS / "tfevents"], tmp_path / "t.html", embed_logs=True)
    assert list(read_report(tmp_path / "t.html").logs()) == []
    assert extract(tmp_path / "t.html", tmp_path / "out").missing == (
        "events.out.tfevents.1795330944.vm",
    )


@pytest.mark.parametrize("content", [b"a\0b", "损失 1".encode("gb18030")])
def test_what_is_no_utf8_text_is_not_taken_for_redacted(content: bytes) -> None:
    assert scrub(content) is None


def test_numbers_are_never_redacted() -> None:
    assert scrub(b"host=3 user: 4.5e-3 loss=2.31 ip 8.8") == b"host=3 user: 4.5e-3 loss=2.31 ip 8.8"


def test_two_logs_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.csv").write_text(
            "step,loss\n" + "".join(f"{i},{y:.4f}\n" for i, y in enumerate(falling(20)))
        )
    with pytest.raises(UsageError):
        api.build([tmp_path / "a", tmp_path / "b"], tmp_path / "r.html", embed_logs=True)
    api.build([tmp_path], tmp_path / "r.html", embed_logs=True)
    assert [log.path for log in read_report(tmp_path / "r.html").logs()] == [
        "a/log.csv",
        "b/log.csv",
    ]


def test_only_html_can_hold_logs(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        api.build([FORMATS / "generic_csv"], tmp_path / "r.json", embed_logs=True)
