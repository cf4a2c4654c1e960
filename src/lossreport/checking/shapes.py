"""The rules of sentences by their shape: the placeholders of one, and what each of them holds."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from lossreport.checking.courses import (
    COUNTED,
    FIRST,
    best_rows,
    best_value,
    bounds_of_trends,
    change_over_epochs,
    level_of_tenth,
    number_said,
    place_at,
    span_of_trend,
    too_few_values,
    value_at,
    width_of_flat,
)
from lossreport.checking.ground import Rules
from lossreport.checking.kinds.excursions import (
    baseline,
    batches,
    excess,
    one_batch,
    peak,
    recovery,
)
from lossreport.checking.kinds.machine import clipped_share
from lossreport.checking.printed import Between
from lossreport.checking.settled import (
    below_the_training,
    gradient_norms,
    progress_told,
    rise_over_half,
    setting_told,
    spikes_of_half,
    steps_told,
    told_of_rates,
    told_of_the_steps,
)
from lossreport.checking.surroundings import (
    FINER,
    last_sound_row,
    level_of_first_quarter,
    level_of_last_quarter,
    line_when_back,
    lines,
    median_in_epochs,
    moved_with_it,
    needed_value,
    told_of_finer,
    value_at_line,
)

Shape = tuple[str, bool, Rules]
"""The names of the places of a sentence, whether its numbers are of the finding that it stands in,
and their rules.
"""
RATE_ENDS: Final[Rules] = {
    "top": lambda g, p: told_of_rates(g, np.max),
    "last": lambda g, p: told_of_rates(g, lambda y: y[-1]),
}
KNOWN: Final[tuple[Shape, ...]] = (
    # courses of a metric; numbers are of the series that the sentence around names
    (
        "last axis x",
        False,
        {"last": lambda g, p: value_at(g, -1), "x": lambda g, p: place_at(g, -1)},
    ),
    ("first last axis x", False, {**FIRST, "x": lambda g, p: place_at(g, -1)}),
    (
        "best axis x last end",
        False,
        {
            **FIRST,
            "best": lambda g, p: best_value(g, "y"),
            "x": lambda g, p: best_value(g, "x"),
            "end": lambda g, p: place_at(g, -1),
        },
    ),
    (
        "best axis x last end level early",
        False,
        {
            **FIRST,
            "best": lambda g, p: best_value(g, "y"),
            "x": lambda g, p: best_value(g, "x"),
            "end": lambda g, p: place_at(g, -1),
            "level": level_of_last_quarter,
            "early": level_of_first_quarter,
        },
    ),
    (
        "first last axis x end",
        False,
        {**FIRST, "x": lambda g, p: place_at(g, 0), "end": lambda g, p: place_at(g, -1)},
    ),
    (
        "metric first last best axis x",
        False,
        {
            "first": lambda g, p: level_of_tenth(g, last=False),
            "last": lambda g, p: level_of_tenth(g, last=True),
            "best": lambda g, p: (float(np.nanmax(one.y)) for one in g.series),
            "x": lambda g, p: (float(one.x[row]) for one in g.series for row in best_rows(g, one)),
        },
    ),
    ("metric path first last", False, FIRST),
    (
        "metric path axis x0 x1 first last need",
        False,
        {**FIRST, **COUNTED, "x0": lambda g, p: place_at(g, 0), "x1": lambda g, p: place_at(g, -1)},
    ),
    ("metric course count", False, COUNTED),
    (
        "metric path count zeros",
        False,
        {
            "count": lambda g, p: (float(len(one)) for one in g.series),
            "zeros": lambda g, p: (float(np.sum(one.y == 0)) for one in g.series),
        },
    ),
    (
        "metric course gain rows",
        False,
        {name: partial(bounds_of_trends, name) for name in ("gain", "rows")},
    ),
    (
        "metric course gain high low rows",
        False,
        {name: partial(bounds_of_trends, name) for name in ("gain", "low", "high", "rows")},
    ),
    ("metric course top last", False, RATE_ENDS),
    ("first top last", False, RATE_ENDS),
    (
        "metric path rows need",
        False,
        {**COUNTED, "rows": lambda g, p: too_few_values(g, p, "rows")},
    ),
    (
        "metric path count need",
        False,
        {**COUNTED, "count": lambda g, p: too_few_values(g, p, "count")},
    ),
    ("metric count need", False, {**COUNTED, "count": lambda g, p: too_few_values(g, p, "count")}),
    ("need", False, COUNTED),
    ("need sentences", False, COUNTED),
    ("times within", False, {"times": partial(bounds_of_trends, "times"), "within": width_of_flat}),
    ("within", False, {"within": width_of_flat}),
    (
        "rows axis first last gain of low high epochs",
        False,
        {
            name: partial(bounds_of_trends, name)
            for name in ("rows", "first", "last", "gain", "low", "high")
        },
    ),
    (
        "count x0 x1 y0 y1 gain",
        False,
        {
            "count": span_of_trend,
            "x0": lambda g, p: change_over_epochs(g, "x"),
            "x1": lambda g, p: change_over_epochs(g, "x"),
            "y0": lambda g, p: change_over_epochs(g, "y"),
            "y1": lambda g, p: change_over_epochs(g, "y"),
            "gain": lambda g, p: iter([number_said(p, "y1") / number_said(p, "y0") - 1]),
        },
    ),
    # how the run ended
    (
        "done planned unit",
        False,
        {"done": lambda g, p: progress_told(g, 0), "planned": lambda g, p: progress_told(g, 1)},
    ),
    # advice
    (
        "names axis x metric before after",
        True,
        {
            "x": lambda g, p: (float(one.start.x) for one in g.analysis.findings),
            "before": lambda g, p: (
                float(v)
                for one in g.run.series
                if one.metric_type == "learning_rate"
                for v in one.y
            ),
            "after": lambda g, p: told_of_rates(g, lambda y: y[-1]),
        },
    ),
    (
        "least most",
        False,
        {"least": lambda g, p: told_of_the_steps(g), "most": lambda g, p: told_of_the_steps(g)},
    ),
    (
        "share clip lr",
        False,
        {
            "share": lambda g, p: (
                clipped_share(one, clip)
                for one in gradient_norms(g)
                for clip in setting_told(g, "clip_grad")
            )
        },
    ),
    (
        "peak clip share level",
        False,
        {
            "peak": lambda g, p: (float(v) for one in gradient_norms(g) for v in one.y),
            "level": lambda g, p: (
                float(np.percentile(one.y[np.isfinite(one.y)], 90)) for one in gradient_norms(g)
            ),
            "share": lambda g, p: (
                float(np.mean(one.y[np.isfinite(one.y)] > clip))
                for one in gradient_norms(g)
                for clip in setting_told(g, "clip_grad")
            ),
        },
    ),
    (
        "count steps",
        False,
        {
            "count": lambda g, p: iter(
                [float(sum(event.kind == "overflow" for event in g.run.events))]
            ),
            "steps": lambda g, p: steps_told(g),
        },
    ),
    (
        "first second",
        False,
        {
            "first": lambda g, p: spikes_of_half(g, late=False),
            "second": lambda g, p: spikes_of_half(g, late=True),
        },
    ),
    ("metric gain weight", False, {"gain": lambda g, p: rise_over_half(g)}),
)
"""Of verdicts, answers, advice and reasons."""
IN_FINDINGS: Final[tuple[Shape, ...]] = (
    # places of spikes; numbers are of the finding
    ("rows line", True, {"rows": lambda g, p: recovery(g), "line": lambda g, p: line_when_back(g)}),
    ("line", True, {"line": lambda g, p: line_when_back(g)}),
    (
        "n one all",
        True,
        {
            "n": lambda g, p: batches(g),
            "one": lambda g, p: one_batch(g),
            "all": lambda g, p: iter([float(g.subject.y[peak(g)])]),
        },
    ),
    (
        "base excess all",
        True,
        {
            "base": lambda g, p: iter([baseline(g)]),
            "excess": lambda g, p: iter([excess(g)]),
            "all": lambda g, p: iter([float(g.subject.y[peak(g)])]),
        },
    ),
    ("path first last highest line median", True, FINER),
    ("path first last highest line median share", True, FINER),
    ("path line share", True, FINER),
    ("path first last share", True, FINER),
    ("path first last median", True, FINER),
    ("path line value", True, {**FINER, "value": lambda g, p: told_of_finer("highest", g, p)}),
    (
        "rows local highest median",
        False,
        {
            "rows": lambda g, p: (float(x) for one in g.run.series for x in one.x),
            "highest": lambda g, p: median_in_epochs(g, p, highest=True),
            "median": lambda g, p: median_in_epochs(g, p, highest=False),
        },
    ),
    (
        "x value own_n metric own other_n needed partner actual",
        False,
        {
            "own_n": lambda g, p: (
                ranks - number_said(p, "other_n") for ranks in setting_told(g, "world_size")
            ),
            "other_n": lambda g, p: (
                Between(1.0, ranks - 1) for ranks in setting_told(g, "world_size")
            ),
            "needed": lambda g, p: iter([needed_value(p)]),
        },
    ),
    ("metric ratio when line", False, {"ratio": moved_with_it, "line": lambda g, p: lines(g, p)}),
    (
        "metric value line ratio",
        False,
        {"value": value_at_line, "ratio": moved_with_it, "line": lambda g, p: lines(g, p)},
    ),
    ("metric value when line", False, {"value": value_at_line, "line": lambda g, p: lines(g, p)}),
    ("metric ratio path line", False, {"ratio": moved_with_it, "line": lambda g, p: lines(g, p)}),
    ("share val", True, {"share": below_the_training}),
    # no part of what the critic explains
    ("metric path share least level", True, {"least": lambda g, p: iter([0.1])}),
    (
        "axis x path line value",
        True,
        {name: partial(last_sound_row, name) for name in ("x", "line", "value")},
    ),
)
"""Of the notes and signs of findings."""


def _by_shape(shapes: tuple[Shape, ...]) -> dict[frozenset[str], tuple[bool, Rules]]:
    return {frozenset(names.split()): (of_finding, rules) for names, of_finding, rules in shapes}


SHAPES: Final = {False: _by_shape(KNOWN), True: _by_shape(IN_FINDINGS)}
"""The sentences of known shape, by whether they stand in a finding and by the names of their
places.
"""
