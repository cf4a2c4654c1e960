"""The files of a W&B run folder beside its `.wandb`: `config.yaml`, `wandb-summary.json`,
`wandb-metadata.json`. Facts, no metrics.

Source: FORMATS.md section 6 and wandb/sdk/lib/filenames.py. The configuration wraps every value
(`lr: {desc: null, value: 0.1}`). Of the metadata only what describes the training is taken: no
user, no host, no e-mail, no path of the machine. `output.log` is the console: the parsers of text
read it by its content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lossreport import regex as re
from lossreport.errors import LogError
from lossreport.reading.bytes.reader import LogFile
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.tracker import line_of, summary_facts, unwrapped
from lossreport.reading.kit.untrusted import json_of, yaml_of
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

WRAPPED: Final = re.compile(r"^\S[^\n]*:\r?\n(?:[ ]+desc:[^\n]*\r?\n)?[ ]+value:", re.MULTILINE)
MIN_WRAPPED: Final = 2
"""One key with a `value` below it occurs in other configurations."""
OWN: Final = ("_wandb", "wandb_version")
SUMMARY, METADATA = "wandb-summary.json", "wandb-metadata.json"
TRAINING: Final = (
    "codePath",
    "args",
    "python",
    "gpu",
    "gpu_count",
    "cpu_count",
    "startedAt",
    "git.commit",
)
"""What of the metadata is told."""


def sniff(log: LogFile) -> Score:
    """Claim the summary and the metadata by name and form, the configuration by its wrapped
    values.
    """
    if log.shown.endswith((SUMMARY, METADATA)):
        return (
            Score(0.95, "a file of a W&B run")
            if _mapping(log)
            else Score(0.0, "called like a file of a W&B run, but no JSON object")
        )
    if not log.shown.endswith((".yaml", ".yml")):
        return Score(0.0, "not a file of a W&B run")
    head = log.head.decode("utf-8", errors="replace")
    wrapped = len(WRAPPED.findall(head))
    if wrapped >= MIN_WRAPPED or (wrapped and any(f"\n{name}:" in f"\n{head}" for name in OWN)):
        return Score(0.9, f"a configuration with {wrapped} wrapped values")
    return Score(0.0, "no wrapped values")


def read(log: LogFile) -> Iterator[Record]:
    """Yield the facts with the line of their name; raises LogError where the file is not one
    mapping.
    """
    mapping = _mapping(log)
    if mapping is None:
        raise LogError(
            f"Couldn't read {log.shown!r}: not one JSON or YAML mapping",
            hint="Mend the file, or leave it out with --ignore.",
        )
    lines = log.text().split("\n")
    if log.shown.endswith(SUMMARY):
        yield from summary_facts(mapping, lines)
        return
    known = (
        _training(mapping)
        if log.shown.endswith(METADATA)
        else {name: value for name, value in unwrapped(mapping).items() if name not in OWN}
    )
    for name, value in plain_facts(known):
        yield RawFact(name, value, line_of(name.removeprefix("metadata/"), lines))
    yield RowsRead(0, len(lines))


def _training(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"metadata/{name}": value
        for name, value in plain_facts(mapping)
        if name in TRAINING and value not in (None, "", ())
    }


def _mapping(log: LogFile) -> dict[str, Any] | None:

    try:
        value = json_of(log.text()) if log.shown.endswith(".json") else yaml_of(log.text())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


PARSER = Parser(
    id="wandb_files",
    title=Text(
        zh="W&B 运行目录中的 config.yaml、wandb-summary.json、wandb-metadata.json",
        en="config.yaml, wandb-summary.json and wandb-metadata.json of a W&B run folder",
    ),
    sniff=sniff,
    read=read,
    config=True,
)
