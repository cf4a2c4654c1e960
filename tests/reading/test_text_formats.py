"""Dialects and traps of text formats that their samples do not show; every line is one that the
framework prints.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Run, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import ReadOptions, candidates, read_paths

Read = Callable[[str], Run]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str) -> Run:
        path = tmp_path / "train.log"
        path.write_text(text, encoding="utf-8")
        return read_paths([path], ReadOptions(strict=True))[0]

    return read


def parser_of(text: str) -> str:
    return candidates(LogFile("train.log", data=text.encode()))[0].parser.id


def points(run: Run, name: str) -> list[tuple[float, float]]:
    found = [
        series
        for series in run.series
        if f"{series.split}/{series.name} {series.axis.value} {series.statistic.value}" == name
    ]
    assert len(found) == 1, [
        f"{s.split}/{s.name} {s.axis.value} {s.statistic.value}" for s in run.series
    ]
    return list(zip(found[0].x.tolist(), found[0].y.tolist(), strict=True))


MMCV = """\
2023-07-09 08:11:38,882 - mmdet - INFO - Config:
optimizer = dict(type='SGD', lr=0.02, momentum=0.9)
optimizer_config = dict(grad_clip=dict(max_norm=35, norm_type=2))
2023-07-09 08:12:00,170 - mmdet - INFO - workflow: [('train', 1)], max: 12 epochs
2022-06-01 10:00:00,123 - mmdet - INFO - Epoch [1][50/100]\tlr_a: 1.978e-03 lr_b: 1.0e-03, eta: 1 day, 0:00:00, time: 0.451, data_time: 0.050, memory: 3826, loss_cls: 1.2000, acc: 91.2000, loss: 1.9033
2022-06-01 10:05:00,123 - mmdet - INFO - Epoch(val) [1][5000]\tbbox_mAP: 0.1230, bbox_mAP_copypaste: 0.123 0.250 0.111 0.010 0.100 0.200
2022-06-01 10:10:00,123 - mmdet - INFO - Epoch [2][50/100]\tlr_a: 1.978e-03 lr_b: 1.0e-03, eta: 23:00:00, time: 0.451, data_time: 0.050, memory: 3826, loss_cls: 1.1000, acc: 92.2000, loss: 1.8033
"""


def test_mmcv_rows_count_on_over_epochs_and_its_configuration_is_read(read: Read) -> None:
    run = read(MMCV)
    assert points(run, "train/loss iteration window_mean") == [(50, 1.9033), (150, 1.8033)]
    assert points(run, "train/lr_b iteration value") == [(50, 0.001), (150, 0.001)]
    assert points(run, "val/bbox_mAP epoch value") == [(1, 0.123)]
    assert {name: run.value(name) for name in ("lr", "clip_grad", "epochs")} == {
        "lr": 0.02,
        "clip_grad": 35,
        "epochs": 12,
    }


def test_learning_rates_of_several_optimisers_are_no_fact(read: Read) -> None:
    assert (
        read(MMCV.replace("lr=0.02, momentum=0.9", "lr=0.02), disc=dict(lr=0.01")).value("lr")
        is None
    )


def test_a_validation_of_a_training_by_iterations_stands_at_its_iteration(read: Read) -> None:
    run = read(
        "2026/11/22 07:09:37 - mmengine - INFO - Iter(train) [   50/80000]  lr: 9.9952e-03  eta: "
        "9:00:00  time: 0.4000  loss: 2.1000  decode.acc_seg: 33.0000\n2026/11/22 07:09:38 - "
        "mmengine - INFO - Iter(val) [ 50/100]    eta: 0:00:05  time: 0.1000  data_time: 0.0010  "
        "memory: 500  \n2026/11/22 07:09:39 - mmengine - INFO - Iter(val) [100/100]    aAcc: "
        "80.1000  mIoU: 41.2000  data_time: 0.0010  time: 0.1000\n11/22 07:10:37 - mmengine - "
        "INFO - Iter(train) [  100/80000]  lr: 9.9902e-03  eta: 9:00:00  time: 0.4000  loss: "
        "1.9000  decode.acc_seg: 35.0000\n"
    )
    assert points(run, "train/loss iteration window_mean") == [(50, 2.1), (100, 1.9)]
    # mmengine prints the last value of it
    assert points(run, "train/decode.acc_seg iteration value") == [(50, 33.0), (100, 35.0)]
    assert points(run, "val/mIoU iteration value") == [(50, 41.2)]


def test_detectron2_tells_data_sets_apart_and_says_when_it_goes_on(read: Read) -> None:
    line = (
        "[11/22 07:09:37 d2.utils.events]:  eta: 0:10:00  iter: {}  total_loss: {}  loss_cls: "
        "0.5  time: 0.2540  data_time: 0.0084  lr: N/A  max_mem: 2345M\n"
    )
    result = (
        "[11/22 07:09:37 d2.engine.defaults]: Evaluation results for {} in csv format:\n[11/22 "
        "07:09:37 d2.evaluation.testing]: copypaste: Task: bbox\n[11/22 07:09:37 "
        "d2.evaluation.testing]: copypaste: AP,AP50\n[11/22 07:09:37 d2.evaluation.testing]: "
        "copypaste: {},{}\n"
    )
    run = read(
        "[11/22 07:05:20 d2.engine.train_loop]: Starting training from iteration 20\n"
        + line.format(39, 1.9)
        + result.format("toy_val", 10.5, 20.5)
        + result.format("toy_test", 9.5, 19.5)
        + line.format(59, 1.8)
        + result.format("toy_val", 11.5, 21.5)
    )
    assert points(run, "val/bbox/AP iteration value") == [(39, 10.5), (59, 11.5)]
    assert points(run, "toy_test/bbox/AP iteration value") == [(39, 9.5)]
    assert [event.kind for event in run.events] == ["resume"]
    assert not any(series.name == "lr" for series in run.series)


FAIRSEQ_VALID = (
    "2023-01-01 10:00:2{} | INFO | {} | epoch 001 | valid on '{}' subset | loss {} | ppl 675.6 "
    "| num_updates {}\n"
)
FAIRSEQ_INNER = (
    "2023-01-01 10:00:00 | INFO | train_inner | epoch 001:    100 / 200 loss=12.345, "
    "ppl=3821.33, num_updates={}, lr=1.25e-05\n"
)


def test_a_fairseq_epoch_that_is_validated_twice_is_placed_by_its_updates(read: Read) -> None:
    first, second = (
        FAIRSEQ_VALID.format(1, "valid", "valid", 10.1, 100),
        FAIRSEQ_VALID.format(2, "valid", "valid", 9.1, 200),
    )
    other = FAIRSEQ_VALID.format(3, "valid1", "valid1", 11.1, 200)
    run = read(FAIRSEQ_INNER.format(100) + first + FAIRSEQ_INNER.format(200) + second + other)
    assert points(run, "valid/loss step value") == [(100, 10.1), (200, 9.1)]
    assert points(run, "valid1/loss step value") == [(200, 11.1)]
    assert points(
        read(FAIRSEQ_INNER.format(100) + FAIRSEQ_INNER.format(200) + second),
        "valid/loss epoch value",
    ) == [(1, 9.1)]


def test_fairseq_prints_the_same_as_json_with_hydra_in_bits(read: Read) -> None:
    run = read(
        "[2022-04-08 18:40:57,965][fairseq_cli.train][INFO] - {'_name': None, 'common': {'_name': None, 'seed': 1}, 'optimization': {'clip_norm': 0.0, 'lr': [0.0005, 0.0001]}}\n"
        '[2022-04-08 18:48:05,372][train_inner][INFO] - {"epoch": 1, "update": 0.416, "loss": "9.276", "loss_0": "6.679", "temp": "1.999", "num_updates": "200", "lr": "3.125e-06"}\n'
        '[2022-04-08 18:58:04,035][valid][INFO] - {"epoch": 1, "valid_loss": "6.389", "valid_num_updates": "479"}\n'
        '[2022-04-08 18:58:06,786][train][INFO] - {"epoch": 1, "train_loss": "7.864", "train_num_updates": "479", "train_lr": "7.4e-06"}\n'
    )
    assert points(run, "train/loss step window_mean") == [(200, 9.276)]
    assert points(run, "train/loss epoch epoch_mean") == [(1, 7.864)]
    assert points(run, "valid/loss epoch value") == [(1, 6.389)]
    assert {series.name: series.unit for series in run.series if series.unit} == {
        "loss": "bits",
        "loss_0": "bits",
    }
    assert (run.value("clip_grad"), run.value("lr"), run.value("seed")) == (None, None, 1)


MEGATRON = (
    " iteration {:8}/    1000 | consumed samples: 40 | elapsed time per iteration (ms): 3171.3 "
    "| learning rate: 1.0E-04 | {}loss scale: 8.0 | number of nan iterations:   0 |\n"
)


def test_megatron_leaves_a_loss_out_and_none_is_invented(read: Read) -> None:
    run = read(
        "> padded vocab (size: 50257) with 431 dummy tokens (new size: 50688)\n"
        + MEGATRON.format(10, "")
        + MEGATRON.format(20, "lm loss: 1.210588E+01 | mtp_1 loss: 1.1E+01 | ")
        + "[default7]: validation loss at the end of training for test data | lm loss value: "
        "7.645013E+00 | lm loss PPL: 2.090196E+03 | \n"
    )
    assert points(run, "train/lm loss iteration window_mean") == [(20, 12.10588)]
    assert points(run, "train/mtp_1 loss iteration window_mean") == [(20, 11.0)]
    assert points(run, "train/loss scale iteration value") == [(10, 8.0), (20, 8.0)]
    assert points(run, "test/lm loss iteration value") == [(20, 7.645013)]
    assert [series.window for series in run.series if series.name == "lm loss"] == [None, None]
    assert (run.value("vocab_size"), run.value("padded_vocab_size"), run.value("max_steps")) == (
        50257,
        50688,
        1000,
    )


def test_nanochat_prints_a_moving_average_and_bits_per_byte(read: Read) -> None:
    run = read(
        "Vocab size: 65,536\nStep 00000 | Validation bpb: 3.1234\nstep 00000/21400 (0.00%) | "
        "loss: 11.090355 | lrm: 1.00 | dt: 5512.33ms | tok/sec: 95,123 | mfu: 4.20 | epoch: 1 | "
        "total time: 0.00m\nstep 00001/21400 (0.01%) | loss: 10.990355 | lrm: 1.00 | dt: "
        "512.33ms | tok/sec: 1,023,456 | mfu: 48.20 | epoch: 1 | total time: 0.75m | eta: "
        "180.1m\nStep 00001 | CORE metric: 0.1523\n"
    )
    assert points(run, "train/loss step ema") == [(0, 11.090355), (1, 10.990355)]
    assert points(run, "train/tok/sec step value") == [(0, 95123), (1, 1023456)]
    assert points(run, "val/bpb step value") == [(0, 3.1234)]
    assert points(run, "eval/CORE metric step value") == [(1, 0.1523)]
    assert (run.value("vocab_size"), run.value("max_steps")) == (65536, 21400)


def test_source_code_in_front_of_modded_nanogpt_rows_is_no_row(read: Read) -> None:
    run = read(
        '            print0(f"step:{step}/{args.num_iterations} val_loss:{val_loss:.4f} '
        'train_time:{training_time_ms:.0f}ms")\n'
        "        val_loss = 0.0\n    learning_rate : float = 0.0036\n"
        "step:0/6000 val_loss:11.0149 train_time:305ms step_avg:nanms\n"
        "step:1/6000 train_loss:11.0091 train_time:24179ms step_avg:nanms\n"
        "step:11/6000 train_loss:10.2091 train_time:24379ms step_avg:363.36ms\n"
    )
    assert points(run, "val/loss step value") == [(0, 11.0149)]
    assert points(run, "train/loss step value") == [(1, 11.0091), (11, 10.2091)]
    assert points(run, "train/step_avg step running_mean") == [(11, 363.36)]


def test_keys_that_a_fork_of_modded_nanogpt_adds_are_metrics(read: Read) -> None:
    run = read(
        "step:0/20 val_loss:8.9 val_bpb:5.26 train_time:0ms step_avg:nanms\nstep:10/20 "
        "train_loss:7.1 lr:0.5 train_time:43ms step_avg:4.3ms\nstep:20/20 val_loss:6.5 "
        "val_bpb:3.8 train_time:90ms step_avg:4.5ms\n"
    )
    assert points(run, "val/loss step value") == [(0, 8.9), (20, 6.5)]
    assert points(run, "val/bpb step value") == [(0, 5.26), (20, 3.8)]
    assert points(run, "train/lr step value") == [(10, 0.5)]
    assert points(run, "train/step_avg step running_mean") == [(10, 4.3)]
    assert (run.progress.steps, run.status) == ((20, 20), Status.FINISHED)


def test_a_hand_written_loop_with_a_step_is_not_nanogpt() -> None:
    assert (
        parser_of("".join(f"step {i} | loss: 0.{i} | acc: 0.9\n" for i in range(1, 9)))
        == "generic_text"
    )


DETECTION = (
    "[10/18 18:13:3{}] ppdet.engine INFO: Epoch: [{}] [ 20/100] learning_rate: 0.000333 "
    "loss_cls: 1.101000 loss: {} eta: 3:20:00 batch_cost: 1.2000 data_cost: 0.0003 ips: 6.6667 "
    "images/s\n"
)
COCO = " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.371\n"


def test_paddledetection_prints_medians_and_a_table_of_coco(read: Read) -> None:
    run = read(COCO + DETECTION.format(1, 0, 2.31) + COCO + DETECTION.format(2, 1, 2.11))
    assert points(run, "train/loss iteration window_median") == [(20, 2.31), (120, 2.11)]
    assert points(run, "train/data_cost iteration unknown") == [(20, 0.0003), (120, 0.0003)]
    assert points(run, "eval/AP iteration value") == [(20, 0.371)]


def test_a_table_of_coco_alone_is_not_of_paddle() -> None:
    assert candidates(LogFile("x.log", data=(COCO * 9).encode()))[0].parser.id == "generic_text"


def test_paddleocr_reads_its_window_and_places_metrics_at_the_step(read: Read) -> None:
    row = (
        "[2024/10/18 17:05:11] ppocr INFO: epoch: [1/500], {}: {}, lr: 0.000050, acc: "
        "0.250000, loss: {}, avg_reader_cost: 0.50000 s, avg_batch_cost: 1.20000 s, "
        "avg_samples: 128.0, ips: 106.66667 samples/s, eta: 1 day, 2:03:04\n"
    )
    run = read(
        "[2024/10/18 17:05:01] ppocr INFO:     log_smooth_window : 20\n"
        + row.format("global_step", 10, 120.4)
        + "[2024/10/18 17:05:12] ppocr INFO: cur metric, acc: 0.512, norm_edit_dis: 0.81, "
        "fps: 1200.1\n"
        + "[2024/10/18 17:05:12] ppocr INFO: best metric, acc: 0.512, best_epoch: 1\n"
        + row.format("iter", 20, 110.4)
    )
    assert points(run, "train/loss step window_median") == [(10, 120.4), (20, 110.4)]
    assert points(run, "eval/acc step value") == [(10, 0.512)]
    assert next(series.window for series in run.series if series.name == "loss") == 20
    assert not any(series.name.endswith("samples") for series in run.series)


def test_the_lines_of_deepspeed_alone_leave_the_loss_to_the_training_script() -> None:
    step = (
        "[2025-02-21 12:05:41,000] [INFO] [logging.py:128:log_dist] [Rank 0] step={}, "
        "skipped=0, lr=[5e-06, 1e-06], mom=[(0.9, 0.95)]\n"
    )
    alone = "".join(step.format(i) for i in range(10, 60, 10))
    assert parser_of(alone) == "deepspeed_text"
    assert (
        parser_of(
            "".join(
                step.format(i) + f"Epoch: 0, Step: {i}, Loss: 0.{i}\n" for i in range(10, 60, 10)
            )
        )
        == "generic_text"
    )


XGBOOST = "[{}]\ttrain-rmse:{}+0.01230\ttest-rmse:{}+0.02100\n"


def test_boosting_with_folds_prints_the_mean(read: Read) -> None:
    run = read(XGBOOST.format(0, 0.5, 0.6) + XGBOOST.format(10, 0.4, 0.55))
    assert points(run, "train/rmse iteration value") == [(0, 0.5), (10, 0.4)]
    assert points(run, "test/rmse iteration value") == [(0, 0.6), (10, 0.55)]


def test_lightgbm_names_its_sets(read: Read) -> None:
    run = read(
        "[LightGBM] [Info] Start training from score -0.070696\n[5]\ttraining's auc: "
        "0.963518\tvalid_1's binary_logloss: 0.526901\tvalid_1's auc: 0.902124\n[10]\ttraining's "
        "auc: 0.979054\tvalid_1's binary_logloss: 0.433265\tvalid_1's auc: 0.92768\nEarly "
        "stopping, best iteration is:\n[7]\ttraining's auc: 0.97\tvalid_1's binary_logloss: "
        "0.41\tvalid_1's auc: 0.93\n"
    )
    assert points(run, "train/auc iteration value")[:2] == [(5, 0.963518), (10, 0.979054)]
    assert points(run, "valid_1/binary_logloss iteration value")[:2] == [
        (5, 0.526901),
        (10, 0.433265),
    ]
    assert [event.kind for event in run.events] == ["early_stop"]


def test_a_table_without_a_rule_is_of_fastai_and_its_training_loss_a_moving_average(
    read: Read,
) -> None:
    run = read(
        "epoch     train_loss  valid_loss  accuracy  time    \n"
        "0         0.512345    0.401234    0.812345  00:12     \n"
        "1         0.412345    0.391234    0.832345  00:12     \n"
    )
    assert points(run, "train/loss epoch ema") == [(0, 0.512345), (1, 0.412345)]
    assert points(run, "valid/accuracy epoch epoch_mean") == [(0, 0.812345), (1, 0.832345)]


def test_a_second_fit_of_skorch_is_another_run(tmp_path: Path) -> None:
    table = (
        "  epoch    train_loss     dur\n-------  ------------  ------\n      1        0.68  "
        "0.02\n      2        {}  0.01\n"
    )
    path = tmp_path / "out.log"
    path.write_text(table.format("0.60") + table.format("0.61"), encoding="utf-8")
    runs = read_paths([path], ReadOptions(strict=True))
    assert [run.series[0].y.tolist() for run in runs] == [[0.68, 0.60], [0.68, 0.61]]


def test_spinning_up_counts_interactions(read: Read) -> None:
    box = (
        "---------------------------------------\n|             Epoch |               {} |\n|    "
        "  AverageEpRet |             {} |\n| TotalEnvInteracts |          {} |\n|            "
        "LossPi |          -0.012 |\n---------------------------------------\n"
    )
    run = read(box.format(0, 21.5, 4000) + box.format(1, 35.5, 8000))
    assert points(run, "train/AverageEpRet step window_mean") == [(4000, 21.5), (8000, 35.5)]
    assert not any(series.name == "Epoch" for series in run.series)
    torn = read(box.format(0, 21.5, 4000) + box.format(1, 35.5, 8000)[:120])
    assert points(torn, "train/AverageEpRet step window_mean") == [(4000, 21.5)]
    assert torn.sources[0].torn


def test_mxnet_gluon_rows_end_at_their_last_batch(read: Read) -> None:
    row = (
        "INFO:root:Epoch[{}] Batch [{}]\tSpeed: 2500.00 "
        "samples/sec\taccuracy={}\tcross-entropy={}\n"
    )
    run = read(
        row.format(0, "0-20", 0.1, 2.3)
        + row.format(0, "20-40", 0.2, 2.1)
        + "INFO:root:Epoch[0] Train-accuracy=0.15\n"
        + row.format(1, "0-20", 0.3, 2.0)
    )
    assert points(run, "train/cross-entropy iteration window_mean") == [
        (20, 2.3),
        (40, 2.1),
        (60, 2.0),
    ]
    assert points(run, "train/accuracy epoch unknown") == [(0, 0.15)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [("average_loss: 20\n", "window_mean"), ("average_loss: 1\n", "value"), ("", "value")],
)
def test_the_loss_of_caffe_is_averaged_where_the_settings_say_so(
    read: Read, line: str, kind: str
) -> None:
    row = "I0613 17:29:58.112738  1860 solver.cpp:228] Iteration {}, loss = {}\n"
    assert points(
        read(line + row.format(0, 9.27) + row.format(500, 8.9)), f"train/loss iteration {kind}"
    ) == [(0, 9.27), (500, 8.9)]


def test_fb_resnet_counts_on_over_epochs_and_takes_the_mean_of_a_test(read: Read) -> None:
    run = read(
        " | Epoch: [1][1/100]    Time 1.234  Data 0.500  Err 6.9711  top1  99.609  top5  "
        "98.828\n | Epoch: [2][1/100]    Time 1.234  Data 0.500  Err 5.9711  top1  95.609  top5  "
        "92.828\n | Test: [2][1/50]    Time 0.534  Data 0.500  top1  90.000 ( 90.000)  top5  "
        "80.000 ( 80.000)\n | Test: [2][50/50]    Time 0.534  Data 0.500  top1  91.000 ( 89.500) "
        " top5  81.000 ( 79.500)\n"
    )
    assert points(run, "train/Err iteration value") == [(1, 6.9711), (101, 5.9711)]
    assert points(run, "test/top1 epoch epoch_mean") == [(2, 89.5)]


LEROBOT = (
    "INFO 2026-08-23 04:38:38 t_train.py:769 step:{} smpl:2K ep:3 epch:0.08 loss:2.871 "
    "grdn:38.122 lr:1.2e-05 data_s:0.012 updt_s:0.093\n"
)


@pytest.mark.parametrize(
    ("before", "printed", "expected"),
    [
        ("", "400 800 1K 2K 2K", [400, 800, 1200, 1600, 2000]),
        ("", "500 1K 2K 2K 500 1K", [500, 1000, 1500, 2000]),
        ("'log_freq': 300,\n", "7K 7K 7K 8K", [6600, 6900, 7200, 7500]),
        ("", "7K 8K 8K 8K 8K 8K 9K 9K 9K 10K", [7250 + 250 * i for i in range(10)]),
    ],
    ids=["whole steps", "begun again", "configuration", "length of stretches"],
)
def test_lerobot_rows_that_print_the_same_step_stand_at_their_distance(
    read: Read, before: str, printed: str, expected: list[float]
) -> None:
    run = read(before + "".join(LEROBOT.format(step) for step in printed.split()))
    assert [x for x, _ in points(run, "train/loss step window_mean")] == expected


def test_lerobot_rows_whose_distance_nothing_tells_stand_at_no_step(read: Read) -> None:
    run = read("".join(LEROBOT.format(step) for step in ("20K", "20K", "21K", "21K")))
    assert [x for x, _ in points(run, "train/loss row window_mean")] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("status", "expected"), [("success", Status.FINISHED), ("aborted", Status.INTERRUPTED)]
)
def test_mlperf_says_how_the_run_ended(read: Read, status: str, expected: Status) -> None:
    line = ':::MLLOG {{"event_type": "POINT_IN_TIME", "key": "{}", "value": {}, "metadata": {{"samples_count": {}}}}}\n'
    stop = (
        f':::MLLOG {{"event_type": "INTERVAL_END", "key": "run_stop", "value": null, '
        f'"metadata": {{"status": "{status}"}}}}\n'
    )
    run = read(
        line.format("eval_accuracy", 0.3, 1000)
        + line.format("tracked_stats", '{"throughput": 5.5, "train_loss": 2.5}', 1000)
        + stop
    )
    assert points(run, "eval/accuracy samples value") == [(1000, 0.3)]
    assert points(run, "train/throughput samples unknown") == [(1000, 5.5)]
    assert points(run, "train/loss samples unknown") == [(1000, 2.5)]
    assert run.status is expected


def test_a_detr_log_with_tables_of_coco_stays_a_metriclogger() -> None:
    row = (
        "Epoch: [0]  [ {}/25]  eta: 0:00:00  lr: 0.000150  loss: 1.0000 (1.0000)  time: 0.0000 "
        " data: 0.0000\n"
    )
    assert parser_of("".join(row.format(i) for i in range(5)) + COCO * 3) == "metriclogger_text"


def test_evaluation_results_of_boosting_count_rounds_and_those_of_a_loop_epochs(
    tmp_path: Path,
) -> None:
    def axes(metric: str) -> set[tuple[str, float]]:
        path = tmp_path / "evals_result.json"
        path.write_text(
            f'{{"training": {{"{metric}": [0.6, 0.5]}}, "valid_1": {{"{metric}": [0.7, 0.6]}}}}',
            encoding="utf-8",
        )
        run = read_paths([path], ReadOptions(strict=True))[0]
        return {
            (f"{series.split}/{series.name} {series.axis.value}", series.x[0])
            for series in run.series
        }

    assert axes("binary_logloss") == {
        ("train/binary_logloss iteration", 1.0),
        ("valid/binary_logloss iteration", 1.0),
    }
    assert axes("loss") == {("train/loss epoch", 0.0), ("valid_1/loss epoch", 0.0)}


@pytest.mark.parametrize(
    ("best", "name"), [(0.60, "loss"), (0.70, "objective"), (0.65, "objective")]
)
def test_the_metric_of_catboost_is_a_loss_where_its_best_is_lower(
    read: Read, best: float, name: str
) -> None:
    row = "{}:\tlearn: 0.{}\ttest: {:.2f}\tbest: {:.2f} (0)\ttotal: 48.2ms\tremaining: 2.84s\n"
    run = read(row.format(0, 69, 0.60, 0.60) + row.format(5, 61, 0.65, best))
    assert points(run, f"test/{name} iteration value") == [(0, 0.60), (5, 0.65)]


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        (
            '{"VLA Train/Epoch": 0, "VLA Train/L1 Loss": 0.12, "VLA Train/Loss": 3.1, "VLA Train/Step": %d}\n',
            "train/VLA Train/Loss step unknown",
            [(1, 3.1), (2, 3.1)],
        ),
        (
            '{"step": %d, "data": {"actor/pg_loss": -0.0012, "val/loss": 0.5}}\n',
            "val/loss step value",
            [(1, 0.5), (2, 0.5)],
        ),
        (
            '{"epoch": %d, "clip_val_loss": 3.1, "num_samples": 5000}\n',
            "val/clip_val_loss epoch value",
            [(1, 3.1), (2, 3.1)],
        ),
    ],
    ids=["OpenVLA", "verl", "open_clip"],
)
def test_json_lines_of_these_programs_need_no_parser_of_their_own(
    read: Read, line: str, name: str, expected: list[tuple[float, float]]
) -> None:
    assert parser_of(line % 1 + line % 2) == "generic_jsonl"
    assert points(read(line % 1 + line % 2), name) == expected


SPACY_2 = """\
Itn  NER Loss   NER P   NER R   NER F   Token %  CPU WPS
---  ---------  ------  ------  ------  -------  -------
  1   7254.573  50.150  40.123  44.580  100.000    32500
  2   3120.110  61.000  55.000  57.840  100.000    32410
