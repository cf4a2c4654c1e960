"""Factories of the tests: series, runs, log lines and findings with defaults, so that a test names
only what its rule is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lossreport.model.analysis import Finding, Position, Severity
from lossreport.model.run import (
    USER,
    Axis,
    Fact,
    FactValue,
    Run,
    Segment,
    SegmentSpan,
    Series,
    Source,
    SourceNote,
    Statistic,
    Status,
    frozen_floats,
    frozen_ints,
)
from lossreport.text import Text

SAMPLES = Path(__file__).resolve().parents[1] / "sample_logs"
SEED_CLOSS = (3.26, 4.06, 2.49, 2.14, 4.04, 2.52, 2.14, 95.19, 4.21, 2.13, 37.74, 4.01)
SEED_LOSS_CT = (0.085, 0.612, 0.052, 0.779, 0.616, 0.040, 0.819, 0.069, 0.066, 0.824, 0.063, 0.620)
"""The two columns of log_train.txt in the document this program replaces."""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def falling(
    n: int, start: float = 8.0, end: float = 2.0, noise: float = 0.005, seed: int = 0
) -> npt.NDArray[np.float64]:
    """A healthy curve: a power law from `start` to `end` with relative noise."""
    power = np.log(start / end) / np.log(n)
    return start * np.arange(1, n + 1) ** -power * (1 + noise * rng(seed).standard_normal(n))


def flat(
    n: int, level: float = 2.0, noise: float = 0.002, seed: int = 0
) -> npt.NDArray[np.float64]:
    return level * (1 + noise * rng(seed).standard_normal(n))


def make_series(
    y: npt.ArrayLike,
    name: str = "closs",
    split: str = "train",
    axis: str = "epoch",
    *,
    statistic: str | None = None,
    x: npt.ArrayLike | None = None,
    line: npt.ArrayLike | None = None,
    epoch: npt.ArrayLike = (),
    id: str = "m1",
    source: str = "s1",
    path: str = "log_train.txt",
    spans: Sequence[tuple[int, int]] = (),
    **other: Any,
) -> Series:
    """Return a series of `y`; x counts from 0, lines from 1, an epoch series holds epoch means and
    others single values.
    """
    values = frozen_floats(y)
    n = len(values)
    kind = Statistic.EPOCH_MEAN if axis == "epoch" else Statistic.VALUE
    return Series(
        id=id,
        run="r1",
        name=name,
        split=split,
        axis=Axis(axis),
        statistic=Statistic(statistic) if statistic else kind,
        source=source,
        path=path,
        x=frozen_floats(np.arange(n) if x is None else x),
        y=values,
        line=frozen_ints(np.arange(1, n + 1) if line is None else line),
        epoch=frozen_floats(epoch),
        segments=tuple(SegmentSpan(first_row=a, last_row=b) for a, b in spans or [(0, n - 1)]),
        **other,
    )


def make_run(
    series: Sequence[Series] = (),
    *,
    facts: Mapping[str, FactValue] | None = None,
    axis: str = "epoch",
    segments: Sequence[Segment] = (),
    notes: Sequence[SourceNote] = (),
    status: str = "unknown",
    **columns: npt.ArrayLike,
) -> Run:
    """Return a run of `series` and of one series a keyword: `make_run(closs=[8.6, 8.5, 95.2],
    val_closs=[...])`.
    """
    made = list(series)
    for name, y in columns.items():
        split, _, short = name.partition("_")
        named = (short, split) if split in ("val", "eval", "test") and short else (name, "train")
        made.append(make_series(y, *named, axis, id=f"m{len(made) + 1}"))
    sources = dict.fromkeys((one.source, one.path) for one in made)
    return Run(
        id="r1",
        name="run",
        sources=tuple(
            Source(id=source, path=path, parser="test", rows=max(map(len, made)))
            for source, path in sources
        ),
        series=tuple(made),
        facts=tuple(
            Fact(name=name, value=value, source=USER) for name, value in (facts or {}).items()
        ),
        segments=tuple(segments),
        notes=tuple(notes),
        status=Status(status),
    )


def make_finding(kind: str = "spike", **other: Any) -> Finding:
    from lossreport.model.analysis import Evidence

    place = Position(x=0, row=0, line=1)
    values: dict[str, Any] = {
        "id": "F1",
        "severity": Severity.HIGH,
        "series": ("m1",),
        "start": place,
        "end": place,
        "text": Text(zh="某事", en="something")(),
        "evidence": (Evidence(source="s1", line=1, x=0, value=1.0),),
    }
    return Finding(kind=kind, **{**values, **other})


def running_means(
    values: npt.ArrayLike, every: int = 10
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return (iterations, means since the first value) of the rows a logger prints every `every`
    iterations.
    """
    y = np.asarray(values, dtype=np.float64)
    rows = np.arange(0, len(y), every)
    return rows.astype(np.float64), (np.cumsum(y) / np.arange(1, len(y) + 1))[rows]


# -------------------------------------------------------------------------------------------- files
def write_log_train(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """Write one JSON object a line, as MetricLogger does."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def seed_rows() -> list[dict[str, object]]:
    pairs = zip(SEED_CLOSS, SEED_LOSS_CT, strict=True)
    return [
        {"train_closs": closs, "train_loss_ct": ct, "epoch": epoch}
        for epoch, (closs, ct) in enumerate(pairs)
    ]


def metriclogger_line(
    epoch: int,
    i: int,
    n: int,
    *,
    eta: bool = False,
    header: str = "Epoch",
    **meters: tuple[float, float] | float,
) -> str:
    """Return one row: with `eta` as DeiT prints it, else as xllmx does; a meter is (first, mean) or
    one number.
    """
    fields = [f"{header}: [{epoch}]" if header == "Epoch" else f"{header}:", f"[{i}/{n}]"]
    fields += ["eta: 0:00:10"] if eta else []
    for name, value in meters.items():
        fields.append(
            f"{name}: {value[0]:.4f} ({value[1]:.4f})"
            if isinstance(value, tuple)
            else f"{name}: {value}"
        )
    return "  ".join(fields)
