"""What to do first where the log itself tells how the run came to its end.

The words that are known for something stand in `knowledge/endings/`; the texts here are for what is
left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.breakage import How, breakages
from lossreport.analysis.endings import ended_by
from lossreport.knowledge.ending import Ending
from lossreport.model.analysis import Recommendation
from lossreport.model.run import Event, Run
from lossreport.text import Text

MEMORY = Text(
    zh="训练因显存或内存不足而停止（{place}：“{quote}”）：减小每卡 batch "
    "或序列长度并用梯度累积补足，或打开 activation checkpointing，再从最近的 checkpoint "
    "续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="The run stopped out of memory ({place}: “{quote}”): use a smaller batch per device or "
    "shorter sequences with gradient accumulation, or activation checkpointing, and resume "
    "from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
HUNG = Text(
    zh="训练停在一次超时上（{place}：“{quote}”）：若是集合通信，找出没有跟上的 rank（看每个 "
    "rank 的最后一行）；若是作业时限，申请更长时间。再从最近的 checkpoint 续训。代价："
    "重算最近一个 checkpoint 之后的部分。",
    en="The run stopped at a time-out ({place}: “{quote}”): of a collective, find the rank "
    "that fell behind (the last line of each rank); of the job, ask for more time. Then "
    "resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
STOPPED = Text(
    zh="进程被信号终止（{place}：“{quote}”）：确认是谁终止的（调度器、抢占、手动，"
    "或先出错的另一个 rank），再从最近的 checkpoint 续训。代价：重算最近一个 checkpoint "
    "之后的部分。",
    en="The process was ended by a signal ({place}: “{quote}”): find out by whom (scheduler, "
    "preemption, a person, or another rank that failed first) and resume from the last "
    "checkpoint. Cost: redoing what came after that checkpoint.",
)
RAISED = Text(
    zh="训练以异常结束（{place}：“{quote}”）：先读那里的报错，改好后从最近的 checkpoint 续训。"
    "代价：重算最近一个 checkpoint 之后的部分。",
    en="The run ended in an exception ({place}: “{quote}”): read the error there, fix it, and "
    "resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
BROKE = Text(
    zh="训练在这一行中断（{place}：“{quote}”）：先查明该行的原因，处理后从最近的 checkpoint "
    "续训。代价：重算最近一个 checkpoint 之后的部分。",
    en="The run broke off at this line ({place}: “{quote}”): find and fix its cause, then "
    "resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
TEXTS: Final = {
    "oom": MEMORY,
    "timeout": HUNG,
    "killed": STOPPED,
    "traceback": RAISED,
    "other": BROKE,
}


KNOWN = Text(
    zh="{title}（{place}：“{quote}”{frame}）。{means}{figures}{do}{again}",
    en="{title} ({place}: “{quote}”{frame}). {means}{figures} {do}{again}",
)
FRAME = Text(zh="，自己的代码在 {frame}", en="; in your own code at {frame}")
FIGURES = Text(zh="{said}", en=" {said}")
AGAIN = Text(
    zh="然后从最近的 checkpoint 续训。代价：重算最近一个 checkpoint 之后的部分。",
    en=" Then resume from the last checkpoint. Cost: redoing what came after that checkpoint.",
)
RERUN = Text(
    zh="改好后再续训：不改就重启会停在同一处。代价：几分钟的修改，和最近一个 checkpoint "
    "之后的重算。",
    en=" Resume after that: started again unchanged, it ends at the same place. Cost: the "
    "change, and redoing what came after the last checkpoint.",
)
ANEW = Text(
    zh="然后重新启动；此前没有任何训练可丢失。",
    en=" Then start it again; nothing was trained before it.",
)
NOTHING: Final = ""


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step where an event tells how the run ended; an exit for a non-finite loss has
    advice of its own.
    """
    run = case.context.run
    found = ended_by(run)
    if found is None:
        return
    event, known = found
    if event.kind == "other" and _follows_nan(case, event):
        return  # the crash, or the debugger that was left, is what came of it
    place = f"{run.source(event.source).path}:{event.line}"
    if known is not None and (event.kind != "nonfinite_exit" or not run.series):
        yield _known(run, event, known, place)
    elif event.kind in TEXTS:
        yield Recommendation(
            id="", when="now", text=TEXTS[event.kind](place=place, quote=event.quote)
        )


NEAR: Final = 200
"""Lines within which a crash belongs to the loss of NaN printed before it."""


def _follows_nan(case: Case, event: Event) -> bool:
    """Return whether the log prints a loss that is not finite right before."""
    printed = (broken.finding for broken in breakages(case.context, How.REPORTED))
    return any(
        f.evidence[0].source == event.source and 0 < event.line - f.start.line <= NEAR
        for f in printed
    )


def _known(run: Run, event: Event, known: Ending, place: str) -> Recommendation:
    figures = known.figures(event.quote)
    text = KNOWN(
        title=known.title,
        place=place,
        quote=event.quote,
        frame=FRAME(frame=event.frame) if event.frame else NOTHING,
        means=known.means,
        figures=FIGURES(said=figures) if figures is not None else NOTHING,
        do=known.do,
        again=_again(run, known),
    )
    framework = " ".join(
        (
            *(source.parser for source in run.sources),
            *(last.quote for last in run.events if last.ends is not None),
            event.quote,
        )
    )
    return Recommendation(
        id="", when="now", text=text, source=known.reference, code=known.code(framework)
    )


def _again(run: Run, known: Ending) -> Text:
    if not run.series:
        return ANEW
    return RERUN if known.is_own else AGAIN


ADVICE = Advice(id="ended", advise=advise, order=8)
