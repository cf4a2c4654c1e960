"""A short table is read by hand and a long one by pandas: both give the same columns, to the
bit.
"""

import random

import numpy as np
import pytest

from lossreport.reading.kit.table_numbers import SHORT, _by_hand, _by_pandas, columns_of, number_of


def same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.tobytes() == other.tobytes() or bool(
            np.array_equal(np.isnan(one), np.isnan(other))
            and one[~np.isnan(one)].tobytes() == other[~np.isnan(other)].tobytes()
        )
    return type(one) is type(other) and one == other


def held_against_pandas(text: str, separator: str = ",") -> bool:
    """Return whether the text was read by hand; it must not differ then."""
    mine = _by_hand(text, separator)
    if mine is None:
        return False
    theirs = _by_pandas(text, separator)
    assert mine.keys() == theirs.keys()
    for i, column in mine.items():
        assert same(column, theirs[i]), (text, i, column, theirs[i])
    return True


def number_text(draw: random.Random) -> str:
    digits = "".join(draw.choices("0123456789", k=draw.choice((1, 2, 4, 6, 8, 15, 16, 17, 18, 21))))
    at = draw.randint(0, len(digits))
    sign = draw.choice(("", "", "", "-", "+"))
    power = draw.choice(
        (
            "",
            "",
            "",
            f"e{draw.randint(-30, 30)}",
            f"E-{draw.randint(1, 9):02d}",
            f"e{draw.randint(-320, 320)}",
        )
    )
    return draw.choice(
        (
            f"{sign}{digits[:at]}.{digits[at:]}{power}",
            f"{sign}{digits}",
            repr(draw.gauss(0, 1) * 10 ** draw.randint(-12, 12)),
        )
    )


def test_numbers_as_loggers_write_them_are_those_of_pandas_to_the_bit() -> None:
    draw = random.Random(0)
    texts = [number_text(draw) for _ in range(20_000)]
    by_hand = [
        held_against_pandas("\n".join(f"{text},{i}.5" for i, text in enumerate(texts[at : at + 4])))
        for at in range(0, 4000, 4)
    ]
    assert sum(by_hand) > len(by_hand) * 0.5
    assert held_against_pandas(
        "\n".join(f"{text},1" for text in texts if number_of(text) is not None and "." in text)
    )


@pytest.mark.parametrize(
    "cells",
    [
        ("1", "2", "3"),
        ("1", "", "3"),
        ("", "", ""),
        ("0.1", "abc", ""),
        ("epoch 1", "1", "2.50"),
        ("2024-01-01 10:00:00", "2024-01-01 10:00:01", "x"),
        ("true", "false", ""),
        ("True", "0.5", "False"),
        ("1e5", "1E-3", "1e400"),
        ("1e5", "1E-3", "1e4000"),
        (".", "-", "+"),
        (".5", "5.", "-.5e-3"),
        ("9007199254740993", "1", "2"),
        ("9007199254740993", "", "2"),
        ("99999999999999999999", "1", "2"),
        ("1_000", "2", "3"),
        ("0x10", "1j", "1,".rstrip(",")),
        (" 1.5", "2.5 ", "  "),
        ("٣", "1", "2"),
        ("5e-324", "1e-309", "1e308"),
        ("1" * 25, "0." + "0" * 20 + "123", "1.0"),
    ],
)
def test_cells_of_any_kind_are_those_of_pandas_or_left_to_it(cells: tuple[str, ...]) -> None:
    for separator in (",", "\t", ";", "|"):
        text = "\n".join(f"{cell}{separator}{row}" for row, cell in enumerate(cells))
        held_against_pandas(text, separator)
        theirs = _by_pandas(text, separator)
        assert all(same(column, theirs[i]) for i, column in columns_of(text, separator).items())


def test_random_tables_are_read_the_same_both_ways() -> None:
    draw = random.Random(1)
    kinds = (
        lambda: str(draw.randint(-9, 10**6)),
        lambda: repr(draw.random()),
        lambda: "",
        lambda: "train",
        lambda: f"{draw.random():.4e}",
    )
    for _ in range(300):
        makers = [draw.sample(kinds, draw.randint(1, 3)) for _ in range(draw.randint(2, 5))]
        text = "\n".join(
            ",".join(draw.choice(makers[i])() for i in range(len(makers)))
            for _ in range(draw.randint(1, 12))
        )
        held_against_pandas(text)


def test_a_long_text_is_read_by_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "lossreport.reading.kit.table_numbers._by_hand", lambda *_: pytest.fail("by hand")
    )
    rows = SHORT // 4 + 1
    assert len(columns_of("\n".join(["1,2"] * rows), ",")[0]) == rows
