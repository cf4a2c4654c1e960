"""The runs of the gallery: what was injected into each, what the report says, and, as a hook of
MkDocs, the reports themselves.

`docs/generate.py` writes the words into `gallery.md` and `gallery.zh.md`; `mkdocs build` calls
`on_pre_build`, which writes the reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import lossreport
from lossreport.analysis.detector import kinds
from lossreport.model.analysis import Analysis
from lossreport.text import Lang, Text
from lossreport.words import SEVERITIES

DOCS: Final = Path(__file__).resolve().parent
RUNS_FOLDER: Final = DOCS.parent / "sample_logs" / "gallery"
REPORTS: Final = DOCS / "gallery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A run of the gallery: its folder below `sample_logs/gallery`, a heading, and what was done to
    it.
    """

    folder: str
    title: Text
    injected: Text


RUNS: Final = (
    Shown(
        folder="keras_healthy",
        title=Text(zh="健康的训练（Keras）", en="A healthy run (Keras)"),
        injected=Text(zh="没有注入任何异常。", en="nothing."),
    ),
    Shown(
        folder="hf_spike",
        title=Text(zh="尖峰（Hugging Face Trainer）", en="Spikes (Hugging Face Trainer)"),
        injected=Text(
            zh="第 61 步打乱标签；第 111 步打乱标签，同时学习率乘 40。",
            en="poisoned labels at step 61; poisoned labels and 40 times the learning rate at "
            "step 111.",
        ),
    ),
    Shown(
        folder="jax_divergence",
        title=Text(zh="发散到 NaN（JAX）", en="Divergence to NaN (JAX)"),
        injected=Text(zh="SGD 学习率设为 1e5。", en="a learning rate of 1e5 for SGD."),
    ),
    Shown(
        folder="keras_overfit",
        title=Text(zh="过拟合（Keras）", en="Over-fitting (Keras)"),
        injected=Text(
            zh="训练集只有 60 行，训练 80 个 epoch。",
            en="a training set of 60 rows, trained on for 80 epochs.",
        ),
    ),
    Shown(
        folder="hf_hidden_nan",
        title=Text(
            zh="被日志掩盖的 NaN（Hugging Face Trainer）",
            en="A NaN that the logger hides (Hugging Face Trainer)",
        ),
        injected=Text(
            zh="学习率过大，loss 变成 NaN；Trainer 默认的过滤器把它记成 0.0。",
            en="a learning rate that makes the loss NaN, which the Trainer's filter, on by "
            "default, logs as 0.0.",
        ),
    ),
    Shown(
        folder="mae_resume",
        title=Text(zh="中断后续训（MetricLogger）", en="Killed and resumed (MetricLogger)"),
        injected=Text(
            zh="写到半行时进程被杀，从两个 epoch 之前的检查点重启，一部分行写了两遍。",
            en="the process was killed in the middle of a line and restarted from the "
            "checkpoint two epochs before, so that rows stand twice.",
        ),
    ),
)

INJECTED = Text(zh="注入的异常", en="Injected")
VERDICT = Text(zh="报告的判断", en="The report's verdict")
FOUND = Text(zh="发现", en="Found")
KIND = Text(zh="{kind}（{severity}）", en="{kind} ({severity})")
NOTHING = Text(zh="没有", en="nothing")
REPORT = Text(zh="打开报告", en="Open the report")
LOGS = Text(zh="日志", en="Logs")
COLON = Text(zh="：", en=": ")
COMMA = Text(zh="、", en=", ")


def analysis_of(shown: Shown) -> Analysis:
    """Read and analyse a run of the gallery."""
    return lossreport.analyze(lossreport.read_run([RUNS_FOLDER / shown.folder]))


def entries(lang: Lang) -> str:
    """Return the gallery as Markdown: of every run what was injected, what the report says of it,
    and where both are.
    """
    return "\n\n".join(_entry(shown, analysis_of(shown), lang) for shown in RUNS)


def _entry(shown: Shown, analysis: Analysis, lang: Lang) -> str:
    verdict = analysis.run_verdict(analysis.runs[0].id)
    worst = {
        finding.kind: finding.severity
        for finding in sorted(analysis.findings, key=lambda finding: finding.severity.rank)
    }
    ordered = sorted(worst, key=lambda kind: -worst[kind].rank)
    found = COMMA.of(lang).join(
        KIND.of(lang).format(kind=kinds()[kind].of(lang), severity=SEVERITIES[worst[kind]].of(lang))
        for kind in ordered
    )
    rows = (
        (INJECTED, shown.injected.of(lang)),
        (VERDICT, f"`{verdict.state.value}` · {verdict.text.plain(lang)}"),
        (FOUND, found or NOTHING.of(lang)),
        (LOGS, f"`sample_logs/gallery/{shown.folder}`"),
    )
    lines = [f"- {name.of(lang)}{COLON.of(lang)}{text}" for name, text in rows]
    return "\n".join(
        [
            f"## {shown.title.of(lang)}",
            "",
            *lines,
            f"- [{REPORT.of(lang)}](gallery/{shown.folder}.html)",
        ]
    )


def on_pre_build(config: Any) -> None:
    """Write the report of every run into `docs/gallery`; a report that has not changed is left, so
    that `mkdocs serve` comes to rest.
    """
    REPORTS.mkdir(exist_ok=True)
    for shown in RUNS:
        target = REPORTS / f"{shown.folder}.html"
        text = lossreport.render(lossreport.compose(analysis_of(shown)))
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
