"""Text of loops nobody has seen: headings, progress bars, validation passes, steps that begin
again, Chinese in both scripts.
"""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

import lossreport
from lossreport.errors import NothingReadError
from lossreport.model.run import Run, Series
from lossreport.reading.kit.key_values import text_row
from lossreport.reading.lines.chatter import is_chatter
from runs import falling


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> Run:
    (tmp_path / "train.log").write_text(text, encoding=encoding)
    return lossreport.read_run([tmp_path])


def series(run: Run, name: str) -> Series:
    split, _, short = name.partition("/")
    (found,) = [s for s in run.series if (s.split, s.name) == (split, short)]
    return found


PADDLE = "".join(
    f"Epoch {epoch}/3\nstep 10/30 - loss: {3 / epoch + 0.2:.4f} - 5ms/step\nstep 20/30 - loss: "
    f"{3 / epoch + 0.1:.4f} - 5ms/step\nstep 30/30 - loss: {3 / epoch:.4f} - 5ms/step\nEval "
    f"begin...\nstep 4/8 - loss: 9.9000 - 1ms/step\nstep 8/8 - loss: {3.3 / epoch:.4f} - "
    f"1ms/step\n"
    for epoch in (1, 2, 3)
)


def test_an_epoch_named_on_a_line_of_its_own_counts_for_the_steps_below_it(tmp_path: Path) -> None:
    run = read(tmp_path, PADDLE)
    assert series(run, "train/loss").x.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert series(run, "train/loss").line.tolist()[:4] == [2, 3, 4, 9]


def test_of_a_validation_pass_the_last_row_counts_at_its_epoch(tmp_path: Path) -> None:
    val = series(read(tmp_path, PADDLE), "eval/loss")
    assert (val.axis, val.x.tolist(), val.y.tolist()) == ("epoch", [1, 2, 3], [3.3, 1.65, 1.1])


def test_the_split_in_the_brackets_of_an_epoch_counts(tmp_path: Path) -> None:
    lines = [
        f"11/22 07:35:22 - mmengine - INFO - Epoch(train) [{e}][{i}/30]  lr: 5.0e-02  time: 0.01 "
        f" loss: {2 / e + i / 100:.4f}\n"
        + (
            f"11/22 07:35:22 - mmengine - INFO - Epoch(val) [{e}][10/10]    accuracy: "
            f"{50 + e:.4f}\n"
            if i == 30
            else ""
        )
        for e in (1, 2, 3)
        for i in (10, 20, 30)
    ]
    run = read(tmp_path, "".join(lines))
    assert series(run, "train/loss").x.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert series(run, "val/accuracy").y.tolist() == [51, 52, 53]


def test_of_the_frames_of_a_progress_bar_the_last_of_each_step_counts(tmp_path: Path) -> None:
    frames = ["Epoch 0:   0%|          | 0/20 [00:00<?, ?it/s, loss=9.99]"]
    for step in (10, 20):
        frames += [
            f"Epoch 0: 50%|#####     | {step}/20 [00:00<00:00, 9it/s, loss={value}]"
            for value in (9.99, 5 / step)
        ]
    run = read(
        tmp_path, "\r".join(frames) + "\n" + "\r".join(frames).replace("Epoch 0", "Epoch 1") + "\n"
    )
    assert series(run, "train/loss").y.tolist() == [0.5, 0.25, 0.5, 0.25]
    assert [segment.why for segment in run.segments] == ["start"]


@pytest.mark.parametrize("encoding", ["utf-8", "big5"])
def test_traditional_chinese_is_read(encoding: str, tmp_path: Path) -> None:
    lines = [
        f"訊息: 第{e}輪/共4輪 步數 {i}/20 損失={9 - e - i / 20:.4f} 學習率=2.0e-3\n"
        for e in (1, 2, 3, 4)
        for i in (0, 10)
    ]
    run = read(tmp_path, "".join(lines), encoding)
    assert series(run, "train/損失").y.tolist() == [8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0, 4.5]
    assert series(run, "train/損失").x.tolist() == [0, 10, 20, 30, 40, 50, 60, 70]


def test_the_rounds_of_a_boosting_program_are_steps(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(
            f"[{i}]\ttrain-logloss:{0.6 - i / 100:.5f}\teval-logloss:0.61\n"
            for i in range(0, 50, 5)
        ),
    )
    assert series(run, "train/logloss").x.tolist() == list(range(0, 50, 5))


@pytest.mark.parametrize(("restart", "runs"), [("goes on", 1), ("begins again", 4)])
def test_a_step_that_begins_again_is_of_epochs_where_the_values_go_on(
    restart: str, runs: int, tmp_path: Path
) -> None:
    y = falling(80)
    values = y if restart == "goes on" else [*y[:20]] * 4
    (tmp_path / "t.jsonl").write_text(
        "".join(f'{{"step": {i % 20}, "loss": {value}}}\n' for i, value in enumerate(values))
    )
    found = lossreport.read_runs([tmp_path])
    assert len(found) == runs
    if runs == 1:
        assert found[0].series[0].x.tolist() == list(range(80))


def test_a_database_is_not_read_as_text(tmp_path: Path) -> None:
    rows = "".join(f"\n{{'loss': {i}, 'step': {i}}}\n" for i in range(99)).encode()
    (tmp_path / "toy.db").write_bytes(b"SQLite format 3\0" + rows)
    (tmp_path / "log.csv").write_text("step,loss\n" + "".join(f"{i},{i}\n" for i in range(9)))
    run = lossreport.read_run([tmp_path])
    assert [source.path for source in run.sources] == ["log.csv"]
    assert [skip.path for skip in run.skipped] == ["toy.db"]


def test_a_key_of_a_configuration_is_no_heading_of_a_section(tmp_path: Path) -> None:
    config = "DATASETS:\n  TRAIN: (a, )\n# TEST:\nSOLVER:\n  NAME: sgd\n  POLICY: step\n  SEED: x\n"
    rows = "".join(
        f"iter: {i}  loss: {3 - i / 100:.4f} ({3 - i / 100:.4f})\n" for i in range(0, 60, 5)
    )
    assert {s.split for s in read(tmp_path, config + rows).series} == {"train"}


