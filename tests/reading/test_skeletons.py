"""Lines that differ in their numbers alone are read by one recipe, and say what they say word by
word.
"""

from collections.abc import Iterator

import pytest

from lossreport.reading.lines import skeletons
from lossreport.reading.lines.row import TextRow, text_row
from lossreport.reading.lines.skeletons import PROBES, Skeletons


def word_by_word(text: str) -> TextRow | None:
    return text_row(text, dicts=True)


LINES = {
    "a row": [
        f"Epoch {n // 10}/30 iter {n} loss {2 - n / 99:.4f} ({3 - n / 99:.4f}) lr 0.10{n % 7}"
        for n in range(90)
    ],
    "a constant that changes at last": [
        f"step {n} loss 0.{n + 100} lr {0.1 if n < 60 else 0.01} wd 0.1" for n in range(90)
    ],
    "two equal numbers that part": [f"step {n} loss {min(n, 50)}.5 acc {n}.5" for n in range(90)],
    "a label that is a number": [
        f"client {n // 30} round {n % 30} loss 0.{n + 100}" for n in range(90)
    ],
    "NaN among numbers": [f"step {n} loss {'nan' if n % 9 == 5 else n + 0.5}" for n in range(90)],
    "a fraction that exceeds its total": [f"[{n}/40] loss 0.{n + 100}" for n in range(90)],
    "a fraction with blanks that exceeds its total": [
        f"| epoch 1 |{n * 7 % 61:5d}/   40 batches | loss 0.{n + 100}" for n in range(90)
    ],
    "signs and exponents": [
        f"step {n} loss -{n}.25 grad {n}e-0{n % 5 + 1} reward {'-' if n % 2 else ''}{n}.0"
        for n in range(90)
    ],
    "a bar": [
        f"loss 0.{n + 100}:  {n}%|##   | {n}/100 [00:{n % 60:02d}<01:00, 1.{n}it/s]"
        for n in range(90)
    ],
    "thousands": [f"step {n},{n + 100} loss 0.{n + 100}" for n in range(1, 90)],
    "a share of counts": [f"epoch {n} acc: {n}/{n + 100}" for n in range(90)],
    "no row": [f"Saved model_{n}.pt in {n}.3 s" for n in range(90)],
    "names with digits": [
        f"step {n} acc@1 {n}.5 acc@5 {n + 1}.5 mAP50 0.{n + 10} layer{n % 3} loss 0.{n + 100}"
        for n in range(90)
    ],
    "stamps": [
        f"2024-01-{n % 28 + 1:02d} 10:{n % 60:02d}:00,{n + 100} INFO [train.py:{n}] step {n} "
        f"loss 0.{n + 100}"
        for n in range(90)
    ],
}


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES)
def test_a_recipe_says_what_reading_word_by_word_says(lines: list[str]) -> None:
    reader = Skeletons()
    assert [repr(reader.row(line)) for line in lines] == [
        repr(word_by_word(line)) for line in lines
    ]


def calls(lines: list[str]) -> Iterator[str]:
    """Yield the lines that are read word by word."""
    read: list[str] = []

    def counted(text: str) -> TextRow | None:
        read.append(text)
        return word_by_word(text)

    reader = Skeletons(counted)
    for line in lines:
        reader.row(line)
    yield from read


def test_most_lines_of_a_log_are_not_read_word_by_word() -> None:
    lines = [f"iter {n} loss 0.{n} acc 0.{n % 89 + 10}" for n in range(1000, 2000)]
    assert len(list(calls(lines))) <= PROBES + len(lines) // skeletons.CHECK_EVERY + 1


@pytest.mark.parametrize(("lines", "closed"), [(PROBES - 1, True), (PROBES + 5, False)])
def test_a_recipe_is_used_after_four_probes(lines: int, closed: bool) -> None:
    told = [f"step {n} loss 0.{n}" for n in range(100, 100 + lines)]
    assert (len(list(calls(told))) == lines) is closed


def test_a_file_of_free_text_keeps_a_bounded_number_of_skeletons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(skeletons, "MOST", 10)
    reader = Skeletons()
    words = [f"{chr(97 + a)}{chr(97 + b)} loss 0.5" for a in range(26) for b in range(26)]
    assert [repr(reader.row(line)) for line in words] == [
        repr(word_by_word(line)) for line in words
    ]
    assert len(reader._known) == 10
