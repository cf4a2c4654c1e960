"""Tells a table of experiments from the rows of a training: each row is another model or
configuration, and nothing counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from lossreport import regex as re
from lossreport.reading.kit.rows import is_axis, number
from lossreport.text import Text

NAMED: Final = re.compile(
    r"(?:model|algo(?:rithm)?|method|exp(?:eriment)?|config(?:uration)?|variant|arm|run|network|"
    r"net|arch(?:itecture)?|backbone|classifier"
    r"|estimator|approach|system|baseline|setting|trial)(?:[ _]?(?:name|id|no|idx|number))?|模型|"
    r"方法|实验|算法",
    re.IGNORECASE,
)
"""Columns that say which experiment a row is."""
SETTING: Final = re.compile(
    r"lr|learning[ _]?rate|drop[ _]?out(?:[ _]?rate)?|batch[ _]?size|bs|hidden(?:[ _]?(?:size|dim"
    r"|units))?|(?:n|num)[ _]?(?:layers|heads|hidden|filters|estimators)"
    r"|layers|depth|width|optimi[sz]er|weight[ _]?decay|wd|momentum|seed|dataset|max[ _]?depth|"
    r"alpha|beta|gamma|lambda|kernel(?:[ _]?size)?|activation"
    r"|embed(?:ding)?[ _]?(?:dim|size)|epochs|num[ _]?epochs|学习率|批大小",
    re.IGNORECASE,
)
"""Columns of what was chosen for an experiment."""
LEAST: Final = 2
MOSTLY: Final = 0.9
"""So many rows of a table of experiments have settings of their own; a few may be repeated."""
RESULTS = Text(
    zh="这是一张实验结果表（每行是一个模型或一组配置），没有逐步记录，不能当作训练曲线",
    en="it is a table of experiments (each row another model or configuration), not the "
    "course of a training",
)


def are_experiments(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the rows below a header are of different experiments: no column counts, and
    what names and sets them differs from row to row.
    """
    full = [row for row in rows if len(row) == len(header)]
    if len(full) < LEAST or any(
        _counts([row[at] for row in full])
        for at, name in enumerate(header)
        if is_axis(name) and not SETTING.fullmatch(name)
    ):
        return False
    named = [
        at
        for at, name in enumerate(header)
        if NAMED.fullmatch(name.strip()) and _are_words([row[at] for row in full])
    ]
    chosen = [
        at
        for at, name in enumerate(header)
        if SETTING.fullmatch(name.strip()) and _differ([row[at] for row in full])
    ]
    tried = [at for at in chosen if not _is_scheduled([row[at] for row in full])]
    if not named and (len(chosen) < LEAST or not tried):
        return False
    keys = {tuple(row[at] for at in (*named, *chosen, *_numbered(header))) for row in full}
    return len(keys) >= MOSTLY * len(full)


def _numbered(header: Sequence[str]) -> list[int]:
    """Return the columns that number experiments, or folds and repetitions of one."""
    return [
        at
        for at, name in enumerate(header)
        if re.fullmatch(
            r"(?:fold|repeat|rep|trial|exp|run)(?:[ _]?id)?", name.strip(), re.IGNORECASE
        )
    ]


def _counts(cells: Sequence[str]) -> bool:
    """Return whether a column counts: it grows from row to row."""
    values = [value for cell in cells if (value := number(cell)) is not None]
    grows = [after > before for before, after in pairwise(values)]
    return bool(grows) and sum(grows) >= MOSTLY * len(grows)


def _are_words(cells: Sequence[str]) -> bool:
    words = [cell for cell in cells if cell and number(cell) is None]
    return len(words) >= MOSTLY * len(cells) and len(set(words)) >= LEAST


def _differ(cells: Sequence[str]) -> bool:
    return len({cell for cell in cells if cell}) >= LEAST


def _is_scheduled(cells: Sequence[str]) -> bool:
    """Return whether values only fall, or rise and fall once, as a schedule and a smaller last
    batch do; those of a grid go to and fro.
    """
    values = [value for cell in cells if (value := number(cell)) is not None]
    turns = [after > before for before, after in pairwise(values) if after != before]
    return bool(values) and sum(before != after for before, after in pairwise(turns)) <= 1
