"""What is known of many lines by their layouts is what is known of each by itself."""

from __future__ import annotations

import random

import numpy as np
import pytest

from lossreport.reading.bytes.texts import Texts
from lossreport.reading.kit import layouts
from lossreport.reading.kit.layouts import UNKNOWN, Layouts
from lossreport.reading.kit.shapes import BEYOND, WHOLE, ZERO, shapes_of

LINES = (
    "epoch {a} step {b}/500 loss: {c} lr 5e-0{d}",
    "top-{d} acc@5 {c} v1.{d}.3 0x{b} -{c}",
    "{b}:{a} | {a} of {b} {c}e+0{d} 损失 {c}",
    "no number",
    "",
)


def some_lines(count: int, draw: random.Random) -> list[str]:
    """Return lines of a few forms, of which the numbers differ in length too."""
    return [
        draw.choice(LINES).format(
            a=draw.randrange(12),
            b=draw.randrange(10 ** draw.randrange(1, 7)),
            c=draw.choice((repr(draw.random()), f"{draw.gauss(2, 1):.4f}", "0.000", "3.00")),
            d=draw.randrange(10),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("most", [3, layouts.MOST])
def test_a_line_has_the_shape_and_the_numbers_that_it_has_alone(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts, "MOST", most)
    draw, known = random.Random(3), Layouts()
    for _ in range(4):
        texts = some_lines(80, draw)
        page = known.page(Texts("\n".join(texts).encode()))
        assert page is not None
        if most == layouts.MOST:
            assert UNKNOWN not in page.shapes
        for at, text in enumerate(texts):
            alone, shape = shapes_of([text]), int(page.shapes[at])
            assert alone is not None
            if shape == UNKNOWN:
                continue
            line = np.array([at])
            assert page.key(shape) == alone.keys[0]
            assert page.count(shape) == len(alone.values)
            numbers = [page.numbers(line, number)[0] for number in range(len(alone.values))]
            assert np.array(numbers).tobytes() == alone.values.tobytes()
            flags = [page.flags(line, number)[0] for number in range(len(alone.values))]
            assert flags == alone.flags.tolist()


def test_digits_of_a_name_tell_shapes_apart() -> None:
    page = Layouts().page(Texts(b"top1 0.5\ntop5 0.6\ntop1 0.7"))
    assert page is not None
    first, second, third = page.shapes.tolist()
    assert first == third != second


def test_control_characters_are_not_looked_at() -> None:
    assert Layouts().page(Texts(b"loss \x01 2")) is None
    assert Layouts().page(Texts(b"loss 1\rloss 2")) is None


def test_flags_say_what_may_be_asked_of_a_number() -> None:
    shapes = shapes_of(["0 2.0 10/9 9/10 0.00"])
    assert shapes is not None
    assert shapes.flags.tolist() == [ZERO, WHOLE, 0, BEYOND, 0, 0, ZERO + WHOLE]


def test_texts_are_the_lines_that_they_are_made_of() -> None:
    lines = ["a", "", "损失 1", "\ud800"]
    texts = Texts.of(lines)
    assert texts is not None
    assert list(texts) == lines == [texts[at] for at in range(-4, 0)]
    assert list(texts[1:3]) == lines[1:3]
    assert list(texts[3:1]) == []
    assert (texts.longest, texts[1:2].longest) == (8, 0)
    with pytest.raises(IndexError):
        texts[4]
    with pytest.raises(ValueError, match="in a row"):
        texts[::2]


def test_lines_that_hold_line_breaks_are_no_texts() -> None:
    assert Texts.of(["a\nb"]) is None
    assert Texts.of(Texts(b"a")[1:]) is None
