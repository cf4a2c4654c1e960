"""Standard output of Megatron-LM and its forks: ` iteration 10/ 1000 | consumed samples: 40 | ... |
lm loss: 1.2E+01 | ...`.

Source: FORMATS.md section 5. Losses are means since the row before and are left out where that mean
is negative or not a number. The numbers of skipped and of NaN iterations are counts since the row
before.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import BARRED, Line, LineFormat, Metric, Setting
from lossreport.text import Text

WINDOW: Final = "log_interval"
COUNTS: Final = Metric(r"number of \w{1,40} iterations", Statistic.SUM, window=WINDOW)
MEANS: Final = Metric(
    r".*loss(?! scale).*|elapsed time per iteration.*|throughput.*",
    Statistic.WINDOW_MEAN,
    window=WINDOW,
)
VALIDATED: Final = Metric("(.*?)(?: value)?", Statistic.VALUE, name=r"\1")
SPLITS: Final = {"validation": "val", "valid": "val", "val": "val", "test": "test"}


def _validation(place: str) -> Line:
    return Line(
        head=rf"(?P<split>validation|test) loss at {place} \| ",
        pairs=BARRED,
        axis=Axis.ITERATION,
        splits=SPLITS,
        metrics=(VALIDATED,),
    )


def _validation_on(place: str) -> Line:
    return Line(
        head=rf"(?:validation|test) loss at {place} (?:on|for) (?P<split>validation|valid|val|"
        rf"test)\b[^|]{{0,80}} \| ",
        pairs=BARRED,
        axis=Axis.ITERATION,
        splits=SPLITS,
        metrics=(VALIDATED,),
    )


PARSER = LineFormat(
    id="megatron_text",
    title=Text(
        zh="Megatron-LM 及其分支的标准输出", en="standard output of Megatron-LM and its forks"
    ),
    lines=(
        Line(
            head=r"iteration {1,20}<x>/ {0,20}<max_steps> \| (?=.{0,400}?\b(?:consumed|"
            r"elapsed time|learning rate)\b)",
            pairs=BARRED,
            axis=Axis.ITERATION,
            statistic=Statistic.VALUE,
            metrics=(COUNTS, MEANS),
            left_out="consumed (?:samples|tokens)",
        ),
        _validation_on("iteration <x>"),
        _validation("iteration <x>"),
        _validation_on("[^|]{1,80}?"),
        _validation("[^|]{1,80}?"),
    ),
    learn=(r"^\s{0,20}log_interval \.{1,60} <log_interval:int>\s*$",),
    settings=(
        Setting(
            r"padded vocab \(size: <vocab_size:int>\) with \d{1,18} dummy tokens \(new size: <pad"
            r"ded_vocab_size:int>\)"
        ),
        Setting(
            r"^\s{0,20}(?P<name>train_iters|global_batch_size) \.{1,60} (?P<value>\d{1,18})\s*$",
            names={"train_iters": "max_steps", "global_batch_size": "batch_size"},
        ),
    ),
).parser()
