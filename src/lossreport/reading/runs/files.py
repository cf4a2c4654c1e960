"""What the name and the place of a file say: the folder of its run, the fold or client it is of,
its split, and which curve of `add_scalars` it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from lossreport import regex as re
from lossreport.model.run import Entity, EntityKind
from lossreport.reading.kit.rows import SPLIT_VALUES
from lossreport.reading.parser import ColumnKey
from lossreport.reading.runs.reading import Reading

PART_OF_A_RUN: Final = re.compile(
    r"""(?:(?:train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?s?|test|dev)(?:[-_]?(?:logs?|results?|metrics))?|logs?|tb|tb_logs?|tf_logs|tensorboard|csv|csv_logs?|summar(?:y|ies)
      |lightning_logs|vis_data|catboost_info|learn|files|metrics|params|plots|tags|artifacts|events?|outputs?|results?|history|wandb|mlruns|runs?
      |\.hydra|\.guild|attrs|\.neptune|rank[-_]?\d+|(?:global_)?(?:checkpoint|ckpt|step)s?(?:[-_]?\d+)?|\d{10}\.\d+)""",
    re.VERBOSE | re.IGNORECASE,
)
"""Folders that loggers make inside the folder of one run (FORMATS.md section 10): they do not set
runs apart.
"""
OF_A_RUN: Final = re.compile(
    r"(?:^|[^a-z])(?P<run>(?:k?fold|seed|trial|version|exp(?:eriment)?)[-_ ]?\d+|v\d+|pre-?train"
    r"(?:ing)?|fine-?tun(?:e|ing)|sft|dpo"
    r"|(?:stage|phase)[-_ ]?\d+)(?![\da-z])",
    re.IGNORECASE,
)
"""`fold_0.csv`, `log_seed7.txt`, `training_log_v2.jsonl`: each is a run of its own, and so are the
stages of `pretrain.log` and `finetune.log`.
"""
OF_AN_ENTITY: Final[tuple[tuple[EntityKind, re.Pattern[str]], ...]] = (
    (EntityKind.CLIENT, re.compile(r"(?:client|party|silo)[-_ ]?(?P<id>\d+|[A-Z])(?![\da-z])")),
    (EntityKind.AGENT, re.compile(r"agent[-_ ]?(?P<id>\d+)(?!\d)", re.IGNORECASE)),
    (EntityKind.WORKER, re.compile(r"worker[-_ ]?(?P<id>\d+)(?!\d)", re.IGNORECASE)),
)
"""`federated_metrics_clientA.csv`: entities of one run."""
SPLIT_WORD: Final = re.compile(
    r"(?<![a-z])(?:train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?|dev)(?![a-z])",
    re.IGNORECASE,
)
_TERM: Final = (
    r"g|d|gen|disc?|generator|discriminator|actor|critic|policy|value|q|entropy|total|cls|box|obj"
    r"|dfl|seg|mask|kl|recon(?:struction)?|l1|l2|adv|cycle"
    r"|identity|perceptual|style|content|gan"
)
COMPONENT: Final = re.compile(
    rf"(?:(?P<before>{_TERM})[-_])?(?P<name>loss|reward|error)(?:[-_](?P<behind>{_TERM}))?",
    re.IGNORECASE,
)
"""`loss_g.csv`, `actor_loss.csv`: a term of the loss of one training in a file of its own."""
EVENT_FILE: Final = re.compile(
    r"events\.out\.tfevents\.(?P<time>\d+)\.(?P<host>.+?)\.(?P<pid>\d+)\.(?P<number>\d+)(?:\.\w+)?$"
)
SAME_START: Final = 5
"""Seconds between the event files that one call of `add_scalars` begins."""


def folder_of(part: Reading) -> tuple[str, ...]:
    """Return the folders that set the run of a file apart from others, and behind them the fold or
    version that its name says.
    """
    shown = part.curve_of if part.curve_of is not None else _shown_folder(part)
    return tuple(name for name in shown.split("/") if name and not PART_OF_A_RUN.fullmatch(name))


def _shown_folder(part: Reading) -> str:
    return (
        part.parser.run_folder(part.log.shown)
        if part.parser.run_folder
        else part.log.shown.rpartition("/")[0]
    )


def stem(part: Reading) -> str:
    """Return the name of a file without its ending."""
    return part.log.shown.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def run_in_name(part: Reading) -> str:
    """Return the fold, seed or version that the name of a file says, or nothing."""
    match = OF_A_RUN.search(stem(part))
    return match["run"].lower() if match else ""


def with_names(parts: Sequence[Reading]) -> list[Reading]:
    """Return the readings with what their names say of their rows: the split beside a sibling of
    the training, the client among several.
    """
    stems = {
        (part.log.shown.rpartition("/")[0], _pattern(stem(part))): set[str]() for part in parts
    }
    for part in parts:
        stems[part.log.shown.rpartition("/")[0], _pattern(stem(part))].add(
            _split_in_name(stem(part))
        )
    named = [
        _of_split(part, stems[part.log.shown.rpartition("/")[0], _pattern(stem(part))])
        for part in parts
    ]
    return _of_entities([_of_component(part) for part in named])


def _pattern(name: str) -> str:
    return SPLIT_WORD.sub("*", name)


def _split_in_name(name: str) -> str:
    found = {
        SPLIT_VALUES[word.lower()]
        for word in SPLIT_WORD.findall(name)
        if word.lower() in SPLIT_VALUES
    }
    return found.pop() if len(found) == 1 else ""


def _of_split(part: Reading, siblings: set[str]) -> Reading:
    """Return a reading whose file is `val_log.csv` beside `train_log.csv` with its rows in that
    split.
    """
    split = _split_in_name(stem(part))
    if (
        split in ("", "train")
        or "train" not in siblings
        or any(key.split != "train" for key in part.columns)
    ):
        return part
    return replace(
        part, columns={key._replace(split=split): column for key, column in part.columns.items()}
    )


def _of_component(part: Reading) -> Reading:
    """Return a reading whose file `loss_d.csv` holds nothing but `loss` with that term called by
    the file: it is of the same training as `loss_g.csv`.
    """
    if len(part.columns) != 1:
        return part
    ((key, column),) = part.columns.items()
    match = COMPONENT.fullmatch(stem(part))
    if (
        match is None
        or key.name.lower() != match["name"].lower()
        or (match["before"] is None) == (match["behind"] is None)
    ):
        return part
    return replace(
        part,
        columns={
            key._replace(
                name=f"{match['name']}/{(match['before'] or match['behind']).lower()}"
            ): column
        },
    )


def _of_entities(parts: Sequence[Reading]) -> list[Reading]:
    owners = [_entity_in_name(stem(part)) if part.columns else None for part in parts]
    several = {
        kind
        for kind, _ in OF_AN_ENTITY
        if len({owner for owner in owners if owner and owner.kind is kind}) > 1
    }
    return [
        _owned(part, owner) if owner and owner.kind in several else part
        for part, owner in zip(parts, owners, strict=True)
    ]


def _entity_in_name(name: str) -> Entity | None:
    for kind, pattern in OF_AN_ENTITY:
        if match := pattern.search(name):
            return Entity(kind=kind, value=match["id"])
    return None


def _owned(part: Reading, owner: Entity) -> Reading:
    return replace(part, columns={_of(key, owner): column for key, column in part.columns.items()})


def _of(key: ColumnKey, owner: Entity) -> ColumnKey:
    return key if key.entity is not None else key._replace(entity=owner)


class _Writer(NamedTuple):
    """The process that wrote an event file, and the folder above the file's own."""

    above: str
    host: str
    pid: str


