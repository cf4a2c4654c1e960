"""Log of Marian NMT: `[2021-05-26 23:22:42] Ep. 1 : Up. 500 : Sen. 15,203 : Cost 6.01 * 414,436 after 414,436 : Time 609.91s : 679.50 words/s`.

Source: `training/scheduler.h` of Marian 1.12. A cost is the mean since the row before: a sentence or a word, as `cost-type` says, so its
size tells nothing by itself. `[valid]` rows name a metric; `cross-entropy` is of the type of the cost, `ce-mean-words` is a word's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

HEAD: Final = re.compile(
    r"\] (?P<valid>\[valid\] )?Ep\. (?P<epoch>\d+(?:\.\d+)?)[a-z]* : Up\. (?P<update>[\d,]+)[a-z]* : (?P<rest>.*\S)\s*$", re.IGNORECASE
)
VALID: Final = re.compile(rf"^(?P<name>[\w\-./]+) : (?P<value>{NUM})(?: :|$)", re.IGNORECASE)
COST: Final = re.compile(rf"\bCost (?P<value>{NUM})", re.IGNORECASE)
OTHERS: Final = (
    ("lr", re.compile(rf"\bL\.r\. (?P<value>{NUM})"), Statistic.VALUE, ""),
    ("gnorm", re.compile(rf"\bgNorm (?P<value>{NUM})"), Statistic.VALUE, ""),
    ("time", re.compile(rf"\bTime (?P<value>{NUM})s\b"), Statistic.SUM, "s"),
    ("words/s", re.compile(rf": (?P<value>{NUM}) words/s"), Statistic.WINDOW_MEAN, "words/s"),
)
OF_COST_TYPE: Final = "cross-entropy"
CONFIG: Final = re.compile(
    r"\] \[config\] (?P<name>learn-rate|seed|cost-type|label-smoothing|after-batches|after-epochs|clip-norm): (?P<value>\S+)\s*$"
)
NAMES: Final = {"learn-rate": "lr", "after-batches": "max_steps", "after-epochs": "epochs", "clip-norm": "clip_grad"}
VOCABULARY: Final = re.compile(r"\] \[data\] Setting vocabulary size for input (?P<input>\d+) to (?P<size>[\d,]+)\s*$")


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    match = HEAD.search(text)
    if match is None:
        return None
    found = tuple(_validated(match["rest"]) if match["valid"] else _trained(match["rest"]))
    x, epoch = matched(match["update"]), matched(match["epoch"])
    return Row(axis=Axis.STEP, x=x, values=found, split="valid" if match["valid"] else "train", epoch=epoch) if found else None


def _validated(text: str) -> Iterator[Value]:
    if match := VALID.match(text):
        name = match["name"]
        unit = "nats" if name == "ce-mean-words" else ""
        yield Value(f"cost ({name})" if name == OF_COST_TYPE else name, matched(match["value"]), Statistic.VALUE, None, unit)


def _trained(text: str) -> Iterator[Value]:
    cost = COST.search(text)
    if cost is None:
        return
    yield Value("cost", matched(cost["value"]), Statistic.WINDOW_MEAN)
    for name, pattern, statistic, unit in OTHERS:
        if match := pattern.search(text):
            yield Value(name, matched(match["value"]), statistic, None, unit)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the settings and the vocabulary of the target, which is read last."""
    if match := CONFIG.search(text):
        name, value = match["name"], plain_value(match["value"])
        if value != 0 or name == "seed":  # 0 stands for "no limit"
            yield NAMES.get(name, name.replace("-", "_")), value
    elif (match := VOCABULARY.search(text)) and match["input"] != "0" and (size := number(match["size"])) is not None:
        yield "vocab_size", int(size)


PARSER = printed_parser(
    id="marian_text",
    title=Text(zh="Marian NMT 的日志", en="log of Marian NMT"),
    row=row,
    facts=facts,
    finished=re.compile(r"\] Training finished\s*$"),
)
