"""Finds the split of measures that name none: by the losses before them, where every loss names its
split.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.names import are_evaluated, unmarked_scores
from lossreport.reading.lines.row import TextRow

MEASURE: Final = re.compile(
    r"(?:acc|accuracy|iou|f1|auc|dice|map|recall|precision|score|kappa|mcc|psnr|ssim|bleu|wer|cer"
    r"|perplexity|ppl|准确率|正确率)(?: \([a-z]{4,10}\))?$"
    r"|^(?:acc|accuracy|iou|f1|auc|dice|recall|precision)_[a-z]{1,20}$",
    re.IGNORECASE,
)
"""What is measured on a set, whatever stands before it: `aAcc`; and of one class of it:
`acc_rain`.
"""


def scores_of(
    shapes: Sequence[tuple[str, ...]], meanings: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return the split of scores that say none: of an evaluation where they stand alone, or by the
    losses where every loss says its own.

    `Train loss: .., Valid loss: ..`, below it `accuracy: ..`.

    One that stands behind the loss of the training alone is of the training.
    """
    losses = {name for name in meanings if "loss" in name.lower()}
    if not losses or any(not meanings[name][0] for name in losses):
        return _of_whole_sets(shapes, meanings)
    scores = unmarked_scores(tuple(meanings)) | _behind_losses(shapes, meanings)
    behind_training = {
        name
        for shape in shapes
        for name in scores
        if name in shape and _last_split(shape[: shape.index(name)], meanings) == "train"
    }
    found = {name: split for name, split in scores.items() if name not in behind_training}
    beside = [
        shape
        for shape in shapes
        if any(name in found for name in shape) and not any(meanings[name][0] for name in shape)
    ]
    return (
        _of_whole_sets(shapes, meanings)
        | found
        | {
            name: next(found[one] for one in shape if one in found)
            for shape in beside
            for name in shape
        }
    )


def _of_whole_sets(
    shapes: Sequence[tuple[str, ...]], meanings: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return the names of rows that hold the scores of an evaluation and nothing else, unless other
    rows print them too.
    """
    whole = [shape for shape in shapes if are_evaluated({name: meanings[name] for name in shape})]
    others = {name for shape in shapes if shape not in whole for name in shape}
    return {name: "val" for shape in whole for name in shape if name not in others}


def _behind_losses(
    shapes: Iterable[tuple[str, ...]], meanings: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return the split of measures without a mark: of the split whose loss stands before them, or
    of the only one that the row has losses of.
    """
    found = {}
    for shape in shapes:
        splits = {meanings[name][0] for name in shape if "loss" in name.lower()} - {""}
        others = splits - {"train"}
        for at, name in enumerate(shape):
            stands_behind = _last_split(shape[:at], meanings) in others or splits == others
            if (
                len(others) == 1
                and not meanings[name][0]
                and MEASURE.search(name)
                and stands_behind
            ):
                found[name] = min(others)
    return found


def _last_split(names: Sequence[str], meanings: Mapping[str, tuple[str, str]]) -> str:
    return next((split for name in reversed(names) if (split := meanings[name][0])), "")


def bare_beside_training(
    rows: Sequence[TextRow], meanings: Mapping[str, tuple[str, str]]
) -> dict[str, str]:
    """Return the split of names without one that come on rows of their own beside `training
    accuracy` at the same places: `accuracy`.

    A program that marks the training so prints the other set without a word. Where another split is
    marked as well, the bare name is the batch's, or of whatever else.
    """
    places: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        for pair in row.pairs:
            if row.places and not row.split and not pair.split and pair.name in meanings:
                places.setdefault(pair.name, []).append(
                    tuple((place.kind, place.x) for place in row.places)
                )
    found = {}
    for name, at in places.items():
        same = [
            other
            for other, meaning in meanings.items()
            if meaning[1].lower() == meanings[name][1].lower() and other != name
        ]
        marked = {meanings[other][0] for other in same}
        beside = [
            other
            for other in same
            if meanings[other][0] == "train" and set(places.get(other, ())) == set(at)
        ]
        if (
            not meanings[name][0]
            and marked == {"train"}
            and beside
            and len(set(at)) >= LEAST_PLACES
        ):
            found[name] = "test"
    return found


LEAST_PLACES: Final = 2
