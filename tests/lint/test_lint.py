"""A hand-written note is held against the logs: what is right passes, what is wrong is named with
its line, what is open stays open.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import lossreport
from lossreport.cli import main
from lossreport.lint.course import kendall
from lossreport.lint.lint import Lint, of_text, told
from lossreport.model.analysis import Analysis
from runs import SAMPLES, SEED_CLOSS, SEED_LOSS_CT, falling, make_run

VLA = SAMPLES / "vla_action_head"


@pytest.fixture(scope="module")
def vla() -> Analysis:
    return lossreport.analyze(lossreport.read_run([VLA]), strict=True)


@pytest.fixture(scope="module")
def healthy() -> Analysis:
    return lossreport.analyze(
        make_run(closs=falling(40, noise=0.002), facts={"vocab_size": 8192, "clip_grad": 4.0}),
        strict=True,
    )


def wrong(found: Lint) -> list[int]:
    return [answer.claim.origin.line for answer in found.contradictions]


# -------------------------------------------------------------------- right and wrong in one number
RIGHT_ZH = """# 训练记录
## log_train.txt
| Epoch | CLoss | Loss_CT | 状态 |
|---|---|---|---|
| 0 | 3.26 | 0.085 | 初始 |
| 7 | **95.19** | 0.069 | 异常 |
- Epoch 7和10出现CLoss异常峰值（95.19, 37.74）
- 正常epoch中CLoss在2.13-4.21之间波动
## output.log
- loss_ct Epoch 0-12: 0.344 → 0.129（持续下降）
- clip_grad=4.0，vocab_size = 65536，log(65536) ≈ 11.09
- closs 在当前学习率下已经收敛
## 结论
- 模型未完全收敛
- log(65536) 是随机猜测的机会水平
"""
RIGHT_EN = """# Notes
## log_train.txt
| epoch | closs | loss_ct |
|---|---|---|
| 3 | 2.14 | 0.779 |
- The spikes of closs at epochs 7 and 10 (95.19, 37.74) stand out.
- closs stays between 2.13 and 4.21 in normal epochs.
## output.log
- closs epoch 0-12: 13.18 -> 8.51
- The loss_ct keeps falling.
- clip_grad = 4.0
## Verdict
- The model has not converged.
- ln(8192) = 9.01
"""


@pytest.mark.parametrize("note", [RIGHT_ZH, RIGHT_EN], ids=["zh", "en"])
def test_a_note_that_is_right_has_no_contradiction(note: str, vla: Analysis) -> None:
    found = of_text(note, vla)
    assert [(answer.claim, answer.text.plain("en")) for answer in found.contradictions] == []
    assert sum(answer.outcome == "confirmed" for answer in found.answers) >= 8


CHANGES = [
    (RIGHT_ZH, "| 0 | 3.26 |", "| 0 | 3.62 |"),
    (RIGHT_ZH, "0.069 | 异常", "0.690 | 异常"),
    (RIGHT_ZH, "（95.19, 37.74）", "（95.19, 31.74）"),
    (RIGHT_ZH, "Epoch 7和10出现", "Epoch 7和9出现"),
    (RIGHT_ZH, "2.13-4.21之间", "2.13-3.21之间"),
    (RIGHT_ZH, "0.344 → 0.129", "0.344 → 0.229"),
    (RIGHT_ZH, "clip_grad=4.0", "clip_grad=1.0"),
    (RIGHT_ZH, "vocab_size = 65536", "vocab_size = 32000"),
    (RIGHT_ZH, "log(65536) ≈ 11.09", "log(65536) ≈ 12.09"),
    (RIGHT_EN, "| 3 | 2.14 |", "| 3 | 2.41 |"),
    (RIGHT_EN, "between 2.13 and 4.21", "between 3.13 and 4.21"),
    (RIGHT_EN, "13.18 -> 8.51", "13.18 -> 7.51"),
    (RIGHT_EN, "closs at epochs 7 and 10 (95.19, 37.74) stand", "closs at epochs 7 and 8 stand"),
    (RIGHT_EN, "has not converged", "has converged"),
    (RIGHT_EN, "ln(8192) = 9.01", "ln(8192) = 8.01"),
]


@pytest.mark.parametrize(("note", "old", "new"), CHANGES, ids=[new for _, _, new in CHANGES])
def test_one_wrong_number_is_named_with_its_line(
    note: str, old: str, new: str, vla: Analysis
) -> None:
    text = note.replace(old, new)
    assert text != note
    lines = [
        number
        for number, (a, b) in enumerate(zip(note.splitlines(), text.splitlines(), strict=True), 1)
        if a != b
    ]
    assert set(wrong(of_text(text, vla))) == set(lines)


# ---------------------------------------------------------------------------------- kinds of claims
WRONG = {
    "log_train.txt: loss_ct 稳定在 0.04-0.08": "6 of 12 rows of loss_ct",
    "loss_ct: 每个维度的平均误差约为 0.13/7 ≈ 0.019": "per dimension already",
    "理论最小损失 ≈ log(65536) ≈ 11.09": "chance level",
    "The theoretical minimum loss is log(65536)": "not a minimum",
    "贡献比例：closs 占 87% / loss_ct 占 13%": "varies row by row",
    "log_train.txt: closs 总体趋势下降": "no such trend",
    "log_train.txt: loss_ct has converged": "mixed",
    "closs = 950.5": "never has such a value",
    "总共 40 个 epoch": "the logs hold",
    "第 7 个 epoch 的 closs 是 4.21": "closs = 95.19",
}


@pytest.mark.parametrize(("note", "said"), WRONG.items(), ids=WRONG)
def test_what_the_logs_contradict(note: str, said: str, vla: Analysis) -> None:
    found = of_text(note, vla)
    assert [said in answer.text.plain("en") for answer in found.contradictions][:1] == [True]


OPEN = [
    "closs 范围通常在 2-15",
    "如果 vocab_size = 8192，closs = 20.5 表示没有学到东西",
    "Typical values of loss_ct are 0.01-0.02.",
    "建议把 clip_grad=1.0",
    "模型是否收敛？",
    "accuracy = 0.93",
    "| GPT-2 | 2-4 |",
    "loss_ct Epoch 40-41: 0.3 → 0.2",
    "If the action has 9 dimensions, 0.13/9 per dimension.",
    "再训练 3-5 个epoch",
    "closs: 900 个批次",
    "log_train.txt 第 8 行的 closs 为 95.19",
    "closs is 500 times smaller",
    "log_train.txt: closs 不再持续下降",
    "log_train.txt: loss_ct is not stable",
    "loss_ct 接近完全收敛",
    "There is no spike of closs at epoch 5.",
    "epochs = 12",
    "epochs: 20",
    "closs = 2-4（正常epoch）或 8.5（从output.log）",
]


@pytest.mark.parametrize("note", OPEN)
def test_what_is_general_conditional_or_unknown_is_no_contradiction(
    note: str, vla: Analysis
) -> None:
    assert of_text(note, vla).contradictions == ()


TRUE_OF_HEALTHY = [
    "closs overall decreasing",
    "closs 总体趋势下降",
    "ln(8192) = 9.01",
    "clip_grad = 4.0",
    "总共 40 个 epoch",
]


@pytest.mark.parametrize("note", TRUE_OF_HEALTHY)
def test_what_holds_of_a_falling_curve_is_borne_out(note: str, healthy: Analysis) -> None:
    found = of_text(note, healthy)
    assert [answer.outcome for answer in found.answers] == ["confirmed"]


@pytest.mark.parametrize("note", ["closs overall increasing", "closs 有上升趋势"])
def test_the_other_direction_is_contradicted(note: str, healthy: Analysis) -> None:
    assert wrong(of_text(note, healthy)) == [1]


def test_a_share_that_holds_in_most_rows_is_borne_out() -> None:
    steady = make_run(
        closs=falling(20, 8, 4), loss_ct=falling(20, 0.08, 0.04), facts={"weight.loss_ct": 10}
    )
    analysis = lossreport.analyze(steady, strict=True)
    assert wrong(of_text("贡献比例：closs 占 91%", analysis)) == []
    assert wrong(of_text("贡献比例：closs 占 80%", analysis)) == [1]


@pytest.mark.parametrize(
    ("column", "tau"), [(SEED_CLOSS, 0.08), (SEED_LOSS_CT, None), (tuple(range(12)), 1.0)]
)
def test_kendall_s_tau(column: tuple[float, ...], tau: float | None) -> None:
    y = np.array(column, dtype=float)
    found, p = kendall(y)
    assert tau is None or found == pytest.approx(tau, abs=0.01)
    assert 0 <= p <= 1
    assert kendall(y[::-1])[0] == pytest.approx(-found)


# -------------------------------------------------------------------------------------- the command
DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "seed" / "training-state-analysis.zh.md"
FOUND = {
    54: "ln 65536",
    113: "除以 7",
    157: "12 行中有 6 行",
    158: "没有这样的趋势",
    200: "占比逐行变化",
    284: "12 行中有 6 行",
}


@pytest.mark.shared
@pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"needs {DOCUMENT}")
def test_the_document_this_program_replaces(vla: Analysis) -> None:
    said: dict[int, str] = {}
    for answer in of_text(DOCUMENT.read_text(encoding="utf-8"), vla).contradictions:
        said[answer.claim.origin.line] = said.get(answer.claim.origin.line, "") + answer.text.plain(
            "zh"
        )
    assert {line: text for line, text in FOUND.items() if text not in said.get(line, "")} == {}
    assert set(said) <= {*FOUND, 57, 167, 201, 225, 232}


def run(tmp_path: Path, note: str, *options: str) -> tuple[int, str]:
    path = tmp_path / "note.md"
    path.write_text(note, encoding="utf-8")
    result = CliRunner().invoke(main, ["lint", str(path), str(VLA), *options])
    return result.exit_code, result.output


@pytest.mark.parametrize(("note", "code"), [("clip_grad = 4.0", 0), ("clip_grad = 1.0", 4)])
def test_the_exit_code_says_whether_the_logs_contradict(
    note: str, code: int, tmp_path: Path
) -> None:
    assert run(tmp_path, note)[0] == code


@pytest.mark.parametrize(
    ("lang", "zh", "en"), [("both", True, True), ("zh", True, False), ("en", False, True)]
)
def test_the_answers_are_in_the_languages_asked_for(
    lang: str, zh: bool, en: bool, tmp_path: Path
) -> None:
    _, output = run(tmp_path, "# a\n\nclip_grad = 1.0", "--lang", lang)
    assert "note.md:3: clip_grad = 1.0 -> " in output
    assert ("日志中 clip_grad = 4" in output) is zh
    assert ("the logs have clip_grad = 4" in output) is en


def test_what_is_not_checked_is_listed_where_asked(tmp_path: Path) -> None:
    note = "Typical values of loss_ct are 0.01-0.02.\n"
    assert "Typical" not in run(tmp_path, note)[1]
    assert "note.md:1: Typical" in run(tmp_path, note, "-v")[1]


def test_a_missing_note_and_missing_logs_are_errors_of_use(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["lint", str(tmp_path / "no.md"), str(VLA)]).exit_code == 2
    (tmp_path / "note.md").write_text("x", encoding="utf-8")
    assert (
        CliRunner()
        .invoke(main, ["lint", str(tmp_path / "note.md"), str(tmp_path / "none")])
        .exit_code
        == 2
    )
    (tmp_path / "empty").mkdir()
    assert (
        CliRunner()
        .invoke(main, ["lint", str(tmp_path / "note.md"), str(tmp_path / "empty")])
        .exit_code
        == 3
    )


def test_the_note_is_told_line_by_line(vla: Analysis) -> None:
    lines = list(told(of_text("clip_grad = 1.0", vla, "n.md"), "en"))
    assert lines[0].startswith("n.md:1: clip_grad = 1.0 -> the logs have clip_grad = 4 ")
    assert lines[-1] == "n.md: 1 claims contradicted by the logs, 0 borne out, 0 unchecked."
