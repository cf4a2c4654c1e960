"""Files that are one row of a store each: the place stands in their name or in that of their folder
(`metrics_epoch_3.json`, `checkpoint-500/`).
"""

from __future__ import annotations

import glob
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Axis
from lossreport.reading.bytes.reader import HEAD_BYTES, LogFile
from lossreport.reading.kit.untrusted import json_of

WORDS: Final = {
    "epoch": Axis.EPOCH,
    "ep": Axis.EPOCH,
    "step": Axis.STEP,
    "checkpoint": Axis.STEP,
    "ckpt": Axis.STEP,
    "iter": Axis.ITERATION,
    "iteration": Axis.ITERATION,
    "round": Axis.ROUND,
    "episode": Axis.EPISODE,
}
"""What a number in the name of a file or folder counts, by the word before it."""
NUMBERED: Final = re.compile(
    rf"(?<![A-Za-z])(?P<word>{'|'.join(WORDS)})s?[-_=]{{0,2}}(?P<at>\d{{1,12}}+)(?![0-9A-Za-z])",
    re.IGNORECASE,
)


class Numbered(NamedTuple):
    """What a path says of its row: the axis, x, and how all files of the store are called
    together.
    """

    axis: Axis
    x: float
    store: str


def numbered(shown: str) -> Numbered | None:
    """Return the place that the name of a file says, or else that of its folder; None where neither
    says one.
    """
    folder, _, name = shown.rpartition("/")
    above, _, last = folder.rpartition("/")
    for text, before, after in (
        (name, f"{folder}/" if folder else "", ""),
        (last, f"{above}/" if above else "", f"/{name}"),
    ):
        found = list(NUMBERED.finditer(text))
        if found:
            match = found[-1]
            store = f"{before}{text[: match.start('at')]}*{text[match.end('at') :]}{after}"
            return Numbered(WORDS[match["word"].lower()], float(match["at"]), store)
    return None


def store_of(shown: str) -> str:
    """Return how the files of the store of a path are called together, nothing where its name says
    no place.
    """
    found = numbered(shown)
    return found.store if found is not None else ""


def flat_object(log: LogFile) -> dict[str, Any] | None:
    """Return the JSON object that a small file is, None where it is larger than the head, no
    object, or holds others.
    """
    if not log.head.lstrip().startswith(b"{") or len(log.head) >= HEAD_BYTES:
        return None
    try:
        value = json_of(log.head)
    except ValueError:
        return None
    is_flat = isinstance(value, dict) and not any(
        isinstance(inner, dict) for inner in value.values()
    )
    return value if is_flat else None


def is_alone(log: LogFile) -> bool:
    """Return whether no other file of the store lies beside this one; of a member of an archive
    that is not known.
    """
    found = numbered(log.shown)
    if found is None or log.path is None:
        return False
    levels = 1 + found.store.rpartition("/")[0].endswith("*") if "/" in found.store else 1
    pattern = "/".join(
        glob.escape(part).replace("[*]", "*") for part in found.store.split("/")[-levels:]
    )
    return len(list(islice(log.path.parents[levels - 1].glob(pattern), 2))) < 2


def key_lines(text: str, names: Mapping[str, Any]) -> dict[str, int]:
    """Return the line of every key of a JSON object."""
    place, lines = 0, dict[str, int]()
    for name in names:
        place = max(text.find(json.dumps(name), place), place)
        lines[name] = text.count("\n", 0, place) + 1
    return lines
