r"""Text logs of OpenMMLab: mmengine (`Epoch(train) [1][4/8]  lr: 1.0e-02  ...`), mmcv 1.x (`Epoch [1][50/7330]\tlr: ...`) and old XTuner.

Source: FORMATS.md section 5; `LogProcessor` of mmengine 0.10 prints means of the last 10 iterations for names with loss, time or
grad_norm and the last value of others; `TextLoggerHook` of mmcv prints means since the row before. Epochs and iterations count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lossreport.model.run import Axis, FactValue, Statistic
from lossreport.reading.kit.key_values import NUM
from lossreport.reading.kit.printed import Row, printed_parser, values
from lossreport.reading.kit.settings import plain_value
from lossreport.text import Text

HEAD: Final = re.compile(
    r"^(?:\d{4}[/-])?\d\d[/-]\d\d \d\d:\d\d:\d\d(?:,\d+)? - (?:\S+ - )?[A-Z]+ - "
    r"(?P<unit>Epoch|Iter) ?(?:\((?P<mode>train|val|test)\))? ?\s*\[ *(?P<a>\d+)(?:/ *(?P<A>\d+))?\](?:\[ *(?P<b>\d+)(?:/ *(?P<B>\d+))?\])?(?P<gap>\t| +)"
)
PAIR: Final = re.compile(rf"(?:^|[\s,])(?P<name>[^\W\d][\w./@%\-+]*): (?P<value>{NUM})(?=[\s,]|$)", re.IGNORECASE)
WINDOW: Final = 10
"""`window_size` of mmengine's LogProcessor."""
CURRENT: Final = re.compile(r"(?!.*(?:loss|time|grad_norm)).*", re.IGNORECASE)
"""Names of which mmengine prints the last value (`mean_pattern` of LogProcessor)."""
INSTANT: Final = re.compile(r"lr(?:_.*)?|base_lr|memory|momentum.*", re.IGNORECASE)
RESOLUTION: Final = 1e-4
"""Both print four decimals; learning rates are printed with an exponent."""
VAL: Final = "_val"
"""Ends the names of what `train_step` returns beside the losses of training: mmseg computes it on a batch of the validation set."""
SPEED: Final = re.compile(r"time|data_time|memory")
LEFT_OUT: Final = ("eta", "epoch", "iter", "step")
PLAN: Final = re.compile(r"\bmax: (\d+) (epochs|iters)\b")
CONFIG: Final = re.compile(
    r"\b(?P<name>lr|max_norm|max_epochs|max_iters|samples_per_gpu|batch_size)=(?P<value>[\d.][\d.eE+\-]*)(?=[,)\s]|$)"
)
NAMES: Final = {"max_norm": "clip_grad", "max_epochs": "epochs", "max_iters": "max_steps"}


def row(text: str) -> Row | None:
    """Return the row that a line is; validation rows stand at their epoch, or at the last training iteration where they print none."""
    match = HEAD.match(text)
    if match is None:
        return None
    pairs = [(name, value) for name, value in PAIR.findall(text[match.end() :]) if name not in LEFT_OUT and "copypaste" not in name]
    if (match["mode"] or "train") != "train":
        return _validation(match, pairs)
    mmengine = match["mode"] is not None
    mine, theirs = [pair for pair in pairs if not pair[0].endswith(VAL)], [pair for pair in pairs if pair[0].endswith(VAL)]
    how, window, instant = (Statistic.WINDOW_MEAN, WINDOW, CURRENT) if mmengine else (Statistic.WINDOW_MEAN, None, INSTANT)
    found = values(mine, how, window, resolution=RESOLUTION, instant=instant)
    validated = values(((name.removesuffix(VAL), value) for name, value in theirs), Statistic.VALUE, resolution=RESOLUTION)
    found = (*found, *(value._replace(split="val") for value in validated))
    if match["unit"] == "Iter" or match["b"] is None:
        return Row(axis=Axis.ITERATION, x=float(match["a"]), values=found)
    epoch, length = int(match["a"]), int(match["B"] or 0)
    return Row(axis=Axis.ITERATION, x=float((epoch - 1) * length + int(match["b"])), values=found, epoch=float(epoch))


def _validation(match: re.Match[str], pairs: list[tuple[str, str]]) -> Row | None:
    if all(SPEED.fullmatch(name) for name, _ in pairs):  # mmengine prints how fast a pass goes on
        return None
    found = values(pairs, Statistic.VALUE, resolution=RESOLUTION)
    by_epoch = match["unit"] == "Epoch" and match["b"] is not None
    x = float(match["a"]) if by_epoch else None
    return Row(axis=Axis.EPOCH if by_epoch else Axis.ITERATION, x=x, values=found, split=match["mode"])


def facts(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield what a line of the dumped Python configuration sets."""
    if match := PLAN.search(text):
        yield ("epochs" if match[2] == "epochs" else "max_steps"), int(match[1])
    if " - INFO - " not in text:
        for name, value in CONFIG.findall(text):
            yield NAMES.get(name, name), plain_value(value)


PARSER = printed_parser(
    id="mmlab_text",
    title=Text(zh="OpenMMLab 的文本日志（mmengine、mmcv 1.x、旧版 XTuner）", en="text logs of OpenMMLab (mmengine, mmcv 1.x, old XTuner)"),
    row=row,
    facts=facts,
)
