"""What a terminal would have shown is what is read: no escape codes, no erased text, no prefix of a
launcher.
"""

from pathlib import Path

import pytest

import lossreport
from lossreport.reading.bytes.reader import Line, LogFile
from lossreport.reading.bytes.terminal import fragments


def lines(data: bytes, writer: str = "") -> list[Line]:
    return list(LogFile("x.log", data=data, writer=writer).lines())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x1b[32mloss\x1b[0m 0.5\n", ["loss 0.5"]),
        (b"\x1b]0;title\x07loss 0.5\x1b[K\n", ["loss 0.5"]),
        (b"los\x08\x08\x08loss 0.5\n", ["loss 0.5"]),
        (
            b"1/2 [>..] - loss: 2.0" + b"\x08" * 30 + b"2/2 [===] - loss: 1.0\n",
            ["1/2 [>..] - loss: 2.0", "2/2 [===] - loss: 1.0"],
        ),
        (b" 50%|##| 1/2\r100%|####| 2/2\r\n", [" 50%|##| 1/2", "100%|####| 2/2"]),
        (b"loss 0.5\n" + b"\0" * 4096 + b"loss 0.4\n", ["loss 0.5", "loss 0.4"]),
    ],
    ids=["colour", "title", "backspace", "keras bar", "tqdm", "hole of NUL"],
)
def test_terminal_noise_is_taken_off(data: bytes, expected: list[str]) -> None:
    assert [line.text for line in lines(data)] == expected
    assert list(LogFile("x.log", data=data).head_lines[: len(expected)]) == expected


@pytest.mark.parametrize(
    ("prefix", "writer"),
    [
        ("[rank1]: ", "rank1"),
        ("[default1]:", "default1"),
        ("[1,3]<stdout>: ", "3"),
        ("(RayTrainWorker pid=123, ip=10.0.0.1) ", "RayTrainWorker pid=123"),
        ("1: ", "1"),
        ("worker-1: ", "worker-1"),
    ],
    ids=["torchrun", "torchrun tee", "mpirun", "ray", "srun", "pdsh"],
)
def test_the_prefix_of_a_launcher_becomes_the_writer(prefix: str, writer: str) -> None:
    found = lines("".join(f"{prefix}step {i} loss {i}.5\n" for i in range(5)).encode())
    assert [line.text for line in found] == [f"step {i} loss {i}.5" for i in range(5)]
    assert {line.writer for line in found} == {writer}


def test_a_plain_number_at_the_start_of_few_lines_is_no_prefix() -> None:
    data = b"1: first\nepoch 1 loss 2\nepoch 2 loss 1\nepoch 3 loss 1\n"
    assert [line.text for line in lines(data)] == data.decode().splitlines()


def test_the_view_of_a_writer_holds_its_lines_and_the_first_one_the_unmarked_ones() -> None:
    data = b"starting\n[rank0]: loss 1\n[rank1]: loss 2\n[rank0]: loss 3\n"
    assert LogFile("x.log", data=data).writers == ("rank0", "rank1")
    assert [(line.number, line.text) for line in lines(data, "rank0")] == [
        (1, "starting"),
        (2, "loss 1"),
        (4, "loss 3"),
    ]
    assert [(line.number, line.text) for line in lines(data, "rank1")] == [(3, "loss 2")]


def test_a_number_in_bold_is_a_number_and_a_power_is_left(tmp_path: Path) -> None:
    assert list(fragments("train loss : **-0.0682** ")) == ["train loss : -0.0682 "]
    assert list(fragments("size = 2**10")) == ["size = 2**10"]
    rows = "".join(f"epoch: {i} train loss: **{2 - i / 10:.4f}**\n" for i in range(8))
    (tmp_path / "train.log").write_text(rows, encoding="utf-8")
    (run,) = lossreport.read_runs([tmp_path])
    assert [(one.name, one.y[0], len(one)) for one in run.series] == [("loss", 2.0, 8)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acc: **45.5%**, loss 1", "acc: 45.5%, loss 1"),
        ("loss: **0.5 ± 0.1**", "loss: 0.5 ± 0.1"),
        ("loss: 0.5**2**2", "loss: 0.5**2**2"),
        ("*** 3 ***", "*** 3 ***"),
    ],
)
def test_only_what_stands_by_itself_is_bold(text: str, shown: str) -> None:
    assert list(fragments(text)) == [shown]
