"""From bytes to numbered lines, however the file ends its lines and wherever a block ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lossreport.errors import LogError
from lossreport.reading.bytes import reader
from lossreport.reading.bytes.reader import Line, LogFile, is_noisy
from lossreport.reading.bytes.terminal import NOISE


@pytest.fixture(params=[3, 4, 7, 1 << 20], ids=lambda size: f"blocks of {size}")
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(reader, "BLOCK_BYTES", request.param)
    return request.param


def lines(data: bytes) -> list[tuple[int, str, bool]]:
    return [(line.number, line.text, line.complete) for line in LogFile("x.log", data=data).lines()]


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a\nb\n", [(1, "a", True), (2, "b", True)]),
        (b"a\r\nb\r\n", [(1, "a", True), (2, "b", True)]),
        (b"a\n\nb\n", [(1, "a", True), (2, "", True), (3, "b", True)]),
        (b"a\nb", [(1, "a", True), (2, "b", False)]),
        (b"a\r\nb\r", [(1, "a", True), (2, "b", False)]),
        (b"\xef\xbb\xbfa\nb\n", [(1, "a", True), (2, "b", True)]),
        ("训练\n损失\n".encode(), [(1, "训练", True), (2, "损失", True)]),
        (b"\xffa\n", [(1, "\ufffda", True)]),
    ],
    ids=[
        "empty",
        "LF",
        "CRLF",
        "blank line",
        "torn end",
        "torn end after CR",
        "BOM",
        "UTF-8",
        "no UTF-8",
    ],
)
def test_lines_are_numbered_from_1_without_their_ends(
    data: bytes, expected: list[tuple[int, str, bool]]
) -> None:
    assert lines(data) == expected


@pytest.mark.usefixtures("block")
def test_fragments_between_lone_carriage_returns_keep_the_number_of_their_line() -> None:
    assert lines(b"1%\r50%\r100%\nnext\n") == [
        (1, "1%", True),
        (1, "50%", True),
        (1, "100%", True),
        (2, "next", True),
    ]


@pytest.mark.usefixtures("block")
def test_in_a_file_of_carriage_returns_only_they_end_lines() -> None:
    assert lines(b"a\rb\rc") == [(1, "a", True), (2, "b", True), (3, "c", False)]


def test_a_character_cut_by_the_end_of_a_block_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", 4)
    assert lines("ab损失\n".encode()) == [(1, "ab损失", True)]


def test_a_file_and_the_same_bytes_from_stdin_read_alike(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbfa\r\nb\rc\nd"
    (tmp_path / "x.log").write_bytes(data)
    from_file = LogFile("x.log", path=tmp_path / "x.log")
    assert list(from_file.lines()) == list(LogFile("stdin", data=data).lines())
    assert from_file.digest() == LogFile("stdin", data=data).digest()


def test_the_encoding_is_told_by_the_byte_order_mark() -> None:
    assert LogFile("x", data=b"\xef\xbb\xbfa").encoding == "utf-8-sig"
    assert LogFile("x", data=b"a").encoding == "utf-8"


def test_the_head_holds_complete_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "HEAD_BYTES", 5)
    assert LogFile("x", data=b"ab\ncdef\n").head_lines == ("ab",)
    assert LogFile("x", data=b"abcdefgh").head_lines == ("abcde",)


def test_a_file_that_cannot_be_opened_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"Couldn't read 'gone\.log'"):
        LogFile("gone.log", path=tmp_path / "gone.log").open()


def test_a_line_says_what_it_is() -> None:
    assert Line(1, "a", True)._fields == ("number", "text", "complete", "writer")


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(
    "data",
    [
        b"a 1\nb 2\nc",
        b"a\r\nb\nc\r\r\nd\r\n",
        b"a\rb\rc\r",
        b"10%\r20%\r\nend\r",
        b"bar\x08\x08x\n\x1b[31mred\x1b[0m\n**1.5**\n\0\n",
        b"[rank0]: loss 1\n[rank1]: loss 2\n[rank0]: loss 3\n[rank1]: loss 4\n",
        b"\xff\xfe\n1\r\n",
    ],
)
def test_the_lines_of_a_block_are_the_same_all_at_once(data: bytes) -> None:
    log = LogFile("x.log", data=data)
    held = [log.columns_of(block) for block in log.blocks()]
    assert [line for lines in held for line in lines] == list(log.lines())
    for lines in held:
        assert [line.text for line in lines] == list(lines.texts)
        assert [line.number for line in lines] == lines.numbers.tolist()
        assert list(lines[1:]) == list(lines)[1:]


@pytest.mark.parametrize("code", range(256))
def test_a_block_is_noisy_where_the_terminal_may_have_written_into_it(code: int) -> None:
    for text in (f"a{chr(code)}b", f"**{chr(code)}", f"*{chr(code)}*1"):
        assert is_noisy(text.encode()) or NOISE.search(text) is None
