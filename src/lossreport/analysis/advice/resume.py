"""What to check where a run was resumed or several runs share a file: the sampler, the scheduler,
the bookkeeping.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport.analysis.adviser import Advice, Case
from lossreport.analysis.payloads import LevelShift
from lossreport.model.analysis import Finding, Recommendation
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, number
from lossreport.words import AXES

NEAR: Final = 0.02
"""A change within 2 % of the rows behind a resume is put beside it."""
JUMPED: Final = 1.5
"""A learning rate that is so many times what it was in the row before has started anew; a schedule
moves less from row to row.
"""

SOURCE: Final = "IDEFICS knowledge base"
LOWER = Text(
    zh="`{metric}` 在恢复训练处（{axis} {x}）突然变低：先核对 sampler 状态是否一起恢复、"
    "是否在重复已经见过的数据；在此之前不要把这段下降当作进步。代价：对比恢复前后各一个 "
    "batch 的样本编号。",
    en="`{metric}` dropped where the run was resumed ({axis} {x}): first check that the "
    "sampler state was restored and no data is repeated; until then do not take the drop "
    "for progress. Cost: comparing the sample ids of one batch before and after.",
)
HIGHER = Text(
    zh="`{metric}` 在恢复训练处（{axis} {x}）出现一段抬升：核对 optimizer 状态、dataloader "
    "和随机数状态是否都已恢复。代价：从同一个 checkpoint 重启几十步，看抬升是否再现。",
    en="`{metric}` rose where the run was resumed ({axis} {x}): check that the optimiser, "
    "data loader and random states were restored. Cost: a few dozen steps from the same "
    "checkpoint, to see whether the rise comes back.",
)
RATE = Text(
    zh="学习率 `{metric}` 在恢复处（{axis} {x}）从 {before} 跳到 {after}：scheduler "
    "的状态很可能没有恢复，先核对再评判 loss。代价：多存一份 scheduler 的 state_dict。",
    en="The learning rate `{metric}` jumped from {before} to {after} where the run was "
    "resumed ({axis} {x}): the scheduler state was probably not restored; check that "
    "before judging the loss. Cost: saving the scheduler's state_dict.",
)
APPENDED = Text(
    zh="{path} 里先后写着几次训练：给每次训练单独的文件（或在每行写 run id）；"
    "本报告已把它们分开判断。代价：改一个输出路径。",
    en="{path} holds several runs one after another: give each its own file (or a run id in "
    "every row). This report judges them separately. Cost: changing one output path.",
)

IN_TURN = Text(
    zh="几个进程轮流写入 {path}：先确认没有误把同一个训练启动两次、"
    "也没有共用输出目录覆盖彼此的 checkpoint，再给每个进程单独的目录；"
    "本报告已把它们分开判断。代价：改一个输出路径。",
    en="Several processes write into {path} in turn: see that no training was started twice "
    "by mistake and none overwrites the checkpoints of another, then give each a folder of "
    "its own. This report judges them separately. Cost: changing one output path.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield a step for each change that stands at a resume, and one for appended runs."""
    series = case.context.by_id
    for text, kinds, sign in ((LOWER, ("level_shift",), -1), (HIGHER, ("level_shift", "spike"), 1)):
        found = next(
            (
                f
                for f in case.context.found
                if f.kind in kinds and _points(f, sign) and _at_resume(series[f.series[0]], f)
            ),
            None,
        )
        if found is not None:
            one = series[found.series[0]]
            shown = text(metric=one.label, axis=AXES[one.axis.value], x=shown_x(found.start.x))
            yield Recommendation(id="", when="next", because=(found.id,), text=shown, source=SOURCE)
    yield from _rates(case)
    appended = [f for f in case.context.found if f.kind == "appended_run"]
    if appended:
        path = series[appended[0].series[0]].path
        text = (
            IN_TURN
            if any(segment.why == "interleaved" for segment in case.context.run.segments)
            else APPENDED
        )
        yield Recommendation(
            id="", when="next", because=tuple(f.id for f in appended), text=text(path=path)
        )


def _points(finding: Finding, sign: int) -> bool:
    shift = finding.payload
    return finding.kind == "spike" or (isinstance(shift, LevelShift) and sign * shift.size > 0)


def _at_resume(series: Series, finding: Finding) -> bool:
    starts = [span.first_row for span in series.segments[1:]]
    return any(0 <= finding.start.row - start <= max(2, NEAR * len(series)) for start in starts)


def _rates(case: Case) -> Iterator[Recommendation]:
    for series in case.context.judged:
        if series.metric_type != "learning_rate":
            continue
        for span in series.segments[1:]:
            before, after = float(series.y[span.first_row - 1]), float(series.y[span.first_row])
            if np.isfinite([before, after]).all() and before > 0 and after > JUMPED * before:
                because = tuple(f.id for f in case.context.found if f.kind == "rollback")
                shown = RATE(
                    metric=series.label,
                    axis=AXES[series.axis.value],
                    x=shown_x(series.x[span.first_row]),
                    before=number(before),
                    after=number(after),
                )
                yield Recommendation(id="", when="now", because=because, text=shown, source=SOURCE)
                return


ADVICE = Advice(id="resume", advise=advise, order=25)
"""Before the advice on spikes: what stands at a resume is not the optimiser's."""
