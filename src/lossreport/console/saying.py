"""Says on a terminal what was found and where the report is, in colour where that is wanted, and
how far the work is.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO, get_args

import click

from lossreport import progress
from lossreport.text import Lang, Text, printable

if TYPE_CHECKING:
    from lossreport.model.report import Report

WRITTEN = Text(zh="报告：{path}", en="Report: {path}")
STAGES: Final[dict[progress.Stage, Text]] = {
    "reading": Text(zh="读取", en="reading"),
    "analysing": Text(zh="分析", en="analysing"),
    "checking": Text(zh="核对", en="checking"),
    "writing": Text(zh="写报告", en="writing"),
    "reporting": Text(zh="逐次生成报告", en="reporting"),
}
SOON: Final = 1.0
"""Seconds before a bar appears: what is done by then needs none."""
REDRAWN: Final = 0.1
"""Seconds between two pictures of the bar."""
BAR: Final = 24
CLEAR: Final = "\r\x1b[K"


def language(lang: str | None) -> Lang:
    """Return the language of the terminal: that of a report in one language alone, else English, as
    all messages of the program.
    """
    return next((one for one in get_args(Lang) if one == lang), "en")


def coloured(stream: TextIO | None) -> bool:
    """Return whether to print in colour: on a terminal that knows it, or as NO_COLOR and
    FORCE_COLOR say; a closed stream is None.
    """
    if os.environ.get("FORCE_COLOR"):
        return True
    return (
        stream is not None
        and stream.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def answer(report: Report, lang: Lang, stream: TextIO | None, target: Path | None = None) -> str:
    """Return the answer of a report for a stream, with the place where it was written."""
    from lossreport.render.to_terminal import to_terminal

    last = printable(WRITTEN(path=str(target)).plain(lang)) if target is not None else ""
    return to_terminal(
        report, lang, width=shutil.get_terminal_size().columns, colour=coloured(stream), last=last
    )


def say(text: str) -> None:
    """Print lines on stderr that hold colours already."""
    click.echo(text, err=True, nl=False, color=True)


def tell(text: str, colour: str) -> None:
    """Print a line on stderr, in colour where that is wanted."""
    wanted = coloured(sys.stderr)
    click.secho(printable(text), fg=colour if wanted else None, color=wanted, err=True)


@contextmanager
def progress_bar(lang: Lang, *, quiet: bool) -> Iterator[None]:
    """Show on stderr how far the work is where it takes more than a second; nothing where that is
    no terminal.
    """
    bar = _Bar(lang)
    terminal = sys.stderr is not None and sys.stderr.isatty()
    with progress.heard_by(bar.hear) if terminal and not quiet else nullcontext():
        try:
            yield
        finally:
            bar.clear()


class _Bar:
    """One line that is drawn over and over, and gone in the end."""

    def __init__(self, lang: Lang) -> None:
        self._lang, self._due, self._shown = lang, time.monotonic() + SOON, False

    def hear(self, stage: progress.Stage, share: float) -> None:
        """Draw the bar where it is time to."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due, self._shown = now + REDRAWN, True
        done = round(BAR * share)
        sys.stderr.write(
            f"{CLEAR}{STAGES[stage].of(self._lang)} {'█' * done}{'░' * (BAR - done)} {share:4.0%}"
        )
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the bar away, so that what is said next stands in its place."""
        if self._shown:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
