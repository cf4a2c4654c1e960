"""What to do first where the log itself tells how the run came to its end: memory, a hung collective, a stop from outside, an exception."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analyze.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.model.run import Event, Status
from lossreport.text import Text

MEMORY = Text(
    zh="训练因显存或内存不足而停止（{place}：“{quote}”）：减小每卡 batch 或序列长度并用梯度累积补足，或打开 activation checkpointing，再从最近的 checkpoint 续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="The run stopped out of memory ({place}: “{quote}”): use a smaller batch per device or shorter sequences with gradient accumulation, or activation checkpointing, and resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
HUNG = Text(
    zh="训练停在一次超时上（{place}：“{quote}”）：若是集合通信，找出没有跟上的 rank（看每个 rank 的最后一行）；若是作业时限，申请更长时间。再从最近的 checkpoint 续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="The run stopped at a time-out ({place}: “{quote}”): of a collective, find the rank that fell behind (the last line of each rank); of the job, ask for more time. Then resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
STOPPED = Text(
    zh="进程被信号终止（{place}：“{quote}”）：确认是谁终止的（调度器、抢占、手动，或先出错的另一个 rank），再从最近的 checkpoint 续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="The process was ended by a signal ({place}: “{quote}”): find out by whom (scheduler, preemption, a person, or another rank that failed first) and resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
RAISED = Text(
    zh="训练以异常结束（{place}：“{quote}”）：先读那里的报错，改好后从最近的 checkpoint 续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="The run ended in an exception ({place}: “{quote}”): read the error there, fix it, and resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
TEXTS: Final = {"oom": MEMORY, "timeout": HUNG, "killed": STOPPED, "traceback": RAISED}
DECISIVE: Final = ("oom", "timeout")
"""These name the cause wherever they stand; of a signal and a traceback the first is the cause and the other its consequence."""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where an event behind the last row tells how the run ended; an exit for a non-finite loss has advice of its own."""
    run = case.context.run
    if run.status not in (Status.CRASHED, Status.INTERRUPTED) or any(event.kind == "nonfinite_exit" for event in run.events):
        return
    event = _cause([event for event in run.events if event.line >= _end(case, event.source)])
    if event is not None:
        place = f"{run.source(event.source).path}:{event.line}"
        yield Recommendation(id="", when="now", text=TEXTS[event.kind](place=place, quote=event.quote))


def _cause(events: list[Event]) -> Event | None:
    told = sorted(
        (event for event in events if event.kind in TEXTS), key=lambda event: (event.kind not in DECISIVE, event.source, event.line)
    )
    return told[0] if told else None


def _end(case: Case, source: str) -> int:
    """Return the line of the last row of a file; 0 where it has none."""
    return max((int(one.line.max()) for one in case.context.raw.series if one.source == source and len(one)), default=0)


ADVICE = Advice(id="ended", advise=advise, order=8)
