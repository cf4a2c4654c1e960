"""From paths to one run: which files are looked at, why others are not, and how their numbers are
put together.
"""

import errno
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lossreport.errors import MissingPathError, NothingReadError, UsageError
from lossreport.model.run import USER, Run, Status
from lossreport.reading import discover
from lossreport.reading.bytes import reader
from lossreport.reading.discover import ReadOptions, read_paths, select
from lossreport.reading.folder import find_logs
from lossreport.reading.formats import metriclogger_jsonl
from lossreport.reading.parser import Parser, Score
from runs import metriclogger_line, seed_rows, write_log_train


def read(*paths: Path | str, **options: object) -> Run:
    return read_paths(paths, ReadOptions(**options))[0]  # type: ignore[arg-type]


def skipped(run: Run) -> Mapping[str, str]:
    return {skip.path: skip.code for skip in run.skipped}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_log_train(tmp_path / "log_train.txt", seed_rows())
    return tmp_path


def refuse(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let opening `path` fail as it does without permission."""

    def deny(name: Any, *args: Any, **options: Any) -> Any:
        if Path(name) == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open(name, *args, **options)

    monkeypatch.setattr(reader, "open", deny, raising=False)


def rows_of_epochs(epochs: list[int], n: int = 20) -> str:
    lines = [
        metriclogger_line(epoch, i, n, closs=(8.5, 8.6))
        for epoch in epochs
        for i in range(0, n, 10)
    ]
    return "".join(f"{line}\n" for line in lines)


# -------------------------------------------------------------------------------------- which files
def test_a_folder_is_read_with_names_relative_to_it(folder: Path) -> None:
    (folder / "logs").mkdir()
    write_log_train(folder / "logs" / "log_eval.txt", [{"val_closs": 3.0, "epoch": 0}])
    run = read(folder)
    assert [source.path for source in run.sources] == ["log_train.txt", "logs/log_eval.txt"]
    assert run.name == folder.name


def test_a_file_is_read_by_its_name(folder: Path) -> None:
    run = read(folder / "log_train.txt")
    assert [source.path for source in run.sources] == ["log_train.txt"]
    assert run.name == "log_train"


@pytest.mark.parametrize(
    "name",
    [
        "notes.md",
        "report.html",
        "report.htm",
        "lossreport.json",
        "lossreport.toml",
        ".hidden.txt",
        ".git/log.txt",
        "model.pt",
    ],
)
def test_our_outputs_hidden_files_and_weights_are_no_sources(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    write_log_train(folder / name, seed_rows())
    run = read(folder)
    assert [source.path for source in run.sources] == ["log_train.txt"]
    assert run.skipped == ()


@pytest.mark.parametrize("name", ["notes.md", "report.html", "lossreport.jsonl"])
def test_our_outputs_are_no_sources_even_when_named(folder: Path, name: str) -> None:
    write_log_train(folder / name, seed_rows())
    with pytest.raises(NothingReadError):
        read(folder / name)


def test_weights_are_read_when_named(folder: Path) -> None:
    (folder / "log_train.txt").rename(folder / "log.bin")
    assert len(read(folder / "log.bin").series) == 2


def test_ignored_files_are_not_looked_at(folder: Path) -> None:
    write_log_train(folder / "log_eval.txt", [{"val_closs": 3.0, "epoch": 0}])
    assert [source.path for source in read(folder, ignore=("*eval*",)).sources] == ["log_train.txt"]


def test_folders_deeper_than_six_are_not_searched(folder: Path) -> None:
    deep = folder.joinpath(*"abcdefg")
    deep.mkdir(parents=True)
    for place in (deep.parent, deep):
        write_log_train(place / "log.txt", seed_rows())
    assert [log.shown for log in find_logs([folder])] == ["a/b/c/d/e/f/log.txt", "log_train.txt"]


def test_a_file_named_twice_is_read_once(folder: Path) -> None:
    assert len(read(folder, folder / "log_train.txt").sources) == 1


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'{"train_loss": 1.0, "epoch": 0}\n'
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    run = read("-")
    assert ([source.path for source in run.sources], run.name) == (["stdin"], "stdin")


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="gone"):
        read(tmp_path / "gone")


# -------------------------------------------------------------------------- files that are not read
@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.txt", b"", "empty"),
        ("notes.txt", b"remember the milk\n", "unrecognised"),
        ("events.dat", bytes(range(256)) * 300, "unrecognised"),
    ],
    ids=["empty", "prose", "binary"],
)
def test_a_file_that_is_no_log_costs_only_itself_and_is_named(
    folder: Path, name: str, data: bytes, code: str
) -> None:
    (folder / name).write_bytes(data)
    run = read(folder)
    assert skipped(run) == {name: code}
    assert len(run.series) == 2


def test_a_file_without_permission_costs_only_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "secret.txt").write_text("x", encoding="utf-8")
    # not by chmod: root, as in containers, may read everything
    refuse(monkeypatch, folder / "secret.txt")
    assert skipped(read(folder)) == {"secret.txt": "log"}


def test_a_file_that_cannot_be_opened_costs_only_itself(folder: Path) -> None:
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    run = read(folder)
    assert skipped(run) == {"gone.txt": "log"}
    assert "a file that does not exist" in run.skipped[0].reason.plain("en")


def test_a_parser_that_fails_costs_one_file_and_is_called_our_bug(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(log: object) -> object:
        raise RuntimeError("boom")

    broken = Parser(
        id="broken",
        title=metriclogger_jsonl.PARSER.title,
        sniff=lambda log: Score(0.0, ""),
        read=fail,
    )  # type: ignore[arg-type]
    monkeypatch.setattr(discover, "parser", lambda id: broken)
    (folder / "bad.txt").write_text("x\n", encoding="utf-8")
    run = read(folder, parsers=(("bad.txt", "broken"),))
    assert skipped(run) == {"bad.txt": "log"}
    assert "boom" in run.skipped[0].reason.plain("en")
    with pytest.raises(RuntimeError, match="boom"):
        read(folder, parsers=(("bad.txt", "broken"),), strict=True)


def test_nothing_read_lists_what_was_looked_at(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "notes.txt").write_text("milk\n", encoding="utf-8")
    (tmp_path / "args.json").write_text('{"lr": 1, "epochs": 2}', encoding="utf-8")
    with pytest.raises(NothingReadError) as caught:
        read(tmp_path)
    assert all(
        name in str(caught.value)
        for name in ("empty.txt", "notes.txt", "args.json", repr(os.fspath(tmp_path)))
    )
    assert caught.value.exit_code == 3


def test_an_empty_folder_is_nothing_read(tmp_path: Path) -> None:
    with pytest.raises(NothingReadError, match="no file"):
        read(tmp_path)


def test_a_parser_named_by_the_user_is_not_asked_whether_it_fits(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(
        "hello\n" * 30 + '{"train_loss": 1.0, "epoch": 0}\n', encoding="utf-8"
    )
    run = read(tmp_path, parsers=(("x.*", "metriclogger_jsonl"),))
    assert (run.sources[0].rows, run.sources[0].skipped) == (1, 30)
    with pytest.raises(UsageError, match="no_such"):
        read(tmp_path, parsers=(("x.*", "no_such"),))


# ------------------------------------------------------------------------------------------ the run
def test_numbers_keep_their_source_and_line(folder: Path) -> None:
    closs = next(series for series in read(folder).series if series.name == "closs")
    assert (closs.key, closs.y[7], int(closs.line[7])) == (
        "train/closs@log_train.txt:epoch_mean",
        95.19,
        8,
    )


def test_facts_of_the_user_win_over_files_and_configuration_over_logs(folder: Path) -> None:
    (folder / "args.json").write_text(
        json.dumps({"lr": 2, "epochs": 20, "seed": 1}), encoding="utf-8"
    )
    (folder / "a.log").write_text(
        "Namespace(lr=3, epochs=30, world_size=4)\n" + rows_of_epochs([0]), encoding="utf-8"
    )
    run = read(folder, facts={"lr": 1})
    assert [run.value(name) for name in ("lr", "epochs", "seed", "world_size")] == [1, 20, 1, 4]
    fact = run.fact("lr")
    assert fact is not None
    assert fact.source == USER


def torn_after(rows: int) -> str:
    return (
        "".join(f'{{"train_loss": 1.0, "epoch": {epoch}}}\n' for epoch in range(rows))
        + '{"train_lo'
    )


def test_a_torn_line_is_told_of_its_source(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(torn_after(2), encoding="utf-8")
    source = read(tmp_path).sources[0]
    assert (source.rows, source.skipped, source.torn, source.lines) == (2, 1, True, 3)
    assert [line for line, _ in source.skips] == [3]


def test_a_run_torn_in_its_second_epoch_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(torn_after(1), encoding="utf-8")
    assert read(tmp_path).sources[0].rows == 1


def test_a_resume_splits_series_and_source_into_segments(tmp_path: Path) -> None:
    text = rows_of_epochs([0, 1]) + "auto resume from /ckpt/e0\n" + rows_of_epochs([1, 2])
    (tmp_path / "output.log").write_text(text, encoding="utf-8")
    run = read(tmp_path)
    assert [(s.first_line, s.last_line, s.why) for s in run.segments] == [
        (1, 5, "start"),
        (6, 9, "resume"),
    ]
    assert {tuple((s.first_row, s.last_row) for s in series.segments) for series in run.series} == {
        ((0, 3), (4, 7))
    }


@pytest.mark.parametrize(
    ("epochs", "planned", "progress"),
    [([0, 1, 2], 5, (3, 5)), ([1, 2, 3], 3, (3, 3)), ([4, 5], None, (5, None))],
)
def test_progress_counts_epochs_whether_they_start_at_0_or_1(
    tmp_path: Path, epochs: list[int], planned: int | None, progress: tuple[int, int | None]
) -> None:
    write_log_train(tmp_path / "log.txt", [{"train_loss": 1.0, "epoch": epoch} for epoch in epochs])
    assert (
        read(tmp_path, facts={} if planned is None else {"epochs": planned}).progress.epochs
        == progress
    )


@pytest.mark.parametrize(
    ("log", "planned", "status"),
    [
        (rows_of_epochs([0]) + "Training time 0:10:00\n", 5, Status.FINISHED),
        (rows_of_epochs([0]), 2, Status.FINISHED),
        (rows_of_epochs([0]) + "Loss is nan, stopping training\n", 5, Status.CRASHED),
        (rows_of_epochs([0]) + "Traceback (most recent call last):\n", 5, Status.CRASHED),
        ("Traceback (most recent call last):\n" + rows_of_epochs([0]), None, Status.UNKNOWN),
        (
            rows_of_epochs([0])
            + "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01 ***\n",
            None,
            Status.INTERRUPTED,
        ),
        (
            "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01 ***\n"
            + rows_of_epochs([0]),
            None,
            Status.UNKNOWN,
        ),
        (rows_of_epochs([0]), 5, Status.INTERRUPTED),
        (
            rows_of_epochs([0])
            + 'Traceback (most recent call last):\n  File "a.py", line 1\nKeyboardInterrupt\n',
            None,
            Status.INTERRUPTED,
        ),
        (
            "Traceback (most recent call last):\nImportError: no flash_attn\n"
            + rows_of_epochs([0]),
            None,
            Status.UNKNOWN,
        ),
        (rows_of_epochs([0])[:-4], None, Status.INTERRUPTED),
        (rows_of_epochs([0]), None, Status.UNKNOWN),
    ],
    ids=[
        *(
            "says so",
            "all epochs",
            "nan",
            "traceback",
            "traceback before",
            "killed",
            "killed before",
        ),
        *("too few epochs", "interrupt", "caught", "torn", "unknown"),
    ],
)
def test_the_status_is_what_the_logs_tell(
    tmp_path: Path, log: str, planned: int | None, status: Status
) -> None:
    write_log_train(
        tmp_path / "log_train.txt", [{"train_closs": 1.0, "epoch": epoch} for epoch in range(2)]
    )
    (tmp_path / "output.log").write_text(log, encoding="utf-8")
    assert read(tmp_path, facts={} if planned is None else {"epochs": planned}).status is status


def test_a_traceback_is_quoted_by_the_exception_it_ends_with(tmp_path: Path) -> None:
    tail = [
        "[rank1]: Traceback (most recent call last):",
        '[rank1]:   File "train.py", line 3, in <module>',
        "[rank1]:     main()",
        "  5%|▌         | 5/100",
        "[rank1]: FloatingPointError: Minimum loss scale reached (0.0001).",
        "Traceback (most recent call last):",
        '  File "train.py", line 3, in <module>',
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
    ]
    (tmp_path / "output.log").write_text(
        rows_of_epochs([0]) + "\n".join(tail) + "\n", encoding="utf-8"
    )
    events = [(event.kind, event.quote.split(".")[0]) for event in read(tmp_path).events]
    assert ("traceback", "FloatingPointError: Minimum loss scale reached (0") in events
    assert [kind for kind, _ in events if kind != "traceback"] == ["oom"]
    assert not any("Traceback" in quote for _, quote in events)


def test_reading_twice_gives_the_same_run(folder: Path) -> None:
    first, second = read(folder), read(folder)
    assert first.sources == second.sources
    assert [(s.key, s.y.tolist()) for s in first.series] == [
        (s.key, s.y.tolist()) for s in second.series
    ]


def test_a_run_is_chosen_by_id_or_name(folder: Path) -> None:
    runs = read_paths([folder])
    assert select(runs, None) == select(runs, "r1") == select(runs, folder.name) == runs
    with pytest.raises(UsageError, match="r7"):
        select(runs, "r7")


def test_the_configuration_of_hydra_is_read_though_its_folder_is_hidden(tmp_path: Path) -> None:
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "config.yaml").write_text(
        "lr: 0.001\nmodel:\n  vocab_size: 100\nepochs: 3\n"
    )
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config.yaml").write_text("lr: 0.5\nepochs: 9\nseed: 1\n")
    write_log_train(tmp_path / "log.txt", seed_rows())
    run = read_paths([tmp_path])[0]
    assert (run.value("lr"), run.value("epochs"), run.value("vocab_size")) == (0.001, 3, 100)


def test_a_trainer_that_ended_before_its_first_row_is_told_why_there_is_none(
    tmp_path: Path,
) -> None:
    state = {
        "global_step": 50,
        "max_steps": 50,
        "num_train_epochs": 1,
        "logging_steps": 500,
        "is_world_process_zero": True,
        "log_history": [],
    }
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    with pytest.raises(NothingReadError, match="logs every 500 of 50 steps"):
        read_paths([tmp_path])