"""


def test_the_table_of_spacy_2_counts_epochs_and_its_scores_are_of_the_development_set(
    read: Read,
) -> None:
    run = read(SPACY_2)
    assert points(run, "train/NER Loss epoch sum") == [(1, 7254.573), (2, 3120.11)]
    assert points(run, "dev/NER F epoch value") == [(1, 44.58), (2, 57.84)]


def test_the_gradients_that_spacy_calls_the_loss_of_a_shared_layer_are_no_loss(read: Read) -> None:
    head = (
        "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  SCORE\n---  ------  ------------  "
        "--------  ------  ------\n"
    )
    rows = "".join(
        f"  {i}  {i * 100}  {10.0 * i}  {900.0 / i}  {40.0 + i}  0.4\n" for i in range(1, 20)
    )
    analysis = lossreport.analyze(read(head + rows), strict=True)
    names = {one.id: one.name for one in analysis.runs[0].series}
    assert {names[verdict.series[0]] for verdict in analysis.verdicts if verdict.series} == {
        "LOSS NER",
        "SCORE",
    }
    assert not any("reinforcement" in v.text.plain("en") for v in analysis.verdicts)


TRANSFORMER_XL = """\
| epoch   1 step      200 |    200 batches | lr 0.00025 | ms/batch 501.10 | loss  6.51 | ppl   671.80
| epoch   1 step      400 |    400 batches | lr 0.00025 | ms/batch 500.10 | loss  5.91 | ppl   368.70
| Eval   1 at step      400 | time: 210.11s | valid loss  5.80 | valid ppl   330.30
"""


def test_transformer_xl_names_the_step_of_a_row_and_of_an_evaluation(read: Read) -> None:
    run = read(TRANSFORMER_XL)
    assert points(run, "train/loss step window_mean") == [(200, 6.51), (400, 5.91)]
    assert points(run, "valid/loss step value") == [(400, 5.80)]


def test_heirs_of_the_word_language_model_may_log_other_metrics(read: Read) -> None:
    rows = "".join(f"| epoch   1 | {i}/ 900 batches | accuracy    0.{i}\n" for i in (500, 600))
    run = read(rows + "| end of epoch   1 | time: 20.00s | valid accuracy    0.700 \n")
    assert points(run, "train/accuracy iteration window_mean") == [(500, 0.5), (600, 0.6)]
    assert points(run, "valid/accuracy iteration value") == [(900, 0.7)]


OPENNMT_2017 = """\
Epoch  1,    50/  80; acc:   8.18; ppl: 518.85; 7984 src tok/s; 1285 tgt tok/s;     59 s elapsed
Train perplexity: 420.1
Validation perplexity: 315.2682
Epoch  2,    50/  80; acc:  18.18; ppl: 218.85; 7984 src tok/s; 1290 tgt tok/s;    159 s elapsed
"""


def test_opennmt_of_2017_counts_batches_of_an_epoch(read: Read) -> None:
    run = read(OPENNMT_2017)
    assert points(run, "train/ppl iteration window_mean") == [(50, 518.85), (130, 218.85)]
    assert points(run, "valid/perplexity iteration value") == [(50, 315.2682)]


FAIRSEQ_2019 = """\
| epoch 001:    100 / 400 loss=9.900, nll_loss=9.100, ppl=548.7, wps=30000, ups=0, wpb=3000, bsz=100, num_updates=101, lr=1e-05, gnorm=2.100, clip=0%, oom=0, wall=40, train_wall=35
| epoch 001:    200 / 400 loss=9.500, nll_loss=8.700, ppl=415.9, wps=30000, ups=0, wpb=3000, bsz=100, num_updates=201, lr=2e-05, gnorm=1.900, clip=0%, oom=0, wall=80, train_wall=70
| epoch 001 | loss 9.100 | nll_loss 8.300 | ppl 315.2 | num_updates 400 | lr 4e-05 | gnorm 1.700 | clip 0% | oom 0 | wall 160 | train_wall 140
| epoch 001 | valid on 'valid' subset | valid_loss 8.80 | valid_nll_loss 7.90 | valid_ppl 238.9 | num_updates 400 | best 8.80
"""


def test_fairseq_of_2019_averages_inside_an_epoch_since_it_began(read: Read) -> None:
    run = read(FAIRSEQ_2019)
    assert points(run, "train/loss step running_mean") == [(101, 9.9), (201, 9.5)]
    assert points(run, "train/loss epoch epoch_mean") == [(1, 9.1)]
    assert points(run, "valid/loss epoch value") == [(1, 8.8)]
    assert next(s for s in run.series if s.name == "nll_loss").unit == "bits"


@pytest.mark.parametrize(
    "before", ["2023-03-22 09:30:39 ", "[2023-03-22 09:30:39] ", "> 2023-03-22 09:30:39 ", "> "]
)
def test_a_time_stamp_before_a_known_row_does_not_hide_it(read: Read, before: str) -> None:
    rows = (
        "iter 10: loss 3.9883, time 99.34ms, mfu 15.34%",
        "step 20: train loss 4.0390, val loss 4.0427",
        "iter 20: loss 3.9, time 99.34ms, mfu 15.34%",
    )
    run = read("".join(f"{before}{row}\n" for row in rows))
    assert run.sources[0].parser == "nanogpt_text"
    assert points(run, "val/loss step value") == [(20, 4.0427)]


def test_rows_of_mmcv_before_the_logger_had_a_name_are_read(read: Read) -> None:
    text = MMCV.replace(" - mmdet - INFO - Epoch", " - INFO - Epoch")
    assert parser_of(text) == "mmlab_text"
    assert points(read(text), "train/loss iteration window_mean") == [(50, 1.9033), (150, 1.8033)]


FASTREID = (
    "[04/14 10:33:49 fastreid.utils.events]:  eta: 1:14:16  epoch/iter: {e}/{i}  total_loss: "
    "{loss}  loss_triplet_b1: 0.7091  time: 0.2681  data_time: 0.0011  lr: 3.50e-04  max_mem: "
    "18418M\n"
)


def test_an_epoch_before_the_iteration_of_fast_reid_is_no_clock(read: Read) -> None:
    text = "".join(FASTREID.format(e=i // 100, i=i, loss=9 - i / 100) for i in (199, 399, 599))
    assert parser_of(text) == "detectron2_text"
    assert points(read(text), "train/total_loss iteration window_median") == [
        (199, 7.01),
        (399, 5.01),
        (599, 3.01),
    ]


YOLO = (
    "     Epoch   gpu_mem       box       obj       cls     total    labels  img_size\n       "
    "{at}/{of}     2.44G    0.0{at}    0.02    0.03    0.1        45       640: "
    "100%|##########| 104/104 [16:10<00:00,  9.33s/it]\n"
)


@pytest.mark.parametrize("first", [0, 4], ids=["from the start", "resumed"])
def test_yolov5_prints_its_last_epoch_and_not_their_number(first: int, read: Read) -> None:
    run = read("".join(YOLO.format(at=at, of=9) for at in range(first, 10)))
    assert run.value("epochs") == 10


def test_ultralytics_prints_the_number_of_epochs(read: Read) -> None:
    text = YOLO.replace(
        "box       obj       cls     total    labels  img_size",
        "box_loss   cls_loss   dfl_loss  Instances  Size",
    ).replace("  0.1 ", "  ")
    assert read("".join(text.format(at=at, of=9) for at in range(1, 10))).value("epochs") == 9


def test_nnu_net_of_the_first_version_is_read(read: Read) -> None:
    text = "".join(
        f"2022-02-11 09:32:44.207069: \nepoch:  {e}\n2022-02-11 09:34:49.625515: train loss : "
        f"-0.6{e}\n2022-02-11 09:34:59.688008: validation loss: -0.7{e}\n2022-02-11 "
        f"09:34:59.688808: Average global foreground Dice: [0.8{e}]\n2022-02-11 09:35:00.857095: "
        f"lr: 0.00993{e}\n2022-02-11 09:35:01.343246: This epoch took 137.1 s\n\n"
        for e in (6, 7)
    )
    assert parser_of(text) == "nnunet_text"
    assert points(read(text), "val/loss epoch epoch_mean") == [(6, -0.76), (7, -0.77)]
    assert points(read(text), "val/mean_fg_dice epoch epoch_mean") == [(6, 0.86), (7, 0.87)]


def test_an_epoch_of_nnu_net_that_is_nan_is_told_and_a_class_without_pixels_is_not(
    read: Read,
) -> None:
    head = (
        "2024-01-02 03:04:20.2: Epoch 0 \n2024-01-02 03:06:20.1: train_loss nan \n2024-01-02 "
        "03:06:20.1: val_loss nan \n2024-01-02 03:06:20.1: Pseudo dice [nan, 0.5] \n"
    )
    run = read(head)
    assert str(points(run, "train/loss epoch epoch_mean")) == "[(0.0, nan)]"
    assert points(run, "val/mean_fg_dice epoch epoch_mean") == [(0, 0.5)]


OLD_ESRGAN = (
    "19-08-09 08:25:25.996 - INFO: <epoch: 86, iter: {i:,}, lr:2.500e-05> l_g_pix: 1.5e-03 "
    "D_real: -2.5e+01 \n19-08-09 08:25:30.996 - INFO: <epoch: 86, iter: {i:,}> psnr: "
    "{psnr:.4e}\n"
)


def test_basic_sr_before_its_name_was_logged_is_read(read: Read) -> None:
    text = "".join(OLD_ESRGAN.format(i=i, psnr=13 + i / 1e6) for i in (107_200, 107_400))
    assert parser_of(text) == "basicsr_text"
    assert points(read(text), "val/psnr iteration value") == [(107200, 13.107), (107400, 13.107)]
    assert points(read(text), "train/l_g_pix iteration value") == [
        (107200, 0.0015),
        (107400, 0.0015),
    ]


def test_open_pcdet_before_2023_is_read(read: Read) -> None:
    rows = "".join(
        f"2022-10-23 03:52:21,040   INFO  epoch: 18/120, acc_iter={i}, cur_iter={i - 4879}/271, "
        f"batch_size=4, loss={i / 1000}, lr=0.001\n"
        for i in (4900, 4950)
    )
    assert parser_of(rows) == "openpcdet_text"
    assert points(read(rows), "train/loss iteration value") == [(4900, 4.9), (4950, 4.95)]
    assert read(rows).value("epochs") == 120


def fits(*totals: int) -> str:
    return "".join(
        f"Epoch 1/{total}\n10/10 [==============================] - 1s - loss: {3 - i / 10:.4f} "
        f"- val_loss: {3.2 - i / 10:.4f}\n"
        for i, total in enumerate(totals)
    )


def test_a_loop_that_fits_one_epoch_at_a_time_counts_on(read: Read) -> None:
    run = read(fits(1, 1, 1))
    assert points(run, "train/loss epoch epoch_mean") == [(1, 3.0), (2, 2.9), (3, 2.8)]
    assert run.value("epochs") is None
    assert [segment.why for segment in run.segments] == ["start"]


def test_a_training_of_one_epoch_is_planned_as_one(read: Read) -> None:
    assert read(fits(1)).value("epochs") == 1


def test_rows_of_paddle_detection_before_its_second_version_are_read(read: Read) -> None:
    rows = "".join(
        f"2020-12-22 08:05:25,238-INFO: iter: {i}, lr: 0.019992, 'loss_cls': '0.5', 'loss': "
        f"'{v}', eta: 5 days, 1:16:20, batch_cost: 0.39 sec, ips: 5.0 images/sec\n"
        for i, v in ((0, "2.5"), (20, "nan"))
    )
    assert parser_of(rows) == "paddle_text"
    assert (
        str(points(read(rows), "train/loss iteration window_median")) == "[(0.0, 2.5), (20.0, nan)]"
    )


def test_the_rows_of_yolov5_without_the_word_are_losses_too(read: Read) -> None:
    run = read("".join(YOLO.format(at=at, of=9) for at in range(3)))
    assert {series.name for series in run.series if series.split == "train"} == {
        "box_loss",
        "obj_loss",
        "cls_loss",
    }


@pytest.mark.parametrize(
    ("rows", "statistic"),
    [
        (
            (
                "iter 76 step 38: loss 10.8, iter time: 197.87ms",
                "iter 77 step 39: loss 10.7, iter time: 214.40ms (optimizer.step)",
            ),
            "value",
        ),
        (
            (
                "iter 76 | step 38: loss 10.8, iter time: 197.87 ms",
                "iter 77 | step 39: loss 10.7, iter time: 89.96 ms",
            ),
            "value",
        ),
        (
            (
                "Epoch 3 | iter 76 step 38 | loss train: 10.8, val: 9.1 | iter time: 112.20 ms "
                "(step) remaining time: 0:01:54",
                "Epoch 3 | iter 77 step 39 | loss train: 10.7, val: 9.1 | iter time: 111.35 ms "
                "(step) remaining time: 0:01:49",
            ),
            "window_mean",
        ),
    ],
)
def test_every_dialect_of_litgpt_counts_micro_batches(
    read: Read, rows: tuple[str, ...], statistic: str
) -> None:
    run = read("".join(f"{row}\n" for row in rows))
    assert points(run, f"train/loss iteration {statistic}") == [(76, 10.8), (77, 10.7)]
    assert [(s.x.tolist(), s.y.tolist()) for s in run.series if s.split == "val"] in (
        [],
        [([76], [9.1])],
    )


def test_the_old_evaluator_of_sentence_transformers_counts_epochs(tmp_path: Path) -> None:
    path = tmp_path / "similarity_evaluation_sts-dev_results.csv"
    path.write_text(
        "epoch,steps,cosine_pearson,cosine_spearman\n0,-1,0.71,0.70\n1,-1,0.75,0.73\n",
        encoding="utf-8",
    )
    run = read_paths([path], ReadOptions(strict=True))[0]
    assert points(run, "eval/cosine_pearson epoch value") == [(0, 0.71), (1, 0.75)]


def boxed(step: str, loss: float) -> str:
    cells = {
        "grad_norm": "0.348",
        "loss": f"{loss}",
        "loss_q0": "0.893",
        "loss_q3": "0.00336",
        "samples": "3.3e+05",
        "step": step,
    }
    return (
        "-" * 25
        + "\n"
        + "".join(f"| {name:<10} | {value:<8} |\n" for name, value in cells.items())
        + "-" * 25
        + "\n"
    )


def test_boxes_of_guided_diffusion_are_counted_for_their_step_is_rounded(read: Read) -> None:
    text = "".join(
        f"{boxed('1.11e+04', loss)}saving model 0...\n" for loss in (0.384, 0.372, 0.361)
    )
    assert parser_of(text) == "rl_table"
    run = read(text)
    assert points(run, "train/loss row window_mean") == [(0, 0.384), (1, 0.372), (2, 0.361)]
    assert not {"step", "samples"} & {series.name for series in run.series}


def test_a_metric_of_a_stylegan_snapshot_stands_at_its_images(tmp_path: Path) -> None:
    rows = "".join(
        f'{{"results": {{"fid50k_full": {300 - i}}}, "metric": "fid50k_full", "total_time": '
        f'272.1, "num_gpus": 1, "snapshot_pkl": "network-snapshot-{i:06d}.pkl"}}\n'
        for i in (0, 204, 409)
    )
    (tmp_path / "metric-fid50k_full.jsonl").write_text(rows)
    run = read_paths([tmp_path], ReadOptions(strict=True))[0]
    assert points(run, "eval/fid50k_full samples value") == [(0, 300), (204000, 96), (409000, -109)]
    assert [series.name for series in run.series] == ["fid50k_full"]


def test_quiet_epochs_of_keras_are_read(read: Read) -> None:
    run = read(
        "".join(
            f"Epoch {e}/3\n{e}s - loss: {3 / e:.4e} - acc: 0.9667 - val_loss: 0.1384\n"
            for e in (1, 2, 3)
        )
    )
    assert points(run, "train/loss epoch epoch_mean") == [(1, 3.0), (2, 1.5), (3, 1.0)]


def test_losses_of_a_validation_batch_of_mmseg_are_of_the_validation(read: Read) -> None:
    line = (
        "2022-11-12 21:28:32,346 - mmseg - INFO - Iter [{i}/120000]\tlr: 9.807e-03, eta: "
        "4:17:15, time: 0.103, decode.loss_ce: 0.1195, loss: 0.1675, decode.loss_ce_val: "
        "0.1237, loss_val: 0.1805\n"
    )
    run = read("".join(line.format(i=i) for i in (50, 100)))
    assert points(run, "val/loss iteration value") == [(50, 0.1805), (100, 0.1805)]
    assert points(run, "train/loss iteration window_mean") == [(50, 0.1675), (100, 0.1675)]


def test_rows_of_dinov2_without_an_epoch_stand_at_their_iteration(read: Read) -> None:
    line = (
        "I20250119 10:05:11 90 dinov2 helpers.py:102] Training  [{i:7}/5000000]  eta: 221 "
        "days, 20:36:05  lr: 0.0000 (0.0000)  total_loss: inf (inf)  ibot_loss: 2.9919 "
        "(2.9921)  img/s: {speed}  max mem: 67339\n"
    )
    run = read(
        "".join(
            line.format(i=i, speed=speed)
            for i, speed in ((40, 13.62830983555788), (50, 3.57889547), (60, 32.1683385043))
        )
    )
    assert [x for x, _ in points(run, "train/total_loss iteration running_mean")] == [40, 50, 60]
    assert [x for x, _ in points(run, "train/img/s iteration value")] == [40, 50, 60]


YOLO_ALL = (
    "                 Class     Images  {counted}      {p}          R      mAP50  mAP50-95\n   "
    "                all        128        929      {a:.3f}      0.533      0.605      0.446\n"
)


def yolo_epoch(epoch: int) -> str:
    head = "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size\n"
    row = (
        f"        {epoch}/2      2.51G      {2 / epoch:.3f}      3.000      1.100         28   "
        f"     640: 100%|###| 4/4 [00:01<00:00]\n"
    )
    return head + row + YOLO_ALL.format(counted="Instances", p="Box(P", a=0.5 + epoch / 10)


def test_the_validation_of_the_best_checkpoint_is_no_point_of_the_curve_but_known(
    read: Read,
) -> None:
    run = read(
        yolo_epoch(1)
        + yolo_epoch(2)
        + "Validating best.pt...\n"
        + YOLO_ALL.format(counted="Instances", p="Box(P", a=0.65)
    )
    assert points(run, "val/precision(B) epoch value") == [(1, 0.6), (2, 0.7)]
    assert (run.value("best_precision(B)"), run.value("best_mAP50")) == (0.65, 0.605)


@pytest.mark.parametrize("counted", ["Instances", "Labels", "targets"])
def test_an_evaluation_of_classes_alone_is_of_the_validation_and_counts_no_images(
    counted: str, read: Read
) -> None:
    one = (
        "                person         61        254      0.749      0.669      0.766      0.541\n"
    )
    run = read("Validating best.pt...\n" + YOLO_ALL.format(counted=counted, p="P", a=0.641) + one)
    assert {one.name for one in run.series} == {"precision", "recall", "mAP50", "mAP50-95"}
    assert [
        (one.split, one.entity and one.entity.value, one.y.tolist())
        for one in run.series
        if one.name == "precision"
    ] == [
        ("val", None, [0.641]),
        ("val", "person", [0.749]),
    ]


def test_a_table_behind_a_log_of_text_is_of_the_log(read: Read) -> None:
    lines = "".join(f"Epoch {e}/9 train loss: {2 / e:.3f}\n" for e in range(1, 10))
    run = read(lines + YOLO_ALL.format(counted="targets", p="P", a=0.641))
    assert [x for x, _ in points(run, "train/loss epoch unknown")] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_build_nanogpt_writes_one_number_a_line(tmp_path: Path) -> None:
    rows = "".join(
        f"{n} val {11 - n / 250:.4f}\n{n} hella {0.24 + n / 1e5:.4f}\n" if n % 250 == 0 else ""
        for n in range(0, 1001, 50)
    )
    (tmp_path / "log.txt").write_text(
        rows + "".join(f"{n} train {11 - n / 200:.6f}\n" for n in range(1, 1001))
    )
    run = lossreport.read_run([tmp_path])
    assert {one.label: (one.axis, len(one)) for one in run.series} == {
        "loss": ("step", 1000),
        "val/loss": ("step", 5),
        "val/hellaswag_acc": ("step", 5),
    }
