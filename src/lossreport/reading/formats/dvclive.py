"""DVCLive: `plots/metrics/**/<name>.tsv`, a table a metric, and `metrics.json` with the last
values. All are one run.

The name of a metric is its path below `metrics`, so that `train/loss` lies in a folder. Old
versions put a time stamp before the step. `params.yaml` beside them is read as any configuration
is. Source: dvclive/plots/metric.py and dvclive/live.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.tracker import Points, summary_facts
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import Parser, Record, RowsRead, Score, SkippedLine
from lossreport.text import Text

HEADERS: Final = (("step",), ("timestamp", "step"))
TORN = Text(zh="文件在这一行中间结束", en="the file ends in the middle of this line")
NO_ROW = Text(
    zh="列数与表头不符，或数值不是数", en="not as many columns as the header, or no number"
)


def _name(log: LogFile) -> str:
    """Return the path below `metrics`, without its ending; the bare name where the file lies
    elsewhere.
    """
    for shown in (log.shown, log.path.absolute().as_posix() if log.path is not None else ""):
        _, found, below = f"/{shown}".rpartition("/plots/metrics/")
        if found:
            return below.removesuffix(".tsv")
    return ""


def sniff(log: LogFile) -> Score:
    """Claim tables below `plots/metrics` whose last column is called like the file, and a
    `metrics.json` that says the last step.
    """
    if log.shown.endswith(".tsv") and log.head_lines:
        header = log.head_lines[0].split("\t")
        if tuple(header[:-1]) in HEADERS and _name(log).rsplit("/", 1)[-1] == header[-1]:
            return Score(0.95, "a table of step and one metric below plots/metrics")
    if (
        log.shown.rsplit("/", 1)[-1] == "metrics.json"
        and (summary := _summary(log))
        and isinstance(summary.get("step"), int)
    ):
        return Score(0.8, "metrics.json: last values and the step")
    return Score(0.0, "neither a table below plots/metrics nor the last values")


def read(log: LogFile) -> Iterator[Record]:
    """Yield one metric, or the last values as facts."""
    if not log.shown.endswith(".tsv"):
        yield from summary_facts(_summary(log), log.text().split("\n"))
        return
    points, name, last, width = Points(), _name(log), 0, 0
    for line in log.lines():
        last = line.number
        cells = line.text.split("\t")
        if cells[0] in ("step", "timestamp"):  # written again where the program appends
            width = len(cells)
            continue
        step, value = (
            (number(cells[-2]), number(cells[-1])) if len(cells) == width else (None, None)
        )
        if step is not None and value is not None and line.complete:
            yield from points.add(name, step, value, line.number)
        elif line.text.strip():
            yield SkippedLine(
                line.number, NO_ROW if line.complete else TORN, torn=not line.complete
            )
    yield from points.chunks()
    yield RowsRead(points.count, last)


def _summary(log: LogFile) -> dict[str, Any]:
    """Return the JSON object of the file where its leaves are numbers, else nothing."""
    try:
        value = json_of(log.text())
    except ValueError:
        return {}
    return value if isinstance(value, dict) and _is_numeric(value) else {}


def _is_numeric(value: Any) -> bool:
    return (
        all(map(_is_numeric, value.values()))
        if isinstance(value, dict)
        else number(value) is not None
    )


def run_folder(shown: str) -> str:
    """Return the folder above `plots`."""
    above, found, _ = f"/{shown}".rpartition("/plots/metrics/")
    return above.lstrip("/") if found else shown.rpartition("/")[0]


PARSER = Parser(
    id="dvclive",
    title=Text(
        zh="DVCLive 的 plots/metrics 与 metrics.json",
        en="plots/metrics and metrics.json of DVCLive",
    ),
    sniff=sniff,
    read=read,
    run_folder=run_folder,
)
