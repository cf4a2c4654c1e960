"""Reads the scores of single classes: `Validation per class iou:` above a line a class, `Class IoU:
[0.5, 0.4]`, `IoU per class: road: 0.5, car: 0.4`.

Each is the score of a class, which the row says as its owner; none is a metric of its own, and
their sum is none either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.names import SPLITS, is_metric_like
from lossreport.reading.kit.rows import number
from lossreport.reading.lines.owners import Owner
from lossreport.reading.lines.pairs import Pair
from lossreport.reading.lines.prefix import message_of
from lossreport.reading.lines.row import TextRow
from lossreport.reading.lines.splits import split_of_word
from lossreport.values import dataclass

_PER: Final = (
    r"(?:(?:per|each|by)[ _-](?:class|category|label)|class[ _-]?wise|每个?类别?|各类别?|各个类别)"
)
_SCORE: Final = (
    r"(?:m?iou|jaccard|dice(?:[ _]score)?|acc(?:uracy)?|pixel[ _]acc(?:uracy)?|f1(?:[ _-]score)?|"
    r"ap(?:50)?|m?ap|precision|recall|auc|auroc"
    r"|scores?|error|交并比|准确率|精度|召回率)s?"
)
HEAD: Final = re.compile(
    rf"[^\w\n]{{0,12}}(?P<lead>(?:[A-Za-z一-鿿]{{1,14}}[ _:-]{{1,3}}){{0,3}})"
    rf"(?:{_PER}[ _-]{{0,2}}(?P<behind>{_SCORE})|(?P<before>{_SCORE})[ _-](?:of[ _]|for[ _]|"
    rf"on[ _])?{_PER}"
    rf"|class(?:es)?[ _](?P<list>{_SCORE})(?=\W{{1,6}}[\[({{]))"
    r"\s{0,4}[:=：]?\s{0,4}(?P<rest>[^\n]{0,20000})",
    re.IGNORECASE,
)
"""The head of a list; `Class IoU` is one only before a bracket."""
ROW: Final = re.compile(
    r"\s{0,40}(?:[-*|•>]\s{0,3})?(?:class[ _#-]{0,2})?(?P<name>[\w一-鿿][\w .\-/"
    r"()+&']{0,40}?)\s{0,30}(?:[:=|：]|\s)\s{0,30}"
    r"(?P<value>[-+]?\d{1,3}(?:\.\d{1,17})?(?:e-?\d{1,2})?|nan)\s?%?\s{0,9}\|?\s{0,9}$",
    re.IGNORECASE,
)
ITEM: Final = re.compile(
    r"['\"]?(?:class[ _#-]{0,2})?(?P<name>[\w一-鿿][\w .\-/+&]{0,40}?)['\"]?\s{0,3}[:=]\s{0,3}"
    r"(?:\w{1,20}(?:\.\w{1,20}){0,2}\()?(?P<value>[-+]?\d{0,3}\.\d{1,17}(?:e-?\d{1,2})?|nan)\)?%?"
    r"(?=[\s,;|}]|$)",
    re.IGNORECASE,
)
OF_ONE: Final = re.compile(
    rf"\s{{0,20}}(?P<score>{_SCORE}) (?:of(?: class)?|for(?: class)?):? {{1,12}}(?:class )?"
    rf"(?P<name>[^\W_][\w\-]{{0,30}}(?: [\w\-]{{1,20}})?) {{0,12}}(?::|=| is) {{1,9}}"
    r"(?P<value>\d{1,3}(?:\.\d{1,9})?) ?%(?: \(\d{1,9}/\d{1,9}\))?\s{0,9}$",
    re.IGNORECASE,
)
"""`Accuracy of plane : 55 %`, `Accuracy for class: car is 40.5 %`, as the tutorials of PyTorch
print each class.
"""
NUMBER: Final = re.compile(
    r"(?<![\w.])(?:[-+]?\d{1,3}\.\d{0,17}(?:e[-+]?\d{1,2})?|nan|0|1)(?![\w])", re.IGNORECASE
)
MEAN: Final = re.compile(
    r"(?:mean|avg|average|averaged|overall|all|total|macro|micro|平均)", re.IGNORECASE
)
NO_CLASS: Final = re.compile(
    r"(?:m[A-Z]|mean|avg|average|overall|all|total|macro|micro|weighted|epoch|step|iter|time|lr|"
    r"平均)|.*\b(?:time|epoch|lr)$"
)
MOST_CLASSES: Final = 400
LEAST: Final = 2
"""A single number behind `per-class accuracy` is the mean over the classes."""
LONGEST: Final = 40_000


@dataclass
class ClassLists:
    """Follows the lists of a log: the score they tell and the split they name, while their lines go
    on.
    """

    _name: str = ""
    _split: str = ""
    _open: str = ""
    _lines: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the next line may be of the list above it."""
        return bool(self._name or self._open)

    def holds(self, line: str) -> bool:
        """Return whether a line may be of a list, whatever else it looks like: indented lines below
        a name look like settings.
        """
        return self.is_open or _head(line) is not None

    def rows(self, line: str) -> list[TextRow] | None:
        """Return the rows of classes that a line holds, none for the head of a list; None for a
        line that is of no list.
        """
        if self._open:
            return self._go_on(message_of(line).text)
        if (head := _head(line)) is not None:
            return self._begin(head)
        may_be = "%" in line and (" of " in line or " for " in line)
        if (
            may_be
            and (one := OF_ONE.match(line)) is not None
            and _is_class(one["name"])
            and not _is_set(one["name"])
        ):
            self._name, self._split = one["score"], "val"
            rows = [self._row(one["name"], float(one["value"]))]
            self._name = ""
            return rows
        if not self._name:
            return None
        text = message_of(line).text
        if not text.strip():
            return []
        match = ROW.match(text)
        if match is None or not _is_class(match["name"]) or self._lines >= MOST_CLASSES:
            self._name = ""
            return None
        self._lines += 1
        return [self._row(match["name"], number(match["value"]) or 0.0)]

    def _begin(self, head: re.Match[str]) -> list[TextRow] | None:
        """Begin a list; what stands behind its head on the same line is all of it, or its first
        line.
        """
        name, rest = head["behind"] or head["before"] or head["list"], head["rest"].strip()
        split = next(
            (
                found
                for word in re.split(r"[ _:-]+", head["lead"])
                if (found := split_of_word(word) or SPLITS.get(word.lower(), ""))
            ),
            "",
        )
        self._name, self._split, self._lines = name, split or "val", 0
        if not rest:
            return []
        if rest[0] in "[(":
            self._open = rest
            return self._go_on("")
        items = [(match["name"], number(match["value"])) for match in ITEM.finditer(rest)]
        rows = [
            self._row(cls, value) for cls, value in items if value is not None and _is_class(cls)
        ]
        self._name = ""
        return rows if len(rows) >= LEAST and len(rows) == len(items) else None

    def _go_on(self, text: str) -> list[TextRow]:
        """Take the next line of a list in brackets, as NumPy breaks it; the last one tells all of
        its numbers.
        """
        held = f"{self._open} {text}"
        self._lines += 1
        if not any(mark in held for mark in "])") and self._lines < MOST_CLASSES:
            self._open = held
            return []
        found = [number(match[0]) for match in NUMBER.finditer(held)]
        rows = [
            self._row(str(index), value) for index, value in enumerate(found) if value is not None
        ]
        self._name = self._open = ""
        return rows if LEAST <= len(rows) <= MOST_CLASSES else []

    def _row(self, cls: str, value: float) -> TextRow:
        owner = Owner("label", cls.strip(), False, 0, 0)
        return TextRow(
            owners=(owner,), split=self._split, pairs=(Pair(self._name, value, None, self._split),)
        )


