"""Reads settings out of lines of a text log: `Namespace(...)`, `lr ..... 0.00015`, `python train.py
--lr 1e-4`, `batch_size: 32`.

They count where they stand before a row; two lines that contradict each other say nothing, so
neither becomes a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from lossreport import regex as re
from lossreport.model.run import FactValue
from lossreport.reading.kit.json_lines import as_object
from lossreport.reading.kit.names import ALIASES, KNOWN, plain_facts
from lossreport.reading.kit.namespace import Spread, namespace_facts, placed_facts
from lossreport.reading.kit.plans import EPOCH_PLANS, ROUND_PLANS, STEP_PLANS, TIMESTEP_PLANS
from lossreport.reading.kit.rows import number
from lossreport.reading.kit.untrusted import literal_of
from lossreport.reading.lines.prefix import message_of
from lossreport.reading.parser import RawFact

LONGEST: Final = 100_000
BITS: Final = (4, 8, 16, 32, 64)
DOTTED: Final = re.compile(r"^\s*(?P<name>[A-Za-z_]\w*) \.{3,} (?P<value>.*\S)\s*$")
"""Megatron-LM prints its arguments so."""
COMMAND: Final = re.compile(
    r"(?:^\W{0,3}|^.{0,80}[$#>%] |\bcmd ?[=:] ?|\bcommand(?: line)?[=:] ?)(?:[A-Z_]+=\S* )*"
    r"(?:\S*/)?(?:python[\d.]*|torchrun|deepspeed|accelerate|srun|mpirun|fairseq-train)\s",
    re.IGNORECASE,
)
SCRIPT: Final = re.compile(
    r"(?<!\S)\S{1,400}?\.py(?=\s)|\s-m\s{1,4}[\w.]{1,200}(?=\s)|fairseq-train(?=\s)"
)
OPTION: Final = re.compile(
    r"(?<=\s)(?:--(?=[A-Za-z])|-(?=[A-Za-z]{2})|\+{0,2}(?=[A-Za-z_][\w./]{0,80}=))"
    r"(?P<name>[A-Za-z_][\w./\-]{0,80})(?:(?:=|\s+)(?P<value>'[^']*'|\"[^\"]*\"|(?!-)[^\s'\"]+|"
    r"-[\d.][^\s'\"]*))?(?=\s|$)"
)
"""`--epochs 60`, `--epochs=60`, `-epochs 60` of old scripts, and the overrides of Hydra,
`trainer.max_epochs=60`.
"""
MIN_OPTIONS: Final = 2
PLANNED: Final = EPOCH_PLANS | STEP_PLANS | TIMESTEP_PLANS | ROUND_PLANS
WORDED: Final = (
    ("epochs", re.compile(r"^(?:the )?(?:total |max(?:imum)? )?(?:number|num|no\.?|#) ?(?:of )?"
        r"(?:training )?epochs\W{1,4}(?P<value>\d{1,9})\b(?!\.)", re.IGNORECASE)),
    ("epochs", re.compile(r"\btrain(?:ing)?(?: the model| model)? for (?P<value>\d{1,9}) epochs\b", re.IGNORECASE)),
    ("epochs", re.compile(r"^(?!.{0,200}(?:warm|patien|every|resum|done|complet|finish|stop|early|"
        r"after|"
        r"trained|"
        r"so far|best|elapsed)).{0,80}?\b(?:pre-?train|fine-?tun|train)\w{0,4}\b.{0,120}?"
        r"(?:[—–\-,;(|·•]\s{0,2}| for )(?P<value>\d{1,6}) epochs(?=\s{0,2}(?:$|[)|"
            r",;.·•—–]))", re.IGNORECASE)),
    ("epochs", re.compile(r"^(?:总)?(?:训练)?(?:总)?(?:轮数|轮次|周期数|"
        r"epoch\s?数)\s{0,3}[:：=]\s{0,3}"
        r"(?P<value>\d{1,9})(?![\d./])", re.IGNORECASE)),
    ("max_steps", re.compile(r"^(?:the )?(?:total |max(?:imum)? )?(?:number|num|no\.?) ?(?:of )?"
        r"(?:total )?"
        r"(?:training |optimi[sz]ation )?(?:steps|iterations)\W{1,4}"
            r"(?P<value>\d{1,12})\b(?!\.)", re.IGNORECASE)),
    ("max_steps", re.compile(r"\btrain(?:ing)?(?: the model| model)? for (?P<value>\d{1,12}) (?:steps|"
        r"iterations)\b", re.IGNORECASE)),
    ("max_steps", re.compile(r"^(?:总|训练)(?:训练)?(?:步数|迭代次数)\s{0,3}[:：=]\s{0,3}"
        r"(?P<value>\d{1,12})"
        r"(?![\d./])")),
    ("num_rounds", re.compile(r"^(?:total |max(?:imum)? )?(?:number|num|no\.?) ?(?:of )?(?:communication "
        r"|"
        r"global "
        r"|"
        r"federated )?rounds\W{1,4}(?P<value>\d{1,9})\b(?!\.)", re.IGNORECASE)),
)  # fmt: skip
"""A plan in words: `Number of epochs: 30`, `Training for 30 epochs`, `训练轮数：30`."""
AMONG: Final = re.compile(
    rf"(?<![\w.])(?P<name>{'|'.join(sorted(PLANNED, key=len, reverse=True))})['\"]?\s?[=:]\s?"
    rf"(?P<value>\d{{1,12}})(?![\w./])",
    re.IGNORECASE,
)
"""A plan among other settings of one line: `grid 96x96  epochs=300  lr=0.001`."""
SIGNS: Final = re.compile(r"[=:]")
CURVE: Final = re.compile(
    r"(?:train|val|valid|test|eval)?[_ /]?(?:loss|acc(?:uracy)?|epoch|step|iteration)",
    re.IGNORECASE,
)
"""What a row has and a configuration has not: `{'loss': 0.5, 'learning_rate': 1e-4, 'epoch':
1.2}`.
"""
PLAIN: Final = re.compile(
    rf"""^[\s{{,]*+["']?(?P<name>{"|".join(sorted(KNOWN | set(ALIASES) | TIMESTEP_PLANS | ROUND_PLANS, key=len, reverse=True))})["']?\s*+[:=]\s*+(?P<value>[-+]?[\d.][\d.eE+\-]*+)\s*+[,}}]?\s*+(?:\#.*)?$""",
    re.IGNORECASE,
)
"""A line that is nothing but a known name and a number, as configurations are dumped in YAML, JSON,
Python or plain text.
"""


class Settings:
    """Gathers what the lines before the next row say. `more` yields the settings of a line in a
    form of one format only.
    """

    def __init__(
        self, more: Callable[[str], Iterable[tuple[str, FactValue]]] | None = None
    ) -> None:
        self._more = more
        self._held: dict[str, tuple[FactValue, int]] = {}
        self._contradicted: set[str] = set()
        self._open: list[tuple[str, int]] = []
        self._spread = Spread()
        self._dumped: frozenset[str] = frozenset()

    def see(self, text: str, line: int) -> bool:
        """Take in a line that is no row; return whether it holds settings."""
        if len(text) > LONGEST:
            return False
        if self._spread.holds(text):
            self._go_on(text, line)
            return True
        if self._open:
            self._give_up()
        found = (*settings_of(text), *(self._more(text) if self._more else ()))
        if "Namespace(" in text:
            self._dump(frozenset(name for name, _ in found))
        for name, value in found:
            self._take(name, value, line)
        return bool(found)

    def _go_on(self, text: str, line: int) -> None:
        """Take in a line of a Namespace that is printed an item a line; one that never closes is
        read line by line.
        """
        self._open.append((text, line))
        if self._spread.is_open:
            return
        found = placed_facts("\n".join(text for text, _ in self._open))
        lines, self._open = [line for _, line in self._open], []
        self._dump(frozenset(name for name, _, _ in found))
        for name, value, at in found:
            self._take(name, value, lines[at])

    def _give_up(self) -> None:
        lines, self._open = self._open, []
        for text, line in lines:
            for name, value in (*settings_of(text), *(self._more(text) if self._more else ())):
                self._take(name, value, line)

    def _dump(self, names: frozenset[str]) -> None:
        """Take in which names a Namespace holds: the same ones once more are those of another
        start, and what the one before had is over.
        """
        if names and names == self._dumped:
            self._held, self._contradicted = {}, set()
        self._dumped = names

    def _take(self, name: str, value: FactValue, line: int) -> None:
        held = self._held.setdefault(name, (value, line))
        if held[0] != value:
            self._contradicted.add(name)

    @property
    def holds(self) -> bool:
        """Whether settings wait for the next row."""
        return bool(self._held or self._open) or self._spread.is_open

    def facts(self) -> Iterator[RawFact]:
        """Yield what was seen since the last row, without what is contradicted."""
        if self._open:
            self._give_up()
        self._dumped = frozenset()
        if self._held:
            yield from (
                RawFact(name, value, line)
                for name, (value, line) in self._held.items()
                if name not in self._contradicted
            )
            self._held, self._contradicted = {}, set()


def settings_of(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the settings that a line prints, names as printed."""
    if "Namespace(" in text:
        yield from namespace_facts(text)
    elif " .." in text and (match := DOTTED.match(text)):
        yield match["name"], plain_value(match["value"])
    elif _is_command(text):
        yield from _options(text)
    elif "{" in text and (found := _dumped(text)):
        yield from (
            (name, value) for name, value in plain_facts(found) if not isinstance(value, tuple)
        )
    else:
        yield from _lone(text)


def _lone(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the setting that a line is, behind the prefix of a logger too, and plans in words or
    among other settings.
    """
    body = text if (match := PLAIN.match(text)) else message_of(text).text.strip(WRAPPING)
    if match := match or PLAIN.match(body):
        name, value = match["name"].lower(), plain_value(match["value"])
        if name != "precision" or value in BITS:  # the precision of a classifier is a metric
            yield name, value
        return
    if len(body) > SENTENCE or not any(char.isdigit() for char in body):
        return
    yield from (
        (name, plain_value(found["value"]))
        for name, pattern in WORDED
        if (found := pattern.search(body))
    )
    if len(SIGNS.findall(body)) >= MIN_OPTIONS:
        yield from (
            (found["name"].lower(), plain_value(found["value"])) for found in AMONG.finditer(body)
        )


WRAPPING: Final = " \t_:*-=#|>•"
SENTENCE: Final = 2000


def _is_command(text: str) -> bool:
    return (
        (" -" in text or "=" in text)
        and any(name in text for name in LAUNCHERS)
        and COMMAND.search(text) is not None
    )


LAUNCHERS: Final = (
    "python",
    "torchrun",
    "deepspeed",
    "accelerate",
    "srun",
    "mpirun",
    "fairseq-train",
)


def _dumped(text: str) -> dict[str, Any] | None:
    """Return the configuration that a line dumps as a dict or JSON; None for a row of values, and
    for what has no known setting in it.
    """
    braces = text[text.find("{") : text.rfind("}") + 1]
    if len(text) > DUMPED or ":" not in braces or braces.count("{") > DEEPEST:
        return None
    try:
        value = literal_of(braces)
    except ValueError:
        value = as_object(braces)
    if not isinstance(value, dict) or any(
        CURVE.fullmatch(str(name)) and isinstance(inner, int | float)
        for name, inner in value.items()
    ):
        return None
    leaves = {name.rpartition(".")[2].lower() for name, _ in plain_facts(value)}
    return value if leaves & (KNOWN | ALIASES.keys()) else None


DUMPED: Final = 20_000
DEEPEST: Final = 100
"""More dicts in one line are data; Python's own reader is slow to refuse deep ones."""


def is_settings(text: str) -> bool:
    """Return whether a line can be nothing but settings: a dumped Namespace, an argument behind
    dots, a command with options.
    """
    dotted = " .." in text and DOTTED.match(text) is not None
    return "Namespace(" in text or dotted or _is_command(text)


def _options(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield the options behind the script of a command; those before it are the launcher's."""
    scripts = list(SCRIPT.finditer(text))
    found = list(OPTION.finditer(text, scripts[-1].end())) if scripts else []
    if len(found) >= MIN_OPTIONS or any(
        match["name"].replace("-", "_") in PLANNED for match in found
    ):
        for match in found:
            yield (
                match["name"].replace("-", "_"),
                True if match["value"] is None else plain_value(match["value"]),
            )


LAUNCHED: Final = re.compile(
    r"--?(?P<name>nproc[_-]per[_-]node|num[_-]processes|num[_-]gpus|nnodes)[= ]\s{0,4}"
    r"(?P<count>\d{1,5})(?!\d)"
)
"""How many processes torchrun, accelerate or deepspeed start."""


def launcher_options(text: str) -> Iterator[tuple[str, FactValue]]:
    """Yield how many processes the launcher of a command starts; nothing where it is none."""
    if _is_command(text):
        for match in LAUNCHED.finditer(text):
            yield match["name"].replace("-", "_"), int(match["count"])


LONGEST_COUNT: Final = 30
"""Digits of a number that counts or seeds something; what is longer is an identifier, and may be
more than a float holds.
"""


def plain_value(text: str) -> FactValue:
    """Return what a printed value is: a number, a truth value, None, or the text without its
    quotes.
    """
    text = text.strip().strip("'\"")
    if text in ("True", "true", "False", "false"):
        return text in ("True", "true")
    if text in ("None", "null"):
        return None
    value = None if "," in text else number(text)  # 0,1 is a list of devices
    if value is None:
        return text
    if not re.fullmatch(r"[-+]?\d+", text):
        return value
    return int(text) if len(text) <= LONGEST_COUNT else text
