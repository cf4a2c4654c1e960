"""Puts names and numbers of a line together: `loss: 0.5 (0.6)`, `Losses: [2.7, 2.9]`,
`loss_a,loss_b 8.8 1.95`, `Score at iteration 100 is 1.39`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.reading.kit.names import SPLITS, is_metric_like
from lossreport.reading.lines.figures import Figure, figure_at
from lossreport.reading.lines.naming import (
    COUNTED,
    PREPOSITIONS,
    VERBS,
    Name,
    name_before,
    without_average,
)
from lossreport.reading.lines.tokens import Token

SIGNS: Final = frozenset((":", "：", "=", "＝", "=>", "->", "-->", "==>", "→", "::", "≈", "~"))
QUOTES: Final = frozenset("'\"`")
MOST_OPENERS: Final = 4
HEALTH: Final = re.compile(
    r"^(?:time|dt|mfu|norm|tok(?:ens)?/s(?:ec)?|tps|ips|gnorm|grad)$", re.IGNORECASE
)
NO_METRIC: Final = re.compile(
    r"(?:.{0,40}[ _])?(?:eta|time left|remaining.{0,20}|elapsed(?! time per).{0,20}|total time|"
    r"estimated.{0,20}|cost time|time (?:cost|spent|used|taken)|time_cost|耗时|用时|required|pid|"
    r"seed|version|port|rank|world.?size|gpus?|id|size"
    r"|start|end|host|stage|batch|line|index|v_num|exit status|status \w{1,10}|maxdets|iou ?type|"
    r"total params?)$",
    re.IGNORECASE,
)
OVER_RUNS: Final = " over runs"
"""Behind the name of a mean with its deviation, which is over several runs and never the best of
them: `acc 0.83 ± 0.01`.
"""
IDENTIFIER: Final = re.compile(r"[^\W\d][\w./@\-]{0,40}")
COCO: Final = re.compile(
    r"Average (?P<what>Precision|Recall)\s{1,9}\((?:AP|AR)\) @\[ IoU=(?P<iou>0\.\d\d"
    r"(?::0\.\d\d)?)\s{1,9}\| area=\s{0,9}(?P<area>all|small|medium|large) \| maxDets=\s{0,4}"
    r"(?P<dets>\d{1,4}) \] = (?P<value>-?\d\.\d{1,6})"
)
"""A line of the table that pycocotools prints."""
CODE_NAME: Final = re.compile(
    r"\.(?:py|cc|cpp|cu|h|js|sh|pth?|ckpt|json|ya?ml|txt|log|csv|npy|pkl)$", re.IGNORECASE
)
"""A file is no metric, whatever number stands behind it: `lr_scheduler.py:232`."""


class Pair(NamedTuple):
    """A name and its number; `mean` is the number in parentheses behind it, None without or where
    it is a change: `16.03 (+0.01)`.

    `split` is what a label or the words around the name say, "" where they say nothing.
    """

    name: str
    value: float
    mean: float | None
    split: str = ""


class Spot(NamedTuple):
    """A pair with the tokens it takes, and whether it is something that the line remembers."""

    pair: Pair
    first: int
    last: int
    memory: bool


def spots(found: Sequence[Token], spans: Mapping[int, int], memories: frozenset[int]) -> list[Spot]:
    """Return the pairs of a line; `spans` are the tokens of places and owners."""
    read = list(_spots(found, spans, memories))
    short = [without_average(spot.pair.name) for spot in read]
    counts = Counter(
        (name.lower(), spot.pair.split, spot.memory) for name, spot in zip(short, read, strict=True)
    )
    named = []
    for name, spot in zip(short, read, strict=True):
        # a value and its average in one line are two metrics
        whole = counts[name.lower(), spot.pair.split, spot.memory] > 1
        named.append(spot if whole else spot._replace(pair=spot.pair._replace(name=name)))
    return named


def _spots(
    found: Sequence[Token], spans: Mapping[int, int], memories: frozenset[int]
) -> Iterator[Spot]:
    at = 0
    while at < len(found):
        if not found[at].is_number or at in spans:
            at += 1
            continue
        last = at
        for spot in _at(found, at, spans, memories):
            yield spot
            last = max(last, spot.last)
        at = last + 1


def _at(
    found: Sequence[Token], at: int, spans: Mapping[int, int], memories: frozenset[int]
) -> Iterator[Spot]:
    """Yield the pairs whose (first) number stands at a token."""
    before, signed, opened = _sign(found, at)
    if not signed and _is_count(found, at):
        return
    if (
        before < 0
        or (opened and not signed and opened != "[")
        or _is_inside(found, at, signed, spans)
    ):
        return
    figure = figure_at(found, at, opened=bool(opened))
    name = name_before(found, before, spans) if figure is not None else None
    if figure is None or name is None:
        return
    both = _named_list(found, before, figure, at, spans)
    if both is not None:
        figures, names = both
    elif figure.slashed:
        names, figures = _slashed(name, figure)
    else:
        names, figures = _numbered(name, figure)
    for one, (value, last) in zip(names, figures, strict=True):
        said = signed or _ends_with_verb(found, before)
        if _is_metric(one.text, figure, found[at], signed=said, placed=bool(spans)):
            called = f"{one.text}{OVER_RUNS}" if figure.spread and not spans else one.text
            # LightGBM: training's auc
            pair = Pair(called.replace("'s ", "/"), value, figure.mean, one.split)
            yield Spot(
                pair,
                one.first,
                max(figure.last, last),
                one.first in memories or at in memories or (figure.spread and not spans),
            )


def _sign(found: Sequence[Token], at: int) -> tuple[int, bool, str]:
    """Return (last token of the name, whether a sign stands between, the bracket that opens a list)
    before a number.
    """
    before, opened = at - 1, ""
    while (
        before >= 0
        and (found[before].text in QUOTES or found[before].text in ("[", "("))
        and at - before <= MOST_OPENERS
    ):
        opened = found[before].text if found[before].text in "[(" else opened
        before -= 1
    signed = False
    for _ in range(2):
        if before >= 0 and found[before].text in SIGNS:
            signed, before = True, before - 1
    if not signed and not opened and _is_dashed(found, at):
        return at - 2, True, ""
    return before, signed, opened


def _is_dashed(found: Sequence[Token], at: int) -> bool:
    """Return whether a dash with blanks around it stands between the name of a metric and a number:
    `dice_loss - 0.5`.
    """
    if (
        at < 2
        or found[at - 1].text != "-"
        or not (found[at].gap and found[at - 1].gap)
        or "." not in found[at].text
    ):
        return False
    return found[at - 2].is_word and is_metric_like(found[at - 2].text)


def _is_inside(found: Sequence[Token], at: int, signed: bool, spans: Mapping[int, int]) -> bool:
    """Return whether a number belongs to what stands before it: the second of a list, or glued to a
    word by a mark.
    """
    return (
        not signed
        and at > 0
        and at - 1 not in spans
        and (
            found[at - 1].is_number
            or (
                found[at].gap == 0
                and found[at - 1].text not in "[("
                and found[at - 1].text.isascii()
            )
        )
    )


def _is_count(found: Sequence[Token], at: int) -> bool:
    """Return whether a number only counts what is named behind it: `of 63 batches`, `on the 10000
    test images`.
    """
    return (
        found[at].is_whole
        and at + 1 < len(found)
        and found[at + 1].low in COUNTED
        and found[at + 1].gap <= 1
    )


def _ends_with_verb(found: Sequence[Token], before: int) -> bool:
    return found[before].low in VERBS


def _numbered(name: Name, figure: Figure) -> tuple[list[Name], list[tuple[float, int]]]:
    """Return the name for every number: `Losses_0`, `Losses_1` where there are several."""
    if len(figure.values) == 1:
        return [name], [(figure.values[0], figure.last)]
    names = [name._replace(text=f"{name.text}_{index}") for index in range(len(figure.values))]
    return names, [(value, figure.last) for value in figure.values]


def _slashed(name: Name, figure: Figure) -> tuple[list[Name], list[tuple[float, int]]]:
    """Return the names of `loss/acc: 0.5/0.9` and `Train/Val Loss: 0.5/0.6`; of two counts of one
    name the share.
    """
    head, _, rest = name.text.partition(" ")
    parts = head.split("/")
    values = [(value, figure.last) for value in figure.values]
    if len(parts) == len(values):
        return [name._replace(text=f"{part} {rest}".strip()) for part in parts], values
    whole = [part.strip() for part in name.text.split("/")]
    if len(whole) == len(values) and all(is_metric_like(part) for part in whole):
        return [name._replace(text=part) for part in whole], values  # `Train acc/Test acc: 0.9/0.8`
    if len(values) == 2 and values[1][0] and figure.whole and SHARE.search(name.text):
        return [name], [(values[0][0] / values[1][0], figure.last)]
    return ([], []) if figure.whole else _numbered(name, figure)


SHARE: Final = re.compile(r"acc|correct|success|win|准确率", re.IGNORECASE)
"""What two counts are a share of: `acc: 452/1000`."""


def _named_list(
    found: Sequence[Token], before: int, figure: Figure, at: int, spans: Mapping[int, int]
) -> tuple[list[tuple[float, int]], list[Name]] | None:
    """Return the numbers and names of `loss_a,loss_b 8.8 1.95`: as many numbers in a row as names
    with commas between them.
    """
    names = [before]
    while (
        names[0] >= 2
        and found[names[0] - 1].text == ","
        and found[names[0] - 2].is_word
        and names[0] - 2 not in spans
    ):
        names.insert(0, names[0] - 2)
    if len(names) < 2 or not all(found[index].is_word for index in names):
        return None
    numbers = [at]
    while numbers[-1] + 1 < len(found):
        behind = numbers[-1] + 1 + (found[numbers[-1] + 1].text in (",", "/"))
        if behind >= len(found) or not found[behind].is_number:
            break
        numbers.append(behind)
    if len(numbers) != len(names):
        return None
    return [(found[index].value, index) for index in numbers], [
        Name(found[index].text, index) for index in names
    ]


def _is_metric(name: str, figure: Figure, token: Token, *, signed: bool, placed: bool) -> bool:
    """Return whether a name and a number are a pair: with a sign between them, by the name, or as
    an identifier before decimals.
    """
    if not _may_name(name):
        return False
    if name.lower() in SPLITS and not (
        (signed or placed)
        and ("." in token.text or figure.unit == "%")
        and figure.unit in ("", "%")
    ):
        return False  # `train=113 val=29` counts samples, `Train: 12.3 s` is a time
    if signed or figure.mean is not None or is_metric_like(name) or HEALTH.match(name):
        return True
    if name.lower() in PREPOSITIONS:
        return False  # `loss=0.5, over 1022.00 frames`
    return IDENTIFIER.fullmatch(name) is not None and "." in token.text and figure.unit in ("", "%")


@lru_cache(maxsize=8192)
def _may_name(name: str) -> bool:
    return bool(name) and NO_METRIC.match(name) is None and CODE_NAME.search(name) is None


def coco_pair(text: str) -> Pair | None:
    """Return the value of one line of pycocotools' table under its usual name: AP, AP50, AP_small,
    AR@100.
    """
    match = COCO.search(text)
    if match is None:
        return None
    short = "AP" if match["what"] == "Precision" else "AR"
    threshold = "" if ":" in match["iou"] else match["iou"][2:]
    area = "" if match["area"] == "all" else f"_{match['area']}"
    count = f"@{match['dets']}" if short == "AR" and not area else ""
    return Pair(f"{short}{threshold}{area}{count}", float(match["value"]), None, "val")
