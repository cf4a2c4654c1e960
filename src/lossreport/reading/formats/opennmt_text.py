"""Log of OpenNMT-py: `[2020-01-12 16:34:32,341 INFO] Step 50/200000; acc: 4.42; ppl: 14341.15; xent: 9.57; lr: 0.00001; ...`, 2017's epochs too.

Source: `utils/statistics.py` and `utils/report_manager.py` of OpenNMT-py 3.5, `onmt/Trainer.py` of 2017. A row holds means since the row
before. A validation prints a line a metric and no step: it stands where the training stands. `Train perplexity` repeats what the rows tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.text import Text

STEP: Final = re.compile(r"(?:^|\] )Step (?P<step>\d+)/ *(?P<steps>\d+); +(?P<rest>acc: .*)$")
EPOCH: Final = re.compile(r"^Epoch +(?P<epoch>\d+), +(?P<batch>\d+)/ *(?P<batches>\d+); +(?P<rest>acc: .*)$")
PAIR: Final = re.compile(rf"(?:^|; +)(?P<name>acc|ppl|xent|lr|aux_loss): *(?P<value>{NUM})(?=;|\s*$)", re.IGNORECASE)
SPEED: Final = re.compile(r"; +(?P<source>\d+)/ *(?P<target>\d+) tok/s;|; +(?P<old>\d+) tgt tok/s;")
VALIDATED: Final = re.compile(rf"(?:^|\] )Validation (?P<name>perplexity|accuracy): (?P<value>{NUM})\s*$", re.IGNORECASE)
UNITS: Final = {"xent": "nats", "acc": "%", "accuracy": "%"}
VOCABULARY: Final = re.compile(r"\* tgt vocab size = (\d+)|\* vocabulary size\. source = \d+; target = (\d+)")


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    if match := STEP.search(text):
        found = tuple(_values(match["rest"]))
        return Row(x=float(match["step"]), values=found, facts=(("max_steps", int(match["steps"])),)) if found else None
    if match := EPOCH.match(text):
        at = (int(match["epoch"]) - 1) * int(match["batches"]) + int(match["batch"])
        return Row(axis=Axis.ITERATION, x=float(at), values=tuple(_values(match["rest"])), epoch=float(match["epoch"]))
    if match := VALIDATED.search(text):
        name = match["name"].lower()
        return Row(split="valid", values=(Value(name, matched(match["value"]), Statistic.VALUE, None, UNITS.get(name, "")),))
    return None


def _values(text: str) -> Iterator[Value]:
    for name, printed in PAIR.findall(text):
        statistic = Statistic.VALUE if name == "lr" else Statistic.WINDOW_MEAN
        yield Value(name, matched(printed), statistic, None, UNITS.get(name, ""))
    if match := SPEED.search(text):
        yield Value("tok/s", float(match["target"] or match["old"]), Statistic.WINDOW_MEAN, None, "tok/s")


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the size of the target's vocabulary."""
    if match := VOCABULARY.search(text):
        yield "vocab_size", int(match[1] or match[2])


PARSER = printed_parser(
    id="opennmt_text",
    title=Text(zh="OpenNMT-py 的日志", en="log of OpenNMT-py"),
    row=row,
    facts=facts,
)
