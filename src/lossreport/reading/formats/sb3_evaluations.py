"""`evaluations.npz` of Stable-Baselines3: the rewards and lengths of all episodes of every
evaluation, averaged over the episodes here.

Source: `EvalCallback` of stable_baselines3/common/callbacks.py: `np.savez(path, timesteps=...,
results=..., ep_lengths=..., successes=...)`, one row an evaluation and one column an episode;
`successes` stands there where the environment tells of success. The names are those under which the
same callback logs the means. A line is the number of the evaluation.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from lossreport.errors import LogError
from lossreport.model.run import Axis, Statistic, frozen_floats, frozen_ints
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.parser import (
    ColumnChunk,
    ColumnKey,
    Parser,
    RawFact,
    Record,
    Refusal,
    RowsRead,
    Score,
)
from lossreport.text import Text

STEPS: Final = "timesteps"
NAMES: Final = {
    "results": "mean_reward",
    "ep_lengths": "mean_ep_length",
    "successes": "success_rate",
}
LARGEST: Final = 1 << 28
"""Episodes above 256 MiB are no evaluations: a million of them take 24 MB."""
DAMAGE: Final = (ValueError, KeyError, OSError, zipfile.BadZipFile, zlib.error, EOFError)
UNLIKE = Text(
    zh="数组 timesteps 与 results 不是“每次评估一行”，或是 pickle 对象（不读取 pickle）",
    en="its arrays timesteps and results are not one row per evaluation, or are pickled "
    "objects, which are not read",
)


def sniff(log: LogFile) -> Score:
    """Claim an array archive that begins with `timesteps` and holds `results`."""
    first = log.head[30 : 30 + len(STEPS) + 4]
    if log.head.startswith(b"PK\x03\x04") and first == f"{STEPS}.npy".encode():
        return Score(
            0.97, "an archive of arrays that begins with timesteps, as EvalCallback saves it"
        )
    return Score(0.0, "not an archive of arrays that begins with timesteps")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the means of every evaluation over its step; raises LogError where the archive is
    damaged.
    """
    arrays = _arrays(log)
    steps, results = arrays.get(STEPS), arrays.get("results")
    if steps is None or results is None or steps.ndim != 1 or results.shape[:1] != steps.shape:
        yield Refusal(UNLIKE())
        return
    line = frozen_ints(np.arange(1, len(steps) + 1))
    for name, called in NAMES.items():
        episodes = arrays.get(name)
        if episodes is None or episodes.shape[:1] != steps.shape or not episodes.size:
            continue
        means = episodes.reshape(len(steps), -1).mean(axis=1, dtype=np.float64)
        key = ColumnKey(called, "eval", Axis.STEP, Statistic.VALUE)
        yield ColumnChunk(
            key,
            frozen_floats(steps),
            frozen_floats(means),
            line,
            frozen_floats(np.full(len(steps), np.nan)),
        )
    if results.ndim == 2:
        yield RawFact("n_eval_episodes", int(results.shape[1]), 1)
    yield RowsRead(len(steps), len(steps))


def _arrays(log: LogFile) -> dict[str, Any]:
    """Return the arrays of numbers by name; what is pickled, or too large, is left out."""
    with log.open() as file:
        data = file.read()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            sizes = {
                info.filename.removesuffix(".npy"): info.file_size
                for info in archive.zip.infolist()
            }
            return {
                name: array
                for name in (STEPS, *NAMES)
                if sizes.get(name, LARGEST) < LARGEST
                and (array := _numbers(archive, name)) is not None
            }
    except DAMAGE as error:
        raise LogError(
            f"Couldn't read {log.shown!r}: {error}",
            hint="Copy the file again; all other files are read.",
        ) from error


def _numbers(archive: Any, name: str) -> Any | None:
    try:
        array = archive[name]
    except ValueError:  # an array of objects is pickled
        return None
    return array if array.dtype.kind in "biuf" else None


PARSER = Parser(
    id="sb3_evaluations",
    title=Text(
        zh="Stable-Baselines3 的 evaluations.npz", en="evaluations.npz of Stable-Baselines3"
    ),
    sniff=sniff,
    read=read,
)
