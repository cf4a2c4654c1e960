"""Finds where a line stands: the epoch, step, iteration, batch, round or episode it names, with the total printed beside it.

A word of a place counts with a number behind it (`Epoch: [3/10]`, `global_step=1e+4`, `第3轮`), a counter also without a word
(`[20/100]`, `324/360 (epoch 27)`). Plans (`accumulation steps: 32`, `num epochs 10`), durations (`epoch: 42.8 s`) and options
(`-epochs 60`) are no places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from lossreport.reading.lines.tokens import Token


class Kind(StrEnum):
    """What a place counts, from the widest to the narrowest."""

    ROUND = "round"
    EPISODE = "episode"
    EPOCH = "epoch"
    STEP = "step"
    ITERATION = "iteration"
    BATCH = "batch"
    SAMPLE = "sample"


class Place(NamedTuple):
    """A counter with what it shows and the total beside it (None where none is printed).

    `word` is what it is called, "" where it is only numbers. `broad` counters count the whole training by their name (`global_step`).
    `first` and `last` are the tokens it takes.
    """

    kind: Kind
    x: float
    of: int | None
    word: str
    broad: bool
    first: int
    last: int


_WORDS: Final[dict[Kind, str]] = {
    Kind.EPOCH: "epoch epochs ep epch current_epoch cur_epoch train_epoch training_epoch epoch_num epoch_idx epoch_id epoch_no i_epoch n_epoch nepoch",
    Kind.STEP: "step steps step_num step_idx step_id step_no cur_step current_step",
    Kind.ITERATION: "iteration iterations iter iters itr itrs it n_iter iter_num num_iter iter_idx iter_id iter_no i_iter cur_iter counter"
    " boosting_round generation gen",
    Kind.BATCH: "batch batches batch_idx batch_id batch_num batch_no batch_i i_batch minibatch mini-batch mini_batch",
    Kind.SAMPLE: "sample sequence image video clip item",
    Kind.ROUND: "evaluate_num eval_num evaluation_num round rounds comm_round global_round communication_round server_round fl_round rnd",
    Kind.EPISODE: "episode episodes i_episode episode_num n_episode episode_idx episode_no game games",
}
_BROAD: Final = (
    "global_step global_steps globalstep train_step train_steps training_step training_steps num_updates n_updates updates update optimizer_step opt_step"
    " total_timesteps timesteps timestep num_timesteps total_env_steps env_steps env_step total_frames frames total_steps"
)
"""Counters of the whole training by their name; a `total_` before steps of an environment is what was done, not what is planned."""
NAMED: Final[dict[str, Kind]] = {
    **{word: kind for kind, words in _WORDS.items() for word in words.split()},
    **dict.fromkeys(_BROAD.split(), Kind.STEP),
}
BROAD: Final = frozenset(_BROAD.split())
CHINESE: Final = (
    ("训练回合", Kind.EPOCH), ("轮次", Kind.EPOCH), ("轮数", Kind.EPOCH), ("周期", Kind.EPOCH), ("轮", Kind.EPOCH), ("輪", Kind.EPOCH),
    ("步数", Kind.STEP), ("步數", Kind.STEP), ("步", Kind.STEP), ("迭代次数", Kind.ITERATION), ("次迭代", Kind.ITERATION), ("迭代", Kind.ITERATION),
    ("批次", Kind.BATCH), ("个批次", Kind.BATCH), ("回合", Kind.EPISODE),
)  # fmt: skip
"""The ends of Chinese words of places, longer ones first."""
TOTALS: Final = ("总", "共", "最大", "最多")
"""What begins a Chinese word of a plan."""
WITH_NUMBER: Final = re.compile(r"(?P<word>epoch|ep|e?poch|step|iter(?:ation)?|batch|round|episode)[_\-.]?(?P<x>\d{1,9})", re.IGNORECASE)
"""`Epoch-3`, `ep001`, `step_100`."""
TOTAL_BEHIND: Final = re.compile(r"(?P<word>[a-z_]+)/(?:total|max|num|all)(?:_?[a-z]+)*+", re.IGNORECASE)
"""`step/total_step: 50/200`."""
FILLERS: Final = frozenset(("no", "num", "number", "id", "idx", "index", "nr", "is", "count"))
OPENERS: Final = frozenset(":：=＝#[(<")
SIGNS: Final = frozenset(":：=＝-–")
CLOSERS: Final = frozenset("])>")
MOST_MARKS: Final = 4
PLURAL: Final = frozenset(
    ("timesteps", "epochs", "steps", "iterations", "iters", "batches", "updates", "rounds", "episodes", "games", "frames")
)
NO_PLACE_BEHIND: Final = frozenset(
    [
        "accumulation",
        "accum",
        "accumulate",
        "accumulated",
        "warmup",
        "warm-up",
        "num",
        "number",
        "max",
        "maximum",
        "min",
        "minimum",
        "optimization",
        "save",
        "saving",
        "log",
        "logging",
        "print",
        "display",
        "decay",
        "every",
        "each",
        "per",
        "n",
        "remaining",
        "left",
        "planned",
        "target",
        "patience",
        "waiting",
        "wait",
        "inference",
        "sampling",
        "diffusion",
        "ddim",
        "denoising",
        "gradient",
        "cooldown",
        "early",
        "first",
        "other",
        "more",
        "best",
        "last",
        "total",
        "end",
        "final",
        "start",
        "starting",
        "plus",
        "lr",
        "fixed",
        "burn-in",
        "burnin",
        "resume",
        "initial",
        "previous",
        "earlystopping",
        "early_stopping",
        "stopping",
    ]
)
"""A word before the counter that makes it a plan, a setting or a memory: `accumulation steps: 32`, `best epoch 14`, `max steps`."""
BROADENING: Final = frozenset(["global", "train", "training", "optimizer", "env", "environment", "update", "total"])
COUNTED_UP: Final = frozenset(["timesteps", "timestep", "frames", "updates", "steps"])
"""`num timesteps 2048` is what was done; a plan of so many steps is no row and heads none."""
TIMED: Final = frozenset(["timesteps", "timestep", "frames", "steps", "step"])
MEASURED_OVER: Final = frozenset(["over", "per", "of", "in", "for", "at", "this", "last"])
"""`Training acc over epoch: 0.70` says what was measured, not where."""
ANY_TIME: Final = frozenset(
    ["s", "sec", "secs", "second", "seconds", "ms", "min", "mins", "minute", "minutes", "h", "hr", "hrs", "hour", "hours", "day", "days"]
)
FRACTION_WORDS: Final = frozenset(("batches", "batch", "steps", "step", "iterations", "iters", "it", "samples"))


def places(found: Sequence[Token]) -> list[Place]:
    """Return the places that a line names, in their order."""
    named = list(_named(found))
    taken = {index for place in named for index in range(place.first, place.last + 1)}
    return sorted([*named, *_unnamed(found, named, taken)], key=lambda place: place.first)


def _named(found: Sequence[Token]) -> Iterator[Place]:
    index = 0
    while index < len(found):
        place = _at_word(found, index) if found[index].is_word else None
        if place is None:
            place = _before_word(found, index) if found[index].is_number else None
        if place is not None:
            yield place
            index = place.last
        index += 1


def _at_word(found: Sequence[Token], at: int) -> Place | None:
    """Return the place of a word that names one and the number behind it."""
    word = found[at].low
    if match := WITH_NUMBER.fullmatch(word):
        kind = NAMED.get(match["word"].lower(), Kind.EPOCH)
        if _is_option(found, at) or _before(found, at) in NO_PLACE_BEHIND:
            return None
        last, of = _total(found, at, opened=False)
        return Place(kind, float(match["x"]), of, match["word"].lower(), False, at, last)
    if match := TOTAL_BEHIND.fullmatch(word):
        word = match["word"].lower()
    kind_of = _kind(word)
    if kind_of is None:
        return None
    kind, broad = kind_of
    start, broad, allowed = _qualified(found, at, word, broad)
    if not allowed:
        return None
    decimals = kind is Kind.EPOCH and _before(found, at) not in MEASURED_OVER
    number, opened = _number_behind(found, at + 1, with_decimals=decimals)
    if number is None:
        return None
    last, of = _total(found, number, opened=opened)
    return Place(kind, found[number].value, of, word, broad, start, last)


def _kind(word: str) -> tuple[Kind, bool] | None:
    if word in NAMED:
        return NAMED[word], word in BROAD
    if word.isascii() or word.startswith(TOTALS):
        return None
    return next(((kind, False) for end, kind in CHINESE if word.endswith(end)), None)


def _qualified(found: Sequence[Token], at: int, word: str, broad: bool) -> tuple[int, bool, bool]:
    """Return (first token, whether it counts the whole training, whether it is a place) by the word that stands before it."""
    before = _before(found, at)
    if _is_option(found, at):
        return at, broad, False
    if before in ("num", "number") and word in COUNTED_UP:
        return at - 1, True, True
    if before in BROADENING and _kind(word) != (Kind.EPOCH, False) and (before != "total" or word in TIMED):
        return at - 1, True, True
    if before in NO_PLACE_BEHIND or (before == "of" and word in PLURAL):
        return at, broad, False
    if word == "update" and before:
        return at, broad, False
    return at, broad, True


def _before(found: Sequence[Token], at: int) -> str:
    """Return the word before a token in the same phrase, or nothing."""
    return found[at - 1].low if at and found[at - 1].is_word and found[at].gap == 1 else ""


def _is_option(found: Sequence[Token], at: int) -> bool:
    """Return whether a word is an option of a command: `-epochs 60`, `--steps=5`."""
    if not at or found[at].gap or found[at - 1].text not in ("-", "--"):
        return False
    return at == 1 or found[at - 1].gap > 0


def _number_behind(found: Sequence[Token], at: int, *, with_decimals: bool) -> tuple[int | None, bool]:
    """Return (index, whether a bracket opened) of the number that a word of a place has behind it."""
    opened, marks, index = False, 0, at
    while index < len(found):
        token = found[index]
        if token.text in OPENERS or (token.text in SIGNS and token.gap) or token.text in "\"'":
            opened = opened or token.text in "[(<"
            marks += 1
            if marks > MOST_MARKS:
                return None, False
        elif token.low in FILLERS or token.text in (".", "第"):
            if token.text == "." and token.gap:
                return None, False
        elif opened and token.text in CLOSERS and _is_split_in_brackets(found, index):
            opened = False  # `Epoch(train) [3]`
        elif opened and token.is_word and index + 1 < len(found) and found[index + 1].text in CLOSERS:
            pass
        else:
            good = token.is_number and (token.is_whole or (with_decimals and token.text[0].isdigit() and "e" not in token.low))
            good = good and not (opened and index + 1 < len(found) and found[index + 1].text == ",")  # `STEPS: (60000, 80000)`
            return (index, opened) if good and not _is_measured(found, index) else (None, False)
        index += 1
    return None, False


def _is_split_in_brackets(found: Sequence[Token], closer: int) -> bool:
    return found[closer - 1].is_word


def _is_measured(found: Sequence[Token], at: int) -> bool:
    """Return whether a number has a unit behind it: how long something takes is no place."""
    if at + 1 >= len(found):
        return False
    behind = found[at + 1]
    if behind.text in ("%", "％"):
        return True
    if behind.is_word and behind.gap == 0:
        return behind.text.isascii() or behind.text[0] in "秒分"
    return behind.is_word and behind.gap == 1 and behind.low in ANY_TIME


def _total(found: Sequence[Token], number: int, *, opened: bool) -> tuple[int, int | None]:
    """Return (last token, total) of what stands behind the number of a place: `/10`, ` of 10`, `| 19 ]`, its percentage and bracket."""
    last, of = number, None
    at = number + 1
    if (at < len(found) and found[at].text in ("/", "\\") and _whole(found, at + 1)) or (
        at < len(found) and found[at].low == "of" and _whole(found, at + 1)
    ):
        last, of = at + 1, int(found[at + 1].value)
    elif at + 1 < len(found) and found[at].low == "out" and found[at + 1].low == "of" and _whole(found, at + 2):
        last, of = at + 2, int(found[at + 2].value)
    elif at < len(found) and found[at].text == "|" and _whole(found, at + 1) and _ends_field(found, at + 2, opened=opened):
        last, of = at + 1, int(found[at + 1].value)
    return _closed(found, last, opened=opened), of


def _whole(found: Sequence[Token], at: int) -> bool:
    return (
        at < len(found)
        and found[at].is_whole
        and (at + 1 >= len(found) or not (found[at + 1].is_word and found[at + 1].gap == 0 and found[at + 1].text.isascii()))
    )


def _ends_field(found: Sequence[Token], at: int, *, opened: bool) -> bool:
    return opened or at >= len(found) or found[at].text == "|"


def _closed(found: Sequence[Token], last: int, *, opened: bool) -> int:
    """Return the last token of a place: its percentage and its bracket are taken with it."""
    at = last + 1
    if at + 2 < len(found) and found[at].text == "(" and found[at + 1].is_number and found[at + 2].text in ("%", "％"):
        last = at + 3 if at + 3 < len(found) and found[at + 3].text == ")" else at + 2
        at = last + 1
    while opened and at < len(found) and found[at].text in CLOSERS:
        last, at, opened = at, at + 1, False
    return last


def _before_word(found: Sequence[Token], at: int) -> Place | None:
    """Return the place of a number with its word behind it: `第3轮/共10轮`, `3 epoch`; a plural is a plan (`after 900 epochs`)."""
    if not found[at].is_whole or at + 1 >= len(found) or found[at].text[0] == ".":
        return None
    if (place := _after(found, at)) is not None:
        return place
    end, of = at, None
    if found[at + 1].text == "/" and _number_at(found, at + 2):
        end, of = at + 2, int(found[at + 2].value)
    if end + 1 >= len(found) or not found[end + 1].is_word:
        return None
    if found[end + 1].text in COUNTER_WORDS and end + 2 < len(found) and found[end + 2].low in NAMED:
        return Place(
            NAMED[found[end + 2].low], found[at].value, of, found[end + 2].low, False, at - (at > 0 and found[at - 1].text == "第"), end + 2
        )
    word = found[end + 1].low
    first = at - 1 if at and found[at - 1].text == "第" else at
    counted = first < at or (at and found[at - 1].text.endswith("第"))
    if word.isascii():
        return _before_latin(found, at, end, of)
    kind = next((kind for start, kind in COUNTED if word.startswith(start)), None)
    if kind is None or not (counted or of is not None or kind is Kind.EPOCH):
        return None
    last = end + 1
    if last + 3 < len(found) and found[last + 1].text == "/" and found[last + 2].text.startswith("共") and found[last + 3].is_whole:
        of, last = int(found[last + 3].value), last + 3
        last += last + 1 < len(found) and not found[last + 1].text.isascii() and found[last + 1].gap == 0
    if of is None and at and found[at - 1].text.endswith("共"):
        return None
    return Place(kind, found[at].value, of, word, False, first, last)


def _after(found: Sequence[Token], at: int) -> Place | None:
    """Return the place of a heading such as `Avg Training Stats after 3 global rounds:`."""
    word = at + 1 + (found[at + 1].low in BROADENING and at + 2 < len(found))
    if not at or found[at - 1].low != "after" or found[-1].text != ":" or found[word].low not in PLURAL:
        return None
    return Place(NAMED[found[word].low], found[at].value, None, "after", False, at - 1, word)


COUNTED: Final = (
    ("轮", Kind.EPOCH), ("輪", Kind.EPOCH), ("周期", Kind.EPOCH), ("个周期", Kind.EPOCH), ("代", Kind.EPOCH), ("步", Kind.STEP), ("次迭代", Kind.ITERATION),
    ("个批次", Kind.BATCH), ("批", Kind.BATCH), ("回合", Kind.EPISODE), ("局", Kind.EPISODE), ("个回合", Kind.EPISODE),
)  # fmt: skip
"""What stands behind the number in Chinese."""
COUNTER_WORDS: Final = frozenset(("个", "個"))
"""`第3个epoch`."""


def _before_latin(found: Sequence[Token], at: int, end: int, of: int | None) -> Place | None:
    """Return the place of `3 epoch`, where no number follows the word: in `Loss 34.2  Epoch: 0` the epoch is 0."""
    word, behind = found[end + 1], found[end + 2 : end + 3]
    if word.low != "epoch" or word.gap > 1 or (behind and (behind[0].is_number or behind[0].text in OPENERS)):
        return None
    if at and (found[at - 1].low in ("for", "after", "every", "per", "in", "last") or found[at - 1].text in ("/", ":", "=", ".")):
        return None
    return Place(Kind.EPOCH, found[at].value, of, "epoch", False, at, end + 1)


def _number_at(found: Sequence[Token], at: int) -> bool:
    return at < len(found) and found[at].is_whole


def _unnamed(found: Sequence[Token], named: Sequence[Place], taken: set[int]) -> Iterator[Place]:
    """Yield the counters that are only numbers: `[20/100]`, `| 143/573 |`, `(100/24681)` behind an epoch, `14/16, ` at the beginning."""
    epochs = [place for place in named if place.kind is Kind.EPOCH]
    counters: list[Place] = []
    for at in range(len(found)):
        if at in taken:
            continue
        place = _fraction(found, at, behind_epoch=bool(epochs) and at == epochs[-1].last + 1)
        if place is not None and not any(index in taken for index in range(place.first, place.last + 1)):
            counters.append(place)
    if not counters and not named:
        counters += _leading(found)
    if len(counters) > 1 and not epochs and counters[0].first == 0 and counters[1].first == counters[0].last + 1:
        counters[0] = counters[0]._replace(kind=Kind.EPOCH, word="epoch")  # `[0/25][0/1583]` of the DCGAN tutorial
    yield from counters


def _fraction(found: Sequence[Token], at: int, *, behind_epoch: bool) -> Place | None:
    """Return the counter `n/m` that begins at a token with its bracket or pipe, or None."""
    text = found[at].text
    opened = text == "[" or (text == "(" and behind_epoch)
    piped = text == "|"
    leading = at == 0 and found[at].is_whole
    if not (opened or piped or leading):
        return None
    number = at if leading else at + 1
    if not (
        _number_at(found, number) and number + 2 < len(found) and found[number + 1].text in ("/", "|") and _number_at(found, number + 2)
    ):
        return None
    if found[number + 1].text == "|" and not opened:
        return None
    inside = number + 3
    counted = opened and inside < len(found) and found[inside].low in FRACTION_WORDS  # `[103/103 batches]`
    last = _closed(found, number + 2 + counted, opened=opened)
    if (opened and found[last].text not in CLOSERS) or found[number].value > found[number + 2].value:
        return None
    behind = found[last + 1] if last + 1 < len(found) else None
    if piped and not (behind is None or behind.text == "|" or behind.low in FRACTION_WORDS):
        return None
    if leading and (behind is None or (behind.text not in ",:-([|" and not behind.is_word)):
        return None
    return Place(Kind.BATCH, found[number].value, int(found[number + 2].value), "", False, number if piped else at, last)


def _leading(found: Sequence[Token]) -> Iterator[Place]:
    """Yield the counter that a line begins with: `[0]  train-logloss:0.69`, `[1,  2000] loss: 2.2`, `100: loss 0.5`."""
    texts = [token.text for token in found[:6]]
    if len(texts) >= 4 and texts[0] in "[(" and found[1].is_whole:
        if texts[2] in "])" and found[3].is_word:
            yield Place(Kind.ITERATION, found[1].value, None, "", False, 0, 2)
        elif texts[2] == "|" and len(texts) == 6 and found[3].is_number and texts[4] == "]" and found[5].is_word:
            yield Place(
                Kind.ITERATION, found[1].value, None, "", False, 0, 4
            )  # `[5 | 30.35] loss=2.9`: beside it the seconds since the start
        elif texts[2] == "," and len(texts) == 6 and found[3].is_whole and texts[4] in "])" and (found[5].is_word or texts[5] == ":"):
            yield Place(Kind.EPOCH, found[1].value, None, "epoch", False, 0, 2)
            yield Place(Kind.BATCH, found[3].value, None, "", False, 3, 4)
    elif len(texts) >= 3 and found[0].is_whole and texts[1] == ":" and found[2].is_word:
        yield Place(Kind.ITERATION, found[0].value, None, "", False, 0, 1)
    else:
        yield from _behind_name(found)


def _behind_name(found: Sequence[Token]) -> Iterator[Place]:
    """Yield the counter between a loss and its value: `Train loss 100 0.512 Grad Norm 1.2`, `Validation loss 1000: 0.6`."""
    at = next((at for at, token in enumerate(found[:4]) if not token.is_word), 0)
    if not at or found[at - 1].low not in ("loss", "损失") or not found[at].is_whole or found[at].gap != 1:
        return
    value = at + 1 + (at + 1 < len(found) and found[at + 1].text == ":")
    if value < len(found) and found[value].is_number and "." in found[value].text and (found[at].value >= MANY or not found[at].value):
        yield Place(Kind.ITERATION, found[at].value, None, "", False, at, at)


MANY: Final = 10
"""A smaller number behind `loss` may be that of the loss: `Loss 2: 0.5`."""
