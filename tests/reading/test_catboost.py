"""CatBoost's folder: tables and JSON that say the same, also when the training was cut."""

from pathlib import Path

import pytest

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import ReadOptions, read_paths
from lossreport.reading.formats.catboost import read, sniff
from lossreport.reading.parser import ColumnChunk, SkippedLine

FOLDER = (
    Path(__file__).resolve().parents[2] / "sample_logs" / "formats" / "catboost" / "catboost_info"
)
META = '"meta":{"test_sets":["test0","test1"],"test_metrics":[{"name":"AUC"}],"learn_metrics":[{"name":"Logloss"}],"learn_sets":["learn"],"launch_mode":"Train"},'


def chunks(log: LogFile) -> dict[str, list[float]]:
    return {
        f"{chunk.key.split}/{chunk.key.name}": chunk.y.tolist()
        for chunk in read(log)
        if isinstance(chunk, ColumnChunk)
    }


def test_tables_and_json_say_the_same() -> None:
    whole = chunks(LogFile("catboost_training.json", path=FOLDER / "catboost_training.json"))
    tables = [
        chunks(LogFile(name, path=FOLDER / name)) for name in ("learn_error.tsv", "test_error.tsv")
    ]
    assert {**tables[0], **tables[1]} == whole
    assert list(whole) == ["train/Logloss", "test/Logloss", "test/AUC"]


def test_a_file_that_says_nothing_more_is_named_and_not_read_twice() -> None:
    (run,) = read_paths([FOLDER], ReadOptions(strict=True))
    assert [source.path for source in run.sources] == ["catboost_training.json"]
    assert sorted((skip.path, skip.code) for skip in run.skipped) == [
        ("learn_error.tsv", "copy"),
        ("test_error.tsv", "copy"),
    ]


def test_json_of_a_training_that_was_cut_is_read_to_its_last_whole_row() -> None:
    data = (FOLDER / "catboost_training.json").read_bytes()
    cut = data[: data.index(b'"iteration":5') + 5]
    log = LogFile("catboost_training.json", data=cut)
    assert sniff(log).value > 0.9
    assert len(chunks(log)["train/Logloss"]) == 5
    assert [
        (record.line, record.torn) for record in read(log) if isinstance(record, SkippedLine)
    ] == [(9, True)]


def test_a_table_that_was_cut_costs_its_last_row() -> None:
    data = (FOLDER / "test_error.tsv").read_bytes()[:-4]
    log = LogFile("test_error.tsv", data=data)
    assert len(chunks(log)["test/AUC"]) == 24
    assert [record.torn for record in read(log) if isinstance(record, SkippedLine)] == [True]


def test_several_test_sets_are_told_apart_and_a_round_may_leave_a_metric_out() -> None:
    rows = [
        '{"learn":[0.5],"iteration":0,"test0":[0.7],"test1":[0.8]},',
        '{"learn":[0.4],"iteration":1,"test0":[],"test1":[0.9]}',
    ]
    found = chunks(
        LogFile(
            "catboost_training.json",
            data="\n".join(("{", META, '"iterations":[', *rows, "]}")).encode(),
        )
    )
    assert found == {
        "train/Logloss": [0.5, 0.4],
        "test/test0/AUC": [0.7],
        "test/test1/AUC": [0.8, 0.9],
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("time_left.tsv", "iter\tPassed\tRemaining\n0\t1\t2\n"),
        ("learn_error.tsv", "step\tloss\n0\t1\n"),
    ],
)
def test_other_tables_are_left_to_others(name: str, text: str) -> None:
    assert sniff(LogFile(name, data=text.encode())).value == 0


def test_the_plan_and_which_way_each_metric_is_better_are_facts(tmp_path: Path) -> None:
    meta = META.replace('[{"name":"AUC"}]', '[{"name":"AUC","best_value":"Max"}]').replace(
        '[{"name":"Logloss"}]', '[{"name":"Logloss","best_value":"Min"}]'
    )
    meta = meta.replace('"launch_mode"', '"iteration_count":9,"launch_mode"')
    rows = [
        '{"learn":[0.5],"iteration":0,"test0":[0.7]},',
        '{"learn":[0.4],"iteration":1,"test0":[0.8]}',
    ]
    (tmp_path / "catboost_training.json").write_text(
        "\n".join(("{", meta, '"iterations":[', *rows, "]}"))
    )
    (run,) = read_paths([tmp_path], ReadOptions(strict=True))
    assert (run.value("max_steps"), run.value("direction.AUC"), run.value("direction.Logloss")) == (
        9,
        "max",
        "min",
    )
    assert run.progress.steps == (1, 9)
