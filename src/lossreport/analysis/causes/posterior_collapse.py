"""A VAE whose code is ignored: its KL term is nothing and the reconstruction stays at a mean."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.beside import beside
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Vanished
from lossreport.analysis.signature import moved, setting
from lossreport.text import Text, number

VANISHED = Text(
    zh="`{metric}` 从 {best} 降到 {last}（第 {line} 行）。",
    en="`{metric}` fell from {best} to {last} (line {line}).",
)
SET = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a KL term that vanished."""
    for finding, kl in context.seen(Vanished):
        series = context.subject(finding)
        if series.metric_type != "kl":
            continue
        best, last = number(kl.best), number(kl.last)
        signs = [
            strong(VANISHED(metric=series.label, best=best, last=last, line=int(series.line[-1])))
        ]
        recon = beside(context, series, r"(?:.*[_/ ])?recon\w*")
        if recon is not None and len(recon):
            signs.append(weak(moved(recon)))
        weight = setting(context, "beta", "kl_weight", "weight.kl_loss")
        if weight is not None:
            signs.append(weak(SET(name=weight[0], value=weight[1])))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="posterior_collapse",
    family="generative",
    title=Text(
        zh="后验坍缩：解码器忽略了编码", en="Posterior collapse: the decoder ignores the code"
    ),
    decided_by=Text(
        zh="把编码换成随机数再重建：loss 不变就是解码器没有用它。",
        en="Replace the code by random numbers: a reconstruction that is as good shows that "
        "it is not used.",
    ),
    do=Text(
        zh="KL 权重从 0 逐步升到目标值，给每一维设 free bits（如 0.5 nat），或削弱解码器；从 "
        "KL 消失之前重来。",
        en="Raise the KL weight from 0 step by step, give each dimension free bits (0.5 nats, "
        "for example), or weaken the decoder; restart before the KL vanished.",
    ),
    reference="Bowman et al. (2016), Generating Sentences from a Continuous Space: KL cost "
    "annealing",
    suspect=suspect,
)
