"""Standard output of Megatron-LM and its forks: ` iteration       10/    1000 | consumed samples:  40 | ... | lm loss: 1.2E+01 | ...`.

Source: FORMATS.md section 5. Losses are means since the row before and are left out where that mean is negative or not a number. The
numbers of skipped and of NaN iterations are counts since the row before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.text import Text

ROW: Final = re.compile(
    r"^.{0,60}?\biteration +(?P<at>\d+)/ *(?P<of>\d+) \| (?=.*\b(?:consumed|elapsed time|learning rate)\b)(?P<rest>.*)$"
)
VALIDATION: Final = re.compile(
    r"^.{0,60}?\b(?P<split>validation|test) loss at (?:iteration (?P<at>\d+)|[^|]*?)(?: (?:on|for) (?P<data>validation|valid|val|test)\b[^|]*)? \| (?P<rest>.*)$"
)
PAIR: Final = re.compile(rf"(?:^|\| )(?P<name>[^|:]+?): +(?P<value>{NUM})(?= *(?:\||$))", re.IGNORECASE)
MEANS: Final = re.compile(r".*loss(?! scale).*|elapsed time per iteration.*|throughput.*", re.IGNORECASE)
COUNTS: Final = re.compile(r"number of \w+ iterations", re.IGNORECASE)
LEFT_OUT: Final = ("consumed samples", "consumed tokens")
INTERVAL: Final = re.compile(r"^\s*log_interval \.+ (\d+)\s*$")
PADDED: Final = re.compile(r"padded vocab \(size: (\d+)\) with \d+ dummy tokens \(new size: (\d+)\)")
SPLITS: Final = {"validation": "val", "valid": "val", "val": "val", "test": "test"}
DUMPED: Final = re.compile(r"^\s*(?P<name>train_iters|global_batch_size) \.+ (?P<value>\d+)\s*$")
NAMES: Final = {"train_iters": "max_steps", "global_batch_size": "batch_size"}


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers the logging interval: the window of the means."""
    window: int | None = None

    def row(text: str) -> Row | None:
        nonlocal window
        if "iteration" not in text and "loss at" not in text and "log_interval" not in text:
            return None
        if match := ROW.match(text):
            found = tuple(_values(match["rest"], window))
            facts = (("max_steps", int(match["of"])),)
            return Row(axis=Axis.ITERATION, x=float(match["at"]), values=found, facts=facts) if found else None
        if match := VALIDATION.match(text):
            return _validation(match)
        if match := INTERVAL.match(text):
            window = int(match[1])
        return None

    return row


def _values(text: str, window: int | None) -> Iterator[Value]:
    for name, printed in PAIR.findall(text):
        value = number(printed)
        if value is None or name in LEFT_OUT:
            continue
        if COUNTS.fullmatch(name):
            yield Value(name, value, Statistic.SUM, window)
        elif MEANS.fullmatch(name):
            yield Value(name, value, Statistic.WINDOW_MEAN, window)
        else:
            yield Value(name, value, Statistic.VALUE)


def _validation(match: re.Match[str]) -> Row | None:
    pairs = PAIR.findall(match["rest"])
    found = tuple(Value(name.strip().removesuffix(" value"), matched(text), Statistic.VALUE) for name, text in pairs)
    if not found:
        return None
    split = SPLITS[match["data"] or match["split"]]
    return Row(axis=Axis.ITERATION, x=float(match["at"]) if match["at"] else None, values=found, split=split)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield what the arguments and the tokenizer say under other names than those of the contract."""
    if match := PADDED.search(text):
        yield "vocab_size", int(match[1])
        yield "padded_vocab_size", int(match[2])
    elif match := DUMPED.match(text):
        yield NAMES[match["name"]], int(match["value"])


PARSER = printed_parser(
    id="megatron_text",
    title=Text(zh="Megatron-LM 及其分支的标准输出", en="standard output of Megatron-LM and its forks"),
    begin=begin,
    facts=facts,
)
