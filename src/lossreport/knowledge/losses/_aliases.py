"""How the units of this folder spell the metric names they know, for `classify` to match in the
analyse step.
"""

from __future__ import annotations

from lossreport import regex as re

TAIL = r"(?:_(?:\d+|ind|ood|unscaled|avg|mean|epoch|step|running|smoothed|ema|last))*"
"""What may follow a name without changing its kind: a decoder layer or action dimension, a split, a
way of averaging.
"""


def metric_names(*aliases: str) -> re.Pattern[str]:
    """Return a pattern for full matches of any of the regexes `aliases`, a `TAIL` allowed after
    each.
    """
    return re.compile(rf"{re.OF_A_NAME}(?:{'|'.join(aliases)}){TAIL}")
