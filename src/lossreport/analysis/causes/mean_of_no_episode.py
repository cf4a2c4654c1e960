"""A reward that is NaN behind NumPy's “Mean of empty slice”: no episode had ended, nothing was
measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.cause import Cause, Suspicion, strong
from lossreport.analysis.context import Context
from lossreport.analysis.signature import said
from lossreport.text import Text

WORDS: Final = r"Mean of empty slice"
BEFORE: Final = ("reward", "accuracy", "map", "time", "generic")
"""What is averaged over episodes, samples or objects; a loss of the training is not."""
SAID = Text(
    zh="第 {line} 行先有“{quote}”，`{metric}` 在其后的第 {first} 行才变成 NaN："
    "取平均时一个数也没有，不是算出了 NaN。",
    en="“{quote}” stands at line {line}, and `{metric}` is NaN only behind it (line {first}): "
    "the mean was over nothing, no NaN was computed.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a metric whose first NaN stands behind that warning, in the same
    file.
    """
    event = said(context, WORDS)
    if event is None:
        return
    for finding in context.of_kind("nonfinite"):
        series = context.subject(finding)
        if (
            not finding.rows
            or series.metric_type not in BEFORE
            or context.is_loss(series)
            or series.source != event.source
        ):
            continue
        first = int(series.line[finding.rows[0]])
        if first > event.line:
            text = SAID(line=event.line, quote=event.quote, metric=series.label, first=first)
            yield Suspicion(finding=finding, signs=(strong(text),))


CAUSE = Cause(
    id="mean_of_no_episode",
    family="metric",
    title=Text(
        zh="还没有一个回合结束（或没有样本），平均值是 0/0：没有测到，不是训练坏了",
        en="No episode had ended yet, or there was no sample: a mean over nothing (0/0). It "
        "was not measured, the training is not broken",
    ),
    decided_by=Text(
        zh="打印每次汇总时结束的回合数：为 0 就是它；之后的汇总会恢复有限值。",
        en="Print how many episodes had ended at each summary: 0 decides it, and later "
        "summaries are finite again.",
    ),
    do=Text(
        zh="训练不用停，也不用回退：让汇总间隔（summary_freq、log_interval）长于一个回合，"
        "或给回合加最大步数；没有回合结束时跳过记录。",
        en="Neither stop nor go back: make the interval of the summaries (summary_freq, "
        "log_interval) longer than an episode, or limit the steps of an episode; log "
        "nothing where none has ended.",
    ),
    reference="Unity-Technologies/ml-agents #117: NaN values in reward",
    suspect=suspect,
)
