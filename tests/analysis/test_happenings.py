"""What happens at one place is one event: the gravest or first finding leads, the others name
it.
"""

import numpy as np
import pytest

import lossreport
from lossreport.analysis.happenings import NEAR
from lossreport.model.analysis import Analysis, Finding
from runs import falling, make_run, make_series


def analysed(*metrics: tuple[str, object]) -> Analysis:
    series = [
        make_series(y, name, axis="step", id=f"m{n}") for n, (name, y) in enumerate(metrics, 1)
    ]  # type: ignore[arg-type]
    return lossreport.analyze(make_run(series), strict=True)


def of(analysis: Analysis, name: str, kind: str) -> Finding:
    (found,) = (
        f for f in analysis.findings if f.kind == kind and analysis.series(f.series[0]).name == name
    )
    return found


def spiked(row: int, seed: int = 0) -> object:
    y = falling(200, noise=0.003, seed=seed)
    y[row] *= 5
    return y


@pytest.mark.parametrize(("rows", "one"), [(NEAR, True), (NEAR + 2, False)])
def test_spikes_within_three_rows_are_one_event_led_by_the_total(rows: int, one: bool) -> None:
    analysis = analysed(("term_loss", spiked(100)), ("loss", spiked(100 + rows, 1)))
    lead, other = of(analysis, "loss", "batch_outlier"), of(analysis, "term_loss", "batch_outlier")
    assert lead.explained_by is None
    assert (other.explained_by == lead.key) is one


def test_of_values_that_are_not_finite_the_first_leads() -> None:
    late, early = falling(60), falling(60, seed=1)
    late[32:], early[31:] = np.nan, np.nan
    analysis = analysed(("loss", late), ("class_loss", early))
    assert of(analysis, "class_loss", "nonfinite").explained_by is None
    assert (
        of(analysis, "loss", "nonfinite").explained_by
        == of(analysis, "class_loss", "nonfinite").key
    )


def test_two_events_of_one_series_stay_two() -> None:
    y = falling(200, noise=0.003)
    y[100] *= 5
    y[103] *= 5
    findings = [f for f in analysed(("loss", y)).findings if f.kind in ("batch_outlier", "spike")]
    assert findings
    assert all(f.explained_by is None for f in findings)


def test_an_event_that_lasts_is_one_however_many_spikes_are_in_it() -> None:
    # of the rows 100, 103, 106 each is near the next, and of other metrics each
    analysis = analysed(
        ("loss", spiked(100)), ("a_loss", spiked(103, 1)), ("b_loss", spiked(106, 2))
    )
    found = [f for f in analysis.findings if f.kind == "batch_outlier"]
    assert len({f.explained_by or f.key for f in found}) == 1
