"""Tables printed into text logs: whatever frame they have, the same rows come out; nothing else is
taken for one.
"""

from collections.abc import Sequence
from pathlib import Path
from time import process_time

import pytest

import lossreport
from lossreport.model.run import Axis, Run
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.kit.coco import kind_of, summary_of
from lossreport.reading.kit.printed_table import take
from lossreport.reading.kit.table_cells import fits, header_spans
from lossreport.reading.kit.table_rows import Stand, Tables, placed
from lossreport.reading.kit.table_state import EMPTY, TableRow

HEADER = ("epoch", "train loss", "val acc")
ROWS = (("1", "0.9", "0.5"), ("2", "0.7", "0.625"))


def rows(text: str) -> list[TableRow]:
    tables, found = Tables(), list[TableRow]()
    for number, line in enumerate(text.split("\n"), 1):
        found += tables.see(line, number)[1]
    return [*found, *tables.end()]


def told(text: str) -> list[tuple[object, float, dict[str, float]]]:
    return [(row.axis, row.x, {cell.name: cell.value for cell in row.cells}) for row in rows(text)]


def line(cells: Sequence[str], left: str, between: str, right: str, width: int = 12) -> str:
    return left + between.join(cell.center(width) for cell in cells) + right


def framed(
    bars: tuple[str, str, str],
    rules: Sequence[str | None],
    header: Sequence[str],
    body: Sequence[Sequence[str]],
) -> str:
    """Return a table with bars (left, between, right) and ruled lines (above, below the header,
    between rows, below).
    """
    made = [
        rules[0],
        line(header, *bars),
        rules[1],
        *(part for row in body for part in (line(row, *bars), rules[2])),
        rules[3],
    ]
    return "\n".join(part for part in made if part is not None)


def ruled(left: str, dash: str, between: str, right: str, columns: int, width: int = 12) -> str:
    return left + between.join(dash * width for _ in range(columns)) + right


FRAMES = {
    "markdown": (("|", "|", "|"), lambda n: (None, ruled("|", "-", "|", "|", n), None, None)),
    "pipe": (("|", "|", "|"), lambda n: (None, ruled("|:", "-", "|:", "|", n), None, None)),
    "grid": (
        ("|", "|", "|"),
        lambda n: (
            ruled("+", "-", "+", "+", n),
            ruled("+", "=", "+", "+", n),
            ruled("+", "-", "+", "+", n),
            None,
        ),
    ),
    "pretty": (
        ("|", "|", "|"),
        lambda n: (*(ruled("+", "-", "+", "+", n),) * 2, None, ruled("+", "-", "+", "+", n)),
    ),
    "rich": (
        ("┃", "┃", "┃"),
        lambda n: (
            ruled("┏", "━", "┳", "┓", n),
            ruled("┡", "━", "╇", "┩", n),
            None,
            ruled("└", "─", "┴", "┘", n),
        ),
    ),
    "rich_lines": (
        ("│", "│", "│"),
        lambda n: (ruled("╭", "─", "┬", "╮", n), *(ruled("├", "─", "┼", "┤", n),) * 2, None),
    ),
    "presto": (("", "|", ""), lambda n: (None, ruled("", "-", "+", "", n), None, None)),
    "simple": (("", "  ", ""), lambda n: (None, ruled("", "-", "  ", "", n), None, None)),
    "rst": (
        ("", "  ", ""),
        lambda n: (
            ruled("", "=", "  ", "", n),
            ruled("", "=", "  ", "", n),
            None,
            ruled("", "=", "  ", "", n),
        ),
    ),
}


@pytest.mark.parametrize("frame", FRAMES)
def test_a_row_an_epoch_is_read_in_every_frame(frame: str) -> None:
    bars, rules = FRAMES[frame]
    expected = [
        (Axis.EPOCH, 1, {"train loss": 0.9, "val acc": 0.5}),
        (Axis.EPOCH, 2, {"train loss": 0.7, "val acc": 0.625}),
    ]
    assert told(framed(bars, rules(3), HEADER, ROWS)) == expected


