"""The fast ways of reading give, bit by bit, what reading every line by itself gives: of samples,
of stretched and broken ones, and of real logs.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fuzz.mutations import mutated, samples
from lossreport.errors import LossreportError
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.discover import candidates
from lossreport.reading.formats import generic_dict, hf_stdout, metriclogger_text
from lossreport.reading.kit import line_stretches
from lossreport.reading.kit.line_by_line import VARIABLE
from lossreport.reading.kit.rows import RowWriter
from lossreport.reading.lines.plain import PlainRows
from lossreport.reading.lines.stretches import Stretches
from lossreport.reading.parser import Parser, parser
from lossreport.reading.runs.reading import Reading, read_log

SHARED = Path(__file__).resolve().parents[3] / "shared"
LARGEST = 300_000
"""Bytes of a real log that are read both ways."""
NUMBER = re.compile(rb"\d+(?:\.\d+)?")
MUTANTS = 60


def told(log: LogFile, of: Parser) -> object:
    """Return all that a file says, numbers by their bits; an error in its words."""
    try:
        reading = read_log(log, of)
    except LossreportError as error:
        return repr(error)
    if not isinstance(reading, Reading):
        return repr(reading)
    arrays = ("x", "y", "line", "epoch", "of", "file")
    columns = [
        (key, *(getattr(column, name).tobytes() for name in arrays))
        for key, column in reading.columns.items()
    ]
    said = ("facts", "events", "segments", "notes", "skips", "status", "stamps", "rows", "lines")
    return (
        columns,
        [(name, repr(getattr(reading, name))) for name in said],
        reading.unread.tobytes(),
    )


def both(
    shown: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[object, object]]:
    """Yield what a file says fast and slowly, by the surest parser and by that of any text."""
    surest = [one.parser for one in candidates(LogFile(shown, data=data))[:1]]
    of = {
        one.id: one
        for one in (
            *surest,
            *([parser("generic_text")] if b"\n" in data and b"\0" not in data[:1000] else []),
        )
    }
    for one in of.values():
        monkeypatch.delenv(VARIABLE, raising=False)
        fast = told(LogFile(shown, data=data), one)
        monkeypatch.setenv(VARIABLE, "1")
        yield fast, told(LogFile(shown, data=data), one)


def stretched(content: bytes, draw: random.Random) -> bytes:
    """Return a log of which some lines come many times, with other numbers: counted on, the same,
    of the same form, or any.
    """
    lines = content.split(b"\n")
    numbered = [at for at, line in enumerate(lines) if NUMBER.search(line) and len(line) < 2000]
    for at in sorted(draw.sample(numbered, min(len(numbered), 3)), reverse=True):
        block = lines[at : at + draw.choice((1, 1, 1, 2, 3))]
        lines[at:at] = list(_copies(block, draw.choice((9, 20, 60)), draw))
    return b"\n".join(lines)


def _copies(block: list[bytes], count: int, draw: random.Random) -> Iterator[bytes]:
    ways = [[draw.choice(WAYS) for _ in NUMBER.findall(line)] for line in block]
    for copy in range(count):
        odd = draw.random() < 0.03
        for line, how in zip(block, ways, strict=True):
            parts = iter(how)
            yield NUMBER.sub(
                lambda match, parts=parts, copy=copy, odd=odd: _number(
                    match[0], "any" if odd else next(parts), copy, draw
                ),
                line,
            )


WAYS = ("counted", "counted", "same", "same", "form", "form", "form", "again", "any")


def _number(number: bytes, way: str, copy: int, draw: random.Random) -> bytes:
    whole, point, decimals = number.partition(b".")
    match way:
        case "counted":
            return b"%d" % (int(whole[:15]) + copy) + point + decimals
        case "again":  # as the counter of an epoch
            return b"%d" % (copy % 13) + point + decimals
        case "form":
            return (
                b"".join(b"%d" % draw.randrange(10) for _ in whole)
                + point
                + b"".join(b"%d" % draw.randrange(10) for _ in decimals)
            )
        case "any":
            return draw.choice(
                (
                    b"0",
                    b"1",
                    b"%d" % draw.randrange(10**6),
                    b"%.3f" % draw.random(),
                    b"0.0",
                    b"17.0",
                )
            )
        case _:
            return number


@pytest.mark.parametrize(("shown", "data"), samples(), ids=[name for name, _ in samples()])
def test_a_sample_says_the_same_fast_and_line_by_line(
    shown: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fast, slow in both(shown, data, monkeypatch):
        assert fast == slow


@pytest.mark.parametrize("number", range(MUTANTS))
def test_a_log_whose_lines_come_many_times_says_the_same(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(f"stretched {number}")
    shown, data = draw.choice(TEXTS)
    data = stretched(data if number % 3 else mutated(data, draw), draw)
    for fast, slow in both(shown, data, monkeypatch):
        assert fast == slow


TEXTS = [
    (name, data[:8000])
    for name, data in samples()
    if b"\n" in data and not set(data[:2000]) & set(range(8))
]


def _real() -> list[Path]:
    folders = [SHARED / name for name in ("cases", "logs", "runs", "attack", "firstcontact")]
    files = (path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*")))
    return [
        path
        for path in files
        if path.is_file()
        and path.stat().st_size <= LARGEST
        and path.suffix not in (".py", ".md", ".html", ".png")
    ]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs {SHARED} with real logs")
@pytest.mark.parametrize("path", _real(), ids=lambda path: path.relative_to(SHARED).as_posix())
def test_a_real_log_says_the_same_fast_and_line_by_line(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fast, slow in both(path.name, path.read_bytes(), monkeypatch):
        assert fast == slow


def lines(*rows: str, count: int = 200) -> bytes:
    """Return a log of rows with a number that counts, `{n}`, and one that falls, `{y}`."""
    return "".join(
        row.format(n=n, y=repr(3 / (1 + n)), e=n // 50, c=n % 3) + "\n"
        for n in range(count)
        for row in rows
    ).encode()


LOGS = {
    "clients of a federated training": lines('{{"client": {c}, "round": {n}, "loss": {y}}}'),
    "two kinds of objects": lines(
        '{{"step": {n}, "loss": {y}}}', '{{"step": {n}, "val_loss": {y}, "loss": {y}}}'
    ),
    "an object that tells a plan": lines('{{"step": {n}, "loss": {y}, "max_steps": 500}}'),
    "objects without a place": lines('{{"loss": {y}}}', '{{"acc": {y}}}'),
    "times and dates": lines(
        '{{"step": {n}, "loss": {y}, "time": 17{n:08d}.5, "train_time": {n}}}'
    ),
    "an object in another": lines(
        '{{"step": {n}, "loss": {y}}}', '{{"step": {n}, "eval": {{"loss": {y}}}}}', count=80
    ),
    "objects that two lines share": lines(
        '{{"step": {n}, "loss": {y}}},{{"step": {n}, "loss": 1}}', '{{"step": {n}', ', "loss": 2}}'
    ),
    "a diverged run": lines('{{"step": {n}, "loss": {y}}}')
    + lines('{{"step": 20{n}, "loss": NaN}}'),
    "epochs and steps": lines("epoch {e} step {n} loss: {y} lr 0.1"),
    "a validation behind each epoch": b"".join(
        lines(f"epoch {e} step {{n}}/80 loss {{y}}", count=80)
        + f"val loss: {1 / (e + 1)}\n".encode()
        for e in range(4)
    ),
    "a heading above its rows": b"".join(
        f"Epoch {e}\n".encode() + lines("  iter {n}: loss={y}", count=60) for e in range(5)
    ),
    "a section of a validation": lines("step {n} loss {y}")
    + b"Validation:\n"
    + lines("step {n} loss {y}", count=40),
    "a training that went back": lines("step {n} loss {y}") + lines("step {n} loss {y} time 0.5"),
    "a declared format": lines("s:{n} trl:{y} lr:0.000{c} norm:{n}.5", count=900),
    "a declared format of two rows": lines(
        "s:{n} tel:{y}", "s:{n} trl:{y} lr:0.000{c} norm:{n}.5", count=500
    ),
    "a declared format that tells a loss twice": lines(
        "s:{n} trl:{y} trl:2.{n} lr:0.0001 norm:{n}.5", count=900
    ),
    "rows of the Trainer": lines(
        "{{'loss': {y}, 'grad_norm': 1.{n}, 'learning_rate': 5e-05, 'epoch': {e}.{c}}}", count=400
    ),
    "rows of a MetricLogger": lines(
        "Epoch: [{e}]  [{n}/900]  eta: 0:01:00  lr: 0.0001  loss: {y} (2.{n})  time: 0.1  data: "
        "0.0",
        count=900,
    ),
    "rows of a MetricLogger that tell a loss twice": lines(
        "Epoch: [{e}]  [{n}/900]  eta: 0:01:00  lr: 0.0001  loss: {y} (2.{n})  loss: 1.{n} "
        "(3.{n})  time: 0.1  data: 0.0",
        count=900,
    ),
    "dicts in lines": lines("{{'step': {n}, 'train_loss': {y}, 'lr': 0.1}}", count=300),
    "a line that tells a number twice": lines(
        "step {n} acc: {c}.5 | loss: {y} | acc: 0.{n}", count=200
    ),
    "zeros of both signs": lines("step {n} loss -0.00 bias {y} acc 0.0"),
    "epochs of a bar": b"".join(
        f"Epoch {e}:   0%|   | 0/90 [00:00<?, ?it/s]\n".encode()
        + f"Epoch {e}:   0%|   | 0/90 [00:00<01:00, 3it/s, loss=9]\n".encode()
        + lines(
            f"Epoch {e}:  {{c}}%|## | {{n}}/90 [00:30<00:30, 3it/s, loss={{y}}, lr=1e-3]",
            count=90,
        ).partition(b"\n")[2]
        + f"val epoch {e}: val_loss {1 / (e + 1)}\n".encode()
        for e in range(6)
    ),
    "frames drawn twice in epochs": b"".join(
        lines(*[f"Epoch {e}: 9%|#| {{n}}/60 [00:30<00:30, 3it/s, loss={{y}}]"] * 2, count=60)
        for e in range(4)
    ),
    "a validation that repeats itself": b"".join(
        lines(f"epoch {e} step {e}{{n:03d}} loss {{y}}", count=40) + b"val epoch 0: val_loss 0.5\n"
        for e in range(8)
    ),
    "a training that begins again and again": lines("step {n} loss {y} lr 0.1", count=60) * 5,
    "two metrics of the training in turns": lines(
        "step {n} loss {y}", "step {n} train_acc 0.{n}", "epoch {e} val_loss {y}", count=300
    ),
    "a total that changes": lines("step {n}/500 loss {y}") + lines("step {n}/600 loss {y}"),
    "a plan that changes": lines("epoch {n}/500 loss {y}") + lines("epoch 20{n}/600 loss {y}"),
    "frames of a bar": lines(
        "loss {y}: {c}%|##| {n}/200 [00:{n:02d}<01:00, 1.{n}it/s, loss={y}]\rloss {y}: {c}%|##| "
        "{n}/200 [00:{n:02d}<01:00, 2it/s, loss=2.{n}]"
    ),
}


@pytest.mark.parametrize("data", LOGS.values(), ids=LOGS)
def test_a_made_up_log_says_the_same(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    told_twice = list(both("log.txt", data, monkeypatch))
    assert told_twice
    for fast, slow in told_twice:
        assert fast == slow


WAYS_TAKEN = {
    "objects of one kind": (RowWriter, "add_many", lines('{{"step": {n}, "loss": {y}}}')),
    "lines of any text": (PlainRows, "_put", LOGS["epochs and steps"]),
    "frames of a bar": (PlainRows, "_put", LOGS["epochs of a bar"]),
    "lines below headings": (Stretches, "_put", LOGS["a heading above its rows"]),
    "lines of a declared format": (line_stretches, "_stretch", LOGS["a declared format"]),
    "rows of the Trainer": (hf_stdout._Reader, "take_many", LOGS["rows of the Trainer"]),
    "rows of a MetricLogger": (metriclogger_text, "_take_many", LOGS["rows of a MetricLogger"]),
    "dicts in lines": (generic_dict._Reader, "take_many", LOGS["dicts in lines"]),
}


@pytest.mark.parametrize(("where", "way", "data"), WAYS_TAKEN.values(), ids=WAYS_TAKEN)
def test_a_fast_way_is_taken_where_its_rows_come_often(
    where: object, way: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, before = [], getattr(where, way)
    monkeypatch.setattr(where, way, lambda *args: (taken.append(way), before(*args))[1])
    log = LogFile("log.txt", data=data)
    read_log(log, candidates(log)[0].parser)
    assert taken


def test_numbers_are_the_doubles_that_float_gives() -> None:
    from lossreport.reading.kit.shapes import shapes_of

    draw = random.Random(5)
    forms = (
        lambda: str(draw.randrange(10 ** draw.randrange(1, 22))),
        lambda: repr(draw.random() * 10.0 ** draw.randrange(-4, 9)),
        lambda: f"{abs(draw.gauss(0, 1)):.{draw.randrange(25)}f}",
        lambda: f"{draw.random():.{draw.randrange(20)}e}",
        lambda: f"{draw.random() * 10.0 ** draw.randrange(-300, 300):.6e}",
        lambda: f"{draw.randrange(2**53 - 5, 2**53 + 50)}",
        lambda: f"0.{'0' * draw.randrange(12)}",
    )
    numbers = [draw.choice(forms)() for _ in range(20_000)]
    shapes = shapes_of(numbers)
    assert shapes is not None
    assert np.array_equal(
        shapes.values.view(np.int64), np.array([float(number) for number in numbers]).view(np.int64)
    )
