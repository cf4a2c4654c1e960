"""train_*.log of BasicSR and similar (Real-ESRGAN, HAT, Restormer, old ESRGAN): `[name..][epoch:  3, iter:  20,100, lr:(1.0e-04,)] [eta: ...] l_pix: ...`.

Source: real logs and `MessageLogger` of basicsr/utils/logger.py. Losses are those of the last iteration, averaged over ranks. A validation prints
a line `Validation <data set>` and then `# psnr: 26.1  Best: ...` lines; older versions `<epoch: 3, iter: 5,000> psnr: 2.6e+01`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, RowOf, Value, matched, printed_parser, values
from lossreport.text import Text

ROW: Final = re.compile(
    r"^[\d\- :,.]+(?: - )?INFO: (?:\[.{1,20}?\])?[<\[]epoch: *(?P<epoch>\d+), iter: *(?P<iter>[\d,]+)"
    r"(?:, lr:\(?(?P<lr>[\d.e+\-]+)[^)>\]]*\)?)?[>\]] *(?:\[eta: [^\]]*?(?:time(?: \(data\))?: (?P<time>[\d.]+)[^\]]*)?\] *)?(?P<rest>\S.*)$"
)
SCORE: Final = re.compile(rf"^\s*# (?P<name>\w+): (?P<value>{NUM})(?:\s+Best: .*)?$", re.IGNORECASE)
HEADING: Final = re.compile(r"INFO: +Validation (?P<data>\S+)\s*$")
OLD_SCORE: Final = re.compile(rf"INFO: # Validation # (?P<name>\w+): (?P<value>{NUM})\s*$", re.IGNORECASE)
PAIR: Final = re.compile(rf"(?:^|\s)(?P<name>[^\W\d][\w./\-]*): (?P<value>{NUM})(?=\s|$)", re.IGNORECASE)
SCORES: Final = ("psnr", "ssim", "lpips", "niqe", "dists")
PLAN: Final = re.compile(r"Total epochs: (?P<epochs>\d+); iters: (?P<iters>[\d,]+)")
FINISHED: Final = re.compile(r"INFO: End of training\b|INFO: Save the latest model\.")
RESUMED: Final = re.compile(r"Resuming training from epoch: \d+, iter: [1-9]")


def begin(log: LogFile) -> RowOf:
    """Return the reader of lines, which remembers whether a validation has been announced and of which data set."""
    first = shown = ""

    def row(text: str) -> Row | None:
        nonlocal first, shown
        if match := ROW.match(text):
            return _row(match)
        if match := HEADING.search(text):
            first, shown = first or match["data"], match["data"]
            return None
        match = SCORE.match(text) if shown else OLD_SCORE.search(text)
        if match is None:
            return None
        split = "val" if shown == first else shown
        return Row(axis=Axis.ITERATION, values=values([(match["name"], match["value"])], Statistic.VALUE), split=split)

    return row


def _row(match: re.Match[str]) -> Row:
    x, epoch = float(match["iter"].replace(",", "")), float(match["epoch"])
    pairs = PAIR.findall(match["rest"])
    if match["lr"] is None and all(name.lower() in SCORES for name, _ in pairs):
        return Row(axis=Axis.ITERATION, x=x, values=values(pairs, Statistic.VALUE), split="val", epoch=epoch)
    rate = (Value("lr", matched(match["lr"]), Statistic.VALUE),) if match["lr"] else ()
    time = (Value("time", matched(match["time"]), Statistic.UNKNOWN),) if match["time"] else ()
    return Row(axis=Axis.ITERATION, x=x, values=(*values(pairs, Statistic.VALUE), *rate, *time), epoch=epoch)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the planned length, which is printed once."""
    if match := PLAN.search(text):
        yield "epochs", int(match["epochs"])
        yield "max_steps", int(match["iters"].replace(",", ""))


PARSER = printed_parser(
    id="basicsr_text",
    title=Text(zh="BasicSR 及同类（Real-ESRGAN、HAT、Restormer）的日志", en="log of BasicSR, Real-ESRGAN, HAT, Restormer and similar"),
    begin=begin,
    facts=facts,
    finished=FINISHED,
    resumed=RESUMED,
)
