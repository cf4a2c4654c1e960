"""training_log_*.txt of nnU-Net: `2024-01-01 00:00:00.0: train_loss -0.75` under `Epoch 3` (version 2), `train loss : -0.75` under `epoch:  3`.

Source: real logs and `nnUNetTrainer.py` / `network_trainer.py`. Losses and Dice are means of the epoch; the loss is cross-entropy minus Dice
and goes below 0. The Dice of a class without a pixel in the validation batches is NaN, which is no broken value: it is left out, as nnU-Net does.
"""

from __future__ import annotations

import math
import re
from typing import Final

from lossreport.model.run import Axis, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, Value, matched, printed_parser
from lossreport.text import Text

STAMP: Final = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?: "
EPOCH: Final = re.compile(rf"(?:{STAMP}Epoch +|^epoch: +)(?P<epoch>\d+) *$")
LOSS: Final = re.compile(
    rf"{STAMP}(?:(?P<train>train_loss|train loss :)|val_loss|validation loss(?: \(train=True\))?:) +(?P<value>{NUM}) *$", re.IGNORECASE
)
RATE: Final = re.compile(rf"{STAMP}(?:Current learning rate|lr): +(?P<value>{NUM})(?: |$)")
TIME: Final = re.compile(rf"{STAMP}(?:Epoch time:|This epoch took) +(?P<value>[\d.]+) s *$")
DICE: Final = re.compile(rf"{STAMP}(?:Pseudo dice|Average global foreground Dice:) +\[(?P<values>.*)\] *$")
SHARE: Final = re.compile(rf"(?:float\d+\()?({NUM})\)?(?:,|$)", re.IGNORECASE)
MAX_CLASSES: Final = 8
"""Of more classes only the mean is read: a series a class would bury the losses."""
FINISHED: Final = re.compile(rf"{STAMP}Training done\.? *$")
RESOLUTION: Final = 1e-4


def row(text: str) -> Row | None:
    """Return the row that a line is; all but the heading of an epoch stand where that heading says."""
    if match := EPOCH.match(text):
        return Row(axis=Axis.EPOCH, x=float(match["epoch"]))
    if match := LOSS.match(text):
        value = Value("loss", matched(match["value"]), Statistic.EPOCH_MEAN, resolution=RESOLUTION)
        return Row(axis=Axis.EPOCH, values=(value,), split="train" if match["train"] else "val")
    if match := RATE.match(text):
        return Row(axis=Axis.EPOCH, values=(Value("lr", matched(match["value"]), Statistic.VALUE),))
    if match := TIME.match(text):
        return Row(axis=Axis.EPOCH, values=(Value("epoch_time", matched(match["value"]), Statistic.VALUE, unit="s"),))
    match = DICE.match(text)
    return None if match is None else Row(axis=Axis.EPOCH, values=_dice(match["values"]), split="val")


def _dice(text: str) -> tuple[Value, ...]:
    """Return the Dice of every class, and of several their mean, as nnU-Net logs it elsewhere."""
    shares = [matched(found) for found in SHARE.findall(text)]
    known = [share for share in shares if math.isfinite(share)]
    if not known:
        return ()
    mean = (Value("mean_fg_dice", sum(known) / len(known), Statistic.EPOCH_MEAN, resolution=RESOLUTION),)
    if len(shares) == 1 or len(shares) > MAX_CLASSES:
        return mean
    classes = (Value(f"dice_class_{i}", share, Statistic.EPOCH_MEAN, resolution=RESOLUTION) for i, share in enumerate(shares, 1))
    return (*mean, *(value for value in classes if math.isfinite(value.value)))


PARSER = printed_parser(
    id="nnunet_text",
    title=Text(zh="nnU-Net 的 training_log", en="training_log of nnU-Net"),
    row=row,
    finished=FINISHED,
)
