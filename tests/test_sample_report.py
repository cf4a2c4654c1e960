"""The report on the document's own run says what is true of it, in both languages, and none of the
document's mistakes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import lossreport
from lossreport.model.analysis import Analysis, Finding, Severity, State
from lossreport.render.to_json import to_dict
from runs import SAMPLES

VLA = SAMPLES / "vla_action_head"


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return lossreport.analyze(lossreport.read_run([VLA]), strict=True)


@pytest.fixture(scope="module")
def pages(analysis: Analysis) -> dict[str, str]:
    """The whole report as plain text, by language."""
    report = lossreport.compose(analysis)
    return {lang: _plain(lossreport.render(report, "md", lang=lang)) for lang in ("zh", "en")}  # type: ignore[arg-type]


def _plain(markdown: str) -> str:
    text = re.sub(r"</?[a-z][^>]*>|[`*\\]", "", markdown)
    return re.sub(r"\s+", " ", text)


def _of(analysis: Analysis, kind: str, name: str, path: str) -> list[Finding]:
    ids = {s.id for s in analysis.runs[0].series if s.name == name and s.path == path}
    return [
        finding
        for finding in analysis.findings
        if finding.kind == kind and finding.series[0] in ids
    ]


SAYS = {
    "chance level": (["ln 65536 = 11.09", "它既不是最小值，也不是最大值"], ["ln 65536 = 11.09", "neither a minimum nor a maximum"]),
    "effective choices": (["4964", "7.6%"], ["4964 effective choices", "7.6% of V"]),
    "epoch 0 above chance": (["13.18", "2.09 nats"], ["13.18", "2.09 nats"]),
    "image tokens": (["ln 8192 = 9.011"], ["if", "ln 8192 = 9.011"]),
    "spikes": (["8.6×、3.4×".replace("×", " 倍"),], ["8.6×, 3.4× the chance level"]),
    "two groups": (["0.04-0.085", "0.612-0.824"], ["0.04-0.085", "0.612-0.824"]),
    "other rank": (["各 rank 的 rank-.log"], ["every rank's own means"]),
    "share of the range": (["6.5%"], ["6.5% of the range"]),
    "no division": (["不要再除以 action_dim = 7"], ["do not divide it by action_dim = 7"]),
    "progress of loss_ct": (["-4.4%"], ["-4.4%"]),
    "no validation": (["无法判断是否过拟合"], ["There is no validation loss in the logs, so overfitting and "
        "generalisation cannot be judged"]),
    "interrupted": (["训练没有跑完（12 / 20 epoch）"], ["Not complete (12 of 20 epochs)"]),
    "every weight": (["权重来自 args.json:17、args.json:18"], ["weights from args.json:17, args.json:18"]),
    "what agrees": (["等（epoch 均值，共 8 个序列）逐行一致"], ["and others (epoch mean; series: 8), row by row"]),
    "how it ended": (["未完成（被中断或仍在运行）"], ["incomplete (interrupted or still running)"]),
    "shares of value": (["不是梯度"], ["shares of value, not of gradient"]),
}  # fmt: skip


@pytest.mark.parametrize(("zh", "en"), SAYS.values(), ids=SAYS)
def test_the_report_says(zh: list[str], en: list[str], pages: dict[str, str]) -> None:
    assert [text for text in zh if text not in pages["zh"]] == []
    assert [text for text in en if text not in pages["en"]] == []


NEVER = {
    "ln V is no minimum": r"minimum (?:possible )?loss|理论最小|最小损失",
    "L1 is not divided by 7": r"0\.13\s*/\s*7|0\.0186|0\.019 per|除以 7",
    "one split of the total": r"87\s*%?\s*/\s*13",
    "0.04-0.08 is no level": r"converged (?:at|to) 0\.04|收敛到 0\.04|0\.04-0\.08 (?:level|水平)",
    "no gradient explosion as a fact": r"gradients? exploded|发生了梯度爆炸",
    "no verdict of over-fitting": r"run overfits\b|is over-?fitting\b|已经过拟合",
}


@pytest.mark.parametrize("pattern", NEVER.values(), ids=NEVER)
def test_the_report_never_says(pattern: str, pages: dict[str, str]) -> None:
    for page in pages.values():
        assert re.search(pattern, page) is None


def test_the_spikes_are_epochs_7_and_10_and_only_those(analysis: Analysis) -> None:
    spikes = [finding for finding in analysis.findings if finding.kind == "spike"]
    assert sorted(finding.start.x for finding in spikes) == [7, 10]
    assert len(_of(analysis, "spike", "closs", "log_train.txt")) == 2
    above = _of(analysis, "above_chance", "closs", "log_train.txt")
    assert [finding.rows for finding in above] == [(7, 10)]


def test_the_rows_of_loss_ct_are_two_groups(analysis: Analysis) -> None:
    mixture = _of(analysis, "mixture", "loss_ct", "log_train.txt")
    assert len(mixture) == 1
    by_series = {tuple(v.series): v.state for v in analysis.verdicts}
    states = {
        (s.name, s.path): by_series[(s.id,)]
        for s in analysis.runs[0].series
        if (s.id,) in by_series
    }
    assert states[("closs", "log_train.txt")] is State.MIXED
    assert states[("loss_ct", "log_train.txt")] is State.MIXED
    assert states[("closs", "output.log")] is State.CONVERGED
    assert states[("loss_ct", "output.log")] is State.IMPROVING
    assert analysis.run_verdict("r1").state is State.MIXED


def test_the_joint_clusters_are_those_of_the_table(analysis: Analysis) -> None:
    clusters = [finding.groups for finding in analysis.findings if finding.groups]
    assert clusters
    assert {(1, 4, 11), (2, 5), (3, 6, 9)} <= {tuple(sorted(rows)) for rows in clusters[0]}


def test_a_logging_artefact_ranks_before_real_instability(analysis: Analysis) -> None:
    first = analysis.findings[0]
    assert first.kind == "mixed_reduction"
    assert first.severity is Severity.HIGH
    assert [hypothesis.id for hypothesis in sorted(first.hypotheses, key=lambda h: h.rank)][:2] == [
        "mixed_reduction",
        "real_instability",
    ]
    for hypothesis in first.hypotheses:
        assert hypothesis.support
        assert hypothesis.against
        assert hypothesis.decided_by
    assert all(finding.severity is not Severity.CRITICAL for finding in analysis.findings)


def test_the_sources_disagree_by_the_factors_of_the_table(analysis: Analysis) -> None:
    finding = _of(analysis, "source_disagreement", "closs", "log_train.txt")[0]
    text = finding.text.plain("en")
    assert "1/4.0 to 1/2.0 of output.log in 10 epochs" in text
    assert "11×, 4.4× as high in epochs 7, 10" in text


def test_the_shares_stand_row_by_row(analysis: Analysis) -> None:
    ids = {s.id: s for s in analysis.runs[0].series}
    mine = [
        share for share in analysis.shares if ids[share.terms[0].series].path == "log_train.txt"
    ]
    closs = {share.at.row: share.terms[0].share for share in mine}
    assert len(closs) == 12
    assert min(closs.values()) == pytest.approx(0.21, abs=0.01)
    assert max(closs.values()) == pytest.approx(0.993, abs=0.001)
    for share in mine:
        assert sum(term.share for term in share.terms) == pytest.approx(1)


def test_every_finding_cites_lines_that_hold_its_values(analysis: Analysis) -> None:
    run = analysis.runs[0]
    lines = {
        source.id: (VLA / source.path).read_text(encoding="utf-8").splitlines()
        for source in run.sources
    }
    for finding in analysis.findings:
        assert finding.evidence
        for evidence in finding.evidence:
            assert 1 <= evidence.line <= len(lines[evidence.source])
    spike = _of(analysis, "spike", "closs", "log_train.txt")[0]
    row = json.loads(lines[spike.evidence[0].source][spike.evidence[0].line - 1])
    assert row["train_closs"] == spike.evidence[0].value == 95.19


def test_the_last_values_quoted_are_the_single_rank_s(analysis: Analysis) -> None:
    data: dict[str, Any] = to_dict(analysis)
    paths = {s["id"]: s["key"] for s in data["series"]}
    assert {
        key.split("@")[1].split(":")[0]
        for scale in data["scales"]
        for key in [paths[scale["series"][0]]]
    } == {"output.log"}


def test_the_run_stopped_in_epoch_12_of_20(analysis: Analysis) -> None:
    run = analysis.runs[0]
    assert run.status.value == "interrupted"
    assert run.progress.epochs == (12, 20)


def test_the_healthy_sample_is_healthy() -> None:
    healthy = lossreport.analyze(lossreport.read_run([SAMPLES / "vla_healthy"]), strict=True)
    assert healthy.run_verdict("r1").state in (State.IMPROVING, State.CONVERGED)
    assert [
        finding.kind
        for finding in healthy.findings
        if finding.severity.rank >= Severity.MEDIUM.rank
    ] == []


def test_the_report_is_written_where_the_user_asks(tmp_path: Path) -> None:
    lossreport.build([VLA], output=tmp_path / "r.html")
    assert 0 < (tmp_path / "r.html").stat().st_size <= 300_000
