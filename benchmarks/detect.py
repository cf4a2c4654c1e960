"""How often the detectors and the verdict are right, on labelled curves: `python
benchmarks/detect.py SEED... [--bench FILE]`.

`--bench` is a generator of labelled runs with `build(seed, max_n)` and `score(predictions, runs)`.
Every curve goes through `run_from_frame`, as a user's would. Scores are pooled over the seeds;
`--baselines` adds the naive rules of the generator.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import lossreport
from lossreport.model.analysis import Analysis

MAX_ROWS = 30000
LABELS = {
    "spike": ("spike", "batch_outlier"),
    "divergence": ("divergence",),
    "nonfinite": ("nonfinite",),
    "plateau": ("plateau",),
    "oscillation": ("oscillation",),
    "overfit": ("overfitting",),
    "no_learning": ("no_learning",),
    "rollback": ("rollback", "appended_run"),
    "log_gap": ("log_gap", "duplicate_rows"),
    "mixture": ("mixture",),
    "level_shift": ("level_shift", "staircase"),
    "source_disagree": ("source_disagreement",),
    "clip_saturation": ("clip_saturation",),
    "throughput_drop": ("throughput_drop",),
    "data_stall": ("data_stall",),
    "memory_growth": ("memory_growth",),
}
"""The labels of the generator and the kinds of finding that are their answers; a planned or
explained shift is none.
"""
CONFIG = {"vocab_size": "vocab_size", "clip_grad": "clip_grad", "target": "target.loss"}


def load(path: Path) -> Any:
    """Import the generator from its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def frames(run: Any) -> dict[str, pd.DataFrame]:
    """Return the columns of a labelled run as a user has them: one frame, and a second source of
    the loss where there is one.
    """
    columns = dict(run.cols)
    other = columns.pop("loss_b", None)
    made = {"log.csv": _frame(columns)}
    if other is not None:
        made["other.csv"] = pd.DataFrame({"step": columns["step"], "loss": other})
    return made


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    """Return a frame in which a row of validation, which has no training loss, says so."""
    frame = pd.DataFrame(columns)
    if "val_loss" in frame and frame["loss"].isna().any():
        only = frame["loss"].isna() & frame["val_loss"].notna()
        frame["loss"] = frame["loss"].astype(object).where(~only, pd.NA)
    return frame


def predict(run: Any) -> dict[str, Any]:
    """Return what lossreport says of a labelled run, in the words of the generator."""
    facts = {CONFIG[name]: value for name, value in run.config.items() if name in CONFIG}
    analysis = lossreport.analyze(lossreport.run_from_frame(frames(run), facts=facts), strict=True)
    own = {
        series.id
        for series in analysis.runs[0].series
        if series.name == "loss" and series.split == "train" and series.path == "log.csv"
    }
    found = [
        finding
        for finding in analysis.findings
        if finding.series[0] in own or finding.kind not in LABELS["spike"]
    ]
    spikes = [
        [finding.start.line - 1, finding.end.line - 1]
        for finding in found
        if finding.kind in LABELS["spike"]
    ]
    said = {
        finding.kind
        for finding in found
        if finding.explained_by is None or finding.kind in LABELS["spike"]
    }
    made: dict[str, Any] = {
        "spikes": spikes,
        "labels": {name: bool(said & set(kinds)) for name, kinds in LABELS.items()},
    }
    made["verdict"] = analysis.run_verdict("r1").state.value
    if analysis.lr_schedules:
        made["lr_schedule"] = analysis.lr_schedules[0].schedule
    gain = _gain(analysis, own)
    return made | ({"gain": gain} if gain else {})


def _gain(analysis: Analysis, own: set[str]) -> list[float] | None:
    for forecast in analysis.forecasts:
        if forecast.valid and forecast.series[0] in own:
            return [forecast.low, forecast.mid, forecast.high]
    return None


