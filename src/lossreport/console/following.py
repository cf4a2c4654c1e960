"""Writes a report again and again while its logs grow, says on one line what has changed, and ends
when the run does.

Nothing is rendered while nothing has changed: a look at sizes and times is enough to see that, and
where those alone have changed, the bytes are held against those of the last report.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lossreport.console.saying import tell
from lossreport.errors import NothingReadError, UsageError
from lossreport.text import Join, Lang, Phrase, Text, Value, number
from lossreport.values import dataclass
from lossreport.words import AXES
from lossreport.writing import is_stream

if TYPE_CHECKING:
    from lossreport.model.analysis import Analysis
    from lossreport.model.run import Run, Series

POLL: Final = 2.0
"""Seconds between two looks at the logs."""
SHARE: Final = 4.0
"""A report is written again after at least so many times as long as the last one took: a fifth of
one core at most.
"""
QUIET: Final = 10.0
"""Seconds that the logs of a run that has ended must stand still: an evaluation or a summary may
follow the last step.
"""

WAITING = Text(
    zh="{clock} 日志里还没有数值，继续等待", en="{clock} no numbers in the logs yet: waiting"
)
BEAT = Text(zh="{clock} {what}", en="{clock} {what}")
ROWS = Text(zh="新增 {count} 行记录", en="{count} more rows")
GOAL = Text(zh="{metric} {value}（{axis} {x}）", en="{metric} {value} at {axis} {x}")
FROM = Text(
    zh="{metric} {before} → {value}（{axis} {x}）", en="{metric} {before} → {value} at {axis} {x}"
)
STATE = Text(zh="{state}", en="{state}")
FOUND = Text(zh="新发现：{kinds}", en="new: {kinds}")
GONE = Text(zh="不再成立的发现：{count} 条", en="findings that no longer hold: {count}")
SAME = Text(zh="文件变了，数值没有变", en="the files changed, no number did")
REWRITTEN = Text(zh="数值被改写", en="numbers were rewritten")

Write = Callable[[], "Analysis"]
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a report said: rows, the goal's last value, what the verdict is called, and the findings
    by their keys.
    """

    rows: int
    goal: str
    value: float | None
    axis: Value
    x: float
    state: Value
    found: tuple[tuple[str, Value], ...]


