"""MLflow's file store: `mlruns/<experiment>/<run>/` with a file a metric, a file a parameter, a
file a tag, and `meta.yaml`. All are one run.

Source: FORMATS.md section 6 and mlflow/store/tracking/file_store.py. A line of a metric is
`timestamp value step`, with a data set and its digest behind it in newer versions. The name of a
metric is its path below `metrics`, so that `train/loss` lies in a folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import METRIC_LIKE
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.tracker import Points, parameter_facts, stamp, tag_fact
from lossreport.reading.kit.untrusted import yaml_of
from lossreport.reading.parser import (
    Parser,
    RawFact,
    RawStatus,
    RawTime,
    Record,
    RowsRead,
    Score,
    SkippedLine,
)
from lossreport.text import Text

RUN_ID: Final = re.compile(r"[0-9a-f]{32}")
META: Final = "meta.yaml"
KINDS: Final = ("metrics", "params", "tags")
ROW: Final = re.compile(
    r"\d{10,13} (?P<value>[-+.\deE]+|[-+]?nan|[-+]?inf(?:inity)?) (?P<step>-?\d+)(?: .+)?",
    re.IGNORECASE,
)
STATUS: Final = {3: Status.FINISHED, 4: Status.CRASHED, 5: Status.INTERRUPTED}
"""RunStatus of mlflow/protos/service.proto. RUNNING (1) tells nothing: a process that was killed
leaves it behind.
"""
TORN = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this line")
NO_ROW = Text(zh="不是“时间戳 数值 step”", en="not `timestamp value step`")


class Place(NamedTuple):
    """Where a file stands in the store: the folder of its run, the kind of file, and the name of
    what it holds.
    """

    folder: str
    kind: str
    name: str


def place_of(shown: str) -> Place | None:
    """Return the place by the run's id in the path, else by a folder `metrics`; None for other
    files.
    """
    parts = shown.split("/")
    if parts[-1] == META:
        return None
    ids = [
        i for i, part in enumerate(parts[:-2]) if RUN_ID.fullmatch(part) and parts[i + 1] in KINDS
    ]
    if not ids and "metrics" not in parts[:-1]:
        return None
    at = ids[0] + 1 if ids else parts.index("metrics")
    return Place("/".join(parts[:at]), parts[at], "/".join(parts[at + 1 :]))


def _place(log: LogFile) -> Place | None:
    """Look above the folder that the user named as well: it may be that of one run, or its
    `metrics`.
    """
    whole = place_of(log.path.absolute().as_posix()) if log.path is not None else None
    return whole if whole is not None and RUN_ID.search(whole.folder) else place_of(log.shown)


def sniff(log: LogFile) -> Score:
    """Claim metrics by their lines, parameters and tags by their place under the id of a run,
    `meta.yaml` by its names.
    """
    place = _place(log)
    if place is not None and place.kind != "metrics":
        return Score(0.9, f"a file of {place.kind} below the id of a run")
    if log.shown.endswith(META):
        return _sniff_meta(log)
    lines = [line for line in log.head_lines if line.strip()]
    if not lines or not all(ROW.fullmatch(line) for line in lines[: len(lines) - 1 or 1]):
        return Score(0.0, "no lines `timestamp value step`")
    if place is None and not METRIC_LIKE.search(log.shown.rsplit("/", 1)[-1]):
        return Score(
            0.3,
            "lines `timestamp value step`, but neither below `metrics` nor called like a metric",
        )
    return Score(0.9, "lines `timestamp value step`, as MLflow writes them")


def _sniff_meta(log: LogFile) -> Score:
    meta = _mapping(log)
    if "run_id" in meta or "run_uuid" in meta:
        return Score(0.9, "the description of a run of MLflow")
    if (
        "artifact_location" in meta
        and "experiment_id" in meta
        and (log.path is None or any(log.path.parent.glob("*/metrics")))
    ):
        return Score(0.9, "the description of an experiment of MLflow")
    return Score(0.0, "not a description of a run, or of an experiment that holds one")


def read(log: LogFile) -> Iterator[Record]:
    """Yield what the file holds: one metric, one parameter, one tag, or the state of the run."""
    place = _place(log)
    if place is None and log.shown.endswith(META):
        yield from _meta(log)
    elif place is not None and place.kind in ("params", "tags"):
        say = parameter_facts if place.kind == "params" else tag_fact
        yield from say(place.name, log.text().rstrip("\n"), 1)
        yield RowsRead(0, 1)
    else:
        yield from _metric(log, place.name if place is not None else log.shown.rsplit("/", 1)[-1])


def _metric(log: LogFile, name: str) -> Iterator[Record]:
    points, last = Points(), 0
    for line in log.lines():
        last = line.number
        match = ROW.fullmatch(line.text.strip())
        value = number(match["value"]) if match else None
        if match is not None and value is not None and line.complete:
            yield from points.add(name, float(match["step"]), value, line.number)
        elif line.text.strip():
            yield SkippedLine(
                line.number, NO_ROW if line.complete else TORN, torn=not line.complete
            )
    yield from points.chunks()
    yield RowsRead(points.count, last)


def _meta(log: LogFile) -> Iterator[Record]:
    meta, lines = _mapping(log), log.text().split("\n")

    def line_of(name: str) -> int:
        return next((i for i, text in enumerate(lines, 1) if text.startswith(f"{name}:")), 1)

    names = ("run_id", "run_name") if "run_id" in meta or "run_uuid" in meta else ("name",)
    for name in names:
        if meta.get(name):
            yield RawFact("experiment" if name == "name" else name, str(meta[name]), line_of(name))
    for name in ("start_time", "end_time"):
        time = meta.get(name)
        if isinstance(time, int) and (text := stamp(time / 1000)) is not None:
            yield RawTime(text)
    status = meta.get("status")
    if isinstance(status, int) and status in STATUS:
        yield RawStatus(STATUS[status], line_of("status"))
    yield RowsRead(0, len(lines))


def _mapping(log: LogFile) -> dict[str, Any]:

    try:
        value = yaml_of(log.text())
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def run_folder(shown: str) -> str:
    """Return the folder above `metrics`, `params` and `tags`."""
    place = place_of(shown)
    return place.folder if place is not None else shown.rpartition("/")[0]


PARSER = Parser(
    id="mlflow_file",
    title=Text(zh="MLflow 的文件存储（mlruns）", en="the file store of MLflow (mlruns)"),
    sniff=sniff,
    read=read,
    run_folder=run_folder,
)
