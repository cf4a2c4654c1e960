"""Reads the only row of a short log: one epoch, or the line of results at its end; never a sentence
with a number in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lossreport import regex as re
from lossreport.reading.lines.prefix import message_of
from lossreport.reading.lines.row import TextRow

MOST_LINES: Final = 80
"""Lines that are not blank: a longer log that prints nothing twice is no log of a training."""
LEAST_PAIRS: Final = 2
"""Numbers in a line without a place: one alone may be a setting."""
PURE: Final = re.compile(
    r"[\s*>\-]{0,40}+(?:\|?\s{0,9}+[A-Za-z][\w.\-@]{0,40}+"
    r"(?: [A-Za-z][\w.\-@]{0,40}+){0,3}+\s{0,9}+[:=]\s{0,9}+[-+]?\d{0,12}\.\d{1,20}+"
    r"(?:e[-+]?\d{1,3})?%?[\s,;]{0,40}+){1,12}+\|?\s{0,40}$",
    re.IGNORECASE,
)
"""A line of names and decimals, and nothing else; in `iou 0.5: 0.71` the first number is no value
but the threshold of it.
"""
SPELT: Final = re.compile(
    r"\s{0,40}(?:epoch|step|iter(?:ation)?)\s{1,3}\d{1,9}"
    r"(?:[\s,;]{1,3}+[A-Za-z][\w.\-]{0,40}+\s{1,3}\d{1,12}\.\d{1,20}+){1,12}+\s{0,40}",
    re.IGNORECASE,
)
"""`epoch 1 loss 0.53 val_loss 0.61`: a place, names and decimals without a sign between them."""
RESULT: Final = re.compile(
    r"(?:.{0,40}[ _.])?(?:loss|acc(?:uracy)?|auc|auroc|f1|iou|miou|map|dice|error|perplexity|ppl|"
    r"r?mse|mae|psnr|ssim|bleu|wer|cer|precision|recall)(?:@[\d.:\-]{1,12})?",
    re.IGNORECASE,
)
"""What a result is called; a rate, a weight or a size is a setting."""


def is_pure(text: str) -> bool:
    """Return whether a line holds nothing but names and decimals."""
    body = message_of(text[:MOST_CHARACTERS]).text
    return PURE.match(body) is not None or SPELT.fullmatch(body) is not None


MOST_CHARACTERS: Final = 600


def only_names(lines: Sequence[str], rows: Sequence[TextRow]) -> dict[str, int]:
    """Return the results of a short log that prints each of them once, at a place or several in a
    line; `rows` are its rows.
    """
    if sum(1 for line in lines if line.strip()) > MOST_LINES:
        return {}
    pure = [line for line in lines if is_pure(line)]
    found: dict[str, int] = {}
    for row in rows:
        results = [pair.name for pair in row.pairs if RESULT.fullmatch(pair.name)]
        whole = len(results) == len(row.pairs) and all(
            any(name.split()[-1] in line for line in pure) for name in results
        )
        if whole and (row.places or len(results) >= LEAST_PAIRS):
            found |= dict.fromkeys(results, 1)
    return found
