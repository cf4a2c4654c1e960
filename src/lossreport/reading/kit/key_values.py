"""Takes the metrics out of a line of text: where it stands (epoch, step, batch of how many), its split, and pairs of name and number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from lossreport.reading.kit.names import METRIC_LIKE
from lossreport.reading.kit.rows import NOT_FINITE, SPLIT_VALUES

NUM: Final = (
    r"[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?)(?![A-Za-z])|-?1\.#(?:QNAN|IND|INF)"
)
STAMP: Final = re.compile(
    r"^\W{0,2}(?:\d{4}[-/]\d\d?[-/]\d\d?|\d\d?[-/]\d\d?(?:[-/]\d\d(?:\d\d)?)?|[A-Z][a-z]{2}\s+\d+)?[ T,_-]*\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?\W{0,2}"
)
DATE: Final = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?[ T,_-]*\d\d?:\d\d:\d\d(?:[.,]\d+)?")
GLOG: Final = re.compile(r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [\w./\-]+:\d+\] ?")
LEVEL: Final = re.compile(r"\b(?:INFO|DEBUG|WARNING|ERROR)\b|信息|訊息")
BEFORE_LEVEL: Final = re.compile(r"[\w.\-/\s|:\[\]]*")
LOGGER_WORD: Final = re.compile(r"[^\s|:\[\]]+")
AFTER_LEVEL: Final = re.compile(r"[\s\]:|\-]*(?:[\w/.\-]+(?:\.py)?:\d+\b[\s\]:|\->]*)?")
LEVEL_REACH: Final = 200
MOST_WORDS, LONGEST_WORD = 6, 40
"""What a logger writes before its level: its name, a module, a process; more or longer words are a message."""
DURATION: Final = re.compile(r"\b\d+:\d\d(?::\d\d)?\b|\b\d+ days?,? ?|\beta[: ]+[\w: ]+?(?=,|\s{2}|$)", re.IGNORECASE)
BAR: Final = re.compile(r"(?P<whole>\bsteps?:\s*)?\d+%\s*\|[^|]*\|\s*(?P<at>\d+)/(?P<of>\d+|\?)\s*\[(?P<rest>[^\]]*)\]?", re.IGNORECASE)
"""A tqdm bar; what stands in its brackets behind the rate is the postfix.

