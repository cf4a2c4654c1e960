"""Says of a broken stretch which row before it is still sound, and which checkpoint the logs name
before that row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from lossreport import regex as re
from lossreport.analysis.context import Context
from lossreport.analysis.payloads import NonFinite
from lossreport.model.analysis import Finding
from lossreport.model.run import Axis, Series, shown_x
from lossreport.text import Phrase, Text, number
from lossreport.words import AXES

KINDS: Final = (
    "masked_nonfinite",
    "nonfinite",
    "frozen_metric",
    "lost_metric",
    "poisoned_mean",
    "skipped_steps",
)
BACK: Final = {"masked_nonfinite": 2, "lost_metric": 0}
"""Rows to go back from the first of a finding, 1 where nothing stands here: beside hidden values
the last row that still looks right may average replaced ones already, and the last row of a metric
that is lost is sound itself.
"""
STEP_OF: Final = re.compile(r"checkpoint-(\d+)")

LAST = Text(
    zh="此前最后一行完好的记录：{axis} {x}（{path} 第 {line} 行，{value}）。",
    en="Last sound row before it: {axis} {x} ({path} line {line}, {value}).",
)
NOTHING = Text(zh="此前没有一行完好的记录。", en="There is no sound row before it.")
SAVED = Text(
    zh="日志在 {path} 第 {line} 行写明的 checkpoint 在它之前：“{quote}”。",
    en="A checkpoint before it is named at {path} line {line}: “{quote}”.",
)
BEST = Text(
    zh="日志写明的最佳 checkpoint 在它之前：{name}。",
    en="The best checkpoint that the logs name is before it: {name}.",
)
EVERY = Text(
    zh="按 save_steps = {every} 推算，它之前最近的 checkpoint 在 step {step}（若未被清理）。",
    en="By save_steps = {every} the nearest checkpoint before it is that of step {step}, if "
    "it was kept.",
)
NOT_YET = Text(
    zh="按 save_steps = {every} 推算，它之前还没有保存过 checkpoint。",
    en="By save_steps = {every} no checkpoint had been saved before it.",
)
NO_CHECKPOINT = Text(zh="日志没有写明任何 checkpoint。", en="The logs name no checkpoint.")


def trust(context: Context, finding: Finding) -> Iterator[Phrase]:
    """Yield the last sound row before the finding, and the checkpoint that precedes it."""
    series = context.subject(finding)
    if not finding.rows or (
        isinstance(finding.payload, NonFinite) and finding.payload.aside
    ):  # the training went on: there is nothing to go back to
        return
    row = last_good(series, finding.rows[0] - BACK.get(finding.kind, 1))
    if row is None:
        yield NOTHING()
        return
    yield LAST(
        axis=AXES[series.axis.value],
        x=shown_x(series.x[row]),
        path=series.path,
        line=int(series.line[row]),
        value=number(float(series.y[row])),
    )
    yield _checkpoint(context, series, row)


def last_good(series: Series, row: int) -> int | None:
    """Return the last finite row up to `row`, None where there is none."""
    good = np.flatnonzero(np.isfinite(series.y[: max(0, row + 1)]))
    return int(good[-1]) if len(good) else None


def _checkpoint(context: Context, series: Series, row: int) -> Phrase:
    line, source = int(series.line[row]), series.source_of(row)
    saved = [
        event
        for event in context.run.events
        if event.kind == "checkpoint" and event.source == source and event.line <= line
    ]
    if saved:
        return SAVED(
            path=context.run.source(source).path, line=saved[-1].line, quote=saved[-1].quote
        )
    if series.axis is not Axis.STEP:
        return NO_CHECKPOINT()
    best, every = context.facts.get("best_model_checkpoint"), context.facts.get("save_steps")
    step = STEP_OF.search(best) if isinstance(best, str) else None
    if step is not None and int(step[1]) <= series.x[row]:
        return BEST(name=step[0])
    if isinstance(every, int | float) and not isinstance(every, bool) and every >= 1:
        last = int(series.x[row] // every * every)
        return EVERY(every=int(every), step=last) if last else NOT_YET(every=int(every))
    return NO_CHECKPOINT()
