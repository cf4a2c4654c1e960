"""A trial of Ray Tune or RLlib: `result.json`, a row an iteration as JSON, and `progress.csv` with
the same rows; `params.json` beside them.

Source: ray/tune/logger/{json,csv}.py of Ray 2.60, and trials that they wrote. Every row repeats the
configuration and counts since the trial was restored; `done` closes it. The event file beside them,
under `ray/tune/`, holds the same over what it calls steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import Statistic, Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.json_lines import head_objects, records
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.rows import RowWriter, flat
from lossreport.reading.kit.table import Meaning, Table, find_table, plain_meaning, read_table
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

AT: Final = "training_iteration"
KEYS: Final = frozenset((AT, "trial_id"))
OWN: Final = re.compile(
    r"(?:ray/tune/)?(?:done|should_checkpoint|checkpoint_dir_name|experiment_tag|hostname|node_ip"
    r"|date|pid|timestamp|trial_id|"
    r"time(?:steps)?_(?:this_iter_s|total(?:_s)?|since_restore)|(?:iterations|"
    r"timesteps)_since_restore|episodes_total|agent_timesteps_total)"
    r"|episodes_this_iter|num_(?:healthy|faulty|remote|in_flight)\w{0,40}|(?:info/)?num_(?:agent_"
    r"|env_)?steps_\w{1,40}"
    r"|(?:config|hist_stats|timers|perf|counters|fault_tolerance|sampler_results)/.*"
)
"""What Tune writes into every row itself, and what RLlib repeats or keeps of single episodes."""
FACTS: Final = ("trial_id", "experiment_tag")


def sniff(log: LogFile) -> Score:
    """Claim rows with the iteration and the id of a trial, in JSON lines or in a table."""
    if AT.encode() not in log.head:
        return Score(0.0, "no training_iteration")
    rows, seen = head_objects(log)
    mine = [row for row in rows if set(row) >= KEYS]
    if mine and len(mine) == seen:
        return Score(0.96, f"{len(mine)} results of a trial of Ray Tune")
    table = find_table(log)
    if table is not None and set(table.header) >= KEYS and table.separator == ",":
        return Score(0.95, "the table of a trial of Ray Tune")
    return Score(0.0, "no rows with training_iteration and trial_id")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the results of every iteration; the configuration of the first row as facts."""
    table = None if log.head.lstrip().startswith(b"{") else find_table(log)
    yield from _results(log) if table is None else _table(log, table)


def _table(log: LogFile, table: Table) -> Iterator[Record]:
    named = tuple("iteration" if name == AT else name for name in table.header)
    yield from read_table(
        log,
        Table(separator=table.separator, header=named, line=table.line, rows=table.rows),
        meaning,
    )


def meaning(name: str) -> Meaning | None:
    """Return what a column is; None for what Tune writes itself."""
    plain = None if OWN.fullmatch(name) else plain_meaning(name)
    return (
        plain
        if plain is None or plain.split == "train"
        else plain._replace(statistic=Statistic.VALUE)
    )


def _results(log: LogFile) -> Iterator[Record]:
    writer, last, told, dates = RowWriter(), 0, False, list[str]()
    for record in records(log):
        last = record.line
        if record.reason is not None:
            yield SkippedLine(record.line, record.reason, torn=record.torn)
        if not record.row or AT not in record.row:
            continue
        if not told:
            yield from _settings(record.row, record.line)
            told = True
        if isinstance(record.row.get("date"), str):
            dates[1:] = [record.row["date"]]
        yield from writer.add({"iteration": record.row[AT], **_metrics(record.row)}, record.line)
        if record.row.get("done") is True:
            yield RawStatus(Status.FINISHED, record.line)
    yield from writer.columns.chunks()
    yield from (RawTime(f"{date[:10]} {date[11:].replace('-', ':')}") for date in dates)
    yield RowsRead(writer.rows, last)


def _settings(row: Mapping[str, Any], line: int) -> Iterator[RawFact]:
    yield from (RawFact(name, str(row[name]), line) for name in FACTS if row.get(name))
    config = row.get("config")
    if isinstance(config, dict):
        yield from (RawFact(name, value, line) for name, value in plain_facts(config))


def _metrics(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in flat(row)
        if name != AT and not OWN.fullmatch(name) and not isinstance(value, list)
    }


PARSER = Parser(
    id="ray_tune",
    title=Text(
        zh="Ray Tune / RLlib 的 result.json 与 progress.csv",
        en="result.json and progress.csv of Ray Tune and RLlib",
    ),
    sniff=sniff,
    read=read,
)