@pytest.mark.parametrize("frame", FRAMES)
def test_names_and_values_below_each_other_are_one_row_where_the_log_stands(frame: str) -> None:
    bars, rules = FRAMES[frame]
    found = rows(
        framed(bars, rules(2), ("metric", "value"), (("train_loss", "0.9"), ("val_acc", "0.5")))
        + "\nnext line"
    )
    merged = {cell.name: cell.value for row in found for cell in row.cells}
    assert merged == {"train_loss": 0.9, "val_acc": 0.5}
    assert {row.axis for row in found} == {None}


def test_a_table_of_epochs_without_a_frame_needs_a_place_and_a_metric_in_its_header() -> None:
    assert told(
        "epoch     train_loss  valid_loss  accuracy  time\n0         0.900000    0.800000    "
        "0.500000  00:12\n"
    ) == [(Axis.EPOCH, 0, {"train_loss": 0.9, "valid_loss": 0.8, "accuracy": 0.5})]
    assert (
        told("Layer (type)     Output Shape     Param #\nconv1            64               1728\n")
        == []
    )
    assert told("epoch   size   dur\n1       10     3\n") == []


def test_progress_between_rows_and_bars_behind_them_do_not_hide_a_row() -> None:
    text = (
        "     Epoch  iou_loss  cls_loss\n      0/99         0    0.5856: 100%|####| 106/106 "
        "[00:17<00:00]\nEvaluating speed.\n\n      1/99         0    0.4: 100%|####| 1/1"
    )
    assert told(text) == [
        (Axis.EPOCH, 0, {"iou_loss": 0, "cls_loss": 0.5856}),
        (Axis.EPOCH, 1, {"iou_loss": 0, "cls_loss": 0.4}),
    ]
    assert [row.of for row in rows(text)] == [99, 99]


def test_empty_cells_are_found_by_the_ruled_line() -> None:
    text = (
        "  epoch    train_loss    valid_loss    cp\n-------  ------------  ------------  "
        "----\n      1        0.9000                     +\n      2        0.8000        "
        "0.7000\n"
    )
    assert told(text) == [
        (Axis.EPOCH, 1, {"train_loss": 0.9}),
        (Axis.EPOCH, 2, {"train_loss": 0.8, "valid_loss": 0.7}),
    ]


BOX = """\
---------------------------------
| rollout/           |          |
|    ep_rew_mean     | {reward} |
| time/              |          |
|    fps             | 100      |
|    total_timesteps | {steps}  |
---------------------------------
"""
BASELINES = """\
---------------------------
| rollout/return | -1880  |
| total/epochs   | 1      |
| total/steps    | 2000   |
| train/loss     | nan    |
---------------------------
"""
GARAGE = """\
---------------------------------  ----------
Evaluation/AverageReturn           26.3
TotalEnvSteps                    4000
policy/Entropy                      1.25
---------------------------------  ----------
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            BOX.format(reward=22.5, steps=2048),
            [(Axis.STEP, 2048, {"rollout/ep_rew_mean": 22.5, "time/fps": 100})],
        ),
        (BASELINES, [(Axis.STEP, 2000, {"rollout/return": -1880})]),
        (GARAGE, [(Axis.STEP, 4000, {"Evaluation/AverageReturn": 26.3, "policy/Entropy": 1.25})]),
    ],
    ids=["stable_baselines3", "baselines", "garage"],
)
def test_a_box_of_a_library_stands_at_the_steps_it_counts(
    text: str, expected: list[tuple[object, float, dict[str, float]]]
) -> None:
    found = told(text)
    assert [
        (axis, x, {name: value for name, value in cells.items() if value == value})
        for axis, x, cells in found
    ] == expected


def test_the_epoch_beside_the_steps_of_a_box_is_kept() -> None:
    assert [row.epoch for row in rows(BASELINES)] == [1]


def test_a_box_of_settings_is_no_row_of_a_training() -> None:
    assert (
        told("+-------+------+\n| lr    | 0.1  |\n| epochs | 30  |\n+-------+------+\nstart") == []
    )


REPORT = """\
              precision    recall  f1-score   support

         cat       0.67      1.00      0.80         2
    owl bird       1.00      0.50      0.67         2

    accuracy                           0.75         4
   macro avg       0.83      0.75      0.73         4
