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
from lossreport.model.analysis import Finding, Recommendation, Severity
from lossreport.model.run import Event
from lossreport.text import Phrase, Text

MEMORY = Text(
    zh="训练因显存或内存不足而停止（{place}：“{quote}”）：减小每卡 batch "
    "或序列长度并用梯度累积补足，或打开 activation checkpointing。{again}",
    en="The run stopped out of memory ({place}: “{quote}”): use a smaller batch per device or "
    "shorter sequences with gradient accumulation, or activation checkpointing.{again}",
)
HUNG = Text(
    zh="训练停在一次超时上（{place}：“{quote}”）：若是集合通信，找出没有跟上的 rank（看每个 "
    "rank 的最后一行）；若是作业时限，申请更长时间。{again}",
    en="The run stopped at a time-out ({place}: “{quote}”): of a collective, find the rank "
    "that fell behind (the last line of each rank); of the job, ask for more time.{again}",
)
STOPPED = Text(
    zh="进程被信号终止（{place}：“{quote}”）：确认是谁终止的（调度器、抢占、手动，"
    "或先出错的另一个 rank）。{again}",
    en="The process was ended by a signal ({place}: “{quote}”): find out by whom (scheduler, "
    "preemption, a person, or another rank that failed first).{again}",
)
RAISED = Text(
    zh="训练以异常结束（{place}：“{quote}”）：先读那里的报错并改好。{again}",
    en="The run ended in an exception ({place}: “{quote}”): read the error there and fix "
    "it.{again}",
)
BROKE = Text(
    zh="训练在这一行中断（{place}：“{quote}”）：先查明并处理该行的原因。{again}",
    en="The run broke off at this line ({place}: “{quote}”): find and fix its cause.{again}",
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
    zh="然后重新启动；日志没有提到此前有任何训练。",
    en=" Then start it again; the logs tell of no training before it.",
)
WENT_WRONG = Text(
    zh="但训练本身在此之前已经出了问题（#{id}：{kind}）：先解决它，"
    "再从它之前的 checkpoint 续训，不要从最近的。代价：丢掉其后的训练。",
    en=" The training itself had gone wrong before (#{id}: {kind}): fix that first, and resume "
    "from a checkpoint before it, not from the last one. Cost: the training after it.",
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
        yield _known(case, event, known, place)
    elif event.kind in TEXTS:
        yield Recommendation(
            id="",
            when="now",
            text=TEXTS[event.kind](place=place, quote=event.quote, again=_again(case, None)),
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


def _known(case: Case, event: Event, known: Ending, place: str) -> Recommendation:
    run = case.context.run
    figures = known.figures(event.quote)
    text = KNOWN(
        title=known.title,
        place=place,
        quote=event.quote,
        frame=FRAME(frame=event.frame) if event.frame else NOTHING,
        means=known.means,
        figures=FIGURES(said=figures) if figures is not None else NOTHING,
        do=known.do,
        again=_again(case, known),
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


def _again(case: Case, known: Ending | None) -> Text | Phrase:
    """Return how to begin again: anew where nothing was trained, from before what went wrong where
    something did, else from the last checkpoint.
    """
    run = case.context.run
    if not run.series:
        return AGAIN if any(event.kind == "checkpoint" for event in run.events) else ANEW
    wrong = next((f for f in case.context.found if f.kind in SPOILS and _is_grave(f)), None)
    if wrong is not None:
        return WENT_WRONG(id=wrong.id, kind=wrong.called)
    return RERUN if known is not None and known.is_own else AGAIN


SPOILS: Final = ("divergence", "nonfinite", "explosion", "no_learning", "posterior_collapse")
"""What leaves a last checkpoint of no use, however the run ended behind it."""


def _is_grave(finding: Finding) -> bool:
    return finding.severity.rank >= Severity.HIGH.rank and finding.explained_by is None


ADVICE = Advice(id="ended", advise=advise, order=8)
