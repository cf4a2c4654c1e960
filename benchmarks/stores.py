"""How fast binary stores are read, beside the readers of their vendors: `python
benchmarks/stores.py [ROWS] [PYTHON...]` (20000 rows by default).

Two stores of ROWS rows with five metrics are generated: a TensorBoard event file and a W&B file.
Each is read by lossreport, by TensorBoard's EventAccumulator (nothing left out: size_guidance 0)
and by W&B's DataStore, which its versions from 0.19 on no longer hold. A vendor's package that is
not installed here may live in another environment: give the interpreter of that one. Compare the
ratios, not the seconds: machines differ. The sum of all finite values must be the same.
"""

from __future__ import annotations

import json
import math
import random
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

TAGS = ("train/loss", "train/loss_ce", "train/grad_norm", "train/lr", "train/time")
BLOCK = 1 << 15

OURS = """
import sys, time, numpy as np
from pathlib import Path
from lossreport.reading.discover import candidates
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.runs.reading import read_log
best = []
for _ in range(3):
    log = LogFile("store", path=Path(sys.argv[1]))
    start = time.perf_counter()
    reading = read_log(log, candidates(log)[0].parser)
    best.append(time.perf_counter() - start)
columns = [column.y for key, column in reading.columns.items() if key.name != "epoch"]
print(min(best), sum(map(len, columns)), float(sum(np.nansum(y) for y in columns)))
"""
TENSORBOARD = """
import sys, time, math
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
best = []
for _ in range(3):
    start = time.perf_counter()
    found = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "tensors": 0})
    found.Reload()
    points = [event.value for tag in found.Tags()["scalars"] for event in found.Scalars(tag)]
    best.append(time.perf_counter() - start)
print(min(best), len(points), sum(value for value in points if math.isfinite(value)))
"""
WANDB = """
import sys, time, math, json
from wandb.proto import wandb_internal_pb2
from wandb.sdk.internal.datastore import DataStore
best = []
for _ in range(3):
    start = time.perf_counter()
    store, points = DataStore(), []
    store.open_for_scan(sys.argv[1])
    while (data := store.scan_data()) is not None:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        points += [json.loads(item.value_json) for item in record.history.item if not item.key.startswith("_")]
    best.append(time.perf_counter() - start)
print(min(best), len(points), sum(value for value in points if math.isfinite(value)))
"""  # noqa: E501


def rows(count: int) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield (step, values by tag)."""
    draw = random.Random(0)
    for step in range(count):
        loss = 8 / (1 + step / 5000) + draw.gauss(0, 0.05)
        yield step, dict(zip(TAGS, (loss, loss / 2, 1 + draw.random(), 5e-5, 0.3), strict=True))


def varint(value: int) -> bytes:
    """Encode a number as protobuf does."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def part(number: int, data: bytes) -> bytes:
    """Encode a field of bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def write_tfevents(path: Path, count: int) -> None:
    """Write one event a scalar, as PyTorch's SummaryWriter does."""
    from lossreport.reading.formats.tfevents import masked_crc

    with path.open("wb") as file:
        for step, values in rows(count):
            for tag, value in values.items():
                scalar = part(1, part(1, tag.encode()) + b"\x15" + struct.pack("<f", value))
                data = (
                    b"\x09"
                    + struct.pack("<d", 1.7e9 + step)
                    + b"\x10"
                    + varint(step)
                    + part(5, scalar)
                )
                length = struct.pack("<Q", len(data))
                file.write(
                    length
                    + struct.pack("<I", masked_crc(length))
                    + data
                    + struct.pack("<I", masked_crc(data))
                )


def write_wandb(path: Path, count: int) -> None:
    """Write one history record a row, values as JSON."""
    out = bytearray(b":W&B\xe1\xbe\x00")
    for step, values in rows(count):
        row = {**values, "_step": step, "_runtime": step * 0.3, "_timestamp": 1.7e9 + step}
        record = part(
            2,
            b"".join(
                part(1, part(1, name.encode()) + part(16, json.dumps(value).encode()))
                for name, value in row.items()
            ),
        )
        first = True
        while first or record:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out += bytes(left)
                left = BLOCK
            piece, record = record[: left - 7], record[left - 7 :]
            kind = (2 if record else 1) if first else (3 if record else 4)
            out += struct.pack("<IHB", zlib.crc32(bytes([kind]) + piece), len(piece), kind) + piece
            first = False
    path.write_bytes(out)


def measure(code: str, path: Path, interpreters: list[str]) -> tuple[float, int, float] | None:
    """Return (best seconds of three, values, their sum), or None where no interpreter has the
    package.
    """
    for python in interpreters:
        done = subprocess.run(
            [python, "-W", "ignore", "-c", code, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            seconds, values, total = done.stdout.split()[-3:]
            return float(seconds), int(values), float(total)
    return None


def main() -> None:
    """Print one line a store."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    interpreters = [sys.executable, *sys.argv[2:]]
    print(f"{'store':12}{'values':>10}{'MB':>7}{'lossreport':>12}{'vendor':>10}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, write, vendor in (
            ("tfevents", write_tfevents, TENSORBOARD),
            ("wandb", write_wandb, WANDB),
        ):
            path = Path(folder) / (
                "events.out.tfevents.1.x" if name == "tfevents" else "run-x.wandb"
            )
            write(path, count)
            ours, theirs = (
                measure(OURS, path, interpreters[:1]),
                measure(vendor, path, interpreters),
            )
            if ours is None:
                raise SystemExit("lossreport could not read its own store")
            line = f"{name:12}{ours[1]:>10}{path.stat().st_size / 1e6:>7.1f}{ours[0]:>11.2f}s"
            if theirs is None:
                print(f"{line}{'none':>10}")
                continue
            same = ours[1] == theirs[1] and math.isclose(ours[2], theirs[2], rel_tol=1e-9)
            print(
                f"{line}{theirs[0]:>9.2f}s{theirs[0] / ours[0]:>7.1f}x{'' if same else '  THE VALUES DIFFER'}"  # noqa: E501
            )


if __name__ == "__main__":
    main()
