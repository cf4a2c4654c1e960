"""Cuts a line into numbers, words and marks, each once and in linear time; nothing here knows what
a word means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.reading.kit.rows import NOT_FINITE

LONGEST: Final = 20_000
"""Characters of a line that are looked at: a row of 300 metrics has 9,000; longer lines are dumps
of data.
"""
LONGEST_NUMBER: Final = 300
"""Characters beyond which digits are no number but data: the largest double has 309 digits before
its point.
"""
TAB_GAP: Final = 4

AT: Final = (
    r"@\[?(?:0?\.\d{1,3}|50)[:-](?:(?:0?\.)?95(?![\d.])|0?\.\d{1,3}(?=\]?\s{0,3}[:=]))\]?"
    r"|@\[?[A-Za-z0-9_]++(?:\.\d++)?\]?|@\[?\.\d++\]?"
)
"""What stands behind the sign in `acc@1`, `mAP@0.5`, `mAP@0.50:0.95`: a range of thresholds is part
of the name.
"""
TOKEN: Final = re.compile(
    rf"""
      (?P<clock> (?<![\w.:]) \d{{1,4}}:\d\d (?: :\d\d (?:[.,]\d{{1,9}})? (?!\w) | (?![\w:]|[.,]\d) ) )
    | (?P<date> (?<![\w.]) \d{{4}}[-/]\d\d?[-/]\d\d? (?!\d) )
    | (?P<other> 0[xX][0-9a-fA-F]{{2,64}}+ | \d{{1,9}}(?:\.\d{{1,9}}){{2,8}}+ (?:[\w+][\w+.]*+)? )
    | (?P<odd> (?<![\w.]) [-+]?+ (?: (?i: nan | inf(?:inity)? ) (?:\(ind\))? (?![\w./(]) | 1\.\#(?:QNAN|IND|INF) ) )
    | (?P<number> (?: (?<![\w.)\]%]) [-+] )?
        (?: (?<![\[(,\d]) \d{{1,3}}(?:,\d{{3}})++ (?![,\d]) (?:\.\d++)? | \d++ (?:\.(?=[\deE\s,;|)\]])\d*+)? | \.\d++ )
        (?: [eE][-+]?\d{{1,3}} (?![\w]) )? )
    | (?P<word> [A-Za-z_][A-Za-z_0-9]*+ (?: [./+\-'][A-Za-z0-9_]++ | {AT} )*+ | [^\W\d_A-Za-z]++ )
    | (?P<arrow> [-=]{{1,3}}> | → | :: )
    | (?P<rule> [-=_*\#~─━═—+.><│▁]{{3,}}+ | [█▏▎▍▌▋▊▉▇▆▅▄▃▂▁]++ )
    | (?P<mark> [^\s\w] | \w )
    """,
    re.VERBOSE,
)
"""Every alternative is possessive where it repeats, so that a hostile line costs no more than its
length.
"""


GLUED_VALUE: Final = re.compile(
    r"(?P<name>(?:[A-Za-z]{1,12}_)?(?:loss|acc|recall|ndcg|auc|rmse|mse|mae))"
    r"(?P<value>\d{1,6}\.\d{1,12}(?:e[-+]?\d{1,3})?)",
    re.IGNORECASE,
)
"""`loss0.583`, as LightGCN prints it."""


class Token(NamedTuple):
    """A piece of a line: its kind, its text, also in lower case, where it stands, and the blanks
    before it (a tab counts four).

    `is_number` holds for NaN and infinity as well.
    """

    kind: str
    text: str
    low: str
    start: int
    end: int
    gap: int
    is_number: bool
    is_word: bool

    @property
    def value(self) -> float:
        """The number that the token is; ValueError where it is none."""
        found = NOT_FINITE.get(self.low)
        return float(self.text.replace(",", "")) if found is None else found

    @property
    def is_whole(self) -> bool:
        """Whether it is a number without decimals that counts something: 12, also written 1e+4."""
        if self.kind != "number" or self.low in NOT_FINITE or self.text[0] in "+-":
            return False
        return self.text.replace(",", "").isdigit() or (
            "." not in self.text and self.value.is_integer()
        )


def tokens(text: str) -> list[Token]:
    """Return the tokens of the first `LONGEST` characters of a line; a word or number that reaches
    beyond them is left out.
    """
    return list(
        _tokens(
            text if len(text) <= LONGEST else text[: max(text.rfind(" ", 0, LONGEST), 0) or LONGEST]
        )
    )


def _tokens(text: str) -> Iterator[Token]:
    end = 0
    for match in TOKEN.finditer(text):
        kind, piece, start = match.lastgroup or "mark", match[0], match.start()
        if kind == "word" and "." in piece and (glued := GLUED_VALUE.fullmatch(piece)):
            middle = start + len(glued["name"])
            gap = 0 if start == end else _gap(text, end, start)
            yield Token(
                "word", glued["name"], glued["name"].lower(), start, middle, gap, False, True
            )
            kind, piece, start, end = "number", glued["value"], middle, middle - 1
        if kind == "odd":
            kind = "number"
        elif kind == "number" and len(piece) > LONGEST_NUMBER:
            kind = "other"
        gap = 0 if start == end else max(_gap(text, end, start), 1)
        end = match.end()
        yield Token(kind, piece, piece.lower(), start, end, gap, kind == "number", kind == "word")


def _gap(text: str, end: int, start: int) -> int:
    if start == end + 1:
        return TAB_GAP if text[end] == "\t" else 1
    return start - end + (TAB_GAP - 1) * text.count("\t", end, start)
