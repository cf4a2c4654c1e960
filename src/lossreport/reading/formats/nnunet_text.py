"""training_log_*.txt of nnU-Net: `2024-01-01 00:00:00.0: train_loss -0.75` under `Epoch 3` (version
2), `train loss : -0.75` under `epoch: 3`.

Source: real logs and `nnUNetTrainer.py` / `network_trainer.py`. Losses and Dice are means of the
epoch; the loss is cross-entropy minus Dice and goes below 0. The Dice of a class without a pixel in
the validation batches is NaN, which is no broken value: it is left out, as nnU-Net does.
"""

from __future__ import annotations

import math
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.line_format import Line, LineFormat, stateless
from lossreport.reading.kit.line_row import KNOWN, Row, Value, matched
from lossreport.reading.kit.patterns import NUM
from lossreport.text import Text

STAMP: Final = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?: "
DICE: Final = re.compile(
    rf"{STAMP}(?:Pseudo dice|Average global foreground Dice:) {{1,20}}\["
    rf"(?P<values>[^\]]{{0,20000}})\]\s*$"
)
SHARE: Final = re.compile(rf"(?:float\d{{1,3}}\()?({NUM})\)?(?:,|$)")
MAX_CLASSES: Final = 8
"""Of more classes only the mean is read: a series a class would bury the losses."""
RESOLUTION: Final = 1e-4


def dice(text: str) -> Row | None:
    """Return the Dice of every class, and of several their mean, as nnU-Net logs it elsewhere."""
    match = DICE.match(text)
    if match is None:
        return None
    shares = [matched(found) for found in SHARE.findall(match["values"])]
    known = [share for share in shares if math.isfinite(share)]
    if not known:
        return KNOWN
    found = [
        Value("mean_fg_dice", sum(known) / len(known), Statistic.EPOCH_MEAN, resolution=RESOLUTION)
    ]
    if 1 < len(shares) <= MAX_CLASSES:
        classes = (
            Value(f"dice_class_{i}", share, Statistic.EPOCH_MEAN, resolution=RESOLUTION)
            for i, share in enumerate(shares, 1)
        )
        found += [value for value in classes if math.isfinite(value.value)]
    return Row(axis=Axis.EPOCH, values=tuple(found), split="val")


def _loss(name: str, split: str) -> Line:
    return Line(
        head=f"{STAMP}{name} {{1,20}}<loss>\\s*$",
        axis=Axis.EPOCH,
        split=split,
        statistic=Statistic.EPOCH_MEAN,
        resolution=RESOLUTION,
    )


PARSER = LineFormat(
    id="nnunet_text",
    title=Text(zh="nnU-Net 的 training_log", en="training_log of nnU-Net"),
    lines=(
        Line(head=rf"(?:{STAMP}Epoch {{1,20}}|^epoch: {{1,20}})<epoch>\s*$", axis=Axis.EPOCH),
        _loss("(?:train_loss|train loss :)", "train"),
        _loss(r"(?:val_loss|validation loss(?: \(train=True\))?:)", "val"),
        Line(head=STAMP + r"(?:Current learning rate|lr): {1,20}<lr>(?:\s|$)", axis=Axis.EPOCH),
        Line(
            head=STAMP + r"(?:Epoch time:|This epoch took) {1,20}<epoch_time> s\s*$",
            axis=Axis.EPOCH,
            statistic=Statistic.VALUE,
            units={"epoch_time": "s"},
        ),
    ),
    step=stateless(dice),
).parser()
