"""Both stores of MLflow: one run a run however many files or rows it lies in, NaN is NaN, and no
run lends its settings to another.
"""

import lzma
import math
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lossreport.errors import NothingReadError
from lossreport.model.run import Axis, Run, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import MIN_SCORE, ReadOptions, candidates, read_paths
from lossreport.reading.formats.mlflow_file import PARSER, place_of, sniff

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs" / "formats"
FILES = SAMPLES / "mlflow_file" / "mlruns"
EXPERIMENT = "353940266504629894"
FIRST, SECOND = "e0919b0af8804757be4e67f93bc96b5a", "9a15f73513a34f8a98b6484edef9a580"


def runs(*paths: Path) -> dict[str, Run]:
    return {run.name: run for run in read_paths(paths, ReadOptions(strict=True))}


def values(run: Run, name: str) -> list[float]:
    (series,) = (series for series in run.series if f"{series.split}/{series.name}" == name)
    return series.y.tolist()


def change(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "mlflow.db"
    path.write_bytes(lzma.decompress((SAMPLES / "mlflow_sqlite" / "mlflow.db.xz").read_bytes()))
    return path


@pytest.mark.parametrize("store", ["mlflow_file", "mlflow_sqlite"])
def test_two_runs_keep_their_names_settings_states_and_values(store: str) -> None:
    found = runs(SAMPLES / store)
    assert sorted(found) == ["first", "second"]
    first, second = found["first"], found["second"]
    assert [run.value("lr") for run in (first, second)] == [0.1, 0.05]
    assert [run.value("run_name") for run in (first, second)] == ["first", "second"]
    assert [run.value("model.depth") for run in (first, second)] == [4, 4]
    assert {run.value("experiment") for run in (first, second)} == {"toy"}
    assert [run.status for run in (first, second)] == [Status.FINISHED, Status.CRASHED]
    assert [run.time[0] is not None and run.time[0][:10] for run in (first, second)] == [
        "2026-11-25",
        "2026-11-25",
    ]
    assert values(first, "train/loss") == [2.3 * math.exp(-step / 5) for step in range(12)]
    assert values(second, "train/loss")[:10] == [2.3 * math.exp(-step / 6) for step in range(10)]
    assert math.isnan(values(second, "train/loss")[10])
    assert values(second, "train/loss")[11] == math.inf
    assert len(values(first, "val/heads/action_loss")) == 3
    assert values(first, "test/acc") == [0.5]


# ------------------------------------------------------------------------------------- the database
def test_records_are_counted_run_after_run(database: Path) -> None:
    first, second = read_paths([database], ReadOptions(strict=True))
    for run, begin in ((first, 1), (second, 26)):
        lines = {fact.name: fact.line for fact in run.facts}
        assert (lines["run_name"], lines["lr"]) == (begin, begin + 1)
        assert (
            next(int(series.line[0]) for series in run.series if series.name == "loss") == begin + 9
        )
    assert {source.id for run in (first, second) for source in run.sources} == {"s1"}


def test_a_value_of_zero_is_nan_only_where_the_flag_says_so(database: Path) -> None:
    change(
        database,
        "UPDATE metrics SET value = 0.0 WHERE key = 'train/loss' AND step = 9",
        "UPDATE metrics SET value = -1.7976931348623157e308 WHERE key = 'train/loss' AND step = 8",
    )
    for run in runs(database).values():
        assert values(run, "train/loss")[8:10] == [-math.inf, 0.0]


def test_deleted_runs_are_passed_over(database: Path) -> None:
    change(database, "UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'first'")
    assert list(runs(database)) == ["mlflow"]
    assert runs(database)["mlflow"].value("run_name") == "second"


def test_runs_that_log_different_metrics_stay_apart(database: Path) -> None:
    change(
        database,
        "DELETE FROM metrics WHERE key <> 'train/loss' AND run_uuid IN (SELECT run_uuid FROM "
        "runs WHERE name = 'first')",
        "DELETE FROM metrics WHERE key = 'train/loss' AND run_uuid IN (SELECT run_uuid FROM runs "
        "WHERE name = 'second')",
    )
    first, second = runs(database).values()
    assert [[series.name for series in run.series] for run in (first, second)] == [
        ["loss"],
        ["heads/action_loss"],
    ]
    assert [run.value("lr") for run in (first, second)] == [0.1, 0.05]


def test_the_user_of_a_run_is_not_shown(database: Path) -> None:
    assert {run.value("tag/mlflow.user") for run in runs(database).values()} == {"[user]"}


def test_runs_of_one_name_are_told_apart(database: Path) -> None:
    change(database, "UPDATE runs SET name = 'same'")
    assert sorted(runs(database)) == ["same:1", "same:26"]


def test_a_database_cut_short_gives_what_stands_before(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        run = connection.execute("SELECT run_uuid FROM runs WHERE name = 'first'").fetchone()[0]
        connection.executemany(
            "INSERT INTO metrics VALUES ('train/loss', ?, ?, ?, ?, 0)",
            ((0.1, 1700000000000 + i, run, i) for i in range(12, 20012)),
        )
    data = database.read_bytes()
    database.write_bytes(data[: len(data) * 2 // 3])
    first = runs(database)["first"]
    assert first.sources[0].torn
    assert 1000 < len(values(first, "train/loss")) < 20012
    assert first.value("lr") == 0.1


# ---------------------------------------------------------------------------------------- the files
def test_a_name_with_slashes_lies_in_folders() -> None:
    shown = f"mlruns/{EXPERIMENT}/{FIRST}/metrics/val/heads/action_loss"
    place = place_of(shown)
    assert place == (f"mlruns/{EXPERIMENT}/{FIRST}", "metrics", "val/heads/action_loss")
    assert PARSER.run_folder is not None
    assert PARSER.run_folder(shown) == f"mlruns/{EXPERIMENT}/{FIRST}"


@pytest.mark.parametrize(
    "below",
    ["", EXPERIMENT, f"{EXPERIMENT}/{FIRST}", f"{EXPERIMENT}/{FIRST}/metrics"],
    ids=["store", "experiment", "run", "metrics of a run"],
)
def test_a_run_may_be_named_at_any_depth(below: str) -> None:
    found = read_paths([FILES / below], ReadOptions(strict=True))
    run = next(run for run in found if any(series.split == "test" for series in run.series))
    assert values(run, "train/loss") == [2.3 * math.exp(-step / 5) for step in range(12)]
    assert len(found) == (2 if below in ("", EXPERIMENT) else 1)


def test_a_run_without_a_metric_lends_its_settings_to_no_other(tmp_path: Path) -> None:
    shutil.copytree(FILES, tmp_path / "mlruns")
    shutil.rmtree(tmp_path / "mlruns" / EXPERIMENT / SECOND / "metrics")
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert [fact.value for fact in run.facts if fact.name == "lr"] == [0.1]
    assert run.status is Status.FINISHED
    assert f"mlruns/{EXPERIMENT}/{SECOND}/params/lr" in {skip.path for skip in run.skipped}


def test_a_data_set_behind_the_step_and_a_torn_line_are_known(tmp_path: Path) -> None:
    (tmp_path / "train_loss").write_text(
        "1691411533730 0.5 0 train abc123\n1691411533731 0.25 1\n16914115337", encoding="utf-8"
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert values(run, "train/loss") == [0.5, 0.25]
    assert (run.sources[0].torn, run.sources[0].skipped) == (True, 1)


def test_metrics_logged_without_a_step_are_counted(tmp_path: Path) -> None:
    (tmp_path / "train_loss").write_text(
        "".join(f"169141153373{i} {i}.5 0\n" for i in range(3)), encoding="utf-8"
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert [(series.axis, series.x.tolist()) for series in run.series] == [(Axis.ROW, [0, 1, 2])]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sensor.txt", "1691411533730 23.5 1\n1691411533731 23.6 1\n"),
        ("train_loss", "0 0.5 1\n1 0.4 2\n"),
        ("params/lr", "0.1"),
        ("meta.yaml", "name: x\nversion: 1\n"),
        (f"{'0' * 32}/params.txt", "0.1"),
    ],
)
def test_what_only_looks_like_the_store_is_not_claimed(name: str, text: str) -> None:
    log = LogFile(name, data=text.encode())
    assert sniff(log).value < MIN_SCORE
    assert (
        candidates(log)[0].parser.id != "mlflow_file" or candidates(log)[0].score.value < MIN_SCORE
    )


def test_a_folder_called_metrics_above_the_store_changes_nothing(tmp_path: Path) -> None:
    shutil.copytree(FILES, tmp_path / "metrics" / "mlruns")
    assert [run.value("lr") for run in read_paths([tmp_path], ReadOptions(strict=True))] == [
        0.05,
        0.1,
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(3, Status.FINISHED), (4, Status.CRASHED), (5, Status.INTERRUPTED), (1, Status.UNKNOWN)],
)
def test_a_state_that_a_killed_process_left_behind_tells_nothing(
    tmp_path: Path, status: int, expected: Status
) -> None:
    shutil.copytree(FILES / EXPERIMENT / FIRST, tmp_path / FIRST)
    meta = tmp_path / FIRST / "meta.yaml"
    meta.write_text(
        meta.read_text(encoding="utf-8").replace("status: 3", f"status: {status}"), encoding="utf-8"
    )
    assert [run.status for run in read_paths([tmp_path / FIRST], ReadOptions(strict=True))] == [
        expected
    ]


def test_an_empty_store_is_nothing_read(tmp_path: Path) -> None:
    (tmp_path / "meta.yaml").write_text(
        "artifact_location: x\nexperiment_id: '0'\nname: Default\n", encoding="utf-8"
    )
    with pytest.raises(NothingReadError):
        read_paths([tmp_path])
