"""What to do where a robot's policy is trained by imitation and no success is logged: a small loss
does not show that it acts well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.adviser import Advice, Case
from lossreport.knowledge import trainers
from lossreport.model.analysis import Recommendation
from lossreport.text import Text, number

SUCCESS: Final = re.compile(r"success|return|reward|score", re.IGNORECASE)

TEXT = Text(
    zh="模仿学习的 loss（末值 {value}）小不代表动作能成功：隔一段步数就在环境里评测成功率；"
    "若始终为 0，先在日志里确认预训练权重确实载入（有没有 missing keys），"
    "再查观测与动作的归一化。代价：每次评测几分钟。",
    en="A small loss of imitation ({value} at the end) does not show that the policy "
    "succeeds: roll it out now and then and log its success rate; where that stays 0, see "
    "in the log whether the pretrained weights were loaded (missing keys), then check how "
    "observations and actions are normalised. Cost: minutes for each evaluation.",
)


def advise(case: Case) -> Iterator[Recommendation]:
    """Yield one step for a policy trained by imitation whose success nothing measures."""
    context = case.context
    if not any(source.parser in trainers.IMITATION for source in context.run.sources) or any(
        SUCCESS.search(one.name) for one in context.run.series
    ):
        return
    loss = next(
        (
            one
            for one in context.progress
            if one.split == "train" and len(one) and np.isfinite(one.y[-1])
        ),
        None,
    )
    if loss is not None:
        yield Recommendation(
            id="",
            when="next",
            text=TEXT(value=number(float(loss.y[-1]))),
            source="huggingface/lerobot #1270: smolvla not work！",
        )


ADVICE = Advice(id="imitation", advise=advise, order=46)
