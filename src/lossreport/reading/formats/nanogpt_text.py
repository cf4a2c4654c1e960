"""Output of nanoGPT and its kin: nanoGPT (`iter 10: loss 9.7, ...`), nanochat (`step 00100/21400
... | loss: 5.1`), modded-nanogpt.

Source: FORMATS.md section 5. nanoGPT prints the loss of one micro-batch, and at evaluations the
means over some batches of both splits; nanochat prints a debiased moving average; modded-nanogpt
prints its source code first, then the loss of every step; build-nanogpt writes a number a line
(`250 val 3.3`). Losses are in nats. What nanoGPT calls `iter` and `step` is one counter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import FactValue, Statistic
from lossreport.reading.kit.line_format import COLON, Line, LineFormat, Metric, Pairs, Setting
from lossreport.reading.kit.line_row import matched
from lossreport.reading.kit.patterns import head
from lossreport.text import Text

RESOLUTION: Final = 1e-4
"""Decimals of a loss in nanoGPT and modded-nanogpt."""
LOSS: Final = Metric("loss", Statistic.VALUE, unit="nats", resolution=RESOLUTION)
BUILD_LOSS: Final = Metric("loss", Statistic.VALUE, unit="nats", resolution=1e-6)
HELLA: Final = Metric("hella", Statistic.VALUE, name="hellaswag_acc", resolution=1e-4)
"""build-nanogpt writes `250 train 3.2`, `250 val 3.3` and `250 hella 0.2963`, the share of right
answers of HellaSwag, into log.txt.
"""
HEALTH: Final = (
    Metric("time", Statistic.VALUE, unit="ms"),
    # nanoGPT prints -100 % where it does not know yet
    Metric("mfu", Statistic.VALUE, unit="%", positive=True),
)
ESTIMATES: Final = (
    # over some batches
    Metric(
        "train_loss",
        Statistic.WINDOW_MEAN,
        unit="nats",
        resolution=RESOLUTION,
        name="loss",
        split="train",
    ),
    Metric("val_loss", Statistic.VALUE, unit="nats", resolution=RESOLUTION, name="loss"),
)
MORE: Final = Pairs(before="(?:^|, )", sign="[:= ] {0,3}+")
"""What a fork prints behind the values of nanoGPT."""
BARS: Final = Pairs(
    before=r"(?:^|\| )",
    name=r"[^\W\d][\w/]{0,60}(?: [\w/]{1,40}){0,4}",
    sign=": ",
    behind="(?=[a-z]{0,2}(?: |$))",
)
SMOOTHED: Final = Metric("loss", Statistic.EMA, unit="nats")
STEP_TIME: Final = Metric("step_avg", Statistic.RUNNING_MEAN, unit="ms", positive=True)
CHECKED: Final = r"^Step <x>(?:/\d{1,18})? \| "
MODDED: Final = r"^step:<x>/<max_steps> "
VALIDATED: Final = r"(?=(?:[^\s:]{1,61}:[^\s:]{1,40} ){0,40}?val_)"
TIMED: Final = r"(?=.{0,400}?train_time:)"
UNITS: Final = {"bpb": "bits", "loss": "nats"}
MILLION: Final = 1e6
PARAMETERS: Final = head("^number of parameters: <count>M")


def _checked(head: str, split: str) -> Line:
    return Line(
        head=CHECKED + head, pairs=BARS, split=split, statistic=Statistic.VALUE, units=UNITS
    )


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the number of parameters, which is printed in millions."""
    match = PARAMETERS.match(text)
    count = matched(match["count"]) * MILLION if match else math.nan
    if math.isfinite(count):
        yield "n_parameters", round(count)


PARSER = LineFormat(
    id="nanogpt_text",
    title=Text(
        zh="nanoGPT、nanochat、modded-nanogpt 的输出",
        en="output of nanoGPT, nanochat and modded-nanogpt",
    ),
    lines=(
        Line(head=r"^<x> train <loss>\s*$", statistic=Statistic.VALUE, metrics=(BUILD_LOSS,)),
        Line(head=r"^<x> val <loss>\s*$", split="val", statistic=Statistic.VALUE, metrics=(LOSS,)),
        Line(
            head=r"^<x> hella <hella>\s*$", split="val", statistic=Statistic.VALUE, metrics=(HELLA,)
        ),
        Line(
            head=r"^iter <x>: loss <loss>, time <time>ms(?:, mfu <mfu>%)?",
            pairs=MORE,
            statistic=Statistic.VALUE,
            metrics=(LOSS, *HEALTH),
        ),
        Line(
            head=r"^step <x>: train loss <train_loss>, val loss <val_loss>",
            pairs=MORE,
            split="val",
            statistic=Statistic.VALUE,
            metrics=ESTIMATES,
        ),
        Line(
            head=MODDED + VALIDATED + TIMED,
            pairs=COLON,
            split="val",
            named_splits=True,
            statistic=Statistic.VALUE,
            metrics=(LOSS,),
            units=UNITS,
            left_out="train_time|step_avg",
        ),
        Line(
            head=MODDED + TIMED,
            pairs=COLON,
            named_splits=True,
            statistic=Statistic.VALUE,
            metrics=(LOSS, STEP_TIME),
            units=UNITS,
            left_out="train_time",
        ),
        Line(
            head=r"^step <x>/<max_steps> \([\d.]{1,9}%\) \| (?=loss: )",
            pairs=BARS,
            statistic=Statistic.VALUE,
            metrics=(SMOOTHED,),
            left_out="total time|eta|epoch",
        ),
        _checked("Validation (?=(?:bpb|loss): )", "val"),
        _checked("(?=CORE metric: |ChatCORE)", "eval"),
        _checked("(?=(?:bpb|loss|Average reward|Average sequence length): )", "train"),
    ),
    settings=(
        Setting(
            r"^Overriding: (?P<name>\w{1,80}) = (?P<value>[^#]{1,200})",
            names={"max_iters": "max_steps"},
        ),
        Setting("^max_iters = <max_steps>"),
        Setting("^found vocab_size = <vocab_size:int>"),
        Setting("^defaulting to vocab_size of GPT-2 to <vocab_size:int>"),
        Setting(r"^Vocab size: <vocab_size:grouped>\s*$"),
    ),
    facts=facts,
).parser()