def test_rows_right_below_a_heading_are_of_its_section(tmp_path: Path) -> None:
    text = "".join(
        f"step {i} loss {3 - i / 10:.2f}\n==== Validation ====\nstep {i} loss "
        f"{3.3 - i / 10:.2f}\nTraining...\n"
        for i in range(1, 9)
    )
    run = read(tmp_path, text)
    assert series(run, "val/loss").y.tolist() == pytest.approx([3.3 - i / 10 for i in range(1, 9)])
    assert series(run, "train/loss").y.tolist() == pytest.approx([3 - i / 10 for i in range(1, 9)])


def test_what_follows_a_full_progress_bar_is_of_the_epoch_and_not_of_its_last_batch(
    tmp_path: Path,
) -> None:
    text = "".join(
        f"Epoch {epoch}[16/100]: loss:{3 / epoch:.4f}\nEpoch {epoch}[96/100]: "
        f"loss:{2.9 / epoch:.4f}\nTest on Epoch {epoch}\n100%|██████████| 20/20 [00:00<00:00, "
        f"224.92it/s]\nmAP: 0.8{epoch}\n"
        for epoch in (1, 2, 3)
    )
    val = next(s for s in read(tmp_path, text).series if s.name == "mAP")
    assert (val.axis, val.x.tolist(), val.y.tolist()) == ("epoch", [1, 2, 3], [0.81, 0.82, 0.83])


def test_settings_above_the_rows_are_facts_and_the_total_in_a_row_wins(tmp_path: Path) -> None:
    rows = "".join(
        f"Epoch {epoch}/10 - loss: {3 / epoch:.4f} - lr: 0.0{epoch}\n" for epoch in range(1, 6)
    )
    run = read(
        tmp_path,
        "python train.py --lr 0.05 --batch-size 64 --epochs 90\nvocab_size: 3482\n"
        + rows
        + "batch_size: 32\n",
    )
    facts = {name: run.value(name) for name in ("lr", "batch_size", "vocab_size", "epochs")}
    assert facts == {"lr": 0.05, "batch_size": 64, "vocab_size": 3482, "epochs": 10}


def test_a_counter_with_its_own_total_behind_a_bar_is_not_the_number_of_epochs() -> None:
    row = text_row("| epoch   3 |   200/  829 steps left | loss  5.12")
    assert row is not None
    assert (row.epoch, row.epochs) == (3, None)
    assert text_row("epoch 3 | 10 | loss: 5.12").epochs == 10  # type: ignore[union-attr]


def rows_of(template: str) -> str:
    return "".join(template.format(i=i, loss=40 - i / 7) for i in range(10, 80, 10))


def test_the_decimals_before_the_word_epoch_are_of_the_loss(tmp_path: Path) -> None:
    line = (
        "Training: 2021-03-16 00:16:03,415-rank0   Loss {loss:.4f}   LearningRate 0.1000   "
        "Epoch: 0   Global Step: {i}   Required: 31 hours\n"
    )
    run = read(tmp_path, rows_of(line))
    assert series(run, "train/Loss").y.tolist() == pytest.approx(
        [40 - i / 7 for i in range(10, 80, 10)], abs=1e-4
    )
    assert series(run, "train/LearningRate").y.tolist() == [0.1] * 7
    # neither the year of the stamp nor the hours that are left
    assert {s.name for s in run.series} == {"Loss", "LearningRate"}


def test_no_name_begins_with_the_unit_of_the_number_before_it(tmp_path: Path) -> None:
    run = read(tmp_path, rows_of("Step {i} per-step time 0.766s loss={loss:.3f}\n"))
    assert [s.name for s in run.series] == ["loss"]


def test_a_message_that_two_handlers_print_is_one_row(tmp_path: Path) -> None:
    line = "global step {i}: loss = {loss:.4f} (1.647 sec/step)\n"
    run = read(
        tmp_path,
        rows_of(f"INFO:tensorflow:{line}I0319 04:48:50.573053   364 learning.py:507] {line}"),
    )
    assert series(run, "train/loss").x.tolist() == list(range(10, 80, 10))


def test_a_value_logged_twice_with_another_value_between_is_kept(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(
            f"step {i} loss: {3 - i / 9:.3f}\nstep {i} loss: 9.000\nstep {i} loss: "
            f"{3 - i / 9:.3f}\n"
            for i in (1, 2, 3)
        ),
    )
    assert len(series(run, "train/loss").x) == 9


def test_a_line_that_holds_no_number_but_nan_is_a_row(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(
            f"INFO: Step {i} per-step time 1s\nINFO:tensorflow:{{'Loss/total_loss': {v},\n "
            f"'Loss/box_loss': {v}}}\n"
            for i, v in enumerate((*"54321", "nan", "nan"))
        ),
    )
    assert [str(v) for v in series(run, "train/Loss/total_loss").y] == [
        "5.0",
        "4.0",
        "3.0",
        "2.0",
        "1.0",
        "nan",
        "nan",
    ]


def test_a_value_with_its_mean_behind_it_is_a_meter_whatever_its_name(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        rows_of(
            "Epoch: [1][{i}/230]\tTime 0.19 (0.83)\tXent {loss:.4f} ({loss:.4f})\tHtri 0.0000 "
            "(0.1406)\tAcc 3.12 (0.52)\n"
        ),
    )
    assert {"Xent", "Htri", "Acc"} <= {s.name for s in run.series}


def test_a_bar_called_steps_counts_those_of_the_whole_training(tmp_path: Path) -> None:
    text = "".join(
        f"epoch {epoch}/3\nsteps:  {i}%|###   | {i}/60 [13:19<21:14, 21.61s/it, "
        f"avr_loss={3 - i / 100:.4f}]\n"
        for epoch in (1, 2, 3)
        for i in range(20 * epoch - 18, 20 * epoch + 1, 2)
    )
    assert series(read(tmp_path, text), "train/avr_loss").x.tolist() == list(range(2, 61, 2))


