"""Console log of OLMo: a heading `[step=10/1000,epoch=0]`, then one indented line `    train/CrossEntropyLoss=9.362` for each value.

Source: real logs of allenai/OLMo's trainer (`log_metrics_to_console`). Losses are those of the step, averaged over ranks, printed with four
significant digits. The results of an evaluator follow a line with its name and stand at the last step.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.names import split_name
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

HEADING: Final = re.compile(r"(?:^|\s)\[step=(?P<x>\d+)(?:/(?P<of>\d+))?(?:,epoch=(?P<epoch>\d+))?\]\s*$")
VALUE: Final = re.compile(
    rf"^ {{4}}(?P<name>(?:train|eval|optim|throughput|System|grad_provenance)/[^=]+)=(?P<value>{NUM})\s*$", re.IGNORECASE
)
LEFT_OUT: Final = re.compile(r"throughput/total_.*")
"""Counts since the start."""
CONFIG: Final = re.compile(
    r"\b(?P<name>vocab_size|embedding_size|learning_rate|max_grad_norm|global_train_batch_size|seed|precision|max_duration)=(?P<value>'[\w\-]+'|\d[\d.eE+\-]*)(?=[,)])"
)
NAMES: Final = {"global_train_batch_size": "batch_size"}


def row(text: str) -> Row | None:
    """Return the heading or the value that a line is."""
    if "[step=" in text and (match := HEADING.search(text)):
        facts = (("max_steps", int(match["of"])),) if match["of"] else ()
        return Row(x=float(match["x"]), epoch=float(match["epoch"]) if match["epoch"] else math.nan, facts=facts)
    match = VALUE.match(text)
    if match is None or LEFT_OUT.fullmatch(match["name"]):
        return None
    split, name = split_name(match["name"])
    return Row(
        values=(Value(name, matched(match["value"]), Statistic.VALUE, None, "nats" if name == "CrossEntropyLoss" else ""),),
        split=split,
    )


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the settings of the configuration that is dumped as one nested value."""
    if "TrainConfig(" in text:
        for name, printed in CONFIG.findall(text):
            yield NAMES.get(name, name), plain_value(printed)


PARSER = printed_parser(id="olmo_text", title=Text(zh="OLMo 的终端日志", en="console log of OLMo"), row=row, facts=facts)
