"""What Guild AI keeps of a run in `.guild/attrs`: the flags, how it ended, when it ran. The scalars
are in the event file beside them.

Source: guild/run.py and runs that guildai 0.9 wrote: an attribute a file, in YAML. The environment,
which lies there too, is never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Status
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.tracker import line_of, stamp
from lossreport.reading.kit.untrusted import yaml_of
from lossreport.reading.parser import Parser, RawFact, RawStatus, RawTime, Record, RowsRead, Score
from lossreport.text import Text

PLACE: Final = re.compile(
    r"(?:.*/)?\.guild/attrs/(?P<name>flags|exit_status|label|started|stopped)"
)
MICROSECONDS: Final = 1e6


def _name(log: LogFile) -> str:
    """Return the attribute that a file is; also where the folder that was named is the run itself,
    or `.guild`.
    """
    match = PLACE.fullmatch(log.shown) or (
        PLACE.fullmatch(log.path.absolute().as_posix()) if log.path is not None else None
    )
    return match["name"] if match else ""


def sniff(log: LogFile) -> Score:
    """Claim the attributes of a run by their place."""
    name = _name(log)
    return (
        Score(0.95, f"the attribute {name} of a run of Guild AI")
        if name
        else Score(0.0, "not below .guild/attrs")
    )


def read(log: LogFile) -> Iterator[Record]:
    """Yield the flags as facts, the label as one, how the run ended and when."""
    name, text = _name(log), log.text()
    try:
        value = yaml_of(text)
    except ValueError:
        value = None
    if name == "flags" and isinstance(value, dict):
        yield from (
            RawFact(str(flag), held, line_of(str(flag), text.split("\n")))
            for flag, held in plain_facts(value)
        )
    elif name == "exit_status" and isinstance(value, int):
        yield RawFact(name, value, 1)
        yield RawStatus(_ending(value), 1)
    elif (
        name in ("started", "stopped")
        and isinstance(value, int)
        and (at := stamp(value / MICROSECONDS)) is not None
    ):
        yield RawFact(name, at, 1)
        yield RawTime(at)
    elif name == "label" and value:
        yield RawFact(name, str(value), 1)
    yield RowsRead(0, text.count("\n") + 1)


def _ending(code: int) -> Status:
    """Return how a process ended by its exit status; a negative one is the signal that stopped
    it.
    """
    if code < 0:
        return Status.INTERRUPTED
    return Status.CRASHED if code else Status.FINISHED


PARSER = Parser(
    id="guild",
    title=Text(
        zh="Guild AI 的运行属性（.guild/attrs）",
        en="attributes of a run of Guild AI (.guild/attrs)",
    ),
    sniff=sniff,
    read=read,
)
