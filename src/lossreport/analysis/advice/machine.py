"""What to do when the machine, not the model, is the trouble: slower steps, waiting for data,
memory that grows.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

SLOWER = Text(
    zh="训练变慢：对照变慢的时间点查节点（降频、同机任务、网络、磁盘），并用 profiler 跑 50 "
    "步看时间花在哪里。代价：几分钟。",
    en="Training got slower: check the node from that time on (throttling, other jobs, "
    "network, disk), and profile 50 steps to see where the time goes. Cost: minutes.",
)
WAITING = Text(
    zh="训练在等数据：增加 dataloader 的 worker 和预取，或把数据放到本地盘；改完看 data_time "
    "占单步时间的比例。代价：CPU 和内存，不影响结果。",
    en="Training waits for data: use more dataloader workers and prefetching, or a local "
    "disk; then check the share of data_time in a step again. Cost: CPU and memory; "
    "results do not change.",
)
GROWING = Text(
    zh="显存持续增长：查是否把带计算图的张量存进了列表（用 `.item()` 或 `.detach()`），"
    "以及缓存和日志列表；在更长的训练之前先修，否则可能 OOM。代价：改几行代码，从 "
    "checkpoint 续训。",
    en="Memory keeps growing: look for tensors kept with their graph (use `.item()` or "
    "`.detach()`), caches and lists of logs; fix it before a longer run goes out of "
    "memory. Cost: a few lines of code and a restart from a checkpoint.",
)
SOURCE = "ML Engineering (Bekman)"


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield a step for each trouble that was found."""
    for kind, text in (
        ("memory_growth", GROWING),
        ("data_stall", WAITING),
        ("throughput_drop", SLOWER),
    ):
        if because := case.ids(kind):
            yield Recommendation(id="", when="next", because=because, text=text(), source=SOURCE)


ADVICE = Advice(id="machine", advise=advise, order=60)
