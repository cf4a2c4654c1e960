"""Rows of PyTorch's word language model and its many heirs: `| epoch   1 |   200/ 2983 batches | lr 20.00 | ms/batch 8.41 | loss 7.63 | ppl 2064.78`.

Source: `word_language_model/main.py` of the PyTorch examples, AWD-LSTM, Transformer-XL, the tutorials on transformers and text
classification. A row holds means since the row before; a validation is that of the epoch it ends, or of the step it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser
from lossreport.text import Text

BATCH: Final = re.compile(
    r"^[^|]{0,40}\| epoch +(?P<epoch>\d+) +\| +(?P<batch>\d+)/ *(?P<batches>\d+) batches \|(?P<rest>.*)$", re.IGNORECASE
)
STEP: Final = re.compile(r"^[^|]{0,40}\| epoch +(?P<epoch>\d+) step +(?P<step>\d+) \| +\d+ batches \|(?P<rest>.*)$", re.IGNORECASE)
END: Final = re.compile(r"^[^|]{0,40}\| end of epoch +(?P<epoch>\d+) +\|(?P<rest>.*)$", re.IGNORECASE)
EVALUATED: Final = re.compile(r"^[^|]{0,40}\| Eval +\d+ at step +(?P<step>\d+) \|(?P<rest>.*)$", re.IGNORECASE)
AFTER: Final = re.compile(r"^[^|]{0,40}\| End of training +\|(?P<rest>.*)$", re.IGNORECASE)
PAIR: Final = re.compile(rf"(?P<name>[A-Za-z][\w/]*(?: [A-Za-z]\w*)?)[ :]+(?P<value>{NUM})s?\s*$", re.IGNORECASE)
SPLITS: Final = {"valid": "valid", "val": "val", "test": "test", "train": "train"}
INSTANT: Final = re.compile(r"lr|learning_rate", re.IGNORECASE)
PERPLEXITY: Final = re.compile(r"ppl|perplexity|bpc|bpd", re.IGNORECASE)
LEFT_OUT: Final = ("time", "elapsed")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers how many batches an epoch has."""
    batches = 0

    def row(text: str) -> Row | None:
        nonlocal batches
        if match := BATCH.match(text):
            batches = int(match["batches"])
            at = (int(match["epoch"]) - 1) * batches + int(match["batch"])
            return _row(match["rest"], "train", Axis.ITERATION, float(at), float(match["epoch"]))
        if match := STEP.match(text):
            return _row(match["rest"], "train", Axis.STEP, float(match["step"]), float(match["epoch"]))
        if match := END.match(text):
            epoch = float(match["epoch"])
            return _row(match["rest"], "valid", Axis.ITERATION if batches else Axis.EPOCH, epoch * batches if batches else epoch, epoch)
        if match := EVALUATED.match(text):
            return _row(match["rest"], "valid", Axis.STEP, float(match["step"]))
        match = AFTER.match(text)
        return None if match is None else _row(match["rest"], "test")

    return row


def _row(rest: str, split: str, axis: Axis = Axis.ITERATION, x: float | None = None, epoch: float = float("nan")) -> Row | None:
    found = tuple(_values(rest, split))
    return Row(axis=axis, x=x, values=found, split=split, epoch=epoch) if found else None


def _values(rest: str, split: str) -> Iterator[Value]:
    pairs = [(match["name"], match["value"]) for cell in rest.split("|") if (match := PAIR.fullmatch(cell.strip()))]
    natural = any(PERPLEXITY.search(name) for name, _ in pairs)
    for printed, text in pairs:
        word, _, last = printed.partition(" ")
        of, name = (SPLITS[word.lower()], last) if last and word.lower() in SPLITS else (split, printed)
        if name.lower() in LEFT_OUT:
            continue
        single = split != "train" or INSTANT.fullmatch(name)
        unit = "nats" if natural and name.lower() == "loss" else ""
        yield Value(name, matched(text), Statistic.VALUE if single else Statistic.WINDOW_MEAN, None, unit, split=of)


PARSER = printed_parser(
    id="word_lm_text",
    title=Text(
        zh="PyTorch 词级语言模型示例及其后继（AWD-LSTM、Transformer-XL）的输出",
        en="output of PyTorch's word language model and its heirs (AWD-LSTM, Transformer-XL)",
    ),
    begin=begin,
)
