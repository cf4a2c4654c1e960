"""Log of ESPnet 2: `3epoch:train:1-1000batch: iter_time=.., loss_ctc=.., loss=..` and `3epoch
results: [train] loss=.., [valid] loss=..`.

Source: espnet2/train/reporter.py. The rows inside an epoch are means over the batches they name;
how many batches an epoch has is the largest number printed. A gradient norm of NaN there is the
mean over a window that holds a step which ESPnet skipped.
"""

from __future__ import annotations

from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import EQUAL, Line, LineFormat, Metric, stateless
from lossreport.reading.kit.line_row import Row, values
from lossreport.reading.kit.patterns import INT
from lossreport.text import Text

RESULTS: Final = re.compile(rf"(?:^|.{{0,120}}?[\s:])(?P<epoch>{INT})epoch results: (?=\[)")
SECTION: Final = re.compile(r"\[(?P<split>train|valid)\] (?P<rest>[^\[]{0,4000}+)")
PAIR: Final = EQUAL.pattern()
PLACE: Final = "time|total_count"
"""`time=26 minutes and 20.04 seconds` and the number of batches."""
RATE: Final = Metric("optim0_lr0", Statistic.VALUE, name="lr")


def results(text: str) -> Row | None:
    """Return the means of an epoch, a section each of training and validation."""
    match = RESULTS.match(text)
    if match is None:
        return None
    found = [
        value._replace(split=section["split"])
        for section in SECTION.finditer(text, match.end())
        for value in values(_pairs(section["rest"]), Statistic.EPOCH_MEAN)
    ]
    return Row(axis=Axis.EPOCH, x=float(match["epoch"]), values=tuple(found))


def _pairs(text: str) -> list[tuple[str, str]]:
    found = [(pair["name"], pair["value"]) for pair in PAIR.finditer(text)]
    return [
        ("lr" if name == RATE.names else name, value)
        for name, value in found
        if not re.fullmatch(PLACE, name)
    ]


PARSER = LineFormat(
    id="espnet_text",
    title=Text(zh="ESPnet 的日志", en="log of ESPnet"),
    lines=(
        Line(
            head=r"<epoch>epoch:train:\d{1,18}-<x>batch: ",
            pairs=EQUAL,
            axis=Axis.ITERATION,
            inner=True,
            statistic=Statistic.WINDOW_MEAN,
            metrics=(RATE,),
            left_out=PLACE,
        ),
    ),
    step=stateless(results),
    # the pass over the validation set: its mean stands in the results
    known=r"\depoch:valid:\d{1,18}-\d{1,18}batch: ",
    first_epoch=1,
).parser()