One that is called `steps` (kohya's scripts, diffusers) counts those of the whole training.
"""
EPOCH: Final = re.compile(
    r"(?:(?<![A-Za-z_])(?:train(?:ing)?[ _]?)?(?:epochs?|ep|epch)(?![A-Za-z_]))(?:\((?P<s>train|val|test)\))?\s*(?:no\.?|num(?:ber)?)?[\s:=#\[(]*(?:(?P<e>(?>\d+(?:\.\d+)?))(?!\s*(?:m?s|secs?|seconds?|min|minutes?|h|hours?)\b)\s*(?:(?:/|of|\|(?!\s*\d+\s*/)|out of)\s*(?P<E>\d+))?)\s*[\])]*\s*(?:\(\s*\d+\s*%\s*\))?"
    r"|^\s*Train: (?P<t>\d+)(?= +\[)"
    r"|(?:第\s*|(?<![\d.:/]))(?P<z>\d+)\s*(?:轮次?|輪|周期|[个個]\s*epoch|epoch(?!s?\s*[\d:=\[(#/]))(?:\s*/\s*共?\s*(?P<Z>\d+)\s*(?:轮|輪)?)?"
    r"|轮次\s*[:：=]?\s*(?P<y>\d+)(?:\s*/\s*(?P<Y>\d+))?",
    re.IGNORECASE,
)
"""A number before the word counts only where none follows it: in `Loss 34.2626   Epoch: 0` the epoch is 0, and the decimals are of the loss.
`epoch: 42.8 seconds` is how long one takes, and `after 900 epochs` a plan: no places."""
STEP: Final = re.compile(
    r"(?<![A-Za-z_/\-])(?P<word>global[ _]?steps?|train[ _]?steps?|steps?|iterations?|iters?|itr|num_updates|updates?|batch(?:es)?|mini-?batch|(?:batch|iter|step)[_ ](?:id|idx|no|num|number|index)|episodes?|it|步数|步數|步|迭代(?:次数)?)(?:/(?:total|max)_?\w*)?(?![A-Za-z_])\s*[:：=#\[(]*\s*(?P<i>\d[\d,]*)(?![\d.]*[eE.]\d)"
    r"\s*(?:(?:/|of|\|)\s*(?P<n>\d[\d,]*))?\s*(?:\(\s*\d+(?:\.\d+)?\s*%\s*\))?\s*[\])]*",
    re.IGNORECASE,
)
BEHIND_EPOCH: Final = re.compile(r"\s*\(\s*(?P<i>\d+)\s*/\s*(?P<n>\d+)\s*\)")
"""`Epoch:[0/19](100/24681)`: elsewhere `(452/1000)` counts right answers."""
BRACKET: Final = re.compile(r"\[\s*(?P<i>\d+)\s*/\s*(?P<n>\d+)\s*(?:\(\s*\d+(?:\.\d+)?\s*%\s*\))?\s*\]")
LEADING: Final = re.compile(r"^\s*\[(?P<i>\d+)\](?=\s+[^\W\d])")
"""`[0]  train-logloss:0.69`: the round of a boosting program."""
COUNTED: Final = re.compile(r"^\s*(?P<i>\d+)/(?P<n>\d+)(?=[,:]\s)")
"""`14/16, train_loss: 0.17`: the batch of the epoch, as the tutorials of MONAI print it."""
GLOBAL_WORDS: Final = ("global", "train", "num_updates", "update")
SPLIT_WORD: Final = re.compile(
    r"(?<![\w/])(?:(?:evaluat(?:e|ing|ion)(?: on)? )?(?P<s>train(?:ing)?|vali?|valid(?:ation)?|eval(?:uat(?:e|ion|ing))?|test(?:ing)?|dev|cv)(?![\w/])|(?P<c>训练|验证|测试|评估|訓練|驗證|測試|評估))",
    re.IGNORECASE,
)
WRAPPED: Final = re.compile(rf"(?:tensor|np\.float\d+|numpy\.float\d+|array)\(\[?({NUM})[^)]*\)", re.IGNORECASE)
QUOTED: Final = re.compile(rf"(?<=: )['\"]({NUM})['\"]", re.IGNORECASE)
NAME: Final = r"[^\W\d][\w./@+\-#']*(?:\([\w@ /%]*\))?(?: [^\W\d][\w./@+\-']*(?:\([\w@ /%]*\))?){0,4}"
PAIR: Final = re.compile(
    rf"(?<!\d)(?P<name>{NAME})\s*(?:::|:|：|=>|=|->)\s*(?P<value>{NUM})(?!\d|\.\d|-\d\d?-\d)(?P<mean>\s*\(\s*(?:{NUM})\s*\))?(?P<unit>%|[a-zA-Zµ/²]{{0,8}})(?![\w./:]\d)",
    re.IGNORECASE,
)
"""No name begins with the unit of the number before it (`0.766s loss=1.3`), and no value is the year of a date."""
SPACED: Final = re.compile(
    rf"(?<![\w.])(?P<name>{NAME})[ \t]+(?P<value>{NUM})(?P<mean>\s*\(\s*(?:{NUM})\s*\))?(?P<unit>%|ms|s)?(?=[\s,;|]|$)", re.IGNORECASE
)
RATIO: Final = re.compile(rf"(?P<name>{NAME})\s*[:=]\s*\d+/\d+\s*\((?P<value>{NUM})\s*%\)")
"""`Accuracy: 9834/10000 (98%)`: the share is the value."""
LOGGED_AT: Final = re.compile(r"\([A-Za-z_][\w.]*:\d+\)")
"""`(ignite.engine.engine.SupervisedTrainer:272)`: a name and a line of code."""
CODE_PLACE: Final = re.compile(r"^\s*[\w/.\-]+\.\w+:\d+\b[\s\]:|\->]*")
HEALTH: Final = re.compile(r"^(?:time|dt|mfu|norm|tok(?:ens)?/s(?:ec)?|tps|ips)$", re.IGNORECASE)
MEAN: Final = re.compile(NUM, re.IGNORECASE)
NO_METRIC: Final = re.compile(
    r"(?:.*[ _])?(?:eta|time left|remaining.*|elapsed(?! time per).*|total time|estimated.*|cost time|required|pid|seed|version|port|rank|world.?size|gpus?|id|size|start|end|host|batch|line|index|v_num)$",
    re.IGNORECASE,
)
VERB: Final = re.compile(r"\s+(?:is|was)$")
UNIT_BEFORE: Final = re.compile(r"^(?:m?s|secs?|min|h)\. +")
"""`time: 11.26 s. train_loss: 5.3`: the unit of the number before the name."""
BARE_NAN: Final = re.compile(r"(?::|=|：)\s*[-+]?(?:nan|inf)\b", re.IGNORECASE)
"""The number of a line such as `Mean training loss : nan`, which holds no digit; without a sign it would be prose."""
AVERAGED: Final = re.compile(r"^(?:averaged?|avg|mean|avg\.|running|平均)[ _]+", re.IGNORECASE)


class Pair(NamedTuple):
    """A name and its number; `mean` is the number in parentheses behind it, None without or where it is a change: `16.03 (+0.01)`."""

    name: str
    value: float
    mean: float | None


@dataclass(frozen=True, slots=True)
class TextRow:
    """What one line says: epoch and step with the totals printed beside them (None where absent), split ("" where unsaid), pairs.

    `is_bar` marks a frame of a progress bar: the next frame of the same step replaces it.
    """

    epoch: float | None = None
    epochs: int | None = None
    step: float | None = None
    steps: int | None = None
    word: str = ""
    split: str = ""
    pairs: tuple[Pair, ...] = field(default=())
    is_bar: bool = False

    @property
    def has_metric(self) -> bool:
        """Whether at least one pair is called like a metric."""
        return any(METRIC_LIKE.search(pair.name) for pair in self.pairs)


def text_row(text: str) -> TextRow | None:
    """Return what a line says, or None for a line with neither a number nor a NaN, or with neither place nor pair."""
    if not any(char.isdigit() for char in text) and not BARE_NAN.search(text):
        return None
    body = QUOTED.sub(r"\1", WRAPPED.sub(r"\1", _without_config(without_prefix(text))))
    body, bar = _bar(body)
    inner = BEHIND_EPOCH.match(body, found.end()) if (found := EPOCH.search(body)) else None
    body = body if inner is None else f"{body[: inner.start()]} , {body[inner.end() :]}"
    body, epoch = _taken(EPOCH, body)
    body, step = _taken(STEP, body)
    bracket, leading = inner, None
    if step is None and inner is None:
        body, bracket = _taken(BRACKET, body)
        if bracket is None:
            body, bracket = _taken(COUNTED, body)
        body, leading = (body, None) if bracket or epoch else _taken(LEADING, body)
    split = _split(body)
    pairs = _distinct(DURATION.sub(" ", body))
    e, total = _epoch(epoch)
    i, n, word = _step(step or leading, bracket, bar)
    if e is None and i is None and not pairs:
        return None
    if bar is not None and bar["at"] == "0":  # nothing is done yet: what it shows is of the epoch before
        pairs = ()
    named = SPLIT_VALUES[epoch["s"].lower()] if epoch and epoch["s"] else ""
    return TextRow(e, total, i, n, word, named or split, pairs, bar is not None)


def without_prefix(text: str) -> str:
    """Return a line without what a logger puts before it: time stamp, level, place in the code."""
    body = STAMP.sub("", GLOG.sub("", text, count=1), count=1)
    return LOGGED_AT.sub(" ", CODE_PLACE.sub("", STAMP.sub("", _without_level(body), count=1), count=1))


def _without_level(text: str) -> str:
    """Return the message behind `name - module - INFO - file.py:12: `, or the text where no level stands before it.

    One pattern for all of it would try every way to share a ruled line of dashes between names and separators.
    """
    level = LEVEL.search(text, 0, LEVEL_REACH)
    if level is None:
        return text
    words = LOGGER_WORD.findall(text, 0, level.start())
    if BEFORE_LEVEL.fullmatch(text, 0, level.start()) is None or len(words) > MOST_WORDS or max(map(len, words), default=0) > LONGEST_WORD:
        return text
    after = AFTER_LEVEL.match(text, level.end())
    return text[after.end() :] if after else text[level.end() :]


def _without_config(text: str) -> str:
    """Blank out `{...}`: a dict in a line of text is a configuration, or belongs to the parsers of dicts."""
    return re.sub(r"\{[^{}]*\}", " ", text) if "{" in text else text


def _bar(text: str) -> tuple[str, re.Match[str] | None]:
    match = BAR.search(text)
    if match is None:
        return text, None
    postfix = match["rest"].split(",", 1)
    return f"{text[: match.start()]} , {postfix[1] if len(postfix) > 1 else ''} {text[match.end() :]}", match


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, re.Match[str] | None]:
    match = pattern.search(text)
    return (f"{text[: match.start()]} , {text[match.end() :]}", match) if match else (text, None)


def _epoch(match: re.Match[str] | None) -> tuple[float | None, int | None]:
    if match is None:
        return None, None
    at = match["e"] or match["t"] or match["z"] or match["y"]
    of = match["E"] or match["Z"] or match["Y"]
    return float(at), int(of) if of else None


def _step(step: re.Match[str] | None, bracket: re.Match[str] | None, bar: re.Match[str] | None) -> tuple[float | None, int | None, str]:
    match = step or bracket
    if match is not None:
        said = match.groupdict()
        word = (said.get("word") or "iteration").lower() if step is not None else "batch"
        return float(match["i"].replace(",", "")), int(said["n"].replace(",", "")) if said.get("n") else None, word
    if bar is not None:
        word = "global step" if bar["whole"] else "batch"
        return float(bar["at"]), int(bar["of"]) if bar["of"] != "?" else None, word
    return None, None, ""


def _split(text: str) -> str:
    """Return the split that the beginning of the line names: the words before its first number."""
    first = re.search(NUM, text)
    match = SPLIT_WORD.search(text, 0, first.start() if first else len(text))
    if match is None:
        return ""
    word = (match["s"] or match["c"]).lower()
    return SPLIT_VALUES.get(word, "eval" if word.startswith("eval") else "val")


def _distinct(text: str) -> tuple[Pair, ...]:
    """Return the pairs of a line; where an average stands beside the value itself, both keep their whole names."""
    pairs = tuple(_pairs(text))
    return pairs if len({pair.name for pair in pairs}) == len(pairs) else tuple(_pairs(text, whole=True))


def _pairs(text: str, *, whole: bool = False) -> Iterator[Pair]:
    """Yield the pairs with a sign between name and number; then, in what is left, those with only a blank that name a metric.

    A value with its mean in parentheses behind it (`Xent 7.47 (6.92)`) is a meter, whatever it is called.
    """
    for match in RATIO.finditer(text):
        yield Pair(match["name"], _number(match["value"]), None)
    rest, last = [], 0
    for match in PAIR.finditer(text):
        if (pair := _pair(match, whole)) is not None:
            yield pair
        rest.append(text[last : match.start()])
        last = match.end()
    rest.append(text[last:])
    for piece in rest:
        for match in SPACED.finditer(piece):
            pair = _pair(match, whole)
            if pair is not None and (pair.mean is not None or METRIC_LIKE.search(pair.name) or HEALTH.match(pair.name)):
                yield pair


def _pair(match: re.Match[str], whole: bool) -> Pair | None:
    full = VERB.sub("", UNIT_BEFORE.sub("", match["name"]).strip(" -_.'"))
    name = (full if whole else AVERAGED.sub("", full)).strip().replace("'s ", "/")  # LightGBM: training's auc
    if not name or len(name) > 60 or NO_METRIC.match(name):
        return None
    value = _number(match["value"])
    beside = MEAN.search(match["mean"]) if match["mean"] else None
    mean = None if beside is None or beside[0].startswith("+") or (beside[0].startswith("-") and value > 0) else _number(beside[0])
    return Pair(name, value, mean)


def _number(text: str) -> float:
    found = NOT_FINITE.get(text.lower())
    return float(text.replace(",", "")) if found is None else found
