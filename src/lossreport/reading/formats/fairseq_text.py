"""Log of fairseq, plain or with Hydra: `| train_inner | epoch 001: 100 / 1102 loss=12.3, ...`, and
the same as JSON (`--log-format json`).

Source: FORMATS.md section 5. Losses are divided by ln 2, so they are in bits. `train_inner` prints
means since the row before, `train` means of the epoch. Validation stands at its epoch, or at its
update where an epoch is validated more than once. Until 2019 rows began with `| epoch 001 | loss
...`, and those inside an epoch held means since it began.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from lossreport import regex as re
from lossreport.model.run import Axis, Statistic
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.dict_lines import dict_of
from lossreport.reading.kit.line_format import LineFormat, Setting
from lossreport.reading.kit.line_row import Row, Value, matched
from lossreport.reading.kit.rows import number
from lossreport.text import Text

HEAD: Final = re.compile(
    r"^(?:\d{4}-\S+ \S+ \| INFO \| (?P<plain>[\w\-]+) \| |\[[^\]]+\]\["
    r"(?P<hydra>[\w\-]+)\]\[INFO\] - |(?P<old>\| )(?=epoch ))"
    r"(?P<body>\{\"epoch\".*\}|epoch \d.*)$"
)
PLACE: Final = re.compile(
    r"^epoch (?P<epoch>\d+)(?::\s+\d+ / \d+ | \| (?:valid on '(?P<subset>[^']*)' subset \| )?)"
)
EQUAL: Final = re.compile(r"(?<!\w)(?P<name>[A-Za-z_]\w{0,80}+)=(?P<value>[^,\s]+)")
SPACED: Final = re.compile(r"(?:^|\| )(?P<name>[A-Za-z_]\w*) (?P<value>\S+)(?= \||$)")
LOSS: Final = re.compile(r"(?:nll_)?loss(?:_\d+)?|best_loss", re.IGNORECASE)
INSTANT: Final = re.compile(r"lr|loss_scale|wall|train_wall|gb_free|best_.*")
LEFT_OUT: Final = ("epoch", "update", "num_updates", "wall", "train_wall")
OLD_INNER: Final = "train_running"
TRAINING: Final = ("train", "train_inner", OLD_INNER)
INSIDE: Final = re.compile(r"^epoch \d+:")
STATISTICS: Final = {
    "train_inner": Statistic.WINDOW_MEAN,
    OLD_INNER: Statistic.RUNNING_MEAN,
    "train": Statistic.EPOCH_MEAN,
}
DUMPED: Final = "'_name': None, 'common'"
"""The configuration, dumped as one dict; where 0 stands for "no limit"."""
VALUE: Final = r"(?:\[(?=[^,\]]{1,40}\]))?(?P<value>\d[\d.eE+\-]{0,30})(?=\]?[,}])"
"""A number, or a list of one."""
NAMES: Final = {
    "clip_norm": "clip_grad",
    "max_update": "max_steps",
    "max_epoch": "epochs",
    "distributed_world_size": "world_size",
}


def often_validated(log: LogFile) -> bool:
    """Return whether an epoch of the file is validated more than once: the file is looked through
    for it.
    """
    counted: Counter[tuple[str, str]] = Counter()
    for line in log.lines():
        match = HEAD.match(line.text) if "valid" in line.text else None
        if match is not None and _tag(match) not in TRAINING:
            printed = _printed(match)
            counted[printed.get("subset", _tag(match)), printed.get("epoch", "")] += 1
    return max(counted.values(), default=0) > 1


def step(text: str, often: bool) -> tuple[tuple[Row, ...], bool]:
    """Return the row that a line is."""
    match = HEAD.match(text)
    row = None if match is None else _row(_tag(match), _printed(match), often)
    return (() if row is None else (row,)), often


def _tag(match: re.Match[str]) -> str:
    """Return what a row is called by; those of old versions are told apart by their place."""
    if not match["old"]:
        return str(match["plain"] or match["hydra"])
    if "| valid on '" in match["body"]:
        return "valid"
    return OLD_INNER if INSIDE.match(match["body"]) else "train"


def _printed(match: re.Match[str]) -> dict[str, str]:
    """Return the names and texts of a row, names without the prefix of their subset; the subset
    itself as `subset`.
    """
    body = match["body"]
    if body.startswith("{"):
        found = {name: str(value) for name, value in (dict_of(body) or {}).items()}
        return {name.removeprefix(f"{_tag(match)}_"): value for name, value in found.items()}
    place = PLACE.match(body)
    if place is None:
        return {}
    pairs = EQUAL.findall(body, place.end()) or SPACED.findall(body[place.end() :])
    subset = {"subset": place["subset"]} if place["subset"] else {}
    bare = {name.removeprefix("valid_"): text for name, text in pairs}
    return {
        "epoch": place["epoch"],
        **({"best_loss": bare.pop("best")} if "best" in bare else {}),
        **bare,
        **subset,
    }


def _row(tag: str, printed: dict[str, str], often: bool) -> Row | None:
    epoch, update = number(printed.get("epoch")), number(printed.get("num_updates"))
    if epoch is None:
        return None
    inner, split = (
        tag in (OLD_INNER, "train_inner"),
        "train" if tag in TRAINING else printed.get("subset", tag),
    )
    how = STATISTICS.get(tag, Statistic.VALUE)
    found = tuple(
        _value(name, text, how)
        for name, text in printed.items()
        if name not in LEFT_OUT and number(text) is not None
    )
    by_update = update is not None and (inner or (often and split != "train"))
    return Row(
        axis=Axis.STEP if by_update else Axis.EPOCH,
        x=update if by_update else epoch,
        values=found,
        split=split,
        epoch=epoch,
    )


def _value(name: str, text: str, how: Statistic) -> Value:
    single = INSTANT.fullmatch(name) is not None
    return Value(
        name,
        matched(text),
        Statistic.VALUE if single else how,
        None,
        "bits" if LOSS.fullmatch(name) else "",
    )


PARSER = LineFormat(
    id="fairseq_text",
    title=Text(
        zh="fairseq 的日志（文本行或 JSON 行，也包括 Hydra）",
        en="log of fairseq (text or JSON lines, Hydra too)",
    ),
    start=often_validated,
    step=step,
    settings=(
        Setting(
            rf"'(?P<name>lr|clip_norm|max_update|max_epoch|distributed_world_size|max_tokens|"
            rf"batch_size)': {VALUE}",
            names=NAMES,
            zero=False,
            every=True,
            within=DUMPED,
        ),
        Setting(rf"'(?P<name>seed)': {VALUE}", within=DUMPED),
        Setting(r"\bdictionary: <vocab_size:int> types\b"),
    ),
).parser()