def test_numbers_in_quotes_are_numbers(tmp_path: Path) -> None:
    run = read(tmp_path, rows_of("INFO: iter: {i}, 'loss': '{loss:.4f}', eta: 0:02:34\n"))
    assert series(run, "train/loss").y.tolist() == pytest.approx(
        [40 - i / 7 for i in range(10, 80, 10)], abs=1e-4
    )


def test_a_date_without_seconds_does_not_hide_the_split(tmp_path: Path) -> None:
    text = "".join(
        f"2025-11-28 18:3{e}: ********Train Epoch {e}: averaged Loss: {3 / e:.4f}, train time: "
        f"45.03 s\n2025-11-28 18:3{e}: ***********Val Epoch {e}: average Loss: {4 / e:.4f}, "
        f"train time: 2.17 s\n"
        for e in (1, 2, 3, 4)
    )
    run = read(tmp_path, text)
    assert series(run, "train/Loss").y.tolist() == [3.0, 1.5, 1.0, 0.75]
    assert series(run, "val/Loss").y.tolist() == [4.0, 2.0, 1.3333, 1.0]


@pytest.mark.parametrize(
    "line",
    ["2022-12-13 02:50:03,293 " + "-" * 200, "a-" * 200, "name.of-a-file/" * 30, "word " * 200],
)
def test_a_ruled_line_or_a_long_name_is_read_at_once(line: str) -> None:
    began = process_time()
    text_row(line + " 1")
    # one pattern for all a logger writes took longer than the age of the universe
    assert process_time() - began < 1


def test_what_a_logger_writes_before_its_level_is_no_part_of_the_message() -> None:
    row = text_row("2024-01-01 10:00:00,123 - root - INFO - train.py:12 - epoch 3 loss: 0.5")
    assert row is not None
    assert (row.epoch, [(pair.name, pair.value) for pair in row.pairs]) == (3, [("loss", 0.5)])


FORECASTER = "".join(
    f"\titers: 100, epoch: {e} | loss: {0.5 / e:.4f}\n\titers: 200, epoch: {e} | loss: "
    f"{0.4 / e:.4f}\nEpoch: {e} cost time: 40.4716\nEpoch: {e}, Steps: 225 | Train Loss: "
    f"{0.45 / e:.4f} Vali Loss: {0.5 / e:.4f} Test Loss: 0.9\nUpdating learning rate to "
    f"{1e-4 / e}\n"
    for e in (1, 2, 3)
)


def test_a_count_of_the_steps_of_an_epoch_is_no_place_and_vali_is_the_validation(
    tmp_path: Path,
) -> None:
    run = read(tmp_path, FORECASTER)
    val = series(run, "val/Loss")
    assert (val.axis, val.x.tolist(), val.y.tolist()) == (
        "epoch",
        [1, 2, 3],
        [0.5, 0.25, pytest.approx(0.1667)],
    )
    assert series(run, "train/loss").x.tolist() == [100, 200, 300, 400, 500, 600]


def test_steps_that_advance_are_places_also_in_the_plural(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(f"Epoch: 1, Steps: {i} | loss: {3 - i / 100}\n" for i in range(10, 60, 10)),
    )
    assert series(run, "train/loss").x.tolist() == [10, 20, 30, 40, 50]


def test_how_long_an_epoch_takes_and_how_many_are_planned_is_no_place(tmp_path: Path) -> None:
    text = "Using averaging (after 900 epochs) with learning rate : 0.001\n" + "".join(
        f"Epoch {e}: loss={3 / e:.3f}\nTraining time for one epoch: 42.798 seconds\nmean MSE : "
        f"{9 / e:.3f} mean center loss : {5 / e:.3f}\n"
        for e in range(1, 7)
    )
    run = read(tmp_path, text)
    assert [series(run, f"train/{name}").x.tolist() for name in ("loss", "MSE", "center loss")] == [
        [1, 2, 3, 4, 5, 6]
    ] * 3
    assert len(run.segments) == 1


def test_a_line_whose_only_number_is_nan_is_a_row(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(f"Epoch {e}: lr=0.1\nMean Training loss : nan\nLoss is nan\n" for e in range(1, 5)),
    )
    assert series(
        run,
        "train/Training loss"
        if any(s.name == "Training loss" for s in run.series)
        else "train/loss",
    ).y.tolist() == pytest.approx([float("nan")] * 4, nan_ok=True)


def test_a_validation_printed_without_a_place_is_of_the_step_above_it(tmp_path: Path) -> None:
    text = "".join(
        f"[2024-05-08 04:06:1{i},722 INFO] step {i}00/90000 | loss {30 - i}.5 | {i} sec\n"
        f"[2024-05-08 04:06:1{i},822 INFO] Validation loss: {20 - i}.5\n"
        f"[2024-05-08 04:06:1{i},922 INFO] Model is improving: {21 - i}.5 --> {20 - i}.5.\n"
        for i in range(1, 7)
    )
    val = series(read(tmp_path, text), "val/loss")
    assert (val.axis, val.x.tolist(), val.y.tolist()) == (
        "step",
        [100, 200, 300, 400, 500, 600],
        [19.5, 18.5, 17.5, 16.5, 15.5, 14.5],
    )


