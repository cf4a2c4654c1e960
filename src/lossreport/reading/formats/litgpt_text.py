"""Output of LitGPT and its forerunners: `Epoch 1 | iter 120 step 30 | loss train: 1.162, val: n/a |
iter time: 164.51 ms (step)`.

Source: `finetune/lora.py` and `pretrain.py` of LitGPT 0.5, lit-gpt and lit-llama. `iter` counts
micro-batches; LitGPT prints a mean over those of one step, the older ones a single loss. `val` in a
row repeats the last validation: it counts where it changes, and where no line of its own told it.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import LineFormat
from lossreport.reading.kit.line_row import Row, Value, matched
from lossreport.reading.kit.patterns import INT, NUM
from lossreport.text import Text

NEW: Final = re.compile(
    rf"^Ep(?:och)? (?P<epoch>{INT}) \| iter (?P<iter>{INT}) (?:\| )?st(?:ep|Ep) {INT} ?[:|"
    rf"] loss train(?: \(curr\))?: (?P<loss>{NUM}), "
    rf"val(?: \(prev val iter\))?: (?P<val>{NUM}|n/a|None) \| iter time: (?P<time>{NUM}) ?ms"
)
OLD: Final = re.compile(
    rf"^iter (?P<iter>{INT})(?: \|)? step {INT}: loss (?:train:? )?(?P<loss>{NUM}),? (?:val:? "
    rf"(?P<val>{NUM}) \| )?iter time: (?P<time>{NUM}) ?ms"
)
VALIDATED: Final = re.compile(rf"^iter (?P<iter>{INT}): val loss (?P<val>{NUM}), val time: ")
FINAL: Final = re.compile(rf"^Final evaluation \| val loss: (?P<val>{NUM}) \|")


class Validation(NamedTuple):
    """What a row printed of the validation last, and whether the validation has lines of its
    own.
    """

    last: str = ""
    own: bool = False


def step(text: str, state: Validation) -> tuple[tuple[Row, ...], Validation]:
    """Return the row that a line is."""
    if match := VALIDATED.match(text):
        row = Row(
            axis=Axis.ITERATION,
            x=float(match["iter"]),
            values=(_loss(match["val"], Statistic.VALUE),),
            split="val",
        )
        return (row,), state._replace(own=True)
    if match := FINAL.match(text):
        return (
            Row(axis=Axis.ITERATION, values=(_loss(match["val"], Statistic.VALUE),), split="val"),
        ), state
    new = NEW.match(text)
    found = new or OLD.match(text)
    if found is None:
        return (), state
    told = found["val"] or ""
    fresh = told[:1].isdigit() and told != state.last and not state.own
    validated = (_loss(told, Statistic.VALUE, "val"),) if fresh else ()
    time = Value("iter time", matched(found["time"]), Statistic.VALUE, None, "ms")
    trained = _loss(found["loss"], Statistic.WINDOW_MEAN if new else Statistic.VALUE)
    epoch = float(new["epoch"]) if new else math.nan
    row = Row(
        axis=Axis.ITERATION, x=float(found["iter"]), values=(trained, time, *validated), epoch=epoch
    )
    return (row,), state._replace(last=told)


def _loss(text: str, how: Statistic, split: str = "") -> Value:
    return Value("loss", matched(text), how, None, "nats", split=split)


PARSER = LineFormat(
    id="litgpt_text",
    title=Text(zh="LitGPT（lit-gpt、lit-llama）的输出", en="output of LitGPT (lit-gpt, lit-llama)"),
    start=lambda log: Validation(),
    step=step,
).parser()
