"""A console log beside the files of a logger tells its metrics once: those that it only prints
again are left out, what it alone has is kept.
"""

from __future__ import annotations

from pathlib import Path

import lossreport
from lossreport.model.run import Run

LOSS = [3.1234567 / (1 + i) for i in range(12)]
TABLE = "step,train_loss\n" + "".join(f"{10 * i},{value}\n" for i, value in enumerate(LOSS))


def run_of(folder: Path, console: str, table: str = TABLE) -> Run:
    (folder / "metrics.csv").write_text(table, encoding="utf-8")
    (folder / "output.log").write_text(console, encoding="utf-8")
    (run,) = lossreport.read_runs([folder])
    return run


def held(run: Run) -> list[tuple[str, str]]:
    return [(series.path, series.label) for series in run.series]


def test_what_the_console_prints_again_is_left_out_and_said(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, "".join(f"Epoch {i}: loss = {value:.3f}\n" for i, value in enumerate(LOSS))
    )
    assert held(run) == [("metrics.csv", "loss")]
    assert (
        run.skipped[0].reason.plain("en")
        == "1 of its curves print again what metrics.csv holds: they count once"
    )


def test_what_only_the_console_has_is_kept(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        "".join(f"Epoch {i}: loss = {v:.3f} accuracy = {i / 13:.3f}\n" for i, v in enumerate(LOSS)),
    )
    assert held(run) == [("metrics.csv", "loss"), ("output.log", "accuracy")]


def test_a_metric_of_the_same_name_with_other_values_is_no_echo(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, "".join(f"Epoch {i}: loss = {v + 0.2:.3f}\n" for i, v in enumerate(LOSS))
    )
    assert held(run) == [("metrics.csv", "loss"), ("output.log", "loss")]


def test_a_validation_is_no_echo_of_the_training(tmp_path: Path) -> None:
    run = run_of(tmp_path, "".join(f"Epoch {i}: val_loss = {v:.3f}\n" for i, v in enumerate(LOSS)))
    assert held(run) == [("metrics.csv", "loss"), ("output.log", "val/loss")]


def test_a_plan_that_the_console_prints_counts_for_the_run(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, "".join(f"Epoch {i + 1}/20: loss = {v:.3f}\n" for i, v in enumerate(LOSS))
    )
    assert run.value("epochs") == 20


CLIENTS = {"c99f": [3.1 / (1 + i) for i in range(8)], "4b95": [5.7 / (1 + i) for i in range(8)]}
SERVER = "".join(
    f"INFO :      [ROUND {i + 1}]\n"
    + "".join(
        f"INFO :      Client {name}:\nINFO :      -> loss: {loss[i]:.6f}\n"
        for name, loss in CLIENTS.items()
    )
    + "INFO :      aggregate_evaluate: received 2 results and 0 failures\n"
    + f"INFO :      -> Mega Dice Score: {0.5 + 0.01 * i:.4f}\n"
    for i in range(8)
)


def history(digits: int) -> str:
    """Return what a logger holds of the same rounds: a step for each thing logged, the client only
    in the name.
    """
    rows = ["step,loss_c99f,loss_4b95,Mega Dice Score"]
    for i in range(6):
        rows += [
            f"{3 * i},{CLIENTS['c99f'][i]:.{digits}f},,",
            f"{3 * i + 1},,{CLIENTS['4b95'][i]:.{digits}f},",
            f"{3 * i + 2},,,{0.5 + 0.01 * i:.4f}",
        ]
    return "\n".join(rows) + "\n"


def test_what_a_console_tells_with_its_owner_and_round_counts_instead_of_names_that_mark_it(
    tmp_path: Path,
) -> None:
    run = run_of(tmp_path, SERVER, history(6))
    assert {(path, label) for path, label in held(run)} == {
        ("output.log", "loss [client c99f]"),
        ("output.log", "loss [client 4b95]"),
        ("output.log", "Mega Dice Score"),
    }
    assert {one.axis.value for one in run.series} == {"round"}
    assert [one.path for one in run.skipped] == ["metrics.csv"]


def test_marked_curves_of_other_values_are_their_own(tmp_path: Path) -> None:
    run = run_of(tmp_path, SERVER, history(6).replace("0.5", "0.6").replace("3.1", "4.1"))
    assert ("metrics.csv", "loss_4b95") not in held(run)
    run = run_of(
        tmp_path,
        SERVER,
        "step,loss_c99f,loss_4b95\n" + "".join(f"{i},{0.31 + i},{0.57 + i}\n" for i in range(6)),
    )
    assert {("metrics.csv", "loss_c99f"), ("metrics.csv", "loss_4b95")} <= set(held(run))