def test_a_heading_of_a_section_may_stand_behind_the_prefix_of_a_logger(tmp_path: Path) -> None:
    text = "".join(
        f"17 Jul 14:49    INFO  epoch {e} training [time: 2.99s, train loss: {70 / e:.4f}]\n17 "
        f"Jul 14:49    INFO  epoch {e} evaluating [time: 0.44s, valid_score: {e / 100:.6f}]\n17 "
        f"Jul 14:49    INFO  valid result: \nrecall@10 : {e / 200:.4f}    ndcg@10 : "
        f"{e / 300:.4f}\n"
        for e in range(1, 7)
    )
    run = read(tmp_path, text)
    assert series(run, "valid/recall@10").x.tolist() == [1, 2, 3, 4, 5, 6]
    assert series(run, "valid/score").y.tolist() == [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    assert series(run, "train/loss").x.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_number_of_a_batch_may_be_called_its_id(tmp_path: Path) -> None:
    text = "".join(
        f"epoch: {e}, batch_id: {b}, loss:{1 / (e + 1) - b / 9000:.4f}\n"
        + (f"epoch: {e} done, loss:{0.5 / (e + 1):.4f}\n" if b else "")
        for e in range(4)
        for b in (0, 500)
    )
    run = read(tmp_path, text)
    assert [(s.axis.value, len(s)) for s in run.series] == [("iteration", 8), ("epoch", 4)]


def test_a_line_of_dashes_is_passed_over_at_once(tmp_path: Path) -> None:
    rows = "".join(f"step {i} loss {3 - i / 10:.2f}\n{'-' * 79}\n{'=' * 40}\n" for i in range(1, 9))
    assert series(read(tmp_path, rows), "train/loss").y.tolist() == pytest.approx(
        [3 - i / 10 for i in range(1, 9)]
    )


def test_the_header_of_a_table_may_be_a_comment(tmp_path: Path) -> None:
    rows = "".join(
        f"  {100 * i}    {9 / (i + 1):.2e}    {8 / (i + 1):.2e}    1.0e-03\n" for i in range(8)
    )
    (tmp_path / "lcurve.out").write_text(
        f"#  step    rmse_val    rmse_trn    lr\n# rmse_*_val may be nan\n{rows}"
    )
    run = lossreport.read_run([tmp_path])
    assert {(s.split, s.name): s.x.tolist() for s in run.series}[("val", "rmse")] == [
        100 * i for i in range(8)
    ]
    assert {(s.split, s.name) for s in run.series} == {
        ("val", "rmse"),
        ("train", "rmse"),
        ("train", "lr"),
    }
    assert run.sources[0].skipped == 0


def test_a_fraction_before_the_metrics_is_the_batch_of_the_epoch_above(tmp_path: Path) -> None:
    text = "".join(
        f"epoch {e}/3\n"
        + "".join(f"{i}/4, train_loss: {3 / e - i / 10:.4f} step time: 0.93\n" for i in range(1, 5))
        + f"epoch {e} average loss: {3 / e - 0.25:.4f}\n"
        for e in (1, 2, 3)
    )
    found = {s.axis.value: s.x.tolist() for s in read(tmp_path, text).series if s.name == "loss"}
    assert found == {"iteration": list(range(1, 13)), "epoch": [1, 2, 3]}


def test_the_place_in_the_code_in_brackets_is_no_metric(tmp_path: Path) -> None:
    line = (
        "[2023-04-08 05:40:27,100] [42292] [MainThread] [INFO] "
        "(ignite.engine.engine.SupervisedTrainer:272) - Epoch: 1/1, Iter: {i}/80 -- "
        "train_loss: {loss:.4f}\n"
    )
    assert [s.name for s in read(tmp_path, rows_of(line)).series] == ["loss"]


def test_what_is_evaluated_names_the_split(tmp_path: Path) -> None:
    text = "".join(
        f"[ITER {i}] Evaluating test: L1 0.0{i} PSNR 3{i}.5 [26/11]\n[ITER {i}] Evaluating "
        f"train: L1 0.0{i} PSNR 3{i}.9 [26/11]\n"
        for i in (1, 2, 3, 4)
    )
    run = read(tmp_path, text)
    assert series(run, "test/PSNR").y.tolist() == [31.5, 32.5, 33.5, 34.5]
    assert series(run, "train/PSNR").y.tolist() == [31.9, 32.9, 33.9, 34.9]
    assert series(run, "test/L1").y.tolist() == [0.01, 0.02, 0.03, 0.04]


def test_a_test_that_counts_its_batches_stands_at_the_epoch_before(tmp_path: Path) -> None:
    text = "".join(
        "".join(
            f"Epoch: [{e}][{i}/40]\tTime 0.9s (1.0s)\tLoss {3 / (e + 1):.4f} (3.0000)\n"
            for i in (0, 20)
        )
        + "".join(
            f"Test: [{i}/9]\tTime 1.2 (1.2)\tLoss 9.0000 ({4 / (e + 1):.4f})\n" for i in (0, 8)
        )
        for e in (0, 1, 2)
    )
    test = series(read(tmp_path, text), "test/Loss")
    assert (test.axis, test.x.tolist(), test.y.tolist()) == ("epoch", [0, 1, 2], [4.0, 2.0, 1.3333])


def test_a_number_may_end_a_sentence(tmp_path: Path) -> None:
    rows = "".join(
        f"[INFO] Epoch#{e}. time_cost: 11.26 s. train_loss: {5 - e / 10:.4f}. val_loss: 5.3{e}\n"
        for e in range(6)
    )
    run = read(tmp_path, rows)
    assert series(run, "train/loss").y.tolist() == pytest.approx([5 - e / 10 for e in range(6)])
    assert series(run, "val/loss").x.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "place",
    ["Epoch:[{e}/3]({i}/200) loss:{y}", "Epoch {e}, step/total_step: {i}/200 8.33% Loss:{y}"],
)
def test_the_step_of_an_epoch_is_read_in_more_spellings(place: str, tmp_path: Path) -> None:
    text = "".join(
        place.format(e=e, i=i, y=5 - e - i / 900) + "\n" for e in range(3) for i in (50, 100, 150)
    )
    (loss,) = read(tmp_path, text).series
    assert loss.x.tolist() == [50, 100, 150, 250, 300, 350, 450, 500, 550]


def test_right_answers_out_of_all_are_no_step(tmp_path: Path) -> None:
    text = "".join(f"Epoch: {e} Loss: {2 / e:.3f} | Acc: 45.2% (452/1000)\n" for e in range(1, 7))
    assert series(read(tmp_path, text), "train/Loss").axis == "epoch"


@pytest.mark.parametrize(
    ("said", "mean"),
    [("16.0295 (+0.0000)", None), ("16.0295 (-0.0100)", None), ("16.0295 (15.5)", 15.5)],
)
def test_a_change_in_parentheses_is_no_mean(said: str, mean: float | None) -> None:
    row = text_row(f" | > avg_loss: {said}")
    assert row is not None
    assert row.pairs[0].mean == mean


