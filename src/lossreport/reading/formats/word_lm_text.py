"""Rows of PyTorch's word language model and its many heirs: `| epoch 1 | 200/ 2983 batches | lr
20.00 | ms/batch 8.41 | loss 7.63 | ppl 2064.78`.

Source: `word_language_model/main.py` of the PyTorch examples, AWD-LSTM, Transformer-XL, the
tutorials on transformers and text classification. A row holds means since the row before; a
validation is that of the epoch it ends, or of the step it names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import LineFormat
from lossreport.reading.kit.line_row import Row, Value, matched
from lossreport.reading.kit.patterns import INT, NUM
from lossreport.text import Text

BEFORE: Final = r"^[^|]{0,40}\| "
BATCH: Final = re.compile(
    rf"{BEFORE}epoch {{1,20}}(?P<epoch>{INT}) {{1,20}}\| {{1,20}}(?P<batch>{INT})/ {{0,20}}"
    rf"(?P<batches>{INT}) batches \|"
)
STEP: Final = re.compile(
    rf"{BEFORE}epoch {{1,20}}(?P<epoch>{INT}) step {{1,20}}"
    rf"(?P<step>{INT}) \| {{1,20}}{INT} batches \|"
)
END: Final = re.compile(rf"{BEFORE}end of epoch {{1,20}}(?P<epoch>{INT}) {{1,20}}\|")
EVALUATED: Final = re.compile(rf"{BEFORE}Eval {{1,20}}{INT} at step {{1,20}}(?P<step>{INT}) \|")
AFTER: Final = re.compile(rf"{BEFORE}End of training {{1,20}}\|", re.IGNORECASE)
PAIR: Final = re.compile(
    rf"(?P<name>[A-Za-z][\w/]{{0,60}}(?: [A-Za-z]\w{{0,60}})?)[ :]{{1,20}}(?P<value>{NUM})s?"
)
SPLITS: Final = {"valid": "valid", "val": "val", "test": "test", "train": "train"}
INSTANT: Final = re.compile(r"lr|learning_rate", re.IGNORECASE)
PERPLEXITY: Final = re.compile(r"ppl|perplexity|bpc|bpd", re.IGNORECASE)
LEFT_OUT: Final = ("time", "elapsed")


def step(text: str, batches: int) -> tuple[tuple[Row, ...], int]:
    """Return the row that a line is; the state is how many batches an epoch has."""
    if "| " not in text:
        return (), batches
    if match := BATCH.match(text):
        batches = int(match["batches"])
        at = (int(match["epoch"]) - 1) * batches + int(match["batch"])
        return _row(match, "train", Axis.ITERATION, float(at), float(match["epoch"])), batches
    if match := STEP.match(text):
        return _row(match, "train", Axis.STEP, float(match["step"]), float(match["epoch"])), batches
    if match := END.match(text):
        epoch = float(match["epoch"])
        return _row(
            match,
            "valid",
            Axis.ITERATION if batches else Axis.EPOCH,
            epoch * batches if batches else epoch,
            epoch,
        ), batches
    if match := EVALUATED.match(text):
        return _row(match, "valid", Axis.STEP, float(match["step"])), batches
    match = AFTER.match(text)
    return (() if match is None else _row(match, "test")), batches


def _row(
    match: re.Match[str],
    split: str,
    axis: Axis = Axis.ITERATION,
    x: float | None = None,
    epoch: float = math.nan,
) -> tuple[Row, ...]:
    found = tuple(_values(match.string[match.end() :], split))
    return (Row(axis=axis, x=x, values=found, split=split, epoch=epoch),) if found else ()


def _values(rest: str, split: str) -> Iterator[Value]:
    pairs = [
        (match["name"], match["value"])
        for cell in rest.split("|")
        if (match := PAIR.fullmatch(cell.strip()))
    ]
    natural = any(PERPLEXITY.search(name) for name, _ in pairs)
    for printed, text in pairs:
        word, _, last = printed.partition(" ")
        of, name = (
            (SPLITS[word.lower()], last) if last and word.lower() in SPLITS else (split, printed)
        )
        if name.lower() in LEFT_OUT:
            continue
        single = split != "train" or INSTANT.fullmatch(name)
        unit = "nats" if natural and name.lower() == "loss" else ""
        yield Value(
            name,
            matched(text),
            Statistic.VALUE if single else Statistic.WINDOW_MEAN,
            None,
            unit,
            split=of,
        )


PARSER = LineFormat(
    id="word_lm_text",
    title=Text(
        zh="PyTorch 词级语言模型示例及其后继（AWD-LSTM、Transformer-XL）的输出",
        en="output of PyTorch's word language model and its heirs (AWD-LSTM, Transformer-XL)",
    ),
    start=lambda log: 0,
    step=step,
).parser()