def follow(
    paths: Sequence[str],
    write: Write,
    lang: Lang,
    *,
    ignore: Sequence[str] = (),
    output: str | None = None,
    quiet: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Write the report, and again whenever the logs have changed, until the run has ended; return
    whether the user stopped it before.

    The last report that was written stands then. Raises UsageError where nothing can be followed
    (standard input, an address) or nothing be written twice (stdout), and KeyboardInterrupt where
    it is stopped before there is a report.
    """
    _check(paths, output)
    follower = _Follower(paths, write, lang, tuple(ignore), output, quiet, sleep)
    try:
        follower.run()
    except KeyboardInterrupt:
        if follower.analysis is None:
            raise
        return True
    return False


def _check(paths: Sequence[str], output: str | None) -> None:
    if output == "-":
        raise UsageError(
            "--watch cannot write to standard output again and again",
            hint="Name a file with -o FILE.",
        )
    for path in paths:
        if path == "-" or "://" in path or is_stream(Path(path)):
            raise UsageError(
                f"--watch cannot follow {path!r}", hint="Name a folder or files of this machine."
            )


class _Follower:
    """What was read last, and when."""

    def __init__(
        self,
        paths: Sequence[str],
        write: Write,
        lang: Lang,
        ignore: tuple[str, ...],
        output: str | None,
        quiet: bool,
        sleep: Callable[[float], None],
    ) -> None:
        self.analysis: Analysis | None = None
        self._paths, self._write, self._lang, self._ignore, self._quiet, self._sleep = (
            paths,
            write,
            lang,
            ignore,
            quiet,
            sleep,
        )
        self._output = None if output is None else Path(output).resolve()
        self._stamp: Stamp | None = None
        self._digest = ""
        self._still = 0.0
        self._rest = POLL

    def run(self) -> None:
        """Write until the run has ended and its logs stand still."""
        seen: Seen | None = None
        while not (self._has_ended() and self._still >= QUIET):
            if self._changed():
                began = time.monotonic()
                if (analysis := self._written()) is not None:
                    now = look(analysis)
                    self._line(BEAT(clock=_clock(), what=Join(items=tuple(changes(seen, now)))))
                    seen = now
                self._rest = max(POLL, SHARE * (time.monotonic() - began))
            self._sleep(self._rest)
            self._still += self._rest

    def _has_ended(self) -> bool:
        return self.analysis is not None and all(has_ended(run) for run in self.analysis.runs)

    def _written(self) -> Analysis | None:
        """Write the report; logs that hold no number, yet or any more, are waited for, and an
        earlier report is kept.
        """
        try:
            self.analysis = self._write()
        except NothingReadError:
            self._line(WAITING(clock=_clock()))
            return None
        return self.analysis

    def _changed(self) -> bool:
        """Return whether the logs hold other bytes than those read last."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return False
        digest = _digest_of(stamp)
        same, self._stamp, self._digest = digest == self._digest, stamp, digest
        if not same:
            self._still, self._rest = 0.0, POLL
        return not same

    def _stamped(self) -> Stamp:
        from lossreport.reading.folder import find_logs

        found = []
        for log in find_logs(self._paths, self._ignore):
            if log.path is not None and log.path.resolve() != self._output:
                with suppress(FileNotFoundError):
                    # it was there a moment ago: the next look sees the folder without it
                    there = os.stat(log.path)
                    found.append((os.fspath(log.path), there.st_size, there.st_mtime_ns))
        return tuple(found)

    def _line(self, line: Phrase) -> None:
        if not self._quiet:
            tell(line.plain(self._lang), "cyan")


def _clock() -> str:
    return time.strftime("%H:%M:%S")


def _digest_of(stamp: Stamp) -> str:
    digest = hashlib.sha256()
    for name, _, _ in stamp:
        digest.update(name.encode("utf-8", "surrogateescape"))
        with suppress(FileNotFoundError), Path(name).open("rb") as file:  # see above
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


# --------------------------------------------------------------------------------- what has changed
def has_ended(run: Run) -> bool:
    """Return whether the logs say that a run has ended: it came to its end, crashed, or was stopped
    in words.
    """
    from lossreport.model.run import Status, ending

    return run.status in (Status.FINISHED, Status.CRASHED) or ending(run) is not None


def look(analysis: Analysis) -> Seen:
    """Return what a report says: of several runs the goal of the last, which is the one that grows,
    and how many stand how.
    """
    from lossreport.compose.section import Story
    from lossreport.compose.short import run_lines, tally

    stories = Story.all_of(analysis)
    story = stories[-1]
    goal = analysis.goal(story.run.id)
    series = story.series(goal.series) if goal is not None else next(iter(story.main), None)
    row = _last_row(series)
    return Seen(
        rows=sum(source.rows for run in analysis.runs for source in run.sources),
        goal=series.label if series is not None else "",
        value=float(series.y[row]) if series is not None and row is not None else None,
        axis=AXES[series.axis.value] if series is not None else "",
        x=float(series.x[row]) if series is not None and row is not None else 0.0,
        state=tally(run_lines(stories)) if len(stories) > 1 else story.state_name,
        found=tuple((one.key, one.called) for one in analysis.findings),
    )


def _last_row(series: Series | None) -> int | None:
    return len(series) - 1 if series is not None and len(series) else None


def changes(before: Seen | None, now: Seen) -> list[Phrase]:
    """Return what is told of a report that was written again; of the first, where the run
    stands.
    """
    if before is None:
        return [*_goal(None, now), STATE(state=now.state)]
    told: list[Phrase] = []
    if now.rows != before.rows:
        told.append(ROWS(count=now.rows - before.rows) if now.rows > before.rows else REWRITTEN())
    if repr((now.goal, now.value, now.x)) != repr((before.goal, before.value, before.x)):
        # NaN is no other number than NaN
        told += _goal(before, now)
    if now.state != before.state:
        told.append(STATE(state=now.state))
    known, present = {key for key, _ in before.found}, {key for key, _ in now.found}
    fresh = tuple({str(kind): kind for key, kind in now.found if key not in known}.values())
    if fresh:
        told.append(FOUND(kinds=Join(items=fresh)))
    if known - present:
        told.append(GONE(count=len(known - present)))
    return told or [SAME()]


def _goal(before: Seen | None, now: Seen) -> list[Phrase]:
    if now.value is None:
        return []
    from lossreport.model.run import shown_x

    at: dict[str, Value] = {
        "metric": now.goal,
        "value": number(now.value),
        "axis": now.axis,
        "x": shown_x(now.x),
    }
    if before is None or before.value is None or before.goal != now.goal:
        return [GOAL(**at)]
    return [FROM(**at, before=number(before.value))]
