"""training.log of insightface (arcface_torch): `Training: <date>-Speed 3262.77 samples/sec Loss
34.26 LearningRate 0.1000 Epoch: 0 Global Step: 1250 ...`.

Source: real logs and `utils_callbacks.py`. The loss is the mean of the rows since the line before;
the rate is printed with four decimals only, so that a small one reads as 0. Verification prints
`[lfw][4000]Accuracy-Flip: 0.99633+-0.00296`, a line a data set.
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re
from lossreport.model.run import Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Metric, stateless
from lossreport.reading.kit.line_row import Row, Value, matched
from lossreport.reading.kit.patterns import INT, NUM
from lossreport.text import Text

VERIFIED: Final = re.compile(
    rf"^(?:Training: )?[\d\-: ,]{{1,40}}-(?:\w{{1,40}}:)?\[(?P<data>[\w\-]{{1,80}})\]\["
    rf"(?P<x>{INT})\](?P<name>Accuracy-Flip|Accuracy|XNorm): (?P<value>{NUM})"
)
METRICS: Final = (
    Metric("Loss", Statistic.WINDOW_MEAN, resolution=1e-4),
    # 0.0000 stands for any rate below 0.00005
    Metric("LearningRate", Statistic.VALUE, resolution=1e-4, positive=True),
    Metric("Speed", Statistic.WINDOW_MEAN, unit="samples/sec"),
    Metric("Scale", Statistic.VALUE, name="Fp16 Grad Scale"),
)


def verified(text: str) -> Row | None:
    """Return what a verification says of one data set."""
    match = VERIFIED.match(text)
    if match is None:
        return None
    value = Value(f"{match['data']}/{match['name']}", matched(match["value"]), Statistic.VALUE)
    return Row(x=float(match["x"]), values=(value,), split="val")


PARSER = LineFormat(
    id="arcface_text",
    title=Text(
        zh="insightface（arcface_torch）的 training.log",
        en="training.log of insightface (arcface_torch)",
    ),
    lines=(
        Line(
            head=r"Speed <Speed> samples/sec {1,9}Loss <Loss> {1,9}"
            r"(?:LearningRate <LearningRate> {1,9})?Epoch: <epoch> {1,9}Global Step: ?<x>"
            r"(?: {1,9}Fp16 Grad Scale: {0,9}<Scale>)?",
            metrics=METRICS,
        ),
    ),
    step=stateless(verified),
).parser()
