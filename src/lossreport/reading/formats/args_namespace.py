"""`args.json`, `args.yaml`, `config.json`, `hparams.yaml`: the arguments of the training, one
mapping a file. Facts, no metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.reading.bytes.reader import HEAD_BYTES, LogFile
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.untrusted import json_of, yaml_of
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

TRAINING_KEYS: Final = re.compile(
    r"""["']?\b(?:lr|learning_rate|base_lr|batch_size|per_device_train_batch_size|epochs|num_train_epochs|max_epochs|max_steps|seed|"""
    r"""vocab_size|clip_grad|max_grad_norm|weight_decay|warmup_epochs|warmup_steps|world_size|output_dir|optimizer|precision|"""
    r"""num_leaves|boosting_type|num_boost_round|n_estimators|is_unbalance|scale_pos_weight|min_data_in_leaf|feature_fraction|"""
    r"""colsample_bytree|max_depth|eta)["']?\s*:"""
)
OF_LIGHTNING: Final = ("hparams.yaml", "hparams.yml")
"""What Lightning's loggers call the arguments of a module (`save_hyperparameters`), whatever their
names are.
"""
MIN_KEYS: Final = 2
"""One name such as `seed` occurs in many files; two make a training configuration likely."""


def sniff(log: LogFile) -> Score:
    """Claim .json and .yaml files that hold one mapping with at least two names of training
    arguments.
    """
    suffix = log.shown.rsplit(".", 1)[-1].lower()
    if suffix not in ("json", "yaml", "yml"):
        return Score(0.0, "not a .json or .yaml file")
    head = log.head.decode("utf-8", errors="replace")
    if suffix == "json" and not head.lstrip().startswith("{"):
        return Score(0.0, "not one JSON object")
    if log.shown.rsplit("/", 1)[-1] in OF_LIGHTNING and _mapping(log):
        return Score(0.75, "the hyperparameters of a module of Lightning")
    found = {match.strip("\"' :") for match in TRAINING_KEYS.findall(head)}
    if len(found) < MIN_KEYS or '"log_history"' in head:
        return Score(0.0, "not a mapping of training arguments")
    if suffix == "json" and len(log.head) < HEAD_BYTES and _mapping(log) is None:
        return Score(0.3, "looks like training arguments, but is not valid JSON")
    return Score(0.7, f"a mapping with {len(found)} names of training arguments")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every leaf as a fact with the line of its name; raises LogError where the file is not
    one mapping.
    """
    mapping = _mapping(log)
    if mapping is None:
        raise LogError(
            f"Couldn't read {log.shown!r}: not one JSON or YAML mapping",
            hint="Mend the file, or leave it out with --ignore.",
        )
    lines = log.text().split("\n")
    for name, value in plain_facts(mapping):
        yield RawFact(name, value, _line_of(name.rsplit(".", 1)[-1], lines))
    yield RowsRead(0, len(lines))


def _mapping(log: LogFile) -> Mapping[str, Any] | None:

    try:
        value = json_of(log.text()) if log.shown.lower().endswith(".json") else yaml_of(log.text())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _line_of(leaf: str, lines: list[str]) -> int:
    pattern = re.compile(rf"""^\s*["']?{re.escape(leaf)}["']?\s*:""")
    return next((number for number, text in enumerate(lines, 1) if pattern.match(text)), 1)


PARSER = Parser(
    id="args_namespace",
    title=Text(
        zh="训练参数（args.json、args.yaml、config.json、hparams.yaml）",
        en="training arguments (args.json, args.yaml, config.json, hparams.yaml)",
    ),
    sniff=sniff,
    read=read,
    config=True,
)
