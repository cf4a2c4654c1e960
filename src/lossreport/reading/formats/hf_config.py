"""`config.json` of a Hugging Face model and `adapter_config.json` of PEFT, also in the folder of a
checkpoint: what the model is. Facts, no metrics.

Source: `PretrainedConfig.to_json_file` of transformers 4 and 5, `PeftConfigMixin.save_pretrained`
of peft 0.14. The names of labels are only counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lossreport.errors import LogError
from lossreport.reading.bytes.reader import HEAD_BYTES, LogFile
from lossreport.reading.kit.names import plain_facts
from lossreport.reading.kit.tracker import line_of
from lossreport.reading.kit.untrusted import json_of
from lossreport.reading.parser import Parser, RawFact, Record, RowsRead, Score
from lossreport.text import Text

SIGNS: Final = (
    (b'"model_type"', b'"architectures"'),
    (b'"model_type"', b'"transformers_version"'),
    (b'"architectures"', b'"transformers_version"'),
)
ADAPTER: Final = (b'"peft_type"', b'"base_model_name_or_path"')
LABELS: Final = "id2label"
NAMES: Final = {"dtype": "torch_dtype"}
"""Version 5 of transformers shortens the name: it is the type of the weights, not the precision of
the training.
"""
LEFT_OUT: Final = ("label2id", "auto_map", "task_specific_params", "quantization_config")
"""Names of labels and of Python classes, and defaults of other tasks."""


def sniff(log: LogFile) -> Score:
    """Claim one small JSON object that names the type and the classes of a model, or the type of an
    adapter.
    """
    if (
        not log.shown.endswith(".json")
        or not log.head.lstrip().startswith(b"{")
        or len(log.head) >= HEAD_BYTES
    ):
        return Score(0.0, "not a small JSON object")
    if any(all(sign in log.head for sign in pair) for pair in SIGNS):
        return Score(0.85, "the configuration of a Hugging Face model")
    if all(sign in log.head for sign in ADAPTER):
        return Score(0.85, "the configuration of an adapter of PEFT")
    return Score(0.0, "neither the configuration of a model nor of an adapter")


def read(log: LogFile) -> Iterator[Record]:
    """Yield every setting with its line, and the number of labels; raises LogError where the file
    is no JSON object.
    """
    text = log.text()
    try:
        config: Any = json_of(text)
    except ValueError as error:
        raise LogError(
            f"Couldn't read {log.shown!r}: {error}",
            hint="Mend the file, or leave it out with --ignore.",
        ) from error
    if not isinstance(config, dict):
        raise LogError(
            f"Couldn't read {log.shown!r}: not one JSON object",
            hint="Name another parser with --parser.",
        )
    lines = text.split("\n")
    labels = config.pop(LABELS, None)
    if isinstance(labels, dict) and "num_labels" not in config:
        yield RawFact("num_labels", len(labels), line_of(LABELS, lines))
    for name, value in plain_facts(
        {name: value for name, value in config.items() if name not in LEFT_OUT}
    ):
        if LABELS not in name and value is not None:
            yield RawFact(NAMES.get(name, name), value, line_of(name, lines))
    yield RowsRead(0, len(lines))


PARSER = Parser(
    id="hf_config",
    title=Text(
        zh="Hugging Face 模型的 config.json 与 PEFT 的 adapter_config.json",
        en="config.json of a Hugging Face model, adapter_config.json of PEFT",
    ),
    sniff=sniff,
    read=read,
    config=True,
)
