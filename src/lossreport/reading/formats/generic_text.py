"""Text of a hand-written loop: `Epoch 3/10 - loss: 0.5`, `iter 100: loss 3.2`, tqdm bars, Chinese
lines. The names found are in the reason.

Which names are metrics is decided by support: a name counts where it is called like a metric and
comes again, or stands beside such names in lines of one kind. `reading/lines` says what one line
means, and what the lines of a file mean together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.line_by_line import is_line_by_line
from lossreport.reading.kit.names import LEARNING_RATE, SPLITS, is_metric_like
from lossreport.reading.kit.table_rows import apart, is_log
from lossreport.reading.kit.table_state import TableRow
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.single import only_names
from lossreport.reading.lines.support import supported
from lossreport.reading.lines.survey import rows_of, survey, words_of
from lossreport.reading.parser import Parser, Record, Score
from lossreport.text import Text

MIN_ROWS: Final = 2
MIN_REPETITIONS: Final = 3
"""So many numbered runs, each with its results, are no chance."""
LOSS: Final = re.compile(
    r"(?:(?:train(?:ing)?|val(?:id(?:ation)?)?|test|eval|total|avg|average|mean|epoch|batch|"
    r"running|current)[ _/-]?){0,2}loss",
    re.IGNORECASE,
)
"""What a line that never changes must print to be that of a training that is stuck: the error of a
service or the loss that is aimed at is not.
"""
JSON: Final = re.compile(rb"\s{0,80}[\[{]\s{0,80}[\[{\]}\"]")
"""How a document of JSON begins; `[2024-01-01 10:00:00]` and `[INFO]` begin a line of text."""


def sniff(log: LogFile) -> Score:
    """Claim text with at least two lines that hold a place or repeat, and a number that is called
    like a metric.
    """
    others, tables = log.once(_apart)
    printed = [row for row in tables if is_log(row)]
    if len(printed) >= MIN_ROWS:
        return Score(
            0.53,
            f"{len(printed)} rows of tables with "
            f"{', '.join(cell.name for cell in printed[0].cells[:6])}",
        )
    rows = log.once(_rows)
    if (words := words_of(rows)).letters:
        rows = rows_of(others, words)
    found, _ = supported(rows)
    if not found and (only := only_names(log.sample_lines, rows)):
        return Score(0.5, f"one row with {', '.join(list(only)[:6])}")
    placed = [row for row in rows if any(pair.name in found for pair in row.pairs)]
    if len(placed) < MIN_ROWS or (
        not any(_is_measure(name) for name in found)
        and not any(row.is_adversarial for row in placed)
    ):
        return Score(0.0, "no lines that repeat a number called like a metric")
    if not any(row.places for row in placed) and len(repetitions_of(placed)) >= MIN_REPETITIONS:
        return Score(
            0.51,
            f"results of {len(repetitions_of(placed))} repetitions with "
            f"{', '.join(list(found)[:6])}",
        )
    if not any(row.places for row in placed) and not _is_log(
        placed, found, is_json=JSON.match(log.head) is not None
    ):
        return Score(0.2, "too few lines, and none names a step or an epoch")
    return Score(0.52, f"{len(placed)} lines with {', '.join(list(found)[:6])}")


def _apart(log: LogFile) -> tuple[list[str], list[TableRow]]:
    return apart(log.sample_lines)


def _rows(log: LogFile) -> list[TextRow]:
    return rows_of(log.once(_apart)[0])


def repetitions_of(rows: Sequence[TextRow]) -> set[str]:
    """Return the runs, seeds or folds that rows are the results of."""
    return {owner.label for row in rows for owner in row.owners if owner.is_run}


def _is_measure(name: str) -> bool:
    return (is_metric_like(name) or name.lower() in SPLITS) and LEARNING_RATE.fullmatch(
        name
    ) is None


def _is_log(rows: Sequence[TextRow], names: Mapping[str, int], *, is_json: bool) -> bool:
    """Return whether rows without a place are those of a log: enough of them, which change or
    repeat one line over and over.

    A torn JSON file that repeats itself is a damaged file, no text.
    """
    if len(rows) < 5 * MIN_ROWS:
        return False
    shapes = Counter(tuple((pair.name, pair.value) for pair in row.pairs) for row in rows)
    if _varies(rows, names):
        return True
    shape, times = shapes.most_common(1)[0]
    return not is_json and times >= 5 * MIN_ROWS and any(LOSS.fullmatch(name) for name, _ in shape)


def _varies(rows: Sequence[TextRow], names: Mapping[str, int]) -> bool:
    """Return whether a metric changes from row to row: in the source of a program it is set to one
    value.
    """
    seen: dict[str, set[float]] = {}
    for row in rows:
        for pair in row.pairs:
            if pair.name in names and _is_measure(pair.name):
                seen.setdefault(pair.name, set()).add(pair.value)
    return any(len(values) > MIN_ROWS for values in seen.values())


def read(log: LogFile) -> Iterator[Record]:
    """Yield the supported metrics of every row with its place."""
    from lossreport.reading.lines.reader import TextReader

    reader = TextReader(survey=survey(log.once(_apart)[0], log.once(_rows)))
    yield from reader.read(log.lines()) if is_line_by_line() else reader.read_fast(log)


PARSER = Parser(
    id="generic_text",
    title=Text(
        zh="文本日志（通用：手写训练循环、tqdm、nanoGPT、中文日志等）",
        en="text (generic: hand-written loops, tqdm, nanoGPT, Chinese logs, ...)",
    ),
    sniff=sniff,
    read=read,
    most=0.53,
)
