"""train_*.log of BasicSR and similar (Real-ESRGAN, HAT, Restormer, old ESRGAN): `[name..][epoch: 3,
iter: 20,100, lr:(1.0e-04,)] [eta: ...] l_pix: ...`.

Source: real logs and `MessageLogger` of basicsr/utils/logger.py. Losses are those of the last
iteration, averaged over ranks. A validation prints a line `Validation <data set>` and then `# psnr:
26.1 Best: ...` lines; older versions `<epoch: 3, iter: 5,000> psnr: 2.6e+01`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import COLON, Line, LineFormat, Metric, Pairs, Setting
from lossreport.reading.kit.line_row import KNOWN, Row, values
from lossreport.reading.kit.patterns import NUM
from lossreport.text import Text

PLACE: Final = r"INFO: (?:\[[^\]]{1,20}\])?[<\[]epoch: {0,9}<epoch>, iter: {0,9}<x:grouped>"
TIME: Final = r"(?:\[eta: (?:[^\]]{0,60}?time(?: \(data\))?: <time>)?[^\]]{0,80}\] {0,9})?"
SCORE: Final = re.compile(
    rf"^\s{{0,20}}# (?P<name>\w{{1,80}}): (?P<value>{NUM})(?:\s{{1,9}}Best: .*)?$"
)
HEADING: Final = re.compile(r"INFO: {1,9}Validation (?P<data>\S{1,200})\s*$")
OLD_SCORE: Final = re.compile(rf"INFO: # Validation # (?P<name>\w{{1,80}}): (?P<value>{NUM})\s*$")
SCORES: Final = Pairs(name="(?i:psnr|ssim|lpips|niqe|dists)", sign=": ")


class Validation(NamedTuple):
    """The data set of the first validation, and of the last."""

    first: str = ""
    shown: str = ""


def step(text: str, state: Validation) -> tuple[tuple[Row, ...], Validation]:
    """Return what a line of a validation says: its data set, or one score."""
    if match := HEADING.search(text):
        return (KNOWN,), Validation(state.first or match["data"], match["data"])
    match = SCORE.match(text) if state.shown else OLD_SCORE.search(text)
    if match is None:
        return (), state
    split = "val" if state.shown == state.first else state.shown
    return (
        Row(
            axis=Axis.ITERATION,
            values=values([(match["name"], match["value"])], Statistic.VALUE),
            split=split,
        ),
    ), state


PARSER = LineFormat(
    id="basicsr_text",
    title=Text(
        zh="BasicSR 及同类（Real-ESRGAN、HAT、Restormer）的日志",
        en="log of BasicSR, Real-ESRGAN, HAT, Restormer and similar",
    ),
    lines=(
        Line(
            head=PLACE + r"[>\]] {0,9}",
            pairs=SCORES,
            axis=Axis.ITERATION,
            split="val",
            statistic=Statistic.VALUE,
        ),
        Line(
            head=PLACE + r"(?:, lr:\(?<lr>[^)>\]]{0,200}\)?)?[>\]] {0,9}" + TIME,
            pairs=COLON,
            axis=Axis.ITERATION,
            statistic=Statistic.VALUE,
            metrics=(Metric("time", Statistic.UNKNOWN),),
        ),
    ),
    start=lambda log: Validation(),
    step=step,
    settings=(Setting(r"Total epochs: <epochs>; iters: <max_steps:grouped>"),),
).parser()
