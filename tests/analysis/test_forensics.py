"""The place of a spike is told by arithmetic and by the rows around it; causes are hypotheses,
ranked by what the rows favour.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lossreport
from certainty import CERTAIN, certain
from lossreport.analysis.companions import LR_STEP, NOISE, Watch
from lossreport.analysis.context import Context
from lossreport.analysis.suspects import CONCENTRATED, SLOW
from lossreport.model.analysis import Analysis, Finding
from lossreport.model.run import Floats
from runs import SAMPLES, falling, flat, make_run, make_series, metriclogger_line, rng

SPIKE = 150


def stepped(facts: Mapping[str, object] | None = None, **columns: object) -> Analysis:
    frame = pd.DataFrame({"step": np.arange(len(next(iter(columns.values())))), **columns})  # type: ignore[arg-type]
    return lossreport.analyze(lossreport.run_from_frame(frame, facts=facts), strict=True)  # type: ignore[arg-type]


def spiked(rows: Mapping[int, float], n: int = 300) -> Floats:
    y = np.array(falling(n))
    for row, factor in rows.items():
        y[row] *= factor
    return y


def only(analysis: Analysis, name: str = "loss") -> Finding:
    named = {s.id for s in analysis.runs[0].series if s.name == name}
    (finding,) = [
        f
        for f in analysis.findings
        if f.kind in ("spike", "batch_outlier") and f.series[0] in named
    ]
    return finding


def ranks(finding: Finding) -> list[str]:
    return [one.id for one in sorted(finding.hypotheses, key=lambda one: one.rank)]


def said(finding: Finding) -> str:
    return " ".join(note.plain("en") for note in finding.notes)


# --------------------------------------------------------------------------------------- arithmetic
def epochs_log(
    folder: Path, bad: Mapping[int, Mapping[int, float]], length: int = 50, epochs: int = 12
) -> Path:
    """Write a finer log with running means every 10 iterations and the epoch means beside it."""
    lines, means = [], []
    noise = rng(3)
    for epoch in range(epochs):
        values = 3.0 * (1 + 0.003 * noise.standard_normal(length))
        for i, value in bad.get(epoch, {}).items():
            values[i] = value
        running = np.cumsum(values) / np.arange(1, length + 1)
        lines += [
            metriclogger_line(epoch, i, length, closs=(running[i], running[i]))
            for i in [*range(0, length, 10), length - 1]
        ]
        means.append(f'{{"train_closs": {values.mean()}, "epoch": {epoch}}}')
    (folder / "output.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "log_train.txt").write_text("\n".join(means) + "\n", encoding="utf-8")
    return folder


def test_one_bad_batch_of_n_is_worked_out_and_found_in_the_finer_log(tmp_path: Path) -> None:
    analysis = lossreport.analyze(
        lossreport.read_run([epochs_log(tmp_path, {7: {24: 900.0}})]), strict=True
    )
    source = next(s.id for s in analysis.runs[0].sources if s.path == "log_train.txt")
    finding = next(
        f for f in analysis.findings if f.kind == "spike" and f.evidence[0].source == source
    )
    assert finding.numbers["batches"] == 50
    assert finding.numbers["one_batch"] == pytest.approx(900, rel=0.02)
    assert (finding.numbers["finer_first_line"], finding.numbers["finer_last_line"]) == (44, 48)
    assert "output.log lines 44-48 cover it" in said(finding)
    assert ranks(finding)[0] == "bad_batch"


def test_an_epoch_high_throughout_is_no_single_batch(tmp_path: Path) -> None:
    bad = {7: {i: 10.0 + 4 * (i // 10) for i in range(10, 50)}}
    analysis = lossreport.analyze(lossreport.read_run([epochs_log(tmp_path, bad)]), strict=True)
    source = next(s.id for s in analysis.runs[0].sources if s.path == "log_train.txt")
    finding = next(
        f for f in analysis.findings if f.kind == "spike" and f.evidence[0].source == source
    )
    assert ranks(finding)[0] == "instability"
    against = next(one.against for one in finding.hypotheses if one.id == "bad_batch")
    assert f"only {CONCENTRATED:.0%}"[:4] in against[0].plain("en")


def test_where_n_is_unknown_both_bounds_still_stand() -> None:
    y = np.array(flat(20, 4.0))
    y[8] = 95.0
    run = make_run(closs=y)
    finding = only(lossreport.analyze(run, strict=True), "closs")
    assert "batches" not in finding.numbers
    assert "unknown" in said(finding)
    assert "·N" in said(finding)
    assert "95" in said(finding)


# --------------------------------------------------------------------------------------- what moved
@pytest.mark.parametrize(
    ("rows", "when", "first"),
    [
        ({SPIKE: 5.0}, "rises in the same rows", "bad_batch"),
        ({SPIKE - 2: 5.0, SPIKE - 1: 5.0, SPIKE: 5.0}, "was up before", "instability"),
        ({}, "does not rise", None),
    ],
    ids=["at", "before", "never"],
)
def test_the_gradient_norm_is_placed_before_at_or_not_at_all(
    rows: Mapping[int, float], when: str, first: str | None
) -> None:
    norm = np.array(flat(300, 1.0, 0.02))
    for row, factor in rows.items():
        norm[row] *= factor
    course = (
        {SPIKE: 3.0}
        if first != "instability"
        else {SPIKE + i: 3.0 - 0.2 * i for i in range(SLOW + 2)}
    )
    finding = only(stepped(loss=spiked(course), grad_norm=norm))
    support = [
        text.plain("en") for one in finding.hypotheses for text in (*one.support, *one.against)
    ]
    assert any(when in text for text in support)
    if first is not None:
        assert ranks(finding)[0] == first


@pytest.mark.parametrize(
    ("size", "moved"), [(NOISE * 1.6, True), (NOISE * 0.5, False)], ids=["above", "below"]
)
def test_a_companion_moves_beyond_five_noise_units(size: float, moved: bool) -> None:
    norm = np.array(flat(300, 1.0, 0.05))
    norm[SPIKE] = 1.0 + size * 0.05
    run = make_run(
        [
            make_series(spiked({SPIKE: 3.0}), axis="step"),
            make_series(norm, "grad_norm", axis="step", id="m2", metric_type="grad_norm"),
        ]
    )
    (one,) = Watch(Context(run, run)).companions(run.series[0], SPIKE, SPIKE)
    assert one.moved is moved


@pytest.mark.parametrize(
    ("step", "moved"), [(LR_STEP * 1.2, True), (LR_STEP * 0.8, False)], ids=["above", "below"]
)
def test_a_learning_rate_event_is_a_step_of_twenty_per_cent(step: float, moved: bool) -> None:
    lr = np.where(np.arange(300) < SPIKE, 1e-3, 1e-3 * (1 + step))
    finding = only(stepped(loss=spiked({SPIKE: 3.0}), lr=lr))
    event = next(one for one in finding.hypotheses if one.id == "lr_event")
    assert bool(event.support) is moved
    assert bool(event.against) is not moved


def test_few_companions_move_at_random_rows_of_a_run_without_an_event() -> None:
    moved = 0
    for seed in range(40):
        norm = flat(300, 1.0, 0.1, seed=seed)
        run = make_run(
            [
                make_series(falling(300), axis="step"),
                make_series(norm, "grad_norm", axis="step", id="m2", metric_type="grad_norm"),
            ]
        )
        moved += Watch(Context(run, run)).companions(run.series[0], SPIKE, SPIKE)[0].moved
    assert moved <= 2


# ------------------------------------------------------------------------------ ends and neighbours
@pytest.mark.parametrize(
    ("rows", "first"), [(1, "bad_batch"), (SLOW + 3, "instability")], ids=["back at once", "slow"]
)
def test_the_way_back_ranks_the_hypotheses(rows: int, first: str) -> None:
    finding = only(stepped(loss=spiked({SPIKE + i: 3.0 - 0.15 * i for i in range(rows)})))
    assert finding.numbers["recovery_rows"] >= rows
    assert ranks(finding)[0] == first


def test_a_low_row_within_a_burst_is_not_its_end() -> None:
    finding = only(
        stepped(loss=spiked({SPIKE: 3.0, SPIKE + 2: 2.8, SPIKE + 3: 2.6, SPIKE + 5: 2.4}))
    )
    assert finding.numbers["recovery_rows"] >= 5


@pytest.mark.parametrize(
    ("row", "moved"), [(SPIKE, True), (SPIKE + 1, False)], ids=["with it", "after it"]
)
def test_a_learning_rate_that_changes_only_after_the_spike_is_no_event_of_it(
    row: int, moved: bool
) -> None:
    lr = np.where(np.arange(300) < row, 1e-3, 2e-4)
    finding = only(stepped(loss=spiked({SPIKE: 3.0}), lr=lr))
    assert bool(next(one for one in finding.hypotheses if one.id == "lr_event").support) is moved


def test_a_loss_scale_that_falls_speaks_for_an_overflow_and_bf16_against() -> None:
    scale = np.where(np.arange(300) < SPIKE, 65536.0, 32768.0)
    loss = spiked({SPIKE: 3.0})
    fell = next(
        one
        for one in only(stepped({"precision": "fp16"}, loss=loss, loss_scale=scale)).hypotheses
        if one.id == "fp16_overflow"
    )
    assert len(fell.support) == 2
    other = next(
        one
        for one in only(stepped({"precision": "bf16"}, loss=loss)).hypotheses
        if one.id == "fp16_overflow"
    )
    assert (other.support, len(other.against)) == ((), 1)
    assert "fp16 overflow" in said(only(stepped(loss=loss)))


def test_what_the_logs_do_not_hold_is_no_hypothesis() -> None:
    finding = only(stepped(loss=spiked({SPIKE: 3.0})))
    assert {"lr_event", "fp16_overflow", "log_artefact", "data_boundary"}.isdisjoint(ranks(finding))


@pytest.mark.parametrize(
    ("row", "shared"), [(SPIKE, True), (SPIKE + 40, False)], ids=["same step", "another step"]
)
def test_runs_that_spike_at_one_step_speak_for_the_order_of_the_data(
    row: int, shared: bool
) -> None:
    runs = []
    for name, place, seed in (("a", SPIKE, 0), ("b", row, 1)):
        y = np.array(falling(300, seed=seed))
        y[place] *= 3
        runs.append(
            lossreport.run_from_frame(pd.DataFrame({"step": np.arange(300), "loss": y}), name=name)
        )
    analysis = lossreport.analyze(runs, strict=True)
    spikes = [f for f in analysis.findings if f.kind in ("spike", "batch_outlier")]
    assert len(spikes) == 2
    assert [("point to a shared data order" in said(one)) for one in spikes] == [shared, shared]


def test_one_run_read_twice_is_no_second_witness() -> None:
    frame = pd.DataFrame({"step": np.arange(300), "loss": spiked({SPIKE: 3.0})})
    analysis = lossreport.analyze(
        [lossreport.run_from_frame(frame, name=name) for name in ("a", "b")], strict=True
    )
    assert not any("shared data order" in said(one) for one in analysis.findings)


def test_a_finding_that_names_its_hypotheses_keeps_them() -> None:
    analysis = lossreport.analyze(lossreport.read_run([SAMPLES / "vla_action_head"]), strict=True)
    spikes = [f for f in analysis.findings if f.kind == "spike"]
    assert [f.start.x for f in spikes] == [7, 10]
    assert [[one.id for one in f.hypotheses] for f in spikes] == [
        ["mixed_reduction", "real_instability"]
    ] * 2
    assert [round(f.numbers["one_batch"]) for f in spikes] == [111207, 41373]
    assert all("no such spike there" in said(f) for f in spikes)


# ---------------------------------------------------------------------------------------- certainty
def test_the_check_of_certainty_sees_a_cause_stated_as_a_fact() -> None:
    for text in (
        "The spike was caused by a bad batch.",
        "这是由于学习率过高导致的。",
        "The gradients exploded.",
    ):
        assert CERTAIN.search(text)


@pytest.mark.parametrize("folder", ["vla_action_head", "vla_healthy"])
def test_no_cause_is_stated_as_a_fact(folder: str) -> None:
    assert certain(lossreport.analyze(lossreport.read_run([SAMPLES / folder]), strict=True)) == []