@pytest.mark.parametrize(
    "names", [("Train", "Val", "Test"), ("Train Acc", "Val Acc", "Test Acc")], ids=["bare", "named"]
)
def test_a_value_called_like_a_split_alone_is_a_metric_of_it(
    names: tuple[str, str, str], tmp_path: Path
) -> None:
    text = "".join(
        f"Epoch: {e:03d}, Loss: {2 / e:.4f}, {names[0]}: 0.{50 + e}, {names[1]}: 0.{40 + e}, "
        f"{names[2]}: 0.{41 + e}\n"
        for e in range(1, 9)
    )
    run = read(tmp_path, text)
    short = "value" if names[0] == "Train" else "Acc"
    assert series(run, f"val/{short}").y.tolist() == pytest.approx(
        [0.4 + e / 100 for e in range(1, 9)]
    )
    assert series(run, f"test/{short}").y.tolist() == pytest.approx(
        [0.41 + e / 100 for e in range(1, 9)]
    )
    assert not any(
        "Add a validation set" in step.text.plain("en")
        for step in lossreport.analyze(run).recommendations
    )


def test_a_verb_between_name_and_number_is_no_part_of_the_name(tmp_path: Path) -> None:
    run = read(
        tmp_path, "".join(f"epoch: {e} step: 1875, loss is {2 / e:.4f}\n" for e in range(1, 7))
    )
    assert series(run, "train/loss").x.tolist() == [1875 * e for e in range(1, 7)]


def test_a_value_and_its_average_in_one_line_are_two_metrics(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(
            f"Episode {e}\tAverage Score: {e / 2:.2f}\tScore: {e + 0.5:.2f}\n"
            for e in range(10, 80, 10)
        ),
    )
    assert series(run, "train/Average Score").y.tolist() == [e / 2 for e in range(10, 80, 10)]
    assert series(run, "train/Score").y.tolist() == [e + 0.5 for e in range(10, 80, 10)]
    assert "Score is still improving" in lossreport.analyze(run).run_verdict("r1").text.plain("en")


def test_the_best_round_told_after_early_stopping_is_no_restart(tmp_path: Path) -> None:
    rows = "".join(
        f"[{i}]\ttraining's auc: 0.{60 + i // 20}\tvalid_1's auc: 0.{55 + i // 20}\n"
        for i in range(20, 240, 20)
    )
    run = read(
        tmp_path,
        rows
        + "Early stopping, best iteration is:\n[152]\ttraining's auc: 0.67\tvalid_1's auc: 0.62\n",
    )
    assert len(run.segments) == 1
    assert series(run, "train/auc").x.tolist() == list(range(20, 240, 20))


def test_rounds_that_count_before_a_colon_are_no_ranks(tmp_path: Path) -> None:
    rows = "".join(
        f"{i}:\tlearn: {0.7 - i / 5000:.4f}\ttest: {0.71 - i / 5000:.4f}\tbest: "
        f"{0.71 - i / 5000:.4f} ({i})\ttotal: 5s\n"
        for i in range(0, 900, 100)
    )
    (tmp_path / "train.log").write_text(rows)
    (run,) = lossreport.read_runs([tmp_path])
    assert {s.split: s.x.tolist() for s in run.series} == {
        split: list(range(0, 900, 100)) for split in ("train", "test")
    }


def test_spinning_up_is_told_by_its_return(tmp_path: Path) -> None:
    rows = "".join(
        f"{e}\t{20 + e}\t{9 + e % 3}\t{4000 * e}\t-0.0{e % 7 + 1}\t{200 - e}\t-0.01\n"
        for e in range(30)
    )
    (tmp_path / "progress.txt").write_text(
        "Epoch\tAverageEpRet\tStdEpRet\tTotalEnvInteracts\tLossPi\tLossV\tDeltaLossPi\n" + rows
    )
    text = lossreport.analyze(lossreport.read_run([tmp_path])).run_verdict("r1").text.plain("en")
    assert "not judged by them" in text
    assert "AverageEpRet" in text


def test_the_heading_of_the_quickstart_of_pytorch_is_of_its_test(tmp_path: Path) -> None:
    text = "".join(
        f"Epoch {e}\n-------------------------------\n"
        + "".join(
            f"loss: {2 / e - i / 9000:>7f}  [{(100 * i + 1) * 64:>5d}/60000]\n" for i in range(4)
        )
        + f"Test Error: \n Accuracy: {50 + e:>0.1f}%, Avg loss: {2.2 / e:>8f} \n\n"
        for e in range(1, 7)
    )
    run = read(tmp_path, text)
    assert {(s.split, s.name, s.axis.value, len(s)) for s in run.series} == {
        ("train", "loss", "iteration", 24),
        ("test", "Accuracy", "epoch", 6),
        ("test", "loss", "epoch", 6),
    }


@pytest.mark.parametrize("stamp", ["", "2024-01-01 10:00:00,123 INFO "])
def test_the_line_behind_a_pass_says_its_means(stamp: str, tmp_path: Path) -> None:
    text = "".join(
        "".join(
            f"{stamp}Epoch: [{e}][{i}/40]\tLoss {3 / (e + 1):.4f} (3.0000)\tAcc@1  30.00 "
            f"({30 + e}.0)\n"
            for i in (0, 20)
        )
        + "".join(
            f"{stamp}Test: [{i}/9]\tLoss 9.0000 ({4 / (e + 1):.4f})\tAcc@1  40.00 ({20 + e}.0)\n"
            for i in (0, 8)
        )
        + f"{stamp} *   Acc@1 {50 + e}.5\n"
        for e in (0, 1, 2)
    )
    run = read(tmp_path, text)
    acc, loss = series(run, "test/Acc@1"), series(run, "test/Loss")
    assert (acc.x.tolist(), acc.y.tolist(), acc.line.tolist()) == (
        [0, 1, 2],
        [50.5, 51.5, 52.5],
        [5, 10, 15],
    )
    assert (loss.x.tolist(), loss.y.tolist(), loss.line.tolist()) == (
        [0, 1, 2],
        [4.0, 2.0, 1.3333],
        [4, 9, 14],
    )