def one_seed(
    task: tuple[Path, int, bool, bool],
) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """Return truths, our predictions and those of the naive rules for one seed; ids are made unique
    over seeds.
    """
    path, seed, with_baselines, second = task
    bench = load(path)
    curves = load(Path(__file__).with_name("curves.py")) if second else bench
    truths, ours, naive = [], {}, {}
    for run in curves.build(seed, MAX_ROWS):
        run.id = f"{seed}/{run.id}"
        truths.append(run.truth())
        ours[run.id] = predict(run)
        if with_baselines:
            spikes = bench.bl_olmo7_adapt(run.cols["loss"])
            naive[run.id] = {
                "spikes": [int(row) for row in np.atleast_1d(spikes)],
                "labels": bench.baseline_labels(run),
            }
    return truths, ours, naive


def table(score: dict[str, Any]) -> list[str]:
    """Return the scores as rows of Markdown."""
    spike, verdict = score["spike"], score.get("verdict")
    rows = [f"| spike F1 | {spike['F1']:.3f} |", f"| spike F1, n <= 50 | {spike['short_F1']:.3f} |"]
    rows.append(f"| control runs with a false alarm | {spike['ctrl_fp_run_rate']:.3%} |")
    rows += [
        f"| {name} F1 | {value['F1']:.3f} (tp {value['tp']}, fp {value['fp']}, fn {value['fn']}) |"
        for name, value in score["labels"].items()
    ]
    if verdict:
        rows += [
            f"| verdict accuracy | {verdict['acc']:.3f} |",
            f"| verdict macro F1 | {verdict['macro_F1']:.3f} |",
        ]
    if "lr_schedule" in score:
        rows.append(f"| LR schedule accuracy | {score['lr_schedule']['acc']:.3f} |")
    if "gain" in score:
        gain = score["gain"]
        rows.append(
            f"| gain coverage | {gain['coverage']:.3f} (n {gain['n']}, median width "
            f"{gain['median_width_over_true']:.2f}x the true gain) |"
        )
    return rows


def main() -> None:
    """Score the seeds and print the table, and the runs that are wrong where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("seeds", nargs="+", type=int)
    options.add_argument(
        "--bench",
        type=Path,
        default=Path(__file__).resolve().parents[2] / "shared" / "bench" / "bench_gen.py",
    )
    options.add_argument(
        "--curves",
        action="store_true",
        help="the second set (curves.py) instead of the generator's",
    )
    options.add_argument("--baselines", action="store_true")
    options.add_argument(
        "--wrong", metavar="LABEL", help="list the runs in which this label, or `verdict`, is wrong"
    )
    given = options.parse_args()
    bench = load(given.bench)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        parts = pool.map(
            one_seed,
            [(given.bench, seed, given.baselines, given.curves) for seed in given.seeds],
            chunksize=1,
        )
    truths = [truth for part in parts for truth in part[0]]
    ours = {key: value for part in parts for key, value in part[1].items()}
    print(f"{len(truths)} runs, seeds {given.seeds}\n\n| measure | lossreport |\n|---|---|")
    print("\n".join(table(bench.score(ours, truths))))
    if given.baselines:
        naive = {key: value for part in parts for key, value in part[2].items()}
        print(
            "\n| measure | naive rules |\n|---|---|\n"
            + "\n".join(table(bench.score(naive, truths)))
        )
    if given.wrong:
        _list_wrong(given.wrong, truths, ours)


def _list_wrong(label: str, truths: list[dict[str, Any]], ours: dict[str, Any]) -> None:
    counted: Counter[str] = Counter()
    for truth in truths:
        said = ours[truth["id"]]
        wanted, got = (
            (truth["verdict"], said["verdict"])
            if label == "verdict"
            else (truth["labels"].get(label), said["labels"].get(label))
        )
        if label == "lr_schedule":
            wanted, got = truth["lr_schedule"], said.get("lr_schedule")
        if wanted is not None and wanted != got:
            counted[f"{truth['family']}: {wanted} -> {got}"] += 1
            print(
                truth["id"],
                truth["n"],
                wanted,
                got,
                json.dumps([event.get("kind") for event in truth["events"]][:3]),
            )
    print(json.dumps(counted.most_common(), indent=1))


if __name__ == "__main__":
    main()
