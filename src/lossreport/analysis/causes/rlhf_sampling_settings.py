"""A KL divergence below 0 in RLHF: the samples are not drawn from the policy that is trained."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Drift
from lossreport.analysis.signature import setting
from lossreport.text import Text, number

BELOW = Text(
    zh="`{kl}` 从 {before} 降到 {after}（第 {line} 行）：按策略自身采样时平均值不会为负。",
    en="`{kl}` fell from {before} to {after} (line {line}): with samples of the policy itself "
    "its mean is never negative.",
)
SET = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a divergence that is negative."""
    for finding, drift in context.seen(Drift):
        if not drift.negative:
            continue
        series = context.subject(finding)
        told = BELOW(
            kl=series.label,
            before=number(drift.before),
            after=number(drift.after),
            line=int(series.line[-1]),
        )
        signs = [strong(told)]
        chosen = setting(context, "top_k", "top_p", "min_length", "min_new_tokens")
        if chosen is not None:
            signs.append(weak(SET(name=chosen[0], value=chosen[1])))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code="generation_kwargs = "
            '{"top_k": 0, "top_p": 1.0, "do_sample": True, "min_length": -1}',
        )


CAUSE = Cause(
    id="rlhf_sampling_settings",
    family="reinforcement",
    title=Text(
        zh="生成设置（top_k、top_p、最短长度）使样本不再来自策略本身",
        en="Generation settings (top_k, top_p, a least length) draw samples that are not the "
        "policy's own",
    ),
    decided_by=Text(
        zh="用纯采样（top_k 0、top_p 1、不限最短长度）跑几步：KL 回到非负就是它。",
        en="Run some steps with pure sampling (top_k 0, top_p 1, no least length): a KL that "
        "is not negative any more decides it.",
    ),
    do=Text(
        zh="训练时用纯采样：top_k 设 0、top_p 设 1、不设最短长度，也不要屏蔽 EOS。",
        en="Sample without restrictions while training: top_k 0, top_p 1, no least length, "
        "and do not suppress EOS.",
    ),
    reference="huggingface/trl #615: PPO Training issue",
    suspect=suspect,
)