def unnamed_bar(step: int, total: int, text: str) -> str:
    return f"{step * 100 // total}%|###   | {step}/{total} [00:01<00:02, 9.1it/s{text}]"


def test_bars_that_name_no_epoch_are_numbered_where_each_begins_behind_a_full_one(
    tmp_path: Path,
) -> None:
    bars = [
        "\r".join(unnamed_bar(i, 100, f", loss={2 / e - i / 1000:.4f}") for i in (50, 100))
        + f"\nval acc: 0.{e}\n"
        for e in (1, 2, 3)
    ]
    run = read(tmp_path, "".join(bars))
    assert series(run, "train/loss").x.tolist() == [50, 100, 150, 200, 250, 300]
    assert (series(run, "val/acc").axis, series(run, "val/acc").x.tolist()) == ("epoch", [1, 2, 3])


def test_two_bars_alone_may_be_two_launches(tmp_path: Path) -> None:
    bars = [
        "\r".join(unnamed_bar(i, 100, f", loss={2 - i / 1000:.4f}") for i in range(10, 101, 10))
        + "\n"
        for _ in (1, 2)
    ]
    found = lossreport.read_runs(
        [(tmp_path / "a.log").write_text("".join(bars)) and tmp_path / "a.log"]
    )
    assert max(float(one.x.max()) for run in found for one in run.series) == 100


def test_what_is_written_behind_the_bars_of_two_splits_is_of_one_epoch(tmp_path: Path) -> None:
    lines = [
        f"{unnamed_bar(391, 391, '')}train loss: {2 / e:.4f}\n{unnamed_bar(79, 79, '')}test "
        f"loss: {3 / e:.4f}\n"
        for e in (1, 2, 3, 4)
    ]
    run = read(tmp_path, "".join(lines))
    assert series(run, "train/loss").x.tolist() == [391, 782, 1173, 1564]
    assert (series(run, "test/loss").axis, series(run, "test/loss").x.tolist()) == (
        "epoch",
        [1, 2, 3, 4],
    )


def test_a_learning_rate_above_the_first_row_was_set_not_measured(tmp_path: Path) -> None:
    rows = "".join(f"[Epoch {e}/30] loss: {1 / e:.4f} lr: 0.1\n" for e in range(1, 9))
    run = read(tmp_path, f"batch_size: 128\nlr: 0.1\nseed: 42\n{rows}")
    assert series(run, "train/lr").x.tolist() == list(range(1, 9))
    assert run.value("lr") == 0.1


def test_cells_of_names_and_numbers_between_bars_are_text(tmp_path: Path) -> None:
    rows = "".join(
        f"| Train Loss: {5 / e:.3f} | Train PPL: {9 / e:.3f} |\n\tEpoch {e} done\n"
        for e in range(1, 7)
    )
    run = read(tmp_path, f"{rows}| Test Loss: 0.591 | Test PPL:   1.806 |\n")
    assert (run.value("final_test_loss"), run.value("final_test_ppl")) == (0.591, 1.806)


def test_a_score_of_a_whole_set_on_a_line_of_its_own_is_of_an_evaluation(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(f"Epoch {e}: train_loss={1 / e:.3f}\nmIoU: {40 + e:.2f}\n" for e in range(1, 9)),
    )
    assert series(run, "val/mIoU").x.tolist() == list(range(1, 9))


def test_each_stage_has_the_plan_that_its_own_rows_print(tmp_path: Path) -> None:
    first = "".join(f"Epoch {e}/10 - loss {1 / e:.4f}\n" for e in range(1, 11))
    second = "".join(f"Epoch {e}/5 - loss {0.3 / e:.4f}\n" for e in range(1, 6))
    (tmp_path / "train.log").write_text(
        f"Stage 1: pretraining\n{first}Stage 2: fine-tuning\n{second}"
    )
    assert [run.progress.epochs for run in lossreport.read_runs([tmp_path])] == [(10, 10), (5, 5)]


@pytest.mark.parametrize(
    ("line", "plan"),
    [
        ("Training ResNet-18 on CIFAR-10 — 50 epochs", 50),
        ("Start training (50 epochs)", 50),
        ("Start training on 4 GPUs for 50 epochs", 50),
        ("Fine-tuning BERT-base on SST-2 — 50 epochs", 50),
        ("Pretraining a small GPT, 50 epochs", 50),
        ("Training with warm-up, 5 epochs", None),
        ("Best model of the training so far, 5 epochs", None),
        ("The model is trained, 5 epochs", None),
        ("Resume training after 7 epochs", None),
        ("Training stops with a patience of, 10 epochs", None),
    ],
)
def test_a_banner_that_says_how_many_epochs_are_trained_is_a_plan(
    line: str, plan: int | None, tmp_path: Path
) -> None:
    rows = "".join(f"Epoch {e} | train loss {2 / e:.4f}\n" for e in range(1, 21))
    assert read(tmp_path, f"{line}\n{rows}").progress.epochs == (20, plan)


def test_an_ordinal_counts(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        "".join(
            f"current step: {n}{end} step\nbatch loss:{3 / n:.4f}\n"
            for n, end in ((1, "th"), (2, "nd"), (3, "rd"), (4, "th"))
        ),
    )
    assert (series(run, "train/batch loss").axis, series(run, "train/batch loss").x.tolist()) == (
        "step",
        [1, 2, 3, 4],
    )


def test_what_a_line_of_saving_repeats_is_no_row(tmp_path: Path) -> None:
    rows = "".join(
        f"Epoch {e}: train loss {1 / (e + 1):.4f}, train acc {0.5 + 0.02 * e:.3f}, test acc "
        f"{0.4 + 0.02 * e:.3f}\nSaving custom_model..  with acc {0.4 + 0.02 * e:.9f} in the "
        f"epoch {e}\n"
        for e in range(8)
    )
    run = read(tmp_path, rows)
    assert series(run, "train/acc").y.tolist() == pytest.approx([0.5 + 0.02 * e for e in range(8)])


