"""A program that broke before it logged a metric is refused with the words of its error, its file
and its line.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import lossreport
from lossreport.errors import NothingReadError

TRACE = (
    'Loading data\nTraceback (most recent call last):\n  File "train.py", line 12, in '
    "<module>\n    main()\n"
)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"{TRACE}ZeroDivisionError: division by zero\n", 5, "ZeroDivisionError: division by zero"),
        (
            "Epoch 1/10\n 5%|#  | 5/100 [00:01<00:19]\nRuntimeError: CUDA out of memory.\n",
            3,
            "RuntimeError: CUDA out of memory.",
        ),
        (
            "slurmstepd: error: *** JOB 12 CANCELLED DUE TO TIME LIMIT ***\n",
            1,
            "JOB 12 CANCELLED DUE TO TIME LIMIT",
        ),
    ],
)
def test_a_refusal_says_in_both_languages_where_the_program_broke(
    text: str, line: int, words: str, tmp_path: Path
) -> None:
    (tmp_path / "err.log").write_text(text)
    with pytest.raises(NothingReadError) as refusal:
        lossreport.read_run([tmp_path])
    said = str(refusal.value)
    assert f"err.log line {line} says: " in said
    assert f"err.log 第 {line} 行报错：" in said
    assert said.count(words) == 2


def test_of_several_errors_the_last_one_broke_it(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(f"{TRACE}KeyError: 'a'\n{TRACE}KeyError: 'b'\n")
    with pytest.raises(NothingReadError, match="line 10 says: KeyError: 'b'"):
        lossreport.read_run([tmp_path])


def test_a_refusal_keeps_what_is_private(tmp_path: Path) -> None:
    (tmp_path / "err.log").write_text(
        f"{TRACE}FileNotFoundError: [Errno 2] No such file or directory: '/home/bob/data'\n"
    )
    with pytest.raises(NothingReadError) as refusal:
        lossreport.read_run([tmp_path])
    assert "bob" not in str(refusal.value).replace(str(tmp_path), "")


@pytest.mark.parametrize(
    "text",
    [
        "hello\nEpoch 1/10\nEpoch 2/10\n",
        "errors may occur; an exception is raised where none is found\n",
    ],
)
def test_a_refusal_of_what_tells_of_no_error_says_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "some.log").write_text(text)
    with pytest.raises(NothingReadError) as refusal:
        lossreport.read_run([tmp_path])
    assert "says" not in str(refusal.value)


def test_the_refusal_of_a_log_that_only_broke_says_what_to_do(tmp_path: Path) -> None:
    lines = [
        "Traceback (most recent call last):",
        '  File "train.py", line 42, in <module>',
        "    main()",
        "RuntimeError: CUDA error: out of memory",
    ]
    (tmp_path / "train.log").write_text("\n".join(lines) + "\n")
    with pytest.raises(NothingReadError) as refused:
        lossreport.read_runs([tmp_path])
    assert "smaller batch" in refused.value.hint
    (tmp_path / "train.log").write_text(
        "Traceback (most recent call last):\nOddError: no such thing\n"
    )
    with pytest.raises(NothingReadError) as refused:
        lossreport.read_runs([tmp_path])
    assert refused.value.hint == "Ask which formats fit: lossreport formats PATH."


def test_no_space_left_beside_a_bus_error_is_the_shared_memory(tmp_path: Path) -> None:
    lines = [
        "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient "
        "shared memory (shm).",
        "Traceback (most recent call last):",
        "OSError: [Errno 28] No space left on device",
    ]
    (tmp_path / "train.log").write_text("\n".join(lines) + "\n")
    with pytest.raises(NothingReadError) as refused:
        lossreport.read_runs([tmp_path])
    assert "shm" in refused.value.hint