def _is_set(name: str) -> bool:
    """Return whether what a score is of is the model or a set of data, no class."""
    return any(word.lower() in WHOLE or split_of_word(word) for word in name.split())


WHOLE: Final = frozenset(
    (
        "the",
        "model",
        "network",
        "net",
        "this",
        "our",
        "best",
        "ensemble",
        "dataset",
        "data",
        "classifier",
        "class",
        "epoch",
    )
)


def _head(line: str) -> re.Match[str] | None:
    """Return the head of a list that a line begins with, None for any other line."""
    if len(line) > LONGEST or not (
        "class" in line
        or "Class" in line
        or "CLASS" in line
        or "类" in line
        or "category" in line.lower()
    ):
        return None
    head = HEAD.match(message_of(line).text)
    return head if head is not None and MEAN.search(head["lead"]) is None else None


def _is_class(name: str) -> bool:
    return NO_CLASS.match(name) is None and not is_metric_like(name)


def with_lists(texts: Sequence[str], lists: ClassLists) -> Iterator[tuple[str, TextRow | None]]:
    """Yield (text, None) for the messages of a line, or (text, row) for each class where it is one
    of a list.
    """
    for text in texts:
        rows = lists.rows(text)
        if rows is None:
            yield text, None
        else:
            yield from ((text, row) for row in rows)