def test_a_heading_between_rules_places_the_values_of_its_batch(tmp_path: Path) -> None:
    text = "".join(
        f"**** EPOCH 00{e} ****\n"
        + "".join(
            f" ---- batch: {b:03} ----\nmean overall_loss: {3 / (100 * e + b):.4f}\n"
            for b in (10, 20, 30)
        )
        for e in (0, 1)
    )
    assert series(read(tmp_path, text), "train/overall_loss").x.tolist() == [10, 20, 30, 40, 50, 60]


def test_iterations_around_steps_that_begin_again_are_epochs(tmp_path: Path) -> None:
    places = [(n // 29 + 1, n % 29) for n in range(13, 290, 40)]
    text = "".join(
        f"2018-09-03 22:30:40,290 - INFO - iteration:{i} step:{s}/29, loss:{9 / (29 * i + s):.4f}\n"
        for i, s in places
    )
    run = read(tmp_path, text)
    assert (len(series(run, "train/loss")), run.progress.epochs[0]) == (7, 9)
    assert bool((series(run, "train/loss").x[1:] > series(run, "train/loss").x[:-1]).all())


def test_stages_in_files_of_their_own_are_runs(tmp_path: Path) -> None:
    for name, start in (("pretrain", 1.0), ("finetune", 0.1)):
        (tmp_path / f"{name}.log").write_text(
            "".join(f"Epoch {e}/9 loss {start / e:.4f}\n" for e in range(1, 10))
        )
    assert [run.name for run in lossreport.read_runs([tmp_path])] == ["finetune", "pretrain"]


def test_one_stage_beside_files_without_one_is_no_run_of_its_own(tmp_path: Path) -> None:
    for name, metric in (("finetune.log", "loss"), ("eval.log", "val_acc")):
        (tmp_path / name).write_text(
            "".join(f"Epoch {e}/9 {metric} {1 / e:.4f}\n" for e in range(1, 10))
        )
    assert len(lossreport.read_runs([tmp_path])) == 1


def test_a_fraction_behind_the_epoch_and_a_comma_counts_its_batches(tmp_path: Path) -> None:
    text = "".join(
        f"epoch: {e}, {b}/30 {b / 0.3:.1f}%, 6.5s per iter, lr: 0.000{b}, tr: 1.00\n    recon "
        f"loss: {9 / (30 * e + b):.4f}\n"
        for e in (1, 2)
        for b in (1, 11, 21)
    )
    assert series(read(tmp_path, text), "train/recon loss").x.tolist() == [1, 11, 21, 31, 41, 51]


def test_a_rate_printed_where_an_epoch_begins_closes_none(tmp_path: Path) -> None:
    text = "".join(
        f"Epoch {e}, val loss is {1 / (e + 1):.4f}\n"
        + (f"Epoch {e}, current lr 0.001\n" if e < 7 else "")
        for e in range(8)
    )
    assert read(tmp_path, text).progress.epochs[0] == 8


def test_the_terms_of_a_region_proposal_network_are_metrics(tmp_path: Path) -> None:
    text = "".join(
        f"[session 1][epoch  1][iter {b:4}/2892] loss: {4 / (1 + b):.4f}, lr: "
        f"1.00e-04\n\t\trpn_cls: {1 / (1 + b):.4f}, rpn_box: {2 / (1 + b):.4f}, rcnn_box "
        f"{3 / (1 + b):.4f}\n"
        for b in (0, 100, 200)
    )
    assert {"rpn_cls", "rpn_box", "rcnn_box"} <= {one.name for one in read(tmp_path, text).series}


def test_a_full_stop_behind_a_count_ends_its_sentence(tmp_path: Path) -> None:
    text = "".join(
        f"INFO:mlagents.trainers: PPO-0: NewLearner: Step: {1000 * n}. Mean Reward: "
        f"{n - 60}.270. Std of Reward: 0.{n}00. Training.\n"
        for n in range(1, 9)
    )
    reward = next(one for one in read(tmp_path, text).series if one.name == "Reward")
    assert (reward.axis, reward.x.tolist()) == ("step", [1000 * n for n in range(1, 9)])


@pytest.mark.parametrize(
    ("second", "kept"),
    [("New best AUC={auc:.3f} F1=0.5 -> saved", ["AUC"]), ("New best F1=0.5 -> saved", [])],
    ids=["one", "two"],
)
def test_what_the_best_state_is_kept_by_is_told_where_the_log_says_it(
    tmp_path: Path, second: str, kept: list[str]
) -> None:
    """`*** New best AUC=0.61 F1=0.50 -> saved`: the first of them decides; of two that are kept
    neither does.
    """
    lines = [
        f"[Ep {n:03d}] loss={1 / n:.4f} val_auc={0.5 + n / 100:.3f} val_f1={0.5 + n / 200:.3f}"
        for n in range(1, 21)
    ]
    lines.insert(5, "*** New best AUC=0.550 F1=0.5 -> saved")
    lines.insert(11, "*** " + second.format(auc=0.6))
    (tmp_path / "train.log").write_text("\n".join(lines) + "\n")
    run = lossreport.read_run([tmp_path])
    assert [fact.value for fact in run.facts if fact.name == "checkpoint_kept_by"] == kept


@pytest.mark.parametrize(
    ("cut", "rows"), [("k={k}", 21), ("k=0.{k}", 20)], ids=["places of a ranking", "something else"]
)
def test_the_cut_off_of_a_ranking_belongs_to_the_names_of_its_measures(
    tmp_path: Path, cut: str, rows: int
) -> None:
    """`Fold 0, k=20: test_map = 0.52`: measured at 20, 40 and 60 places is no course of three
    values.
    """
    lines = [
        f"Epoch {n}: Train Loss: {3 / n:.4f}, test_map@20: {0.4 + n / 100:.4f}, test_map@40: "
        f"{0.5 + n / 100:.4f}"
        for n in range(1, 21)
    ]
    lines += [f"Fold 0, {cut.format(k=k)}: test_map = 0.{k}1" for k in (20, 40)]
    (tmp_path / "train.log").write_text("\n".join(lines) + "\n")
    found = {series.label: len(series) for series in lossreport.read_run([tmp_path]).series}
    assert (found["test/map@20"], found["test/map@40"]) == (rows, rows)
    assert rows == 20 or "test/map" not in found


def test_source_that_a_difference_of_versions_quotes_is_no_row(tmp_path: Path) -> None:
    quoted = (
        "diff --git a/train.py b/train.py\n@@ -87,35 +92,83 @@ def train_model(n_epochs=200):\n"
        + "+    train_loss= 0\n+    eval_loss = 0\n" * 10
    )
    (tmp_path / "log.txt").write_text(quoted, encoding="utf-8")
    with pytest.raises(NothingReadError):
        lossreport.read_runs([tmp_path])


@pytest.mark.parametrize(
    "text", ["dice 0.5: 0.8, iou 0.75: 0.3\n", "precision 0.5: 0.81, recall 0.5: 0.74\n"]
)
def test_a_threshold_behind_a_name_is_not_its_value(text: str, tmp_path: Path) -> None:
    (tmp_path / "training.log").write_text(text, encoding="utf-8")
    with pytest.raises(NothingReadError):
        lossreport.read_runs([tmp_path])


def test_one_line_of_results_whose_names_have_a_threshold_is_read(tmp_path: Path) -> None:
    (tmp_path / "training.log").write_text(
        "INFO:root:mAP@0.5 : 0.6796, mAP : 0.3657\n", encoding="utf-8"
    )
    (run,) = lossreport.read_runs([tmp_path])
    assert {one.name: one.y.tolist() for one in run.series} == {
        "mAP@0.5": [0.6796],
        "mAP": [0.3657],
    }


def test_a_bulleted_row_with_decimals_is_no_line_of_a_difference() -> None:
    assert is_chatter("+    train_loss= 0")
    assert not is_chatter("--  train_loss = 0.5312")
    assert not is_chatter("-  epoch = 3, loss = 0.5")
    assert is_chatter("+    loss = criterion(output, target, reduction=0.5)")


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("2024-01-01 10:00:0{n} INFO heartbeat ok error: 0.0 latency: 0.1", 0),
        ("worker {n} started, target loss: 0.1", 0),
        ("[2024-01-01 10:00:0{n}] INFO train loss: 2.3026", 15),
        ("[INFO] train loss: nan", 15),
        ("train loss: nan", 15),
    ],
)
def test_a_line_that_never_changes_is_of_a_training_where_it_prints_its_loss(
    line: str, rows: int, tmp_path: Path
) -> None:
    (tmp_path / "out.log").write_text(
        "".join(line.format(n=n % 10) + "\n" for n in range(15)), encoding="utf-8"
    )
    if not rows:
        with pytest.raises(NothingReadError):
            lossreport.read_runs([tmp_path])
        return
    (run,) = lossreport.read_runs([tmp_path])
    assert [len(one) for one in run.series] == [rows]


