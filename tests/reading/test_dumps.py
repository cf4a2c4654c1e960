"""Settings listed line by line are settings; blocks of metrics that look the same are rows."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import lossreport
from lossreport.model.run import Run
from lossreport.reading.lines.dumps import dumps_of, entry_of

ROWS = "".join(
    f"Epoch {epoch} iter {step} loss: {2 / (epoch + step):.4f}\n"
    for epoch in (1, 2)
    for step in (10, 20, 30)
)
YAML = (
    "MODEL:\n  NAME: vit\n  HEAD: linear\n  PRETRAINED: True\n\nSOLVER:\n  MAX_EPOCHS: 2\n  "
    "LOSS_ALPHA: 0.25\n  MARGIN_LOSS_WEIGHT: 0.5\n  OPTIM: SGD\n"
)
ALIGNED = (
    "data =  ./in\nmodel =  ./out\nbidirectional =  True\nmax_grad_norm =  4.0\nlearning_rate "
    "=  0.002\npretrain_epoch =  7.0\nepoch =  9\n"
)


def read(tmp_path: Path, text: str) -> Run:
    (tmp_path / "train.log").write_text(text)
    return lossreport.read_run([tmp_path])


def test_settings_that_are_listed_below_keys_are_no_metrics_even_when_printed_twice(
    tmp_path: Path,
) -> None:
    run = read(tmp_path, YAML + "Started\n" + YAML + ROWS)
    assert {s.name for s in run.series} == {"loss"}
    assert {f.name: f.value for f in run.facts}["loss_alpha"] == 0.25


def test_an_aligned_list_of_settings_is_facts_and_its_epoch_a_plan(tmp_path: Path) -> None:
    run = read(tmp_path, ALIGNED + ROWS)
    facts = {f.name: f.value for f in run.facts}
    assert {s.name for s in run.series} == {"loss"}
    assert (facts["epochs"], facts["max_grad_norm"], run.progress.epochs[1]) == (9, 4.0, 9)


def test_a_block_of_metrics_printed_line_by_line_every_epoch_stays_a_row(tmp_path: Path) -> None:
    block = (
        "epoch: {0}\nphase: train\nfile: out_{0}.pt\nloss: 0.{1}\nacc: 0.{0}\nlr: "
        "0.01\ndevice: cuda\n\n"
    )
    run = read(tmp_path, "".join(block.format(epoch, 9 - epoch) for epoch in (1, 2, 3, 4)))
    assert {"loss", "acc"} <= {s.name for s in run.series}


def test_a_block_of_numbers_alone_is_no_list_of_settings() -> None:
    assert not dumps_of([f"class_{i} : {i}.5%" for i in range(9)]).names


def test_a_network_that_is_listed_holds_no_metric(tmp_path: Path) -> None:
    links = "".join(
        f"{i}: en{i}: <BROADCAST,UP> mtu 1500\n    link/ether a0:{i}1:f1:3{i}:26:fc brd ff:ff\n"
        for i in range(2, 6)
    )
    run = read(tmp_path, links + ROWS)
    assert {s.name for s in run.series} == {"loss"}


def test_a_row_of_pairs_with_tabs_heads_no_table(tmp_path: Path) -> None:
    rows = "".join(f"Iteration: {i}\tLoss: {9 / i:.3f}\tReg Loss: 0.0{i}1\n" for i in (1, 2, 3))
    run = read(
        tmp_path, rows + "=====\nLoaded data,training size  73196\n" + "Best so far\tnone  5\n"
    )
    assert {s.name for s in run.series} == {"Loss", "Reg Loss"}


def test_a_hostile_line_is_looked_at_in_linear_time() -> None:
    start = process_time()
    for text in ("a" * 64_000, "a: " + ", a" * 20_000, " " * 64_000 + "x", "a:" + " " * 64_000):
        entry_of(text)
    assert process_time() - start < 0.5


def test_a_level_before_messages_is_no_setting(tmp_path: Path) -> None:
    head = [
        "Starting server, config: num_rounds=9",
        "[INIT]",
        "Requesting parameters",
        "Received parameters",
        "Evaluating parameters",
    ]
    rounds = [
        line
        for at in range(1, 6)
        for line in (f"[ROUND {at}]", f"-> loss: {3 / at:.3f}", f"-> dice: 0.{50 + at}", "")
    ]
    run = read(tmp_path, "".join(f"INFO :      {line}\n" for line in head + rounds))
    (loss,) = [one for one in run.series if one.name == "loss"]
    assert (loss.axis.value, loss.x.tolist()) == ("round", [1, 2, 3, 4, 5])
    assert run.progress.epochs == (5, 9)
    assert entry_of("INFO: lr = 0.1") == ("lr", "0.1")
