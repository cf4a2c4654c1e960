"""A log is read in the encoding it was written in, line by line where a file holds several."""

import pytest

from lossreport.reading.bytes.encoding import detect, is_binary
from lossreport.reading.bytes.reader import LogFile

TEXT = (
    "第3轮 训练损失: 0.5213 学习率: 1e-4，验证准确率提高\nepoch 4 训练损失: 0.4101，"
    "梯度范数正常\n轮次 5 损失 0.39\n"
)
TRADITIONAL = (
    "第3輪 訓練損失: 0.5213 學習率: 1e-4，驗證準確率提高\nepoch 4 訓練損失: 0.4101，"
    "梯度範數正常\n輪次 5 損失 0.39\n"
)


def texts(data: bytes) -> list[str]:
    return [line.text for line in LogFile("x.log", data=data).lines()]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8-sig"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("gb18030"), "gb18030"),
    ],
    ids=["UTF-8", "BOM", "UTF-16LE BOM", "UTF-16BE BOM", "UTF-16LE", "UTF-16BE", "GB18030"],
)
def test_the_same_log_reads_the_same_in_every_encoding(data: bytes, encoding: str) -> None:
    log = LogFile("x.log", data=data)
    assert log.encoding == encoding
    assert texts(data) == TEXT.splitlines()
    assert log.text() == TEXT
    assert list(log.head_lines[:3]) == TEXT.splitlines()


def test_traditional_chinese_windows_is_big5() -> None:
    assert detect(TRADITIONAL.encode("big5")) == "big5"
    assert texts(TRADITIONAL.encode("big5")) == TRADITIONAL.splitlines()


def test_lines_of_another_encoding_among_utf_8_are_read() -> None:
    first, second, third = TEXT.splitlines(keepends=True)
    assert texts(first.encode() + second.encode("gb18030") + third.encode()) == TEXT.splitlines()


def test_a_line_that_changes_its_encoding_in_the_middle_is_read() -> None:
    first, rest = TEXT.split("学", 1)
    data = first.encode() + "学".encode("gb18030") + rest.encode("gb18030")
    assert texts(data) == TEXT.splitlines()


def test_a_damaged_byte_costs_one_character_and_not_the_file() -> None:
    data = TEXT.encode().replace("梯度".encode(), b"\xff\xfe\xfd", 1)
    assert texts(data)[0] == TEXT.splitlines()[0]
    assert "0.4101" in texts(data)[1]


def test_a_binary_file_is_not_taken_for_utf_16() -> None:
    assert detect(b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22\x09\0\0\0\x80" * 40) == "utf-8"


def test_utf_16_is_whole_wherever_a_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lossreport.reading.bytes.reader.BLOCK_BYTES", 3)
    assert texts(b"\xff\xfe" + TEXT.encode("utf-16-le")) == TEXT.splitlines()


@pytest.mark.parametrize(("controls", "expected"), [(20, False), (21, True)])
def test_a_file_is_binary_from_two_controls_in_a_hundred_bytes(
    controls: int, expected: bool
) -> None:
    assert is_binary(b"\x01" * controls + b"x" * (1000 - controls)) is expected


@pytest.mark.parametrize(
    "text",
    [
        b"\0" * 500 + b"loss 1\n" * 50,
        b"\x1b[A\r\x08\x07loss 1\n" * 50,
        "损失 1\n".encode("gb18030") * 50,
    ],
    ids=["holes", "terminal", "gbk"],
)
def test_holes_terminal_codes_and_other_encodings_are_text(text: bytes) -> None:
    assert not is_binary(text)
    assert LogFile("x", data=text).head_lines


def test_wide_text_is_no_binary_file() -> None:
    data = "丁丑 loss 1\r\n".encode("utf-16-le") * 50  # U+4E01 and U+4E11
    assert is_binary(data)
    assert detect(data) == "utf-16-le"
    assert LogFile("x", data=data).head_lines
