"""The form of `lossreport.toml`: what may stand in it, all mistakes at once, each with its line and
what was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from lossreport import regex as re
from lossreport.analysis.detector import kinds, thresholds
from lossreport.knowledge.loss_type import loss_types
from lossreport.options import IN_FILE, Option

LIKE: Final = 0.85
"""From this similarity on (difflib's ratio) an unknown name is taken for a slip of a known one."""
Location = tuple[str | int, ...]


class Strict(BaseModel):
    """No guessing of types: a number in quotes is a mistake."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class ReferenceEntry(Strict):
    """`[[reference]]`: a value of the user's own to compare with."""

    metric: str
    value: float
    source: str = Field(min_length=1)


class IgnoreEntry(Strict):
    """`[[ignore_finding]]`: a finding that is known, with the reason, and the day from which it
    counts again.
    """

    reason: str = Field(min_length=1)
    kind: str | None = None
    metric: str | None = None
    key: str | None = None
    until: date | None = None

    @field_validator("kind")
    @classmethod
    def _kind_is_known(cls, given: str | None) -> str | None:
        if given is not None and given not in kinds():
            raise ValueError(f"{given!r} is no kind of finding{_meant(given, tuple(kinds()))}")
        return given

    @model_validator(mode="after")
    def _names_something(self) -> IgnoreEntry:
        if self.kind is None and self.metric is None and self.key is None:
            raise ValueError("say what to ignore: kind, metric or key")
        return self


def _known_kind(kind: str) -> str:
    known = tuple(unit.id for unit in loss_types())
    if kind not in known:
        raise ValueError(
            f"{kind!r} is no kind of "
            f"metric{_meant(kind, known) or '; known are ' + ', '.join(known)}"
        )
    return kind


def _rising(limits: list[float]) -> list[float]:
    if len(limits) != 2 or limits[0] >= limits[1]:
        raise ValueError("must be two numbers that rise, [low, high]")
    return limits


ThresholdTable = create_model(  # type: ignore[call-overload]
    "ThresholdTable",
    __base__=Strict,
    __doc__="`[threshold]`: those that the detectors declare, each within its limits.",
    **{
        name: (float | None, Field(None, ge=one.low, le=one.high, description=one.meaning.en))
        for name, one in thresholds().items()
    },
)


class ReadTable(Strict):
    """`[read]`: how the rows of a file belong together, where the report is unsure or wrong about
    it.
    """

    axis: (
        Literal[
            "step", "epoch", "iteration", "samples", "tokens", "time", "row", "round", "episode"
        ]
        | None
    ) = None
    runs: Literal[1, "1", "launches", "writers", "strays", "inside", "no_order"] | None = None


def _field(option: Option) -> tuple[Any, Any]:
    """Return the type and the default of an option in a settings file: lists and tables are empty,
    all else is absent.
    """
    if get_origin(option.file) in (list, dict):
        return option.file, Field(default_factory=get_origin(option.file))
    return option.file | None, Field(None, pattern=option.pattern or None)


OptionTable = create_model(  # type: ignore[call-overload]
    "OptionTable",
    __base__=Strict,
    __doc__="The options of `build` that a file may give.",
    **{name: _field(one) for name, one in IN_FILE.items()},
)


class SettingsFile(OptionTable, Strict):  # type: ignore[valid-type, misc]
    """`lossreport.toml` and `[tool.lossreport]`. Names that are not here are facts of the user's
    own: kept and shown.
    """

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    read: ReadTable | None = None
    split: dict[
        str, Annotated[str, Field(pattern=r"^(?:train|(?:val|valid|eval|test|dev)(?:_\d+)?)$")]
    ] = {}
    entity: str | None = None
    goal: str | None = None
    type: dict[str, Annotated[str, AfterValidator(_known_kind)]] = {}
    weight: dict[str, float] = {}
    range: dict[str, Annotated[list[float], AfterValidator(_rising)]] = {}
    unit: dict[str, str] = {}
    target: dict[str, float] = {}
    vocab_size: int | None = Field(None, gt=1)
    clip_grad: float | None = Field(None, gt=0)
    world_size: int | None = Field(None, gt=0)
    action_dim: int | None = Field(None, gt=0)
    epochs: int | None = Field(None, gt=0)
    max_steps: int | None = Field(None, gt=0)
    batch_size: int | None = Field(None, gt=0)
    lr: float | None = Field(None, ge=0)
    seed: int | None = None
    precision: str | None = None
    phase_boundaries: list[float] = []
    lr_milestones: list[float] = []

    threshold: ThresholdTable | None = None  # type: ignore[valid-type]
    reference: list[ReferenceEntry] = []
    ignore_finding: list[IgnoreEntry] = []


FACTS: Final = (
    "read",
    "split",
    "entity",
    "type",
    "weight",
    "range",
    "unit",
    "target",
    *list(SettingsFile.model_fields)[list(SettingsFile.model_fields).index("vocab_size") :],
)
"""What `--set` may mean; the names before are options with flags of their own."""


def mistakes(table: Mapping[str, Any], text: str = "") -> list[str]:
    """Return every mistake of a settings table in words, with its line where `text` is the TOML it
    was read from.
    """
    known = tuple(SettingsFile.model_fields) if text else FACTS
    slips = [(name, _meant(name, known)) for name in table if name not in SettingsFile.model_fields]
    found: list[tuple[Location, str]] = [
        ((name,), f"is not known{meant}") for name, meant in slips if meant
    ]
    found += list(_sunk(table)) if text else []
    try:
        SettingsFile.model_validate(dict(table))
    except ValidationError as error:
        found += [(item["loc"], _told(item)) for item in error.errors()]
    lines = [(line_of(text, location) or 0, location, message) for location, message in found]
    return [
        _placed(line, location, message)
        for line, location, message in sorted(lines, key=lambda item: item[0])
    ]


def _sunk(table: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield the settings that stand in a table of the user's own, `[facts]` for example, where
    nothing would look for them.
    """
    for name, inner in table.items():
        if name not in SettingsFile.model_fields and isinstance(inner, Mapping):
            for setting in inner:
                if setting in FACTS:
                    yield (
                        (name, setting),
                        f"belongs above all tables, as {setting} = ...: in [{name}] it is a fact "
                        f"of your own and changes nothing",
                    )


def _placed(line: int, location: Location, message: str) -> str:
    name = ".".join(str(step) for step in location if not isinstance(step, int))
    return f"{f'line {line}: ' if line else ''}{name}: {message}"


def _told(item: Any) -> str:
    if item["type"] == "extra_forbidden":
        known = tuple(ThresholdTable.model_fields) if item["loc"][0] == "threshold" else ()
        return f"is not known here{_meant(str(item['loc'][-1]), known)}"
    message = str(item["msg"]).removeprefix("Value error, ")
    return (
        message
        if isinstance(item["input"], dict)
        else f"{message[:1].lower()}{message[1:]} (got {item['input']!r})"
    )


def line_of(text: str, location: Sequence[str | int]) -> int | None:
    """Return the 1-based line of TOML on which the setting at `location` stands, or its table, or
    None where it does not.

    `range.loss_ct`, `[range]` with `loss_ct` below, and the second `[[reference]]` are understood.
    """
    names = [step for step in location if isinstance(step, str)]
    index = next((step for step in location if isinstance(step, int)), 0)
    table: list[str] = []
    seen, best = -1, None
    for number, line in enumerate(text.split("\n"), 1):
        if head := re.match(r"\s*+\[{1,2}+\s*+([^\]\s][^\]]*+)\]", line):
            table = [part for part in _keys(head[1]) if part not in ("tool", "lossreport")]
            seen += table == names[:1] and line.lstrip().startswith("[[")
            if table and table == names[: len(table)] and seen in (-1, index):
                best = number
        elif key := re.match(
            r"""\s*((?:[\w\-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w\-]+|"[^"]*"|'[^']*'))*)\s*=""",
            line,
        ):
            whole = [*table, *_keys(key[1])]
            if whole == names[: len(whole)] and seen in (-1, index):
                return number
    return best


def _keys(dotted: str) -> list[str]:
    return [part.strip("\"' ") for part in re.findall(r"""[\w\-]+|"[^"]*"|'[^']*'""", dotted)]


def _meant(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=LIKE)
    return f", did you mean {close[0]!r}?" if close else ""
