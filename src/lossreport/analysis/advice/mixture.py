"""What to do when several regimes share one series."""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.analysis.adviser import Advice, Case
from lossreport.model.analysis import Recommendation
from lossreport.text import Text

ACT = Text(
    zh="给每一行写上它属于哪个数据集、任务或运行（run id），或分别记录各自的 loss；"
    "分开之前不要比较相邻的行。代价：日志多一列。",
    en="Write into every row which data set, task or run it belongs to (a run id), or log "
    "their losses separately; until then do not compare neighbouring rows. Cost: one more "
    "column in the log.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step for mixtures that nothing else explains."""
    because = tuple(
        f.id for f in case.context.found if f.kind == "mixture" and f.explained_by is None
    )
    if because:
        yield Recommendation(
            id="",
            when="now",
            because=because,
            text=ACT(),
            source="IDEFICS chronicles (per-dataset losses)",
        )


ADVICE = Advice(id="mixture", advise=advise, order=20)
