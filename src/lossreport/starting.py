"""`lossreport init`: a settings file for a folder of logs, of what the logs say and lack. Every
line is commented out: it changes nothing by itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from lossreport import api
from lossreport.errors import UsageError
from lossreport.knowledge.loss_type import GENERIC, loss_type
from lossreport.model.analysis import Analysis, Goal
from lossreport.model.run import USER, Fact, Run, Series
from lossreport.settings_file import SettingsFile
from lossreport.text import Lang, Phrase, Text, show_value
from lossreport.writing import check_writable, write_file, write_stdout

NAME: Final = "lossreport.toml"
SAID: Final = (
    "vocab_size",
    "clip_grad",
    "world_size",
    "action_dim",
    "epochs",
    "max_steps",
    "batch_size",
    "lr",
    "seed",
    "precision",
)
"""Facts of the contract that are one number or word."""
EXAMPLES: Final[dict[str, Any]] = {
    "vocab_size": 65536,
    "clip_grad": 1.0,
    "batch_size": 32,
    "world_size": 8,
    "num_classes": 1000,
    "num_actions": 18,
    "loss_type": "sigmoid",
    "range": [-1, 1],
    "type": "cross_entropy",
    "beta": 0.1,
    "weight": 10,
}
"""What a value looks like. Facts without an example here take any number."""
MOST: Final = 12
"""Lines of one part: a table of forty metrics is looked up in the report."""

HEAD = Text(
    zh="lossreport 的设置，放在日志旁边。每一行设置都被注释掉，去掉行首的 # 才生效。"
    "命令行选项和环境变量 LOSSREPORT_BUILD_<选项> 优先于它。",
    en="Settings of lossreport, beside the logs. Every setting is commented out and takes "
    "effect without its #. The command line and LOSSREPORT_BUILD_<OPTION> stand before it.",
)
GOAL = Text(
    zh="评判所依据的指标。现在的依据：{why}",
    en="The metric that the run is judged by. Chosen now by: {why}",
)
NO_GOAL = Text(
    zh="评判所依据的指标：日志里没有能说明进展的指标，请写出它的名称。",
    en="The metric that the run is judged by: none in the logs is known to tell progress, so "
    "name one.",
)
OTHERS = Text(zh="也可以是：{names}", en="Or: {names}")
KNOWN = Text(
    zh="日志里已有的事实；写在这里会取代它们。",
    en="Facts that the logs say; a line here replaces them.",
)
SEVERAL = Text(
    zh="这里有 {count} 个 run；各 run 不同的事实没有列出。",
    en="{count} runs lie here; facts that differ among them are left out.",
)
LACKING = Text(
    zh="日志里没有、给出后可以判断得更具体的事实（数值只是示例）。",
    en="Facts that the logs lack, with which more can be said; the values are examples.",
)
TABLES = Text(
    zh="每个指标的事实：range 是取值范围，weight 是在总 loss 中的权重，type "
    "是种类（全部种类见 docs/losses.zh.md）。",
    en="Facts of single metrics: range is that of its target, weight the one in the total "
    "loss, type its kind (docs/losses.md lists all).",
)
FINDINGS = Text(
    zh="看过并接受的发现；到期后会再次报告。",
    en="Findings that were looked at and accepted; after the date they are told again.",
)
OPTIONS = Text(zh="build 的选项。", en="Options of build.")
REASON = Text(zh="已知并接受", en="known and accepted")


def start(path: str, output: str | None, lang: Lang) -> Path | None:
    """Write the settings file of a folder (or of the folder of a file), or print it where `output`
    is `-`; return where it lies.

    Raises UsageError where a file is there already: it is never overwritten.
    """
    folder = Path(path) if os.path.isdir(path) else Path(path).parent
    target = Path(output) if output is not None else folder / NAME
    if output != "-":
        if target.exists():
            raise UsageError(
                f"{os.fspath(target)!r} is there already",
                hint="It is never overwritten; -o - prints what would be written.",
            )
        check_writable(target)
    text = settings_of(api.analyze(api.read_runs([path])), lang)
    if output == "-":
        write_stdout(text)
        return None
    write_file(target, text)
    return target


def settings_of(analysis: Analysis, lang: Lang) -> str:
    """Return a settings file in TOML, each of its lines a comment; tables come last, for what
    follows one is inside it.
    """
    parts = (
        iter([_prose(HEAD(), lang)]),
        _goal(analysis, lang),
        _known(analysis.runs, lang),
        _options(lang),
        _lacking(analysis, lang),
        _findings(analysis, lang),
    )
    return "\n".join("".join(f"{line}\n" for line in part) for part in map(list, parts) if part)


def _prose(said: Phrase, lang: Lang) -> str:
    """Return a comment that stays one; a setting has no blank behind its `#`."""
    return f"# {show_value(said, lang)}"


def _goal(analysis: Analysis, lang: Lang) -> Iterator[str]:
    named = {series.id: series for run in analysis.runs for series in run.series}
    goals: Sequence[Goal] = analysis.goals
    if not goals:
        yield _prose(NO_GOAL(), lang)
        yield '#goal = "val/accuracy"'
        return
    chosen = named[goals[0].series]
    yield _prose(GOAL(why=goals[0].why), lang)
    yield f"#goal = {_toml(_spelled(chosen))}"
    others = [
        _spelled(s)
        for s in analysis.runs[0].series
        if _spelled(s) != _spelled(chosen) and loss_type(s.metric_type).role in ("metric", "loss")
    ]
    if others:
        yield _prose(OTHERS(names=", ".join(map(_toml, list(dict.fromkeys(others))[:MOST]))), lang)


def _spelled(series: Series) -> str:
    return f"{series.split}/{series.name}"


def _known(runs: Sequence[Run], lang: Lang) -> Iterator[str]:
    """Yield the facts that every run says alike, with the file and line that said each."""
    first = {
        fact.name: fact
        for fact in reversed(runs[0].facts)
        if fact.name in SAID and fact.source != USER
    }
    alike = [
        fact
        for fact in runs[0].facts
        if first.get(fact.name) is fact and all(run.value(fact.name) == fact.value for run in runs)
    ]
    told = [fact for fact in alike if _is_plain(fact)]
    if told:
        yield _prose(KNOWN(), lang)
    for fact in told:
        yield f"#{fact.name} = {_toml(fact.value)}{_from(fact, runs[0])}"
    if len(runs) > 1:
        yield _prose(SEVERAL(count=len(runs)), lang)


def _is_plain(fact: Fact) -> bool:
    """Return whether a fact may stand in a settings file as it is: a log may say `lr = cosine`."""
    try:
        SettingsFile.model_validate({fact.name: fact.value})
    except ValueError:
        return False
    return True


def _from(fact: Fact, run: Run) -> str:
    path = next((source.path for source in run.sources if source.id == fact.source), "")
    return f"  # {_toml(path)[1:-1]}:{fact.line}" if path and fact.line is not None else ""


def _lacking(analysis: Analysis, lang: Lang) -> Iterator[str]:
    """Yield what the scales of the report say that they need: facts of the run, then a table for
    each kind of fact of a metric.
    """
    needed = sorted({need for scale in analysis.scales for need in scale.needs})
    plain = [need for need in needs_of(needed, dotted=False) if need not in _names(analysis.runs)]
    if plain:
        yield _prose(LACKING(), lang)
    yield from (f"#{name} = {_toml(EXAMPLES.get(name, 1.0))}" for name in plain)
    tables: dict[str, list[str]] = {}
    for need in needs_of(needed, dotted=True):
        table, metric = need.split(".", 1)
        tables.setdefault(table, []).append(metric)
    unknown = [
        series.name
        for run in analysis.runs
        for series in run.series
        if series.metric_type == GENERIC
    ]
    if unknown:
        tables.setdefault("type", []).extend(unknown)
    if tables:
        yield _prose(TABLES(), lang)
    for table, metrics in tables.items():
        yield f"#[{table}]"
        yield from (
            f"#{_toml(metric)} = {_toml(EXAMPLES.get(table, 1.0))}"
            for metric in list(dict.fromkeys(metrics))[:MOST]
        )


def needs_of(needed: Sequence[str], *, dotted: bool) -> list[str]:
    """Return the needs that are of single metrics (`range.loss_ct`), or those of the whole run."""
    return [need for need in needed if ("." in need) == dotted]


def _names(runs: Sequence[Run]) -> set[str]:
    return {fact.name for run in runs for fact in run.facts}


def _options(lang: Lang) -> Iterator[str]:
    yield _prose(OPTIONS(), lang)
    yield f"#lang = {_toml(lang)}"
    yield '#fail_on = "high"'


def _findings(analysis: Analysis, lang: Lang) -> Iterator[str]:
    if not analysis.findings:
        return
    yield _prose(FINDINGS(), lang)
    for finding in analysis.findings[:MOST]:
        yield "#[[ignore_finding]]"
        yield f"#key = {_toml(finding.key)}  # {finding.id} {finding.kind}"
        yield f"#reason = {_toml(show_value(REASON(), lang))}"


def _toml(value: Any) -> str:
    """Return a value as TOML; its strings and numbers are those of JSON."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False)


WRITTEN: Final = Text(
    zh="已写出 {file}：把需要的设置行首的 # 去掉，再运行 lossreport build。",
    en="{file} is written: take the # from the settings that you need, then run lossreport build.",
)
