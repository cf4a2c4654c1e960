"""The printed rows of a MetricLogger: two dialects, validation under the training header, torn
rows, resumes.
"""

import math

import pytest

from lossreport.model.run import Axis, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.metriclogger_text import PARSER, meters
from lossreport.reading.parser import (
    ColumnChunk,
    ColumnKey,
    RawEvent,
    RawFact,
    RawSegment,
    RawStatus,
    RawTime,
    Record,
    RowsRead,
    SkippedLine,
)
from lossreport.reading.runs.belonging import runs_of
from lossreport.reading.runs.reading import Reading, read_log
from runs import metriclogger_line

PREFIX = "[rank0:INFO|misc.py:146] 2026-11-22 07:17:15,683 >> "


def read(*lines: str, end: str = "\n") -> list[Record]:
    return list(PARSER.read(LogFile("output.log", data=("\n".join(lines) + end).encode())))


def columns(records: list[Record]) -> dict[ColumnKey, ColumnChunk]:
    return {record.key: record for record in records if isinstance(record, ColumnChunk)}


def column(records: list[Record], name: str, statistic: str, split: str = "train") -> ColumnChunk:
    found = [
        c
        for key, c in columns(records).items()
        if (key.name, key.statistic.value, key.split) == (name, statistic, split)
    ]
    assert len(found) == 1
    return found[0]


def row(epoch: int, i: int, *, eta: bool = False, closs: tuple[float, float] = (8.5, 8.6)) -> str:
    return ("" if eta else PREFIX) + metriclogger_line(
        epoch, i, 100, eta=eta, lr=0.000005, closs=closs, time=0.5
    )


def stats(closs: tuple[float, float]) -> str:
    return f"lr: 0.000005  closs: {closs[0]:.4f} ({closs[1]:.4f})"


# ----------------------------------------------------------------------------------------- dialects
@pytest.mark.parametrize(
    ("eta", "statistic", "window"),
    [(False, "window_mean", 1000), (True, "window_median", 20)],
    ids=["xllmx", "DeiT"],
)
def test_the_first_number_is_what_its_dialect_prints(
    eta: bool, statistic: str, window: int
) -> None:
    found = column(
        read(row(0, 0, eta=eta), row(0, 10, eta=eta, closs=(8.4, 8.55))), "closs", statistic
    )
    assert found.key.window == window
    assert found.key.axis is Axis.ITERATION
    assert found.y.tolist() == [8.5, 8.4]


@pytest.mark.parametrize("eta", [False, True], ids=["xllmx", "DeiT"])
def test_the_number_in_parentheses_is_the_mean_since_the_epoch_began(eta: bool) -> None:
    found = column(
        read(row(0, 0, eta=eta), row(0, 10, eta=eta, closs=(8.4, 8.55))), "closs", "running_mean"
    )
    assert found.key.window is None
    assert found.y.tolist() == [8.6, 8.55]


def test_a_row_keeps_iteration_epoch_and_line() -> None:
    found = column(read("hello", row(2, 0), "noise", row(2, 10)), "closs", "running_mean")
    assert (found.x.tolist(), found.epoch.tolist(), found.line.tolist()) == (
        [200, 210],
        [2, 2],
        [2, 4],
    )


def test_meters_without_parentheses_are_single_values_but_times_are_window_means() -> None:
    found = {
        key.name: key.statistic.value
        for key in columns(read(row(0, 0)))
        if key.name in ("lr", "time")
    }
    assert found == {"lr": "value", "time": "window_mean"}


def test_the_resolution_is_that_of_the_last_printed_decimal() -> None:
    assert column(read(row(0, 0)), "closs", "running_mean").key.resolution == pytest.approx(1e-4)


@pytest.mark.parametrize("printed", ["nan", "inf", "-inf"])
def test_non_finite_meters_are_values(printed: str) -> None:
    found = meters(f"closs: {printed} ({printed})  eta: 0:10:00")
    assert [(m.name, m.first, m.mean) for m in found] == [
        ("closs", pytest.approx(float(printed), nan_ok=True), found[0].mean)
    ]
    assert not math.isfinite(found[0].first)


def test_the_same_text_is_claimed_and_other_text_is_not() -> None:
    assert PARSER.sniff(LogFile("o.log", data=(row(0, 0) + "\n").encode())).value >= 0.5
    assert PARSER.sniff(LogFile("o.log", data=b"epoch 1 loss 3.2\n[1/20] done\n")).value == 0


# ----------------------------------------------------------------------------------- averaged stats
@pytest.mark.parametrize(
    "lines",
    [(f"{PREFIX}Averaged stats:", stats((8.4, 2.14))), (f"Averaged stats: {stats((8.4, 2.14))}",)],
    ids=["next line", "same line"],
)
def test_averaged_stats_are_the_epoch_mean_of_all_ranks(lines: tuple[str, ...]) -> None:
    found = column(read(row(3, 0), *lines), "closs", "epoch_mean")
    assert (found.x.tolist(), found.y.tolist(), found.line.tolist()) == (
        [3],
        [2.14],
        [1 + len(lines)],
    )


