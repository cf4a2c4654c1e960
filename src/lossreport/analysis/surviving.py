"""Whether a training lived on after a validation of it was not finite: what `analysis` needs before
it calls the run broken.

A NaN in a weight makes every loss after it NaN. A training loss that stays finite, and goes on
changing, after the first validation that is not finite shows that the weights are: what is broken
is the validation (no targets, a division by zero, half precision), as in ultralytics #21765.
"""

from __future__ import annotations

import numpy as np

from lossreport.analysis.context import Context
from lossreport.analysis.detectors.masked_nonfinite import lives_on
from lossreport.model.run import Series


def outlived(context: Context, series: Series) -> bool:
    """Return whether all training losses end finite and one has changed since the first row of a
    validation that is not finite.
    """
    bad = np.flatnonzero(~np.isfinite(series.y))
    if series.split == "train" or not len(bad):
        return False
    training = [one for one in context.progress if one.split == "train" and len(one)]
    if not training or not all(np.isfinite(one.y[-1]) for one in training):
        return False
    return any(_goes_on(one, series, int(bad[0])) for one in training)


def _goes_on(training: Series, series: Series, row: int) -> bool:
    """Return whether a training loss has a finite row after `row` that differs from the one before;
    a logger that hides NaN repeats itself.
    """
    if training.axis is series.axis:
        after = training.x > series.x[row]
    elif training.source == series.source:
        after = training.line > series.line[row]
    else:
        return False
    return lives_on(training, after)
