r"""Log of open_clip: `... | INFO | Train Epoch: 0 [ 1024/100000 (1%)] ... Loss: 6.9312 (6.9312)`,
`Eval Epoch: 1 clip_val_loss: 3.1\t...`.

Source: FORMATS.md section 5. The first number is of the last batch, that in parentheses the mean
since the epoch began. Rows stand at the samples seen. Evaluations count the epochs completed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.line_format import IN_PARENTHESES, Line, LineFormat, Metric, Pairs
from lossreport.reading.kit.settings import settings_of
from lossreport.text import Text

STAMP: Final = r"^\d{4}-\d\d-\d\d,\d\d:\d\d:\d\d \| (?:\S{1,200} \| )?INFO \| "
SETTING: Final = re.compile(STAMP + r" {0,20}(?P<said>\w{1,80}: \S{1,400})$")
METERS: Final = Pairs(
    name=r"[^\W\d][\w@\-]{0,60}(?: Scale| \(t\))?",
    before=r"(?:^|\s)",
    sign=": {0,20}+",
    mean=IN_PARENTHESES,
    behind=r"(?=[\s,]|$)",
)


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the settings that are listed one a line behind the stamp."""
    if match := SETTING.match(text):
        yield from settings_of(match["said"])


PARSER = LineFormat(
    id="open_clip_text",
    title=Text(zh="open_clip 的日志", en="log of open_clip"),
    lines=(
        Line(
            head=STAMP + r"Train Epoch: <epoch> \[ {0,9}<x>/<of> \(\d{1,3}%\)\] ",
            pairs=METERS,
            axis=Axis.SAMPLES,
            inner=True,
            first_epoch=0,
            statistic=Statistic.VALUE,
            mean=Statistic.RUNNING_MEAN,
            metrics=(Metric(r"(?:Data|Batch) \(t\)", Statistic.UNKNOWN, unit="s"),),
        ),
        Line(
            head=STAMP + r"Eval Epoch: <epoch> ",
            pairs=METERS,
            axis=Axis.EPOCH,
            split="val",
            statistic=Statistic.VALUE,
            resolution=1e-4,
            left_out="epoch|num_samples",
        ),
    ),
    facts=facts,
).parser()