def test_a_line_that_is_no_meters_does_not_become_averaged_stats() -> None:
    records = read(row(0, 0), f"{PREFIX}Averaged stats:", "Traceback (most recent call last):")
    assert [
        key.statistic.value for key in columns(records) if key.statistic.value == "epoch_mean"
    ] == []
    assert [(r.kind, r.line) for r in records if isinstance(r, RawEvent)] == [("traceback", 3)]


def test_a_validation_pass_under_the_training_header_is_not_training() -> None:
    records = read(
        *(row(0, 0), row(0, 10), f"{PREFIX}Averaged stats:", stats((8.4, 8.4))),
        *(
            row(0, 0, closs=(9.9, 9.9)),
            row(0, 10, closs=(9.9, 9.9)),
            f"{PREFIX}Averaged stats:",
            stats((9.9, 9.8)),
        ),
        *(row(0, 0, closs=(7.7, 7.7)), f"{PREFIX}Averaged stats:", stats((7.7, 7.6))),
        *(row(1, 0), row(1, 10)),
    )
    assert column(records, "closs", "running_mean").x.tolist() == [0, 10, 100, 110]
    assert column(records, "closs", "epoch_mean").y.tolist() == [8.4]
    assert column(records, "closs", "epoch_mean", "val_ind").y.tolist() == [9.8]
    assert column(records, "closs", "epoch_mean", "val_ood").y.tolist() == [7.6]
    assert not any(isinstance(record, RawSegment) for record in records)


def test_a_test_header_is_a_validation_pass() -> None:
    test = metriclogger_line(0, 0, 50, eta=True, header="Test", closs=(5.0, 5.0))
    records = read(
        row(0, 0, eta=True),
        f"Averaged stats: {stats((8.4, 8.3))}",
        test,
        f"Averaged stats: {stats((5.0, 5.1))}",
    )
    assert column(records, "closs", "running_mean").y.tolist() == [8.6]
    assert column(records, "closs", "epoch_mean", "test").y.tolist() == [5.1]


# ---------------------------------------------------------------------------------------- torn rows
def test_a_row_torn_by_the_end_of_the_file_is_left_out_and_named() -> None:
    records = read(row(0, 0), row(0, 10)[:-14], end="")
    assert column(records, "closs", "running_mean").y.tolist() == [8.6]
    assert [(r.line, r.torn) for r in records if isinstance(r, SkippedLine)] == [(2, True)]


def test_a_number_cut_by_the_end_of_the_file_is_no_value() -> None:
    whole = metriclogger_line(0, 10, 100, closs=(8.4, 8.5), loss_ct=(0.1351, 0.1352))
    records = read(
        metriclogger_line(0, 0, 100, closs=(8.5, 8.6), loss_ct=(0.2, 0.2)),
        whole[: -len("351 (0.1352)")],
        end="",
    )
    assert [c.y.tolist() for key, c in columns(records).items() if key.name == "loss_ct"] == [
        [0.2],
        [0.2],
    ]
    assert [(r.line, r.torn) for r in records if isinstance(r, SkippedLine)] == [(2, True)]


def test_a_whole_last_row_without_line_break_counts() -> None:
    records = read(row(0, 0), row(0, 10), end="")
    assert len(column(records, "closs", "running_mean").y) == 2
    assert not any(isinstance(r, SkippedLine) for r in records)


def test_torn_averaged_stats_are_left_out() -> None:
    records = read(row(0, 0), f"{PREFIX}Averaged stats:", stats((8.4, 8.3))[:-3], end="")
    assert not any(key.statistic.value == "epoch_mean" for key in columns(records))
    assert [r.torn for r in records if isinstance(r, SkippedLine)] == [True]


def test_a_row_without_any_meter_is_skipped_with_its_line() -> None:
    records = read(row(0, 0), "Epoch: [0]  [10/100]  eta: 0:00:10")
    assert [(r.line, r.torn) for r in records if isinstance(r, SkippedLine)] == [(2, False)]


# -------------------------------------------------------------------------- resumes, facts, the end
def test_a_resume_starts_a_segment_at_its_first_row() -> None:
    records = read(
        row(0, 0), row(0, 10), row(0, 20), "auto resume from /ckpt/e0", row(0, 10), row(0, 20)
    )
    assert [(r.line, r.why) for r in records if isinstance(r, RawSegment)] == [(5, "resume")]
    assert [(r.kind, r.line) for r in records if isinstance(r, RawEvent)] == [("resume", 4)]


def test_rows_that_start_over_without_a_word_are_another_run() -> None:
    text = "\n".join((row(0, 0), row(1, 0), row(0, 0))) + "\n"
    reading = read_log(LogFile("output.log", data=text.encode()), PARSER)
    assert isinstance(reading, Reading)
    assert [run.first_line for run in runs_of(reading)] == [1, 3]


