"""A batch writes every report it can, says what it could not, and loses nothing when it is stopped
or a worker dies.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from lossreport import progress
from lossreport.batch.batch import JOURNAL, SUMMARY, Job, build_one, run
from lossreport.batch.journal import Outcome, append, finished
from lossreport.errors import MissingPathError, NothingReadError
from runs import falling


def make_runs(place: Path, count: int, rows: int = 12) -> Path:
    place.mkdir()
    for number in range(count):
        folder = place / f"run{number:03}"
        folder.mkdir()
        lines = [f"{i},{y:.5f}" for i, y in enumerate(falling(rows, seed=number))]
        (folder / "log.csv").write_text("step,loss\n" + "\n".join(lines) + "\n")
    return place


def test_every_subfolder_with_logs_gets_a_report_and_a_bad_one_stops_nothing(
    tmp_path: Path,
) -> None:
    place = make_runs(tmp_path / "runs", 3)
    (place / "bad").mkdir()
    (place / "bad" / "train.log").write_text("no metric here\n")
    (place / "empty").mkdir()
    done = run([place], jobs=2, form="json")
    assert [(one.path, one.state) for one in done] == [
        ("bad", "failed"),
        ("run000", "done"),
        ("run001", "done"),
        ("run002", "done"),
    ]
    assert "train.log" in done[0].error
    assert (
        json.loads((place / "run001" / "lossreport.json").read_text())["schema"] == "lossreport/1"
    )
    assert [one.verdicts for one in done[1:]] != [(), (), ()]


def test_a_resumed_batch_leaves_out_what_is_done_and_still_as_it_was(tmp_path: Path) -> None:
    place = make_runs(tmp_path / "runs", 4)
    with ThreadPoolExecutor(1) as executor:
        run([place], executor=executor, form="json")
        (place / "run001" / "lossreport.json").unlink()
        (place / "run002" / "lossreport.json").write_text("{}")
        again: list[str] = []
        done = run(
            [place],
            executor=executor,
            form="json",
            resume=True,
            told=lambda one: again.append(one.path),
        )
    assert sorted(again) == ["run001", "run002"]
    assert [one.state for one in done] == ["done"] * 4


def test_a_torn_line_of_the_journal_counts_for_nothing(tmp_path: Path) -> None:
    journal = tmp_path / "j.jsonl"
    (tmp_path / "r").write_text("x")
    from lossreport.batch.journal import sha256_of

    one = Outcome(path="a", state="done", report="r", sha256=sha256_of(tmp_path / "r"))
    append(journal, one)
    with journal.open("a") as file:
        file.write('{"path": "b", "state": "do')
    append(journal, Outcome(path="c", state="failed", error="x"))
    assert finished(journal) == {"a": one}
    assert len(journal.read_text().splitlines()) == 3


def test_a_run_that_takes_its_process_down_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_runs(tmp_path / "runs", 4)
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os, lossreport.api as api\n"
        "build = api.build\n"
        "def deadly(paths, *given, **extra):\n"
        "    if paths[0].endswith('run002'): os._exit(9)\n"
        "    return build(paths, *given, **extra)\n"
        "api.build = deadly\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(hook))
    done = run([place], jobs=1, form="json")
    assert [one.state for one in done] == ["done", "done", "failed", "done"]
    assert "died" in done[2].error


def test_a_lent_executor_that_breaks_costs_no_run(tmp_path: Path) -> None:
    place = make_runs(tmp_path / "runs", 4)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        victim = executor.submit(os.getpid).result()
        os.kill(victim, signal.SIGKILL)
        done = run([place], executor=executor, jobs=1, form="json")
    assert [one.state for one in done] == ["done"] * 4


def test_where_there_is_nothing_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(NothingReadError):
        run([tmp_path])
    with pytest.raises(MissingPathError):
        run([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("limit", "code"), [((), 0), (("--fail-on", "critical"), 0), (("--fail-on", "high"), 4)]
)
def test_the_exit_code_is_that_of_the_gravest_finding(
    limit: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    place = make_runs(tmp_path / "runs", 1, rows=60)
    log = place / "run000" / "log.csv"
    lines = log.read_text().splitlines()
    lines[40] = "39,95.0"
    log.write_text("\n".join(lines) + "\n")
    command = [
        sys.executable,
        "-m",
        "lossreport",
        "batch",
        place,
        "-f",
        "json",
        "--jobs",
        "1",
        *limit,
    ]
    done = subprocess.run(command, check=False, capture_output=True)
    assert (done.returncode, done.stdout) == (code, b"")
    assert b"1 of 1 reports written, 0 failed" in done.stderr


def test_an_outcome_can_travel_to_a_worker_and_back(tmp_path: Path) -> None:
    import pickle

    job = Job(folder=str(tmp_path), path="x", report="x/r", target=str(tmp_path / "r"), form="json")
    outcome = build_one(pickle.loads(pickle.dumps(job)))
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert outcome.state == "failed"


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
def test_a_dask_worker_that_is_killed_midway_loses_nothing_of_500_runs(tmp_path: Path) -> None:
    from distributed import Client, LocalCluster

    place = make_runs(tmp_path / "runs", 500)
    options = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "dashboard_address": ":0",
        "silence_logs": 50,
    }
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        victim = client.submit(os.getpid, pure=False).result()
        done: list[Outcome] = []

        def kill() -> None:
            while len(done) < 50:
                time.sleep(0.05)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        outcomes = run(
            [place], executor=client.get_executor(pure=False), form="json", told=done.append
        )
        killer.join()
    assert [one.state for one in outcomes] == ["done"] * 500
    assert len({one.path for one in done}) == len(done) == 500
    assert len(finished(place / JOURNAL)) == 500


ENDLESS = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
import multiprocessing, os
from lossreport.batch.batch import die_with
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=die_with, initargs=(os.getpid(),)) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600).result()
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_a_batch_that_is_killed(how: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as batch:
        assert batch.stdout is not None
        worker = int(batch.stdout.readline())
        batch.send_signal(how)
        batch.wait()
    until = time.monotonic() + 60
    while _lives(worker) and time.monotonic() < until:
        time.sleep(0.2)
    assert not _lives(worker)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        Path(f"/proc/{pid}/stat").exists() is False
        or Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    )


def test_a_failed_run_is_told_at_the_end_in_the_summary_and_with_strict_by_the_exit_code(
    tmp_path: Path,
) -> None:
    place = make_runs(tmp_path / "runs", 1)
    (place / "bad").mkdir()
    (place / "bad" / "train.log").write_text("no metric here\n")
    for fold in ("fold0", "fold1"):
        (place / "nest" / fold).mkdir(parents=True)
        (place / "nest" / fold / "log.csv").write_text(
            "step,loss\n" + "".join(f"{i},{1 / (i + 1):.4f}\n" for i in range(12))
        )
    command = [sys.executable, "-m", "lossreport", "batch", str(place), "--jobs", "1", "-f", "json"]
    plain = subprocess.run(command, check=False, capture_output=True, text=True)
    assert plain.returncode == 0
    assert "2 of 3 reports written, 1 failed" in plain.stderr
    assert (
        "nest holds several folders of logs (fold0, fold1): one report of 2 runs; name it itself"
        in plain.stderr
    )
    assert "        verdict         severity  run\n" in plain.stderr
    assert "\r" not in plain.stderr
    assert subprocess.run([*command, "--strict"], check=False, capture_output=True).returncode == 4
    told = json.loads((place / SUMMARY).read_text())
    assert (told["runs"], told["failed"], len(told["outcomes"]), told["nested"]) == (
        3,
        1,
        3,
        {"nest": ["fold0", "fold1"]},
    )


def test_how_far_a_batch_is_can_be_heard(tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    place = make_runs(tmp_path / "runs", 2)
    with progress.heard_by(lambda stage, share: heard.append((stage, share))):
        run([place], jobs=1, form="json")
    assert [share for stage, share in heard if stage == "reporting"] == [0.0, 0.5, 1.0]
