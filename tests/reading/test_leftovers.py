"""What a parser of one format leaves is read once more, by the reader of any text; only what
neither knows is unread.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

import lossreport
from lossreport.model.run import Run


def logged(i: int) -> str:
    return (
        f"Step {100 * i}: grad_norm={1 + 1 / i:.4f}, loss={3 / i + 0.1 * (i % 3):.4f}, "
        f"param_norm=1800.{i}"
    )


def run_of(folder: Path, between: Iterable[tuple[int, str]] = ()) -> Run:
    """Return a run of 40 rows of openpi with lines behind some of them."""
    behind = list(between)
    lines = [
        line
        for i in range(1, 41)
        for line in (logged(i), *(text for at, text in behind if at == i))
    ]
    (folder / "train.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = lossreport.read_run([folder])
    assert run.sources[0].parser == "openpi_text"
    return run


def found(run: Run) -> dict[str, list[tuple[float, float]]]:
    """Return the points of the series that the first pass has not."""
    own = ("grad_norm", "loss", "param_norm")
    points = {
        f"{s.split}/{s.name}": list(zip(s.x.tolist(), s.y.tolist(), strict=True))
        for s in run.series
    }
    return {name: at for name, at in points.items() if name.removeprefix("train/") not in own}


def test_an_evaluation_of_its_own_stands_at_the_row_above(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        [(i, f"val: success_rate {i / 50:.3f}  video_mse {2 / i:.4f}") for i in range(5, 41, 5)],
    )
    assert found(run) == {
        "val/success_rate": [(100.0 * i, round(i / 50, 3)) for i in range(5, 41, 5)],
        "val/video_mse": [(100.0 * i, round(2 / i, 4)) for i in range(5, 41, 5)],
    }
    assert (run.sources[0].rows, run.sources[0].unread) == (48, 0)


def test_a_counter_of_its_own_counts_before_the_row_above(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, [(i, f"[eval] step {100 * i - 50} top1_acc: {i / 60:.4f}") for i in (10, 20, 30)]
    )
    assert found(run) == {
        "eval/top1_acc": [(100.0 * i - 50, round(i / 60, 4)) for i in (10, 20, 30)]
    }


@pytest.mark.parametrize(
    "line",
    [
        lambda i: f"loss at step {100 * i} was {3 / i + 0.1 * (i % 3):.4f}",
        lambda i: f"the gradient's error norm_total: {1 + 1 / i:.3f}",
        lambda i: f"Saved checkpoint {i} took 3.{i} s",
        lambda i: f"loss_weight: 0.{i}",
        lambda i: f"I0613 17:29:57.1468 {i} net.cpp:160] created Layer{i} ({i})",
        lambda i: f"| accuracy | 0.{i} |",
    ],
    ids=[
        "the loss again",
        "the same values under another name",
        "a time",
        "a setting",
        "a layer",
        "a table",
    ],
)
def test_no_series_is_made_of_what_is_known_or_no_measurement(tmp_path: Path, line: object) -> None:
    assert callable(line)
    assert found(run_of(tmp_path, [(i, line(i)) for i in range(5, 41, 5)])) == {}


def test_a_line_with_a_metric_that_neither_pass_reads_is_counted_and_told_in_both_languages(
    tmp_path: Path,
) -> None:
    run = run_of(tmp_path, [(40, "final accuracy: 0.91"), (40, "done in 12.5 s")])
    assert (found(run), run.sources[0].unread) == ({}, 1)
    report = lossreport.compose(lossreport.analyze(run))
    said = lossreport.render(report, format="md", lang="en")
    assert "that were left unread: 1." in said
    assert "有 1 行带数字的内容没有读出" in lossreport.render(report, format="md", lang="zh")


def test_where_all_is_read_nothing_is_said_of_it(tmp_path: Path) -> None:
    run = run_of(tmp_path, [(40, "done in 12.5 s")])
    assert run.sources[0].unread == 0
    assert "left unread" not in lossreport.render(
        lossreport.compose(lossreport.analyze(run)), format="md", lang="en"
    )