"""


def test_a_report_of_classes_gives_each_class_and_the_means() -> None:
    found = [(cell.name, cell.label, cell.value) for row in rows(REPORT) for cell in row.cells]
    assert found[:4] == [
        ("precision", "cat", 0.67),
        ("recall", "cat", 1.0),
        ("f1-score", "cat", 0.8),
        ("precision", "owl bird", 1.0),
    ]
    assert found[6:] == [
        ("accuracy", "", 0.75),
        ("precision (macro avg)", "", 0.83),
        ("recall (macro avg)", "", 0.75),
        ("f1-score (macro avg)", "", 0.73),
    ]


def test_the_row_of_all_classes_is_of_no_single_one() -> None:
    text = (
        "    Class   Images  Instances   P      R     mAP50  mAP50-95): 100%|###| 1/1\n      "
        "all      128        929   0.64  0.5   0.6    0.44\n      cat      10         12    "
        "0.5   0.4   0.3    0.2\n"
    )
    found = rows(text)
    stand = Stand(Axis.EPOCH, 3.0)
    keys = [
        (one.key.split, one.key.name, str(one.key.entity), one.x, one.value)
        for row in found
        for one in placed(row, stand)
    ]
    assert keys[:4] == [
        ("val", "precision", "None", 3, 0.64),
        ("val", "recall", "None", 3, 0.5),
        ("val", "mAP50", "None", 3, 0.6),
        ("val", "mAP50-95", "None", 3, 0.44),
    ]
    assert keys[4] == ("val", "precision", "label cat", 3, 0.5)


def coco(what: str, iou: str, area: str, dets: int, value: str, more: str = "") -> str:
    long = {"AP": "Precision", "AR": "Recall   "}[what]
    return (
        f" Average {long}  ({what}) @[ IoU={iou:<9} | area={area:>6} | maxDets={dets:>3}{more} "
        f"] = {value}"
    )


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (coco("AP", "0.50:0.95", "all", 100, "0.285"), "AP", 0.285),
        (coco("AP", "0.50", "all", 100, "0.456"), "AP50", 0.456),
        (coco("AP", "0.75", "all", 100, "0.257"), "AP75", 0.257),
        (coco("AP", "0.50:0.95", "small", 100, "-1.000"), "APs", -1.0),
        (coco("AR", "0.50:0.95", "all", 1, "0.1"), "AR1", 0.1),
        (coco("AR", "0.50:0.95", "all", 100, "0.3"), "AR100", 0.3),
        (coco("AR", "0.50:0.95", "large", 100, "0.5"), "ARl", 0.5),
        (coco("AR", "0.50:0.95", "all", 20, "0.6"), "AR", 0.6),
        (coco("AP", "0.50:0.95", "all", 300, "0.2", " catIds=  r"), "APr", 0.2),
        ("[10/18 18:13:38] INFO: " + coco("AP", "0.50", "all", 100, "0.4"), "AP50", 0.4),
    ],
)
def test_a_line_of_a_coco_summary_is_called_as_papers_call_it(
    text: str, name: str, value: float
) -> None:
    assert summary_of(text) == (name, value)


def test_of_what_the_summary_is_stands_above_it() -> None:
    assert kind_of("IoU metric: segm") == "segm"
    summary = coco("AP", "0.50:0.95", "all", 100, "0.2")
    text = "\n".join(("IoU metric: bbox", summary, "IoU metric: segm", summary))
    assert [cell.name for row in rows(text) for cell in row.cells] == ["AP", "segm/AP"]


def test_what_was_not_measured_is_no_row() -> None:
    assert rows(coco("AP", "0.50:0.95", "small", 100, "-1.000")) == []


@pytest.mark.parametrize(
    "text",
    [
        "| epoch   1 |   200/ 2983 batches | lr 20.00 | ms/batch 10.1 | loss  7.60 |",
        "Epoch 3/10 - train_loss: 0.5123 - val_loss: 0.6123",
        "INFO  2024-05-01  step 3  loss 0.5",
        "|===============================+======================+======================|",
        "Name   Type   Params",
        "x | y | z",
    ],
)
def test_lines_of_other_logs_give_no_rows(text: str) -> None:
    assert rows(f"{text}\n{text}\n") == []


@pytest.mark.parametrize(
    "unit",
    ["| ", "--- ", "a  ", "0.5  ", "  ", "┃", "+-", "Average Precision  (AP) @[ IoU=", "x  1  "],
)
def test_a_hostile_line_takes_no_time(unit: str) -> None:
    text = unit * (65536 // len(unit))
    begin = process_time()
    state = EMPTY
    for number in range(3):
        _, state = take(text, number, state)
    assert process_time() - begin < 1  # a pattern that backtracks would take minutes


# ----------------------------------------------------------------------------------------- in a log
def run_of(folder: Path, text: str) -> Run:
    (folder / "train.log").write_text(text)
    (run,) = read_paths([folder], ReadOptions(strict=True))
    return run


def test_a_summary_stands_at_the_epoch_printed_before_it(tmp_path: Path) -> None:
    text = "".join(
        f"Epoch {epoch} train loss: {2 / epoch:.3f}\n{coco('AP', '0.50', 'all', 100, f'0.{epoch}')}\n{coco('AP', '0.50:0.95', 'small', 100, '-1.000')}\n"
        for epoch in (1, 2, 3)
    )
    run = run_of(tmp_path, text)
    found = {
        series.label: (series.axis, series.x.tolist(), series.y.tolist(), series.line.tolist())
        for series in run.series
    }
    assert found == {
        "loss": (Axis.EPOCH, [1, 2, 3], [2.0, 1.0, 0.667], [1, 4, 7]),
        "val/AP50": (Axis.EPOCH, [1, 2, 3], [0.1, 0.2, 0.3], [2, 5, 8]),
    }


def test_the_table_of_nolearn_is_read_in_colours(tmp_path: Path) -> None:
    body = "".join(
        f"      {i}       \x1b[36m0.5{i}000\x1b[0m       \x1b[32m0.6{i}000\x1b[0m      0.83488   "
        f"   0.79269  11.24s\n"
        for i in range(1, 6)
    )
    run = run_of(
        tmp_path,
        f"  epoch    train loss    valid loss    train/val    valid acc  dur\n-------  "
        f"------------  ------------  -----------  -----------  ------\n{body}",
    )
    assert {series.label: series.y.tolist()[:2] for series in run.series} == {
        "loss": [0.51, 0.52],
        "valid/loss": [0.61, 0.62],
        "valid/acc": [0.79269, 0.79269],
    }


CHAINER = (
    "epoch       iteration   main/loss   validation/main/loss  elapsed_time\n"
    "0           100         0.5183                            123.279\n"
    "0           200         0.4121                            236.267\n"
    "1           300         0.3211      0.4512                348.067\n"
)


def test_cells_that_are_empty_under_a_header_are_told_by_where_their_columns_begin(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.log").write_text(CHAINER, encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    found = {one.label: one.y.tolist() for one in run.series}
    assert found["main/loss"] == [0.5183, 0.4121, 0.3211]
    assert found["val/main/loss"] == [0.4512]


def test_a_row_that_the_columns_of_its_header_would_cut_is_no_row_of_it() -> None:
    spans = header_spans("epoch   loss    val_loss")
    assert spans[1][0] == 8
    assert fits("1       0.5", spans)
    assert not fits("1     0.512345    0.4", spans)
