"""`opt.txt` of pytorch-CycleGAN-and-pix2pix and its forks: `------ Options ------`, then `name:
value [default: ...]` a line. Facts, no metrics.

Source: `BaseOptions.print_options` of options/base_options.py. The training lasts `niter +
niter_decay` epochs, `n_epochs + n_epochs_decay` in later versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.settings import plain_value
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

HEAD: Final = re.compile(r"-{4,80} ?Options ?-{4,80}\s*")
END: Final = re.compile(r"-{4,80} ?End ?-{4,80}\s*")
OPTION: Final = re.compile(
    r"\s{0,40}(?P<name>[A-Za-z_]\w{0,60})\s?:\s?(?P<value>.{0,400}?)"
    r"(?:\s*\[default: .{0,400}\])?\s*$"
)
PERIODS: Final = (("niter", "niter_decay"), ("n_epochs", "n_epochs_decay"))
"""Epochs at the first learning rate, and those over which it falls to zero."""
NAMES: Final = {"batchSize": "batch_size"}
START: Final = frozenset(("epoch_count", "epoch"))
"""The epoch from which the training counts, and which checkpoint is loaded: no plans."""


def sniff(log: LogFile) -> Score:
    """Claim text that begins with the rule over a list of options."""
    first = next((line for line in log.head_lines if line.strip()), "")
    return (
        Score(0.9, "options between rules")
        if HEAD.fullmatch(first)
        else Score(0.0, "no rule over a list of options")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield every option with its line; of a file that was appended to, those of the last list."""
    found: dict[str, RawFact] = {}
    last = 0
    for line in log.lines():
        last = line.number
        if HEAD.fullmatch(line.text):
            found = {}
        elif (
            (match := OPTION.match(line.text)) is not None
            and not END.fullmatch(line.text)
            and match["name"] not in START
        ):
            name = NAMES.get(match["name"], match["name"])
            found[name] = RawFact(name, plain_value(match["value"]), line.number)
    for first, second in PERIODS:
        if first in found and second in found:
            constant, falling = found.pop(first), found[second]
            if isinstance(constant.value, int) and isinstance(falling.value, int):
                yield RawFact("epochs", constant.value + falling.value, constant.line)
    yield from found.values()
    yield RowsRead(0, last)


PARSER = Parser(
    id="options_txt",
    title=Text(
        zh="CycleGAN、pix2pix 一族的 opt.txt", en="opt.txt of CycleGAN, pix2pix and their forks"
    ),
    sniff=sniff,
    read=read,
    config=True,
)
