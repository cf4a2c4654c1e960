"""log.txt of StyleGAN2, StyleGAN2-ADA and StyleGAN3: `tick 14 kimg 70.1 time ... sec/kimg 73.10
...`, and `network-snapshot-000204 time ... fid50k_full 327.5`.

Source: real logs and `training_loop.py` of NVlabs. A tick is printed every few thousand images
shown; the losses stand in stats.jsonl and the events of TensorBoard alone. A metric stands at the
thousands of images in the name of its snapshot.
"""

from __future__ import annotations

from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, Pairs
from lossreport.text import Text

HEALTH: Final = Pairs(name="sec/kimg|gpumem|cpumem|augment", sign=" {1,20}", behind="")
METRIC: Final = Pairs(
    before="^", name=r"[a-z]{1,20}\d{0,6}k?\w{0,20}", sign=" {1,20}", behind=r"\s*$"
)
UNITS: Final = {"sec/kimg": "s", "gpumem": "GB", "cpumem": "GB"}
THOUSAND: Final = 1000.0

PARSER = LineFormat(
    id="stylegan_text",
    title=Text(zh="StyleGAN2、StyleGAN3 的 log.txt", en="log.txt of StyleGAN2 and StyleGAN3"),
    lines=(
        Line(
            head=r"^tick {1,20}\d{1,9} {1,20}kimg {1,20}<x:num> {1,20}"
            r"(?:lod .{0,60}?)?time .{0,60}?sec/tick {1,20}[\d.]{1,20} {1,20}",
            pairs=HEALTH,
            axis=Axis.SAMPLES,
            scale=THOUSAND,
            statistic=Statistic.VALUE,
            units=UNITS,
        ),
        Line(
            head=r"^network-snapshot-<x> {1,20}time (?:\d{1,9}[dhms] ?){1,4} {1,20}",
            pairs=METRIC,
            axis=Axis.SAMPLES,
            scale=THOUSAND,
            split="eval",
            statistic=Statistic.VALUE,
        ),
    ),
).parser()
