"""Where a training breaks, and how, is one answer for verdicts, causes and advice."""

from __future__ import annotations

import numpy as np
import pytest

import lossreport
from lossreport.analysis.breakage import (
    DEAD,
    Breakage,
    How,
    breakages,
    breaks,
    is_dead,
    is_masked,
    is_reported,
)
from lossreport.analysis.context import Context
from lossreport.model.run import Floats, Run
from runs import falling, make_run


def seen(run: Run) -> Context:
    """The context of a run with all that was found."""
    analysis = lossreport.analyze(run, strict=True)
    return Context(analysis.runs[0], run, analysis.findings)


def broken(loss: Floats, **beside: Floats) -> tuple[Context, list[Breakage]]:
    context = seen(make_run(loss=loss, **beside))
    return context, [one for one in breakages(context) if one.series.name == "loss"]


def lost(at: int, value: float) -> Floats:
    y = falling(120)
    y[at:] = value
    return y


def test_a_nan_breaks_it_in_the_row_behind_the_last_finite_one() -> None:
    y = lost(70, np.nan)
    y[30] = np.nan
    context, (one,) = broken(y)
    assert (one.how, one.row, one.lasts, one.aside) == (How.NONFINITE, 70, True, False)
    assert one.line == int(one.series.line[70])
    assert len(one.before) == 69
    assert [at.row for at in breaks(context)] == [70]
    assert not is_dead(context)


def test_a_nan_that_is_recovered_from_breaks_nothing_for_good() -> None:
    y = falling(120)
    y[30:33] = np.nan
    context, (one,) = broken(y)
    assert (one.how, one.row, one.lasts) == (How.NONFINITE, 30, False)
    assert list(breaks(context)) == []


def test_zeros_beside_a_nan_hide_it() -> None:
    norm = falling(120) + 1
    norm[70:] = np.nan
    context, found = broken(lost(70, 0.0), grad_norm=norm)
    assert [(one.how, one.row) for one in found] == [(How.MASKED, 70)]
    assert is_masked(context, context.run.series[0])


@pytest.mark.parametrize(("value", "how"), [(3e12, How.EXPLOSION), (0.0, How.ZERO)])
def test_a_loss_beyond_all_range_or_of_exactly_zero_is_dead(value: float, how: How) -> None:
    context, found = broken(lost(70, value), grad_norm=lost(70, value))
    assert [(one.how, one.row) for one in found if one.how in DEAD] == [(how, 70)]
    assert is_dead(context)
    assert not is_reported(context)


def test_a_run_that_trains_is_not_broken() -> None:
    context, found = broken(falling(120))
    assert found == []
    assert list(breaks(context)) == []
    assert not is_dead(context)
    assert list(breakages(context, How.NONFINITE)) == []