def with_scalars(parts: Sequence[Reading]) -> list[Reading]:
    """Return the readings with the curves of `SummaryWriter.add_scalars` under the run that wrote
    them.

    It writes one sub-folder a curve, `loss_train` and `loss_valid` for `add_scalars("loss",
    {"train": .., "valid": ..})`, in each an event file of the same process; the tag inside is
    `loss`.
    """
    writers: dict[_Writer, list[tuple[int, Reading]]] = {}
    for part in parts:
        if (found := _writer(part)) is not None:
            writers.setdefault(found[0], []).append((found[1], part))
    together = {id(part) for held in writers.values() for part in _started_together(held)}
    return [_from_sub_folder(part) if id(part) in together else part for part in parts]


def _writer(part: Reading) -> tuple[_Writer, int] | None:
    folder, _, name = part.log.shown.rpartition("/")
    match = EVENT_FILE.match(name)
    if (
        match is None
        or not folder
        or not any(
            folder.rsplit("/", 1)[-1].startswith(f"{_flat(key.name)}_") for key in part.columns
        )
    ):
        return None
    return _Writer(folder.rpartition("/")[0], match["host"], match["pid"]), int(match["time"])


def process_of(part: Reading) -> tuple[str, str, str] | None:
    """Return (start, host, process) that the name of an event file says; None for other files."""
    match = EVENT_FILE.match(part.log.shown.rpartition("/")[2])
    return (match["time"], match["host"], match["pid"]) if match else None


def _started_together(held: Sequence[tuple[int, Reading]]) -> list[Reading]:
    times = [time for time, _ in held]
    return (
        [part for _, part in held]
        if len(held) > 1 and max(times) - min(times) <= SAME_START
        else []
    )


def _flat(tag: str) -> str:
    return tag.replace("/", "_").replace(" ", "_")


def _from_sub_folder(part: Reading) -> Reading:
    """Return the reading of a sub-folder of `add_scalars` with the rest of the folder's name as
    split or behind the tag.
    """
    folder = part.log.shown.rsplit("/", 2)[-2]
    columns = {_scalar(key, folder): column for key, column in part.columns.items()}
    return replace(
        part,
        columns=columns,
        curve_of=part.log.shown.rsplit("/", 2)[0] if part.log.shown.count("/") > 1 else "",
    )


def _scalar(key: ColumnKey, folder: str) -> ColumnKey:
    rest = folder.removeprefix(f"{_flat(key.name)}_")
    if rest == folder:
        return key
    split: Mapping[str, str] = SPLIT_VALUES
    return (
        key._replace(split=split[rest.lower()])
        if rest.lower() in split
        else key._replace(name=f"{key.name}/{rest}")
    )
