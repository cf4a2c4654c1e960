"""Settings in plain text beside a log: the command that started the training, or `name = value` a
line. Facts, no metrics.

`command.txt` holds `python train.py -optim adam --lr 1e-3` on one line or on several (a backslash,
or an option, goes on with the command); `config.txt` holds `num_classes=20` or MATLAB's
`numClasses = 1;`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import FactValue
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import ALIASES, KNOWN, is_metric_like
from lossreport.reading.kit.settings import launcher_options, plain_value, settings_of
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

LARGEST: Final = 1 << 16
"""A command or a list of settings that somebody keeps beside a log; what is larger is a log."""
MOST_LINES: Final = 400
OTHERS: Final = (".yaml", ".yml", ".json", ".jsonl", ".toml", ".csv", ".tsv")
"""Files of a syntax of their own, which other formats read."""
COMMENT: Final = ("#", "%", "//")
GOES_ON: Final = re.compile(r"\\$")
OPTION: Final = re.compile(r"\s{0,40}-{1,2}[A-Za-z]")
ASSIGNED: Final = re.compile(
    r"\s{0,40}(?:[A-Za-z_]\w{0,40}\.){0,4}(?P<name>[A-Za-z_]\w{0,60})\s{0,8}[=:]\s{0,8}"
    r"(?P<value>[^=:;,{}()]{1,200}?)\s{0,8}[;,]?\s{0,8}"
)
SET: Final = KNOWN | ALIASES.keys() | {"num_classes", "n_classes", "nb_classes", "optimizer"}
"""Names by which a list of settings is known for that of a training."""
CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Joined(NamedTuple):
    """What stands together, from its first line on."""

    text: str
    line: int


def sniff(log: LogFile) -> Score:
    """Claim short text that is nothing but commands with options, or nothing but assignments with a
    name of a training among them.
    """
    if log.shown.lower().endswith(OTHERS):
        return Score(0.0, "not plain text")
    if len(log.head) > LARGEST or len(log.head_lines) > MOST_LINES:
        return Score(0.0, "too long for settings beside a log")
    told = [one for one in _joined(log.head_lines) if not one.text.startswith(("cd ", "export "))]
    if not told:
        return Score(0.0, "no settings")
    if all(_command(one.text) for one in told):
        return Score(0.6, "commands with options")
    named = [_assigned(one.text) for one in told]
    names = [name for name, _ in (one for one in named if one is not None)]
    if len(names) < len(told) or len(set(names)) < len(names):
        return Score(0.0, "not only assignments")
    known = [name for name in names if name in SET]
    measured = [name for name in names if is_metric_like(name) and name not in SET]
    if not known or measured:
        return Score(0.0, "no assignment of a setting that is known")
    return Score(0.6, f"assignments of {', '.join(known[:6])}")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every setting with the line of its command or assignment."""
    lines = [line.text for line in log.lines()]
    for one in _joined(lines):
        for name, value in _command(one.text) or filter(None, (_assigned(one.text),)):
            yield RawFact(name, value, one.line)
    yield RowsRead(0, len(lines))


def _joined(lines: Sequence[str]) -> list[Joined]:
    """Return the commands and assignments: a backslash at the end, or an option at the start, goes
    on with the one before.
    """
    made: list[Joined] = []
    open_ = False
    for number, text in enumerate(lines, 1):
        body = GOES_ON.sub("", text.strip()).strip().removeprefix("+ ").removeprefix("$ ")
        if not body or body.startswith(COMMENT):
            continue
        if made and (open_ or OPTION.match(text)):
            made[-1] = Joined(f"{made[-1].text} {body}", made[-1].line)
        else:
            made.append(Joined(body, number))
        open_ = GOES_ON.search(text.strip()) is not None
    return made


def _command(text: str) -> list[tuple[str, FactValue]]:
    launched = list(launcher_options(text))
    return [*launched, *settings_of(text)] if launched or OPTION.search(text) else []


def _assigned(text: str) -> tuple[str, FactValue] | None:
    """Return name and value of an assignment, the name in small letters (`numClasses` is
    num_classes).
    """
    match = ASSIGNED.fullmatch(text)
    if match is None:
        return None
    return CAMEL.sub("_", match["name"]).lower(), plain_value(match["value"])


PARSER = Parser(
    id="plain_settings",
    title=Text(
        zh="写在文本里的命令行，或一行一个 name = value 的设置",
        en="a command line, or settings of the form name = value, in a text file",
    ),
    sniff=sniff,
    read=read,
    config=True,
    most=0.6,
)