def test_a_resumed_process_trains_even_after_the_epochs_averaged_stats() -> None:
    records = read(
        row(0, 0),
        f"{PREFIX}Averaged stats:",
        stats((8.4, 8.4)),
        "Namespace(lr=5e-06, epochs=20)",
        row(0, 0, closs=(8.2, 8.2)),
        row(0, 10),
    )
    assert column(records, "closs", "running_mean").line.tolist() == [1, 5, 6]
    assert [(r.line, r.why) for r in records if isinstance(r, RawSegment)] == [(5, "resume")]


def test_arguments_dumped_twice_are_facts_once() -> None:
    records = read("Namespace(lr=5e-06, epochs=20)", "Namespace(lr=5e-06, epochs=20)", row(0, 0))
    assert [(r.name, r.value, r.line) for r in records if isinstance(r, RawFact)] == [
        ("lr", 5e-06, 1),
        ("epochs", 20, 1),
    ]


def test_the_end_of_training_and_the_time_stamps_are_read() -> None:
    records = read(row(0, 0), row(0, 10).replace("07:17:15", "08:00:00"), "Training time 0:42:45")
    assert [(r.status, r.line) for r in records if isinstance(r, RawStatus)] == [
        (Status.FINISHED, 3)
    ]
    assert [r.stamp for r in records if isinstance(r, RawTime)] == [
        "2026-11-22 07:17:15,683",
        "2026-11-22 08:00:00,683",
    ]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Loss is nan, stopping training", "nonfinite_exit"),
        ("torch.OutOfMemoryError: CUDA out of memory.", "oom"),
        ("Killed", "killed"),
        ("slurmstepd: CANCELLED DUE TO TIME LIMIT", "timeout"),
    ],
)
def test_what_the_log_says_in_words_is_an_event_with_its_quote(line: str, kind: str) -> None:
    assert [
        (r.kind, r.line, r.quote) for r in read(row(0, 0), line) if isinstance(r, RawEvent)
    ] == [(kind, 2, line)]


def test_rows_and_lines_are_counted() -> None:
    assert RowsRead(2, 3) in read("hello", row(0, 0), row(0, 10))


# -------------------------------------------------------------------------------------------- forks
def of_total(epoch: int, i: int) -> str:
    return (
        f"Epoch: [{epoch}/3]  [{i:4d}/20]  eta: 0:00:41  loss: {3 - epoch - i / 100:.4f} "
        f"({3 - epoch:.4f})  lr: 0.0005 (0.0005)"
    )


def test_an_epoch_of_a_total_is_the_epoch_and_the_plan() -> None:
    lines = [
        line
        for e in range(3)
        for line in (of_total(e, 0), of_total(e, 10), f"Averaged stats: loss: 1.0 ({3 - e}.0)")
    ]
    records = read(*lines)
    assert column(records, "loss", "epoch_mean").x.tolist() == [0, 1, 2]
    assert column(records, "loss", "epoch_mean").of.tolist() == [3, 3, 3]
    assert column(records, "loss", "window_median").x.tolist() == [0, 10, 20, 30, 40, 50]
    assert [(r.name, r.value) for r in records if isinstance(r, RawFact)] == [("epochs", 3)]
    assert not [r for r in records if isinstance(r, RawSegment)]


TEST_ROW = "Test:  [   0/100]  eta: 0:05:00    time: 3.0000  data: 2.9000  max mem: 11539"


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        (
            "[epoch: 5] val_MAE: 0.175 val_maxF1: 0.589",
            {("val", "MAE"): (5, 0.175), ("val", "maxF1"): (5, 0.589)},
        ),
        (
            "* Acc@1 71.250 Acc@5 90.500 loss 1.210",
            {
                ("test", "Acc@1"): (4, 71.25),
                ("test", "Acc@5"): (4, 90.5),
                ("test", "loss"): (4, 1.21),
            },
        ),
    ],
)
def test_what_a_program_prints_of_its_validation_in_words_of_its_own_is_read(
    line: str, metrics: dict[tuple[str, str], tuple[float, float]]
) -> None:
    found = columns(read(row(4, 0, eta=True), row(4, 10, eta=True), TEST_ROW, line))
    said = {
        (key.split, key.name): (chunk.x[0], chunk.y[0])
        for key, chunk in found.items()
        if key.axis is Axis.EPOCH
    }
    assert said == metrics


@pytest.mark.parametrize(
    "line",
    [
        "Max accuracy: 71.25%",
        "val_every: 5",
        "Test: Total time: 0:02:50",
        "Start training for 300 epochs",
    ],
)
def test_other_words_are_no_validation(line: str) -> None:
    assert all(
        key.axis is Axis.ITERATION for key in columns(read(row(4, 0, eta=True), TEST_ROW, line))
    )


def test_the_arguments_of_a_second_process_are_facts_of_its_own() -> None:
    records = read(
        "Namespace(lr=5e-06, epochs=20)", row(0, 0), "Namespace(lr=1e-06, epochs=20)", row(1, 0)
    )
    assert [
        (r.name, r.value, r.line) for r in records if isinstance(r, RawFact) and r.name == "lr"
    ] == [("lr", 5e-06, 1), ("lr", 1e-06, 3)]
