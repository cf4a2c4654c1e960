"""Names files in sentences as a reader needs them: not at all where there is one, briefly where a
name is long.

Every number keeps its file and line as evidence, and the table of what was read has the names in
full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from lossreport import regex as re
from lossreport.model.analysis import Analysis
from lossreport.text import FIELD, Join, Phrase, Text, Value
from lossreport.values import dataclass

LONGEST: Final = 32
"""Characters of a name that is still read at a glance."""
HEAD, TAIL = 10, 18
"""What is kept of a longer one: names of one folder differ at their end."""
EVENT_FILE: Final = re.compile(r"events\.out\.tfevents\.(?P<stamp>\d{6,12})\.(?P<rest>.{1,80})")
"""What TensorBoard's writer calls its files: time, host, process."""
BETWEEN: Final = " + "
"""Between the files of a series that goes through several."""
FILE: Final = "path"
"""The placeholder of a file in all texts."""
ASIDE_ZH: Final = "（{path}）"
ASIDE_EN: Final = " ({path})"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNames:
    """How the files of one report are named; `is_one` where all its series stand in the same
    one.
    """

    is_one: bool
    short: Mapping[str, str]

    def told(self, value: Value) -> Value:
        """Return a value with its files named so."""
        match value:
            case Phrase():
                return self._phrase(value)
            case Join():
                return Join(items=tuple(self.told(item) for item in value.items))
            case _:
                return value

    def _phrase(self, phrase: Phrase) -> Phrase:
        text = without_file(phrase.text) if self.is_one else phrase.text
        kept = set(FIELD.findall(text.en))
        values = {name: self.told(value) for name, value in phrase.values.items() if name in kept}
        path = values.get(FILE)
        if isinstance(path, str):
            values[FILE] = BETWEEN.join(self.short.get(one, one) for one in path.split(BETWEEN))
        return Phrase(text=text, values=values)


def file_names(analysis: Analysis) -> FileNames:
    """Return how the files of an analysis are named in its report."""
    paths = {series.path for run in analysis.runs for series in run.series if not series.derived}
    return FileNames(is_one=len(paths) == 1, short=short_names(paths))


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Return a brief name for every long path; where two would be called alike, both keep
    theirs.
    """
    made = {path: _short(path) for path in sorted(set(paths))}
    count = Counter(made.values())
    return {path: name for path, name in made.items() if name != path and count[name] == 1}


def _short(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    match = EVENT_FILE.fullmatch(name)
    if match is not None:
        return f"{folder}{slash}tfevents…{match['stamp'][-4:]}"
    return path if len(name) <= LONGEST else f"{folder}{slash}{name[:HEAD]}…{name[-TAIL:]}"


@cache
def without_file(text: Text) -> Text:
    """Return a text without the file in brackets; one that names it in other words in either
    language is left as it is.
    """
    if ASIDE_ZH not in text.zh or ASIDE_EN not in text.en:
        return text
    zh, en = text.zh.replace(ASIDE_ZH, ""), text.en.replace(ASIDE_EN, "")
    same = set(FIELD.findall(zh)) == set(FIELD.findall(en))
    return Text(zh=zh, en=en) if same and zh and en else text
