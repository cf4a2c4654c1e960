"""Output of LitGPT and its forerunners: `Epoch 1 | iter 120 step 30 | loss train: 1.162, val: n/a | iter time: 164.51 ms (step)`.

Source: `finetune/lora.py` and `pretrain.py` of LitGPT 0.5, lit-gpt and lit-llama. `iter` counts micro-batches; LitGPT prints a mean over
those of one step, the older ones a single loss. `val` in a row repeats the last validation: it counts where it changes, and where no
line of its own told it.
"""

from __future__ import annotations

import re
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser
from lossreport.text import Text

NEW: Final = re.compile(
    rf"^(?:Epoch|Ep) (?P<epoch>\d+) \| iter (?P<iter>\d+) (?:\| )?st(?:ep|Ep) \d+ ?[:|] loss train(?: \(curr\))?: (?P<loss>{NUM}), "
    rf"val(?: \(prev val iter\))?: (?P<val>{NUM}|n/a|None) \| iter time: (?P<time>{NUM}) ?ms",
    re.IGNORECASE,
)
OLD: Final = re.compile(
    rf"^iter (?P<iter>\d+)(?: \|)? step \d+: loss (?:train:? )?(?P<loss>{NUM}),? (?:val:? (?P<val>{NUM}) \| )?iter time: (?P<time>{NUM}) ?ms",
    re.IGNORECASE,
)
VALIDATED: Final = re.compile(rf"^iter (?P<iter>\d+): val loss (?P<val>{NUM}), val time: ", re.IGNORECASE)
FINAL: Final = re.compile(rf"^Final evaluation \| val loss: (?P<val>{NUM}) \|", re.IGNORECASE)


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers what the validation printed last and whether it has lines of its own."""
    last, own = "", False

    def row(text: str) -> Row | None:
        nonlocal last, own
        if match := VALIDATED.match(text):
            own = True
            return Row(axis=Axis.ITERATION, x=float(match["iter"]), values=(_loss(match["val"], Statistic.VALUE),), split="val")
        if match := FINAL.match(text):
            return Row(axis=Axis.ITERATION, values=(_loss(match["val"], Statistic.VALUE),), split="val")
        match = NEW.match(text)
        how, epoch = (Statistic.WINDOW_MEAN, float(match["epoch"])) if match else (Statistic.VALUE, float("nan"))
        match = match or OLD.match(text)
        if match is None:
            return None
        found = [_loss(match["loss"], how), Value("iter time", matched(match["time"]), Statistic.VALUE, None, "ms")]
        told = match["val"] or ""
        if told[:1].isdigit() and told != last and not own:
            found.append(_loss(told, Statistic.VALUE, "val"))
        last = told
        return Row(axis=Axis.ITERATION, x=float(match["iter"]), values=tuple(found), epoch=epoch)

    return row


def _loss(text: str, how: Statistic, split: str = "") -> Value:
    return Value("loss", matched(text), how, None, "nats", split=split)


PARSER = printed_parser(
    id="litgpt_text", title=Text(zh="LitGPT（lit-gpt、lit-llama）的输出", en="output of LitGPT (lit-gpt, lit-llama)"), begin=begin
)