def test_the_rounds_of_a_loop_over_k_are_no_cut_offs(tmp_path: Path) -> None:
    (tmp_path / "out.log").write_text(
        "".join(f"k={n}: acc = 0.{n + 10}0\n" for n in range(1, 13)), encoding="utf-8"
    )
    (run,) = lossreport.read_runs([tmp_path])
    assert ("acc", 12) in {(one.name, len(one)) for one in run.series}


def test_scores_in_percent_without_a_sign_are_read_and_a_letter_marks_the_validation(
    tmp_path: Path,
) -> None:
    row = (
        "Epoch {}: v_loss {:.3e}  loss {:.3e}  v_kl 5.8e+00  kl 5.5e+00  v_t2m/len 1368  "
        "v_t2m/R10 {:.2f}%\n"
    )
    run = read(
        tmp_path, "".join(row.format(i, 4.5 - i / 10, 5.3 - i / 4, 14.77 + i) for i in range(8))
    )
    assert series(run, "val/t2m/R10").y.tolist()[:2] == [14.77, 15.77]
    assert (series(run, "val/loss").y[0], series(run, "train/loss").y[0]) == (4.5, 5.3)


def test_the_accuracy_of_a_class_behind_the_loss_of_the_test_is_of_the_test(tmp_path: Path) -> None:
    row = "epoch {} | train_loss: {:.4f} | test_loss: {:.4f} | acc_day: {:.4f} | acc_rain: {:.4f}\n"
    run = read(
        tmp_path,
        "".join(
            row.format(i, 3 - i / 4, 3.2 - i / 5, 0.5 + i / 20, 0.6 + i / 30) for i in range(8)
        ),
    )
    assert {(one.split, one.name) for one in run.series} == {
        ("train", "loss"),
        ("test", "loss"),
        ("test", "acc_day"),
        ("test", "acc_rain"),
    }


def test_a_split_before_an_arrow_is_nobody(tmp_path: Path) -> None:
    row = "Epoch {}/8\n  Train → loss: {:.4f}  acc: {:.2f}%\n  Val   → loss: {:.4f}  acc: {:.2f}%\n"
    run = read(
        tmp_path,
        "".join(row.format(i + 1, 4 - i / 9, 3.0 + i, 4 - i / 10, 3.5 + i) for i in range(8)),
    )
    assert {(one.label, one.entity) for one in run.series} == {
        ("loss", None),
        ("acc", None),
        ("val/loss", None),
        ("val/acc", None),
    }


@pytest.mark.parametrize("begun", ["Loading the datasets...", "Building vocabulary…"])
def test_done_below_what_it_answers_sums_up_nothing(tmp_path: Path, begun: str) -> None:
    launch = begun + "\n- done\nAverage loss after updates: {:.3f}\nJoint goal accuracy: {:.3f}\n"
    run = read(tmp_path, "".join(launch.format(9 - i, i / 10) for i in range(6)))
    assert {one.name: len(one) for one in run.series} == {
        "loss after updates": 6,
        "Joint goal accuracy": 6,
    }


def test_a_meta_epoch_is_an_epoch(tmp_path: Path) -> None:
    run = read(
        tmp_path, "".join(f"Meta epoch {i}...\nTotal train loss: {9 - i / 2}\n" for i in range(8))
    )
    assert (run.series[0].axis, run.series[0].x.tolist()) == ("epoch", list(range(8)))
