"""A NaN that the logger hid: the Hugging Face Trainer replaces NaN losses by the mean before, so
that a dead run prints one value for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from lossreport.analysis.context import Context
from lossreport.analysis.detector import Detector, Found, Kind
from lossreport.analysis.found import evidence, make_finding
from lossreport.model.analysis import Severity
from lossreport.model.run import Series, shown_x
from lossreport.text import Text, number
from lossreport.words import AXES

MIN_ROWS: Final = 3
"""So many equal rows to the end."""
UNDEFINED: Final = ("explained_variance", "reward", "implicit_reward", "accuracy", "map")
"""What is 0/0 where returns do not vary, no episode has ended or nothing was found: its NaN tells
nothing of the weights.
"""
CHANGES: Final = 2
"""A loss that changed twice behind the first NaN of a validation was computed with finite weights:
that NaN is of the validation alone.
"""

TEXT = Text(
    zh=(
        "`{metric}`（{path}）从 {axis} {x}（第 {line} 行）起一直是 {value}，而 {witness} 同时是 "
        "NaN：真实的 loss 很可能也是 NaN，只是在写进日志前被替换掉了（transformers 默认如此："
        "`logging_nan_inf_filter`）。不能把这些值当作收敛。"
    ),
    en=(
        "`{metric}` ({path}) is exactly {value} from {axis} {x} (line {line}) on while {witness} "
        "is NaN: the true loss is most likely NaN and was replaced before it was logged "
        "(transformers does so by default: `logging_nan_inf_filter`). These values are no "
        "convergence."
    ),
)


def detect(context: Context) -> Iterator[Found]:
    """Yield a finding a training loss that is one value (most often 0) to the end while the
    gradient norm or the validation loss is NaN.

    Where another training loss of the source is NaN, nothing replaces it: a term that is 0 beside
    it is 0.
    """
    training = [series for series in context.progress if series.split == "train"]
    printed = {series.source for series in training if not np.isfinite(series.y).all()}
    for series in training:
        start = constant_from(series)
        if start is None or series.source in printed:
            continue
        beside = (
            s
            for s in context.judged
            if s.source == series.source and context.kind(s).id not in UNDEFINED
        )
        witness = next((s for s in beside if _is_nan_behind(s, series, start)), None)
        if witness is not None:
            first = int(np.flatnonzero(~np.isfinite(witness.y))[0])
            text = TEXT(
                metric=series.label,
                path=series.path,
                axis=AXES[series.axis.value],
                x=shown_x(series.x[start]),
                line=int(series.line[start]),
                witness=WITNESS(name=witness.label),
                value=number(float(series.y[start]), digits=6),
            )
            rows = list(range(start, len(series)))
            yield make_finding(
                "masked_nonfinite",
                series,
                rows,
                Severity.CRITICAL,
                text,
                others=(witness,),
                more_evidence=evidence(witness, [first]),
            )


WITNESS = Text(zh="`{name}`", en="`{name}`")


def constant_from(series: Series) -> int | None:
    """Return the first of the equal finite rows that a series ends with, where it had another value
    before or is 0 throughout; else None.
    """
    if not len(series) or not np.isfinite(series.y[-1]):
        return None
    other = np.flatnonzero(series.y != series.y[-1])
    if not len(other):
        return 0 if series.y[-1] == 0 and len(series) >= MIN_ROWS else None
    if len(series) - other[-1] - 1 < MIN_ROWS:
        return None
    return int(other[-1]) + 1


def lives_on(series: Series, behind: npt.NDArray[np.bool_]) -> bool:
    """Return whether a loss has a finite row among those `behind` that differs from the row before;
    two where it ends in equal rows.

    The change into what hides a NaN is none, and the row before it may average steps that came
    before the NaN.
    """
    end = constant_from(series)
    rows = np.flatnonzero(
        behind
        & np.isfinite(series.y)
        & (np.arange(len(series)) < (len(series) if end is None else end))
    )
    rows = rows[rows > 0]
    return int(np.sum(series.y[rows] != series.y[rows - 1])) >= (1 if end is None else CHANGES)


def _is_nan_behind(witness: Series, series: Series, start: int) -> bool:
    if witness is series or witness.axis is not series.axis or not len(witness):
        return False
    behind = witness.y[_rows_behind(witness, series, start)]
    if not len(behind) or np.isfinite(behind).any():
        return False
    first = float(witness.x[np.flatnonzero(~np.isfinite(witness.y))[0]])
    return witness.split == "train" or not lives_on(series, series.x > first)


def _rows_behind(witness: Series, series: Series, start: int) -> npt.NDArray[np.bool_]:
    """Return which rows of the witness stand at or behind a row: by number where both share their
    places, which may be rounded, else by x.
    """
    if len(witness) == len(series) and np.array_equal(witness.x, series.x):
        return np.arange(len(witness)) >= start
    return np.asarray(witness.x >= series.x[start])


DETECTOR = Detector(
    id="masked_nonfinite",
    kinds=(
        Kind(
            id="masked_nonfinite", title=Text(zh="被日志掩盖的 NaN", en="NaN hidden by the logger")
        ),
    ),
    detect=detect,
    order=12,
)
