"""Logs of Torch7 (Lua): `json_stats: {"epoch":1,"loss":1.39,...}` of wide-residual-networks, ` |
Epoch: [1][1/5005] ...` of fb.resnet.torch.

Source: real logs; `train.lua` of both. `json_stats` repeats the options beside the results: a name
that the options printed before is a setting, and no curve, except the learning rate. Losses and
errors of fb.resnet.torch are of one batch, in parentheses means of the pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.line_format import IN_PARENTHESES, Line, LineFormat, Pairs, Setting
from lossreport.reading.kit.line_row import KNOWN, Row, Value
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.rows import is_axis, number
from lossreport.reading.kit.untrusted import whole
from lossreport.text import Text

STATS: Final = "json_stats: "
OPTION: Final = re.compile(
    r"^  (?P<name>[A-Za-z]\w{0,80}) : (?P<value>\"[^\"]{0,400}\"|true|false|[-\d.e+]{1,40})\s*$"
)
RATE: Final = re.compile(r"lr|learningRate")
CONSTANT: Final = ("n_parameters", "num_classes")
NAMES: Final = {
    "batchSize": "batch_size",
    "learningRate": "lr",
    "max_epoch": "epochs",
    "nEpochs": "epochs",
    "LR": "lr",
}
PRINTED: Final = Pairs(
    before=r"(?:^|\s)",
    name="Err|Loss|top1|top5",
    sign=" {1,20}",
    mean=IN_PARENTHESES,
    behind=r"(?=\s|$)",
)


def step(text: str, options: frozenset[str]) -> tuple[tuple[Row, ...], frozenset[str]]:
    """Return the results of an epoch; the state is the names of the options that were printed."""
    if text.startswith(STATS) and (stats := as_object(text.removeprefix(STATS).strip())):
        return _stats(stats, options), options
    match = OPTION.match(text)
    return (), options if match is None else options | {match["name"]}


def _stats(stats: dict[str, Any], options: frozenset[str]) -> tuple[Row, ...]:
    epoch = number(stats.get("epoch"))
    found = tuple(_values(stats, options))
    if epoch is None or not found:
        return (KNOWN,)
    facts: tuple[tuple[str, FactValue], ...] = tuple(
        (name, held)
        for name in CONSTANT
        if (given := number(stats.get(name))) is not None and (held := whole(given)) is not None
    )
    return (Row(axis=Axis.EPOCH, x=epoch, values=found, facts=facts),)


def _values(stats: dict[str, Any], options: frozenset[str]) -> Iterator[Value]:
    for printed, raw in stats.items():
        value = number(raw)
        setting = (
            (printed in options and not RATE.fullmatch(printed))
            or printed in CONSTANT
            or is_axis(printed)
        )
        if value is None or setting or (printed == "learningRate" and "lr" in stats):
            continue
        split, name = split_name(printed)
        yield Value(
            name,
            value,
            Statistic.VALUE if RATE.fullmatch(name) else Statistic.EPOCH_MEAN,
            split=split,
        )


PARSER = LineFormat(
    id="torch7_text",
    title=Text(zh="Torch7（Lua）的日志", en="logs of Torch7 (Lua)"),
    lines=(
        Line(
            head=r"^ ?\| Epoch: \[<epoch>\]\[<x>/<of>\]\s{1,20}",
            pairs=PRINTED,
            axis=Axis.ITERATION,
            inner=True,
            statistic=Statistic.VALUE,
        ),
        Line(
            head=r"^ ?\| Test: \[<epoch>\]\[\d{1,9}/\d{1,9}\]\s{1,20}",
            pairs=PRINTED,
            axis=Axis.EPOCH,
            split="test",
            statistic=None,
            mean=Statistic.EPOCH_MEAN,
            passing=True,
        ),
    ),
    start=lambda log: frozenset(),
    step=step,
    settings=(Setting(OPTION.pattern, names=NAMES),),
).parser()
