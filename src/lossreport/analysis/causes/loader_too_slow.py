"""Steps that wait for data: the loader does not keep up with the GPU."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossreport.analysis.cause import Cause, Suspicion, strong, weak
from lossreport.analysis.context import Context
from lossreport.analysis.signature import setting
from lossreport.text import Text, number, percent

WAITS = Text(
    zh="`{data}` 的中位数是 {wait}，`{step}` 是 {whole}：{share} 的时间在等数据。",
    en="`{data}` has a median of {wait} of `{step}`'s {whole}: {share} of the time is spent "
    "waiting.",
)
WORKERS = Text(zh="配置写明 {name} = {value}。", en="The configuration says {name} = {value}.")


def suspect(context: Context) -> Iterator[Suspicion]:
    """Yield a suspicion for steps that wait."""
    for finding in context.of_kind("data_stall"):
        data, step = context.subject(finding), context.by_id[finding.series[-1]]
        wait, whole = float(np.nanmedian(data.y)), float(np.nanmedian(step.y))
        if whole <= 0:
            continue
        share = percent(min(1.0, wait / whole))
        signs = [
            strong(
                WAITS(
                    data=data.label,
                    wait=number(wait),
                    step=step.label,
                    whole=number(whole),
                    share=share,
                )
            )
        ]
        workers = setting(context, "num_workers", "dataloader_num_workers", "workers")
        if workers is not None:
            signs.append(weak(WORKERS(name=workers[0], value=workers[1])))
        yield Suspicion(
            finding=finding,
            signs=tuple(signs),
            code="DataLoader(..., num_workers=8, persistent_workers=True, prefetch_factor=4)",
        )


CAUSE = Cause(
    id="loader_too_slow",
    family="hardware",
    title=Text(
        zh="数据加载跟不上 GPU（解码、增强或存储）",
        en="The loader does not keep up with the GPU (decoding, augmentation or storage)",
    ),
    decided_by=Text(
        zh="用随机张量代替数据跑几步：变快多少就是加载的代价；再看 CPU 是否打满，不满则是存储。",
        en="Run some steps on random tensors: what they save is the cost of loading; if the "
        "CPU is not busy then, it is the storage.",
    ),
    do=Text(
        zh="增加 num_workers 与 prefetch_factor，打开 pin_memory 与 persistent_workers；"
        "小文件合并成 tar 或 LMDB，或先缓存到本地 SSD。",
        en="Raise num_workers and prefetch_factor, turn pin_memory and persistent_workers on; "
        "pack small files (tar, LMDB) or cache them on a local SSD.",
    ),
    reference="PyTorch documentation, Performance Tuning Guide: Enable asynchronous data loading "
    "and augmentation",
    suspect=suspect,
)
