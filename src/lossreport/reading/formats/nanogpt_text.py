"""Output of nanoGPT and its kin: nanoGPT (`iter 10: loss 9.7, ...`), nanochat (`step 00100/21400 ... | loss: 5.1`), modded-nanogpt.

Source: FORMATS.md section 5. nanoGPT prints the loss of one micro-batch, and at evaluations the means over some batches of both splits;
nanochat prints a debiased moving average; modded-nanogpt prints its source code first, then the loss of every step. Losses are in nats.
What nanoGPT calls `iter` and `step` is one counter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

EVALUATED: Final = re.compile(rf"^step (?P<x>\d+): train loss (?P<train>{NUM}), val loss (?P<val>{NUM})\s*$", re.IGNORECASE)
ITERATION: Final = re.compile(
    rf"^iter (?P<x>\d+): loss (?P<loss>{NUM}), time (?P<time>{NUM})ms(?:, mfu (?P<mfu>{NUM})%)?\s*$", re.IGNORECASE
)
NANOCHAT: Final = re.compile(r"^step (?P<x>\d+)/(?P<of>\d+) \([\d.]+%\) \| (?=loss: )(?P<rest>.*)$")
CHECKED: Final = re.compile(
    rf"^Step (?P<x>\d+)(?:/\d+)? \| (?P<validation>Validation )?(?P<name>bpb|loss|CORE metric|ChatCORE[\w ]*|Average reward|Average sequence length): "
    rf"(?P<value>{NUM})(?=\s|$)"
)
MODDED: Final = re.compile(r"^step:(?P<x>\d+)/(?P<of>\d+)(?P<rest>(?: [^\W\d]\w{0,60}:[^\s:]{1,40}){1,40})\s*$")
"""Forks print keys of their own between the loss and the time: `val_bpb:1.2`."""
KEY: Final = re.compile(rf"(?P<name>\w+):(?P<value>{NUM})(?:m?s)?(?= |$)", re.IGNORECASE)
UNITS: Final = {"loss": "nats", "bpb": "bits"}
PAIR: Final = re.compile(rf"(?:^|\| )(?P<name>[^\W\d][\w/ ]*?): (?P<value>{NUM})(?=[a-z]{{0,2}}(?: |$))", re.IGNORECASE)
LEFT_OUT: Final = ("total time", "eta", "epoch")
OVERRIDE: Final = re.compile(r"^(?:Overriding: (?P<name>\w+)|max_iters) = (?P<value>[^#]+)")
VOCABULARY: Final = re.compile(r"^found vocab_size = (\d+)|^defaulting to vocab_size of GPT-2 to (\d+)|^Vocab size: ([\d,]+)\s*$")
PARAMETERS: Final = re.compile(r"^number of parameters: ([\d.]+)M")
RESOLUTION: Final = 1e-4
"""Decimals of a loss in nanoGPT and modded-nanogpt."""


def row(text: str) -> Row | None:
    """Return the row that a line is, of whichever of the three programs."""
    if match := ITERATION.match(text):
        return Row(x=float(match["x"]), values=(_loss(match["loss"]), *_health(match)))
    if match := EVALUATED.match(text):
        return _evaluated(match)
    if match := MODDED.match(text):
        return _modded(match)
    if match := NANOCHAT.match(text):
        return Row(x=float(match["x"]), values=tuple(_nanochat(match["rest"])), facts=(("max_steps", int(match["of"])),))
    if match := CHECKED.match(text):
        return _checked(match)
    return None


def _loss(text: str, how: Statistic = Statistic.VALUE, split: str = "") -> Value:
    return Value("loss", matched(text), how, None, "nats", RESOLUTION, split)


def _evaluated(match: re.Match[str]) -> Row:
    """Return both estimates; that of the training split is a mean over batches, unlike the loss that `iter` prints."""
    found = (_loss(match["val"]), _loss(match["train"], Statistic.WINDOW_MEAN, "train"))
    return Row(x=float(match["x"]), split="val", values=found)


def _health(match: re.Match[str]) -> Iterator[Value]:
    for name, unit in (("time", "ms"), ("mfu", "%")):
        value = number(match[name])
        if value is not None and (name != "mfu" or value >= 0):  # nanoGPT prints -100 % where it does not know yet
            yield Value(name, value, Statistic.VALUE, None, unit)


def _modded(match: re.Match[str]) -> Row | None:
    """Return a row of modded-nanogpt; its time so far is no metric, and a step's mean time is told with the training alone."""
    if "train_time:" not in match["rest"]:
        return None
    split = "val" if " val_" in match["rest"] else "train"
    found = []
    for printed, text in KEY.findall(match["rest"]):
        own, name = split_name(printed, split)
        if printed == "step_avg" and split == "train" and text.lower() != "nan":
            found.append(Value("step_avg", float(text), Statistic.RUNNING_MEAN, None, "ms"))
        elif printed not in ("train_time", "step_avg"):
            found.append(
                _loss(text, split=own)
                if name == "loss"
                else Value(name, matched(text), Statistic.VALUE, None, UNITS.get(name, ""), split=own)
            )
    return Row(x=float(match["x"]), split=split, values=tuple(found), facts=(("max_steps", int(match["of"])),)) if found else None


def _nanochat(text: str) -> Iterator[Value]:
    for name, printed in PAIR.findall(text):
        value = number(printed)
        if value is not None and name not in LEFT_OUT:
            loss = name == "loss"
            yield Value(name, value, Statistic.EMA if loss else Statistic.VALUE, None, "nats" if loss else "")


def _checked(match: re.Match[str]) -> Row:
    name = match["name"]
    split = "val" if match["validation"] else "eval" if name.startswith(("CORE", "Chat")) else "train"
    unit = "bits" if name == "bpb" else "nats" if name == "loss" else ""
    return Row(x=float(match["x"]), split=split, values=(Value(name, matched(match["value"]), Statistic.VALUE, None, unit),))


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield what the configurator overrides, the vocabulary and the number of parameters."""
    if match := OVERRIDE.match(text):
        name = match["name"] or "max_iters"
        yield ("max_steps" if name == "max_iters" else name), plain_value(match["value"])
    elif match := VOCABULARY.match(text):
        yield "vocab_size", int((match[1] or match[2] or match[3]).replace(",", ""))
    elif match := PARAMETERS.match(text):
        yield "n_parameters", round(float(match[1]) * 1e6)


PARSER = printed_parser(
    id="nanogpt_text",
    title=Text(zh="nanoGPT、nanochat、modded-nanogpt 的输出", en="output of nanoGPT, nanochat and modded-nanogpt"),
    row=row,
    facts=facts,
)
