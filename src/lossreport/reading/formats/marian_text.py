"""Log of Marian NMT: `[2021-05-26 23:22:42] Ep. 1 : Up. 500 : Sen. 15,203 : Cost 6.01 * 414,436
after 414,436 : Time 609.91s : 679.50 words/s`.

Source: `training/scheduler.h` of Marian 1.12. A cost is the mean since the row before: a sentence
or a word, as `cost-type` says, so its size tells nothing by itself. `[valid]` rows name a metric;
`cross-entropy` is of the type of the cost, `ce-mean-words` is a word's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import LineFormat, Setting, stateless
from lossreport.reading.kit.line_row import Row, Value, matched
from lossreport.reading.kit.patterns import GROUPED, NUM
from lossreport.text import Text

HEAD: Final = re.compile(
    rf"^[^\]]{{0,60}}\] (?P<valid>\[valid\] )?Ep\. (?P<epoch>\d{{1,9}}"
    rf"(?:\.\d{{1,9}})?)[a-z]{{0,9}} : Up\. (?P<update>{GROUPED})[a-z]{{0,9}} : (?P<rest>\S.*)$"
)
VALID: Final = re.compile(rf"^(?P<name>[\w\-./]{{1,80}}) : (?P<value>{NUM})(?: :|\s*$)")
COST: Final = re.compile(rf"\bCost (?P<value>{NUM})")
OTHERS: Final = (
    ("lr", re.compile(rf"\bL\.r\. (?P<value>{NUM})"), Statistic.VALUE, ""),
    ("gnorm", re.compile(rf"\bgNorm (?P<value>{NUM})"), Statistic.VALUE, ""),
    ("time", re.compile(rf"\bTime (?P<value>{NUM})s\b"), Statistic.SUM, "s"),
    ("words/s", re.compile(rf": (?P<value>{NUM}) words/s"), Statistic.WINDOW_MEAN, "words/s"),
)
OF_COST_TYPE: Final = "cross-entropy"
CONFIGURED: Final = r"\] \[config\] (?P<name>{}): (?P<value>\S{{1,80}})\s*$"
NAMES: Final = {
    "learn-rate": "lr",
    "after-batches": "max_steps",
    "after-epochs": "epochs",
    "clip-norm": "clip_grad",
    "cost-type": "cost_type",
    "label-smoothing": "label_smoothing",
}


def row(text: str) -> Row | None:
    """Return the row that a line is."""
    match = HEAD.match(text) if " Up. " in text else None
    if match is None:
        return None
    found = tuple(_validated(match["rest"]) if match["valid"] else _trained(match["rest"]))
    x, epoch = matched(match["update"]), matched(match["epoch"])
    return (
        Row(x=x, values=found, split="valid" if match["valid"] else "train", epoch=epoch)
        if found
        else None
    )


def _validated(text: str) -> Iterator[Value]:
    if match := VALID.match(text):
        name = match["name"]
        unit = "nats" if name == "ce-mean-words" else ""
        yield Value(
            f"cost ({name})" if name == OF_COST_TYPE else name,
            matched(match["value"]),
            Statistic.VALUE,
            None,
            unit,
        )


def _trained(text: str) -> Iterator[Value]:
    cost = COST.search(text)
    if cost is None:
        return
    yield Value("cost", matched(cost["value"]), Statistic.WINDOW_MEAN)
    for name, pattern, statistic, unit in OTHERS:
        if match := pattern.search(text):
            yield Value(name, matched(match["value"]), statistic, None, unit)


PARSER = LineFormat(
    id="marian_text",
    title=Text(zh="Marian NMT 的日志", en="log of Marian NMT"),
    step=stateless(row),
    settings=(
        Setting(
            CONFIGURED.format(
                "learn-rate|cost-type|label-smoothing|after-batches|after-epochs|clip-norm"
            ),
            names=NAMES,
            zero=False,  # it stands for "no limit"
        ),
        Setting(CONFIGURED.format("seed")),
        # of the target, read last
        Setting(
            r"\] \[data\] Setting vocabulary size for input [1-9]\d{0,3} to <vocab_size:grouped>"
            r"\s*$"
        ),
    ),
).parser()
