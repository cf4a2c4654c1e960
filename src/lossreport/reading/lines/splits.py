"""Which words name a split: `Validation`, `evaluating`, `测试集`."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from lossreport.reading.kit.rows import SPLIT_VALUES

VERBAL: Final = {
    "evaluating": "eval", "evaluate": "eval", "evaluated": "eval", "validating": "val", "validate": "val", "inference": "test", "inferring": "test",
    "predicting": "test", "testset": "test", "trainset": "train", "valset": "val", "devset": "dev", "crossvalidation": "val", "cross-validation": "val",
}  # fmt: skip
CHINESE: Final = (
    ("训练", "train"), ("訓練", "train"), ("验证", "val"), ("驗證", "val"), ("测试", "test"), ("測試", "test"), ("评估", "eval"), ("評估", "eval"),
)  # fmt: skip


@lru_cache(maxsize=4096)
def split_of_word(word: str) -> str:
    """Return the split that a word names, or nothing: `Validation`, `evaluating`, `测试集`."""
    low = word.lower()
    if low in SPLIT_VALUES:
        return SPLIT_VALUES[low]
    if low in VERBAL:
        return VERBAL[low]
    return (
        next((split for start, split in CHINESE if low.startswith(start)), "")
        if not low.isascii()
        else ""
    )
