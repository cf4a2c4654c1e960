"""A record of numbers alone takes a short way through the reader of JSON lines: it yields what the
long way yields, in the same order.
"""

import json
import math
import random
from typing import Any

import numpy as np
import pytest

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.formats import generic_jsonl
from lossreport.reading.parser import ColumnChunk

VALUES = (1, 0, -3, 2**60, 10**30, 0.5, 1e-300, math.nan, math.inf, -math.inf)


def record(draw: random.Random, row: int) -> dict[str, Any]:
    names = draw.sample(
        (
            "step",
            "epoch",
            "loss",
            "val_loss",
            "lr",
            "time",
            "total_steps",
            "rank",
            "data/loss",
            "seed",
            "Loss ",
        ),
        draw.randint(1, 6),
    )
    plain = {name: row if name == "step" else draw.choice(VALUES) for name in names}
    odd: dict[str, Any] = draw.choice(
        (
            {},
            {},
            {},
            {"note": "early stopping at step 5"},
            {"config": {"lr": 0.1, "steps": draw.randint(1, 2)}},
            {"data": {"loss": 0.25}},
            {"train_runtime": 12.5},
            {"ok": True},
            {"loss": None},
            {"type": "config"},
            {"losses": [0.5, 0.25]},
        )
    )
    return plain | odd


def told(text: str) -> list[object]:
    found: list[object] = []
    for one in generic_jsonl.read(LogFile("log.jsonl", data=text.encode())):
        arrays = (
            [
                (
                    one.key,
                    *(
                        np.asarray(part).tobytes()
                        for part in (one.x, one.y, one.line, one.epoch, one.of)
                    ),
                )
            ]
            if isinstance(one, ColumnChunk)
            else []
        )
        found += arrays or [repr(one)]
    return found


def test_the_short_way_and_the_long_way_yield_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(2)
    texts = [
        "".join(json.dumps(record(draw, row)) + "\n" for row in range(draw.randint(1, 40)))
        for _ in range(200)
    ]
    texts += [
        '{"step": 1, "loss": NaN}\n{"step": 2, "loss": -Infinity}\n{"step": 3, "lo',
        '{"step": 1, "step": 2, "loss": 1e400}\n{}\n[1]\n',
    ]
    short = [told(text) for text in texts]
    plain = [
        generic_jsonl.is_plain(json.loads(line))
        for text in texts[:200]
        for line in text.splitlines()
    ]
    assert 0.1 < sum(plain) / len(plain) < 0.6
    monkeypatch.setattr(generic_jsonl, "is_plain", lambda row: False)
    assert short == [told(text) for text in texts]
