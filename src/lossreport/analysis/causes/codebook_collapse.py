"""A quantiser that uses fewer and fewer of its codes."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.beside import beside
from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import Vanished
from lossreport.analysis.signature import moved, setting
from lossreport.text import Text, number

FEWER = Text(
    zh="`{metric}` 从 {best} 降到 {last}（第 {line} 行）{of}。",
    en="`{metric}` fell from {best} to {last} (line {line}){of}.",
)
OF = Text(zh="，编码共 {size} 个", en=", of {size} codes")
NONE = ""


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for a usage of codes that collapses."""
    for finding, codes in context.seen(Vanished):
        series = context.subject(finding)
        if series.metric_type in ("entropy", "kl"):
            continue
        if (
            not any(word in series.name.lower() for word in ("code", "vq", "quant", "perplexity"))
            or series.split != "train"
        ):
            continue
        size = setting(context, "codebook_size", "num_embeddings", "n_embed", "num_codes")
        told = FEWER(
            metric=series.label,
            best=number(codes.best),
            last=number(codes.last),
            line=int(series.line[-1]),
            of=OF(size=size[1]) if size is not None else NONE,
        )
        signs = [strong(told)]
        commit = beside(context, series, r"(?:.*[_/ ])?(?:commit\w*|vq)_?loss")
        if commit is not None and len(commit):
            signs.append(weak(moved(commit)))
        yield Suspicion(finding=finding, signs=tuple(signs))


CAUSE = Cause(
    id="codebook_collapse",
    family="generative",
    title=Text(
        zh="codebook 坍缩：只有少数编码还在使用",
        en="Codebook collapse: only a few codes are still used",
    ),
    decided_by=Text(
        zh="统计一个 epoch 里出现过的编码个数：远少于总数就是坍缩，只是单个 batch 少则不是。",
        en="Count the codes used over a whole epoch: far fewer than there are is a collapse, "
        "few in single batches is none.",
    ),
    do=Text(
        zh="用 k-means 初始化并以 EMA 更新，重置长期不用的编码，对编码与特征做 L2 归一化，"
        "降低 commitment 权重；从坍缩前的 checkpoint 重来。",
        en="Initialise by k-means and update by EMA, reset codes that go unused, normalise "
        "codes and features (L2), lower the commitment weight; restart before the collapse.",
    ),
    reference="EdoardoBotta/RQ-VAE-Recommender #65: codebook collapse for amazon sports datasets",
    suspect=suspect,
)
