"""Log of OpenNMT-py: `[2020-01-12 16:34:32,341 INFO] Step 50/200000; acc: 4.42; ppl: 14341.15;
xent: 9.57; lr: 0.00001; ...`, 2017's epochs too.

Source: `utils/statistics.py` and `utils/report_manager.py` of OpenNMT-py 3.5, `onmt/Trainer.py` of
2017. A row holds means since the row before. A validation prints a line a metric and no step: it
stands where the training stands. `Train perplexity` repeats what the rows tell.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, Pairs, Setting
from lossreport.text import Text

TOLD: Final = Pairs(
    before="(?:^|; {1,9})", name="acc|ppl|xent|lr|aux_loss", sign=": {0,9}", behind=r"(?=;|\s*$)"
)
SPEED: Final = r"(?=(?:.{0,300}?[/;] {0,9}<speed:int> (?:tgt )?tok/s;)?)"
"""`; 4512/5123 tok/s;` of source and target, in 2017 `; 5123 tgt tok/s;`."""
METRICS: Final = (Metric("speed", Statistic.WINDOW_MEAN, name="tok/s", unit="tok/s"),)
UNITS: Final = {"xent": "nats", "acc": "%", "accuracy": "%"}

PARSER = LineFormat(
    id="opennmt_text",
    title=Text(zh="OpenNMT-py 的日志", en="log of OpenNMT-py"),
    lines=(
        Line(
            head=r"Step <x>/ {0,9}<max_steps>; {1,9}(?=acc: )" + SPEED,
            pairs=TOLD,
            statistic=Statistic.WINDOW_MEAN,
            metrics=METRICS,
            units=UNITS,
        ),
        Line(
            head=r"^Epoch {1,9}<epoch>, {1,9}<x>/ {0,9}<of>; {1,9}(?=acc: )" + SPEED,
            pairs=TOLD,
            axis=Axis.ITERATION,
            inner=True,
            statistic=Statistic.WINDOW_MEAN,
            metrics=METRICS,
            units=UNITS,
        ),
        Line(
            head=r"Validation (?:perplexity: <perplexity>|accuracy: <accuracy>)\s*$",
            split="valid",
            statistic=Statistic.VALUE,
            units=UNITS,
        ),
    ),
    settings=(
        Setting(r"\* tgt vocab size = <vocab_size:int>"),
        Setting(r"\* vocabulary size\. source = \d{1,18}; target = <vocab_size:int>"),
    ),
    known=r"(?:^|\] )Train (?:perplexity|accuracy): ",
).parser()
