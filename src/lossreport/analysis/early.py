"""Tells that a run has only begun: inside its warm-up, at the start of its plan, or a trial of a
few steps.
"""

from __future__ import annotations

from typing import Final

from lossreport.analysis.context import Context
from lossreport.analysis.patience import common_wait
from lossreport.model.run import Status
from lossreport.text import Phrase, Text

BEGUN: Final = 0.05
"""Within the first twentieth of a plan nothing is said of how it will go: warm-ups take 1 to 10 %
(GPT-3: 0.1 %, BERT: 1 %, ViT: 3 %).
"""
TRIAL: Final = 20
"""A plan of at most so many steps tries out whether the program runs."""

WARMING = Text(
    zh="这次训练还没有走出 warm-up（{done} / {warm_up} {unit}），学习率还没有到设定值，"
    "好坏无从谈起。",
    en=" The run did not get past its warm-up ({done} of {warm_up} {unit}): the learning rate "
    "never reached its value, so this says little of the training.",
)
ONLY_BEGUN = Text(
    zh="计划只完成了 {done} / {planned} {unit}，这里说的只是开头。",
    en=" Only {done} of the {planned} planned {unit} are in the logs: all of this is about "
    "the start of the run.",
)
A_TRIAL = Text(
    zh="总共只有 {done} step：这是试运行，不能说明训练效果。",
    en=" With {done} steps in all this is a trial of the program, which says nothing of how "
    "well it trains.",
)
EPOCHS, STEPS = Text(zh="epoch", en="epochs"), Text(zh="step", en="steps")


def only_begun(context: Context) -> Phrase | None:
    """Return the sentence that says so; None of a run that went further, or whose plan is not
    known.
    """
    progress = context.run.progress
    for unit, warm, (done, planned) in (
        (EPOCHS, "warmup_epochs", progress.epochs),
        (STEPS, "warmup_steps", progress.steps),
    ):
        length = context.facts.get(warm)
        if done is None:
            continue
        if isinstance(length, int | float) and 0 < done <= length and not _reached(context):
            return WARMING(done=done, warm_up=length, unit=unit)
        if (
            context.run.status is not Status.FINISHED
            and common_wait(context.run) is None
            and planned is not None
            and 0 < done <= BEGUN * planned
        ):
            return ONLY_BEGUN(done=done, planned=planned, unit=unit)
        if unit is STEPS and planned is not None and 0 < done <= planned <= TRIAL:
            return A_TRIAL(done=done)
    return None


def _reached(context: Context) -> bool:
    """Return whether a learning rate is logged that stands at the one that was set from its first
    row on: no warm-up is at work.
    """
    said = next(
        (
            value
            for name in ("lr", "learning_rate")
            if isinstance(value := context.facts.get(name), int | float)
        ),
        None,
    )
    rates = (one for one in context.judged if one.metric_type == "learning_rate" and len(one))
    return said is not None and any(float(one.y[0]) >= REACHED * said > 0 for one in rates)


REACHED: Final = 0.99
