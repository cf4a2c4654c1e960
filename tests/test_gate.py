"""What makes a pipeline stop: a metric that misses its limit, a finding of some severity."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import lossreport
from lossreport.cli import main
from lossreport.errors import UsageError
from lossreport.gate import missed, reaches, requirement
from runs import falling, make_run, make_series

SCORE = make_series([0.1, 0.31, 0.25], "mAP", "val", id="m2")


def lines(*wanted: str) -> list[str]:
    analysis = lossreport.analyze(make_run([make_series(falling(30), "loss"), SCORE]), strict=True)
    return [line.plain("en") for line in missed(analysis, [requirement(one) for one in wanted])]


@pytest.mark.parametrize(
    ("wanted", "met"),
    [("val/mAP>=0.31", True), ("val/mAP > 0.31", False), ("loss<=2.1", True), ("loss<1.9", False)],
)
def test_the_best_value_of_a_validation_and_the_last_of_a_training_loss_are_held_against_the_limit(
    wanted: str, met: bool
) -> None:
    assert (lines(wanted) == []) is met


def test_a_miss_names_value_and_place() -> None:
    (line,) = lines("val/mAP>=0.4")
    assert "val/mAP >= 0.4: 0.31 (epoch 1, log_train.txt:2)" in line


def test_a_metric_that_was_not_read_is_a_miss() -> None:
    assert lines("val/wer<=0.1") == ["run: val/wer <= 0.1: no such metric was read"]


@pytest.mark.parametrize(
    "text", ["", "val/mAP", ">=3", "val/mAP=>3", "val/mAP>=three", "val/mAP>=1.2.3"]
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        requirement(text)


def test_a_severity_is_reached_by_a_finding_of_it() -> None:
    broken = lossreport.analyze(make_run(loss=[*falling(30), np.nan]), strict=True)
    assert reaches(broken, "critical")
    assert not reaches(lossreport.analyze(make_run(loss=falling(30)), strict=True), "low")


@pytest.mark.parametrize(
    ("wanted", "code"), [("val_loss<=1", 0), ("val_loss<=0.1", 4), ("val_loss", 2)]
)
def test_the_command_writes_the_report_and_exits_with_four(
    wanted: str, code: int, tmp_path: Path
) -> None:
    rows = "\n".join(f"{n},{1 / (n + 1)},{1.2 / (n + 1)}" for n in range(4))
    (tmp_path / "log.csv").write_text(f"epoch,loss,val_loss\n{rows}\n")
    wanted = wanted.replace("val_loss", "val/loss")
    ran = CliRunner().invoke(main, ["build", str(tmp_path), "-f", "md", "--require", wanted, "-q"])
    assert ran.exit_code == code
    assert (tmp_path / "lossreport.md").exists() is (code != 2)


def test_a_miss_is_told_in_the_language_of_the_report(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},{1 / (n + 1)},{1.2 / (n + 1)}" for n in range(4))
    (tmp_path / "log.csv").write_text(f"epoch,loss,val_loss\n{rows}\n")
    asked = [
        "build",
        str(tmp_path),
        "-f",
        "md",
        "--require",
        "val/loss<=0.1",
        "--require",
        "val/wer<=0.1",
        "-q",
        "--lang",
    ]
    told = {lang: CliRunner().invoke(main, [*asked, lang]).stderr for lang in ("zh", "en")}
    assert "未达到：" in told["zh"]
    assert "没有读到这个指标" in told["zh"]
    assert "missed" not in told["zh"]
    assert "missed: " in told["en"]
    assert "no such metric was read" in told["en"]
