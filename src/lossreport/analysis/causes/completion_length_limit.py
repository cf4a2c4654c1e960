"""Answers that are cut at the length limit: they never reach their end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.beside import beside, finite
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.detectors.clipped_share import HighShare
from lossreport.analysis.signature import moved, setting
from lossreport.text import Text, number, percent

AT_LIMIT: Final = 0.95
"""The mean length is within 5 % of the longest."""

CUT = Text(
    zh="`{metric}` 末段为 {value}：几乎没有回答自己结束。",
    en="`{metric}` ends at {value}: hardly any answer ends by itself.",
)
LENGTH = Text(
    zh="`{length}` 为 {value}（第 {line} 行），正在上限 {limit} 处。",
    en="`{length}` is {value} (line {line}), at the limit of {limit}.",
)
RAISE = Text(
    zh="把 max_completion_length 从 {limit} 提高到 {more}（显存不足时减少每组回答数），"
    "或缩短提示；同时确认 EOS 没有被当作填充符屏蔽，并对被截断的回答屏蔽 loss。",
    en="Raise max_completion_length from {limit} to {more} (with fewer answers a group where "
    "memory is short), or shorten the prompts; see that EOS is not masked as padding, and "
    "mask the loss of cut answers.",
)


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for answers that are nearly all cut."""
    for finding, cut in context.seen(HighShare):
        series = context.subject(finding)
        if "clipped_ratio" not in series.name and "trunc" not in series.name:
            continue
        signs = [strong(CUT(metric=series.label, value=percent(cut.last)))]
        limit = setting(
            context,
            "max_completion_length",
            "max_new_tokens",
            "response_length",
            "max_response_length",
        )
        length = beside(
            context,
            series,
            r"(?:completions?/)?(?:mean_length|completion_length)|response_length(?:/mean)?",
        )
        top = (
            float(limit[1])
            if limit is not None and isinstance(limit[1], int | float)
            else _longest(context)
        )
        do = None
        if (
            length is not None
            and len(finite(length))
            and top
            and float(finite(length)[-1]) >= AT_LIMIT * top
        ):
            told = LENGTH(
                length=length.label,
                value=number(float(finite(length)[-1])),
                line=int(length.line[-1]),
                limit=number(top),
            )
            signs.append(weak(told))
            do = RAISE(limit=number(top), more=number(2 * top))
        terminated = beside(context, series, r"completions?/mean_terminated_length")
        if terminated is not None and len(terminated) and float(terminated.y[-1]) == 0:
            signs.append(weak(moved(terminated)))
        yield Suspicion(finding=finding, signs=tuple(signs), do=do)


def _longest(context: Context) -> float:
    found = [
        float(finite(one).max())
        for one in context.judged
        if "max_length" in one.name and len(finite(one))
    ]
    return max(found, default=0.0)


CAUSE = Cause(
    id="completion_length_limit",
    family="reinforcement",
    title=Text(
        zh="回答还没结束就在长度上限处被截断",
        en="Answers are cut at the length limit before they end",
    ),
    decided_by=Text(
        zh="打印几条被截断的回答：若内容完整只差结尾，是上限太短；若在重复，是模型没有学会 EOS。",
        en="Print some cut answers: where only the end is missing the limit is too short, "
        "where they repeat themselves the model has not learned EOS.",
    ),
    do=Text(
        zh="提高 max_completion_length 或缩短提示；确认 EOS 没有被当作填充符屏蔽，"
        "并对被截断的回答屏蔽 loss。",
        en="Raise max_completion_length or shorten the prompts; see that EOS is not masked as "
        "padding, and mask the loss of cut answers.",
    ),
    reference="modelscope/ms-swift #4950: grpo训练结果不正常（completions/clipped_ratio "
    "长期为1.0）",
    suspect=suspect,
)
