"""A launch has its own settings, its own plan and its own end; the run's are those of the last one."""

from pathlib import Path

from lossreport.api import analyze, read_run
from lossreport.model.run import Status
from lossreport.render.to_json import schema, to_dict

FIRST = "max_iters = 500\n" + "".join(f"iter {i}: loss {9 - i / 100:.4f}, time 10.00ms\n" for i in range(0, 400, 20))
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
    assert [launch["status"] for launch in data["runs"][0]["launches"]] == ["interrupted", "interrupted"]
    assert data["runs"][0]["reading"]["other"] is None
    assert data["runs"][0]["reading"]["because"][0]["en"] == "line 22 says that it resumes"


LOSSES = [3 / (1 + i) for i in range(8)]


def told_three_times(folder: Path, shift: float) -> Path:
    """One training as a table, a console log and a list of records; the console prints losses that are `shift` higher."""
    (folder / "metrics.csv").write_text("epoch,loss\n" + "".join(f"{i},{v}\n" for i, v in enumerate(LOSSES)))
    (folder / "log.jsonl").write_text("".join(f'{{"epoch": {i}, "loss": {v}}}\n' for i, v in enumerate(LOSSES)))
    (folder / "train.log").write_text("".join(f"Epoch {i} - loss: {v + shift:.3f}\n" for i, v in enumerate(LOSSES)) + "Training complete\n")
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
