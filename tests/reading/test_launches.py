"""A launch has its own settings, its own plan and its own end; the run's are those of the last
one.
"""

from pathlib import Path

from lossreport.api import analyze, read_run, read_runs
from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats.mxnet_text import PARSER
from lossreport.reading.runs.belonging import prepared
from lossreport.reading.runs.reading import Reading, read_log
from lossreport.reading.runs.weighing import Kind, weighed
from lossreport.render.to_json import schema, to_dict

FIRST = "max_iters = 500\n" + "".join(
    f"iter {i}: loss {9 - i / 100:.4f}, time 10.00ms\n" for i in range(0, 400, 20)
)
RESUMED = "Resuming training from out\nmax_iters = 1500\n" + "".join(
    f"iter {i}: loss {6 - i / 400:.4f}, time 10.00ms\n" for i in range(300, 1200, 20)
)


def log(folder: Path, text: str) -> Path:
    (folder / "train.log").write_text(text, encoding="utf-8")
    return folder


def test_a_launch_knows_its_own_lines_plan_and_end(tmp_path: Path) -> None:
    run = read_run([log(tmp_path, FIRST + RESUMED)])
    first, second = run.launches
    assert (first.first_line, first.last_line, second.first_line) == (1, 21, 22)
    assert (first.progress.steps, second.progress.steps) == ((380, 500), (1180, 1500))
    assert (first.status, second.status) == (Status.INTERRUPTED, Status.INTERRUPTED)
    assert [fact.value for fact in first.facts if fact.name == "max_steps"] == [500]


def test_the_plan_of_a_run_is_that_of_its_last_launch(tmp_path: Path) -> None:
    run = read_run([log(tmp_path, FIRST + RESUMED)])
    assert run.value("max_steps") == 1500
    assert run.progress.steps == (1180, 1500)


def test_launches_stand_in_the_json_as_the_contract_says(tmp_path: Path) -> None:
    import jsonschema

    data = to_dict(analyze(read_run([log(tmp_path, FIRST + RESUMED)])))
    jsonschema.validate(data, schema())
    assert [launch["status"] for launch in data["runs"][0]["launches"]] == [
        "interrupted",
        "interrupted",
    ]
    assert data["runs"][0]["reading"]["other"] is None
    assert data["runs"][0]["reading"]["because"][0]["en"] == "line 22 says that it resumes"


LOSSES = [3 / (1 + i) for i in range(8)]


def told_three_times(folder: Path, shift: float) -> Path:
    """One training as a table, a console log and a list of records; the console prints losses that
    are `shift` higher.
    """
    (folder / "metrics.csv").write_text(
        "epoch,loss\n" + "".join(f"{i},{v}\n" for i, v in enumerate(LOSSES))
    )
    (folder / "log.jsonl").write_text(
        "".join(f'{{"epoch": {i}, "loss": {v}}}\n' for i, v in enumerate(LOSSES))
    )
    (folder / "train.log").write_text(
        "".join(f"Epoch {i} - loss: {v + shift:.3f}\n" for i, v in enumerate(LOSSES))
        + "Training complete\n"
    )
    return folder


def test_a_launch_told_by_three_files_counts_once_and_ended_as_the_run_did(tmp_path: Path) -> None:
    for number, shift in enumerate((0.0, 0.5)):
        folder = tmp_path / str(number)
        folder.mkdir()
        run = read_run([told_three_times(folder, shift)])
        assert [launch.status for launch in run.launches] == [run.status] == [Status.FINISHED]


def test_files_of_one_format_that_go_on_one_after_another_are_launches_each(tmp_path: Path) -> None:
    head = "epoch,loss,acc\n"
    rows = [f"{i},{v},{1 - v / 4}\n" for i, v in enumerate(LOSSES)]
    (tmp_path / "metrics.csv").write_text(head + "".join(rows[:4]))
    (tmp_path / "metrics_resume.csv").write_text(head + "".join(rows[4:]))
    assert len(read_run([tmp_path]).launches) == 2


def batches(epoch: int, n: int, loss: float) -> str:
    """Two rows of each of `n` epochs of MXNet, and the last of them as a whole."""
    row = "Epoch[{e}] Batch [{b}]\tSpeed: 36.0 samples/sec\tTrain-SmoothL1={y:.5f}\n"
    return "".join(
        "".join(row.format(e=e, b=20 * k, y=loss / (1 + e) + k / 100) for k in (1, 2))
        + f"Epoch[{e}] Train-SmoothL1={loss / (1 + e):.5f}\n"
        for e in range(epoch, epoch + n)
    )


START, AGAIN = (
    "Start training with (gpu(0)) from pretrained model ssd\n",
    "Resume training with (gpu(0)) from epoch {}\n",
)


def cost(text: str) -> float:
    """What it costs to read a log of MXNet as launches one after another."""
    found = read_log(LogFile("train.log", data=text.encode()), PARSER)
    assert isinstance(found, Reading)
    (reading,) = prepared(found)
    return next(one.cost for one in weighed(reading).candidates if one.kind is Kind.LAUNCHES)


def test_launches_that_take_up_a_training_write_nothing_of_an_earlier_one_again() -> None:
    second = (
        START
        + batches(0, 20, 40.0)
        + "".join(AGAIN.format(19) + batches(19, 1, 30.0 - k) for k in range(6))
    )
    assert cost(START + batches(0, 90, 40.0) + second) == cost(
        START + batches(0, 19, 40.0) + second
    )


def test_a_start_from_scratch_of_mxnet_is_a_run_of_its_own(tmp_path: Path) -> None:
    scratch = "Experimental: start training from scratch with (gpu(0))\n"
    runs = read_runs(
        [
            log(
                tmp_path,
                START
                + batches(0, 9, 40.0)
                + scratch
                + batches(0, 6, 20.0)
                + scratch
                + batches(0, 12, 22.0),
            )
        ]
    )
    assert [len(run.launches) for run in runs] == [1, 1, 1]
