"""Files that are called alike, by the ten thousand: labels, captions, shards of a data set. Where
none of the first ones is a log, the others are left unopened, and it is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.model.run import Skipped
from lossreport.reading.bytes.reader import LogFile
from lossreport.text import Text

TRIED: Final = 200
"""Files called alike that are opened at least. A program that writes logs under such names writes
rows into one of so many; a data set of 100 000 labels took 170 s, and takes 2 s.
"""
MOST: Final = 10_000
"""Files with rows in one report: each costs about 15 ms and 0.1 MB up to the finished report, and
nobody reads a page of more runs.
"""
COUNTED: Final = re.compile(r"[0-9a-f]{8,40}+|\d{1,40}+")
"""What sets files called alike apart: a number, or the digits of a hash."""

NO_LOGS = Text(
    zh="共 {count} 个文件以此形式命名，前 {tried} 个都不是日志，其余没有打开",
    en="{count} files are called so; none of the first {tried} is a log, the others were not "
    "opened",
)
TOO_MANY = Text(
    zh="一份报告最多读 {most} 个含有记录的文件；还有 {count} 个文件没有读。请指定更小的文件夹，"
    "或用 `lossreport batch` 给每个子文件夹写一份报告",
    en="a report reads at most {most} files that hold rows; {count} more were not read. Name a "
    "smaller folder, or write a report for each subfolder with `lossreport batch`",
)


class Alike:
    """Which files need not be opened, given what those before them were."""

    def __init__(self, logs: Iterable[LogFile]) -> None:
        self._count = Counter(called(log.shown) for log in logs)
        self._refused = Counter[str]()
        self._logs: set[str] = set()
        self._held = 0
        self._unread: list[str] = []

    def opens(self, log: LogFile) -> bool:
        """Return whether a file is to be opened; one that is not is counted."""
        if self._held >= MOST:
            self._unread.append(log.shown)
            return False
        name = called(log.shown)
        return name in self._logs or self._refused[name] < TRIED

    def saw(self, log: LogFile, *, is_log: bool) -> None:
        """Take note of what a file was."""
        if is_log:
            self._held += 1
            self._logs.add(called(log.shown))
        else:
            self._refused[called(log.shown)] += 1

    def unopened(self) -> Iterator[Skipped]:
        """Yield what was left out, a name or a reason each."""
        for name, count in self._count.items():
            if name not in self._logs and count > TRIED <= self._refused[name]:
                yield Skipped(path=name, reason=NO_LOGS(count=count, tried=TRIED))
        if self._unread:
            reason = TOO_MANY(most=MOST, count=len(self._unread))
            yield Skipped(path=self._unread[0], reason=reason, code=LogError.code)


def called(shown: str) -> str:
    """Return the form of a file's name in its folder, `labels/img*.txt`."""
    folder, slash, name = shown.rpartition("/")
    return f"{folder}{slash}{COUNTED.sub('*', name)}"
