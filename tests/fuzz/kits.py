"""Files as each kit of formats expects them, with whatever may stand in their places: strategies of
hypothesis, a name and a content each.

The mutations of `mutations.py` start from logs that are whole; these start from the grammar, so
that what breaks is shrunk to a few lines.
"""

from __future__ import annotations

import json
import struct
from typing import Final

from fastcrc import crc32
from hypothesis import strategies as st

from fuzz.mutations import ODD

File = tuple[str, bytes]

WORDS: Final = st.sampled_from(
    (
        "loss",
        "val_loss",
        "train/loss",
        "eval_acc",
        "lr",
        "step",
        "epoch",
        "grad_norm",
        "mAP@0.5",
        "time",
        "reward",
        "fold",
        "seed",
        "损失",
        "x y",
        "a.b",
        "",
    )
)
NAMES: Final = st.one_of(WORDS, WORDS, WORDS, st.text(max_size=12))
ODDITIES: Final = st.sampled_from([word.decode("utf-8", "replace") for word in ODD])
NUMBERS: Final = st.one_of(
    st.floats(allow_nan=True, width=64).map(repr),
    st.integers(-3, 40).map(str),
    st.integers().map(str),
    st.floats(0, 9).map(lambda x: f"{x:.4f}"),
    ODDITIES,
)
VALUES: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 40),
        st.integers(),
        st.floats(),
        st.text(max_size=12),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)
END: Final = st.sampled_from(("\n", "\r\n", "\r", "\n\n"))


def text(name: str, lines: st.SearchStrategy[list[str]]) -> st.SearchStrategy[File]:
    """Return files of lines under one name."""
    return st.tuples(lines, END).map(
        lambda made: (name, made[1].join(made[0]).encode("utf-8", "surrogatepass"))
    )


def rows(line: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    """Return some lines of one kind; now and then one of something else."""
    return st.lists(st.one_of(line, line, line, ODDITIES), min_size=3, max_size=30)


@st.composite
def numbered(draw: st.DrawFn, form: str) -> list[str]:
    """Return lines of one form, `{i}` counted up, the other places filled in."""
    count, metric = draw(st.integers(3, 25)), draw(NAMES)
    return [
        form.replace("{i}", str(i) if draw(st.integers(0, 9)) else draw(NUMBERS))
        .replace("{n}", metric)
        .replace("{v}", draw(NUMBERS))
        for i in range(count)
    ]


def document(name: str, value: st.SearchStrategy[object]) -> st.SearchStrategy[File]:
    """Return JSON documents under one name."""
    return value.map(lambda made: (name, json.dumps(made).encode("utf-8")))


RECORD: Final = st.dictionaries(NAMES, VALUES, max_size=6)
COUNTED: Final = st.tuples(st.integers(-1, 40), st.floats(), RECORD).map(
    lambda made: {"step": made[0], "loss": made[1], **made[2]}
)


@st.composite
def table(draw: st.DrawFn, separator: str) -> list[str]:
    """Return a table: a head, and rows that mostly have as many cells."""
    head = draw(st.lists(NAMES, min_size=1, max_size=6))
    body = draw(
        st.lists(
            st.lists(NUMBERS, min_size=max(1, len(head) - 1), max_size=len(head) + 1), max_size=20
        )
    )
    return [separator.join(head), *(separator.join(cells) for cells in body)]


def tfrecord(data: bytes) -> bytes:
    """Return a record of an event file with its checksums."""

    def masked(part: bytes) -> int:
        crc = crc32.iscsi(part)
        return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF

    head = struct.pack("<Q", len(data))
    return head + struct.pack("<I", masked(head)) + data + struct.pack("<I", masked(data))


def scalar(step: int, tag: str, value: float) -> bytes:
    """Return an Event message with one scalar (tensorflow/core/util/event.proto)."""
    name = tag.encode("utf-8", "replace")[:100]
    held = b"\x0a" + bytes([len(name)]) + name + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(held)]) + held if len(held) < 128 else b""
    return (
        b"\x09"
        + struct.pack("<d", 1.7e9 + step)
        + b"\x10"
        + bytes([step & 0x7F])
        + b"\x2a"
        + bytes([len(summary)])
        + summary
    )


EVENTS: Final = st.lists(
    st.one_of(
        st.builds(scalar, st.integers(0, 120), NAMES, st.floats(width=32)), st.binary(max_size=40)
    ).map(tfrecord),
    max_size=20,
)

KITS: Final[dict[str, st.SearchStrategy[File]]] = {
    "json lines": text("train.jsonl", rows(COUNTED.map(json.dumps))),
    "json list": document("log.json", st.lists(COUNTED, max_size=12)),
    "json tree": document("metrics.json", RECORD),
    "history": document("history.json", st.dictionaries(NAMES, st.lists(st.one_of(st.floats(), VALUES), max_size=12), max_size=5)),
    "trainer state": document("trainer_state.json", st.tuples(RECORD, st.lists(COUNTED, max_size=12)).map(lambda made: {**made[0], "log_history": made[1]})),
    "csv": text("log.csv", table(",")),
    "tsv": text("results.tsv", table("\t")),
    "printed table": text("train.log", table(" | ")),
    "key values": text("train.log", numbered("step {i}: {n}={v} lr={v}")),
    "plan": text("train.log", numbered("Epoch {i}/{v} - loss: {v} - {n}: {v}")),
    "bars": text("out.log", numbered("{v}%|███  | {i}/100 [00:0{i}<00:10, {v}it/s, {n}={v}]")),
    "keras": text("keras.log", numbered("Epoch {i}/20\n10/10 - 1s - loss: {v} - {n}: {v}")),
    "dicts in text": text("out.log", numbered("{'loss': {v}, '{n}': {v}, 'epoch': {i}}")),
    "logger": text("log.txt", numbered("2024-05-06 10:00:0{i} INFO  [train.py:1{i}] Epoch: [{i}][{i}/20]  {n} {v} "
        "({v})")),
    "settings": text("train.log", st.tuples(numbered("{n}: {v}"), numbered("Namespace({n}={v}, b='{v}')"), numbered("epoch {i} loss {v}")).map(lambda p: [*p[0], *p[1], *p[2]])),
    "yaml": text("config.yaml", numbered("{n}: {v}")),
    "traceback": text(
        "train.log",
        st.tuples(numbered("epoch {i} loss {v}"), numbered('  File "{n}", line {i}, in {n}'), numbered("{n}Error: {v}")).map(
            lambda p: [*p[0], "Traceback (most recent call last):", *p[1], *p[2][:1]]
        ),
    ),
    "events": st.tuples(EVENTS, st.binary(max_size=9)).map(lambda made: ("events.out.tfevents.1.host", b"".join(made[0]) + made[1])),
}  # fmt: skip
"""One strategy for each kit of `reading/kit` and each shape of file that formats share."""
