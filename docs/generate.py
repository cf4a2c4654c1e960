"""Writes what the code already knows into the pages of the documentation and into both READMEs:
`python docs/generate.py`.

It stands between `<!-- generated: formats -->` and `<!-- end -->`; all else in the pages is written
by hand.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import click
from gallery import entries
from spelling import examples

from lossreport.analysis.detector import detectors, thresholds
from lossreport.analysis.detector import kinds as known_kinds
from lossreport.api import read_runs
from lossreport.cli import main as commands
from lossreport.knowledge.loss_type import Known, LossType, loss_types
from lossreport.model.run import Run, Source
from lossreport.reading.parser import parsers
from lossreport.render.to_json import schema
from lossreport.text import Lang, Text
from lossreport.words import AXES, STATISTICS

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
SAMPLES: Final = ROOT / "sample_logs"
HELP: Final = DOCS / "help.zh.toml"
"""The Chinese of every help text of the command line, by the English: a text that changes lacks its
Chinese until somebody writes it.
"""
BLOCK: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

COLUMN = {
    "id": Text(zh="id", en="id"),
    "files": Text(zh="文件", en="files"),
    "axes": Text(zh="横轴", en="axis"),
    "splits": Text(zh="划分", en="splits"),
    "statistics": Text(zh="统计口径", en="statistics"),
    "besides": Text(zh="另有", en="besides"),
    "name": Text(zh="名称", en="name"),
    "names": Text(zh="认得的指标名，例如", en="metric names, for example"),
    "unit": Text(zh="单位", en="unit"),
    "better": Text(zh="方向", en="better"),
    "chance": Text(zh="随机猜测水平", en="chance level"),
    "needs": Text(zh="会用到的事实", en="facts it uses"),
    "option": Text(zh="选项", en="option"),
    "value": Text(zh="取值", en="value"),
    "variable": Text(zh="环境变量", en="environment variable"),
    "meaning": Text(zh="含义", en="meaning"),
    "kind": Text(zh="发现", en="kind"),
    "check": Text(zh="检查（`detectors/` 下的文件）", en="check (file in `detectors/`)"),
    "threshold": Text(zh="阈值", en="threshold"),
    "default": Text(zh="默认", en="default"),
    "limits": Text(zh="允许范围", en="limits"),
    "decides": Text(zh="含义", en="decides"),
    "object": Text(zh="对象", en="object"),
    "always": Text(zh="一定有的字段", en="fields always there"),
    "sometimes": Text(zh="可能有的字段", en="fields that may be there"),
}
GOALS = {
    "down": Text(zh="越低越好", en="lower"),
    "up": Text(zh="越高越好", en="higher"),
    "none": Text(zh="不分高低", en="neither"),
}
FACTS_TAKEN = Text(zh="配置", en="settings")
EVENTS_TAKEN = Text(zh="事件", en="events")
CONDITIONAL = Text(zh="视条件而定", en="under conditions")
LIMITS = Text(zh="{low} 到 {high}", en="{low} to {high}")
NONE = Text(zh="—", en="—")
SWITCH = Text(zh="开关", en="switch")
SEVERAL = Text(zh="可多次给出", en="may be given several times")
TOP = Text(zh="整个文件", en="the whole file")
GIVEN: Final[Mapping[str, Any]] = {
    "vocab_size": 65536,
    "num_classes": 10,
    "label_smoothing": 0.0,
    "focal_alpha": 0.25,
    "focal_gamma": 2.0,
    "batch_size": 128,
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "loss_type": "sigmoid",
    "prediction_type": "epsilon",
    "reg_max": 16,
    "num_actions": 6,
}
OWN: Final[Mapping[str, Any]] = {
    "range": (-1.0, 1.0),
    "margin": 0.2,
    "beta": 0.1,
    "positive_rate": 0.1,
    "candidates": 4096,
    "data_var": 1.0,
}
"""Facts with which a kind is asked for the formula of its chance level; the numbers do not reach
the page.
"""


def table(lang: Lang, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [[COLUMN[name].of(lang) for name in columns], ["---"] * len(columns), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def code(names: Iterable[str]) -> str:
    """Return names as code, with a comma between them."""
    return ", ".join(f"`{name}`" for name in names)


def words(given: Mapping[str, Text], names: Iterable[str], lang: Lang) -> str:
    """Return the words for some names in the order in which `given` holds them."""
    wanted = set(names)
    return ("、" if lang == "zh" else ", ").join(
        text.of(lang) for name, text in given.items() if name in wanted
    )


# ------------------------------------------------------------------------------------------ formats
@cache
def _samples() -> Mapping[str, Sequence[tuple[Run, Source]]]:
    """Return, by parser id, the sources of the sample logs that it reads."""
    found: dict[str, list[tuple[Run, Source]]] = defaultdict(list)
    for folder in sorted(
        path
        for path in [*(SAMPLES / "formats").iterdir(), SAMPLES / "vla_action_head"]
        if path.is_dir()
    ):
        for run in read_runs([folder]):
            for source in run.sources:
                found[source.parser].append((run, source))
    return found


def formats(lang: Lang) -> str:
    """Return the table of formats: id, files, and what reading the samples of each gives."""
    columns = ("id", "files", "axes", "splits", "statistics", "besides")
    return table(
        lang,
        columns,
        [(f"`{unit.id}`", unit.title.of(lang), *_taken(unit.id, lang)) for unit in parsers()],
    )


def _taken(parser_id: str, lang: Lang) -> tuple[str, str, str, str]:
    pairs = [(run, source.id) for run, source in _samples()[parser_id]]
    series = [one for run, source in pairs for one in run.series if one.source == source]
    besides = [
        *(
            [FACTS_TAKEN.of(lang)]
            if any(fact.source == source for run, source in pairs for fact in run.facts)
            else []
        ),
        *(
            [EVENTS_TAKEN.of(lang)]
            if any(event.source == source for run, source in pairs for event in run.events)
            else []
        ),
    ]
    return (
        words(AXES, (one.axis.value for one in series), lang),
        code(sorted({one.split for one in series})),
        words(
            {name: text for name, text in STATISTICS.items() if name != "unknown"},
            (one.statistic.value for one in series),
            lang,
        ),
        ("、" if lang == "zh" else ", ").join(besides),
    )


def format_ids(_: Lang) -> str:
    """Return the ids of all formats in one paragraph."""
    return code(unit.id for unit in parsers())


# --------------------------------------------------------------------------------- losses and kinds
def losses(lang: Lang) -> str:
    """Return the catalogue of kinds of loss and metric, by id."""
    units = sorted(loss_types(), key=lambda unit: unit.id)
    rows = [
        (
            f"`{unit.id}`",
            unit.title.of(lang),
            code(examples(unit)),
            unit.unit or NONE.of(lang),
            GOALS[unit.goal].of(lang),
            _chance(unit, lang),
            code(unit.needs) or NONE.of(lang),
        )
        for unit in units
    ]
    return table(lang, ("id", "name", "names", "unit", "better", "chance", "needs"), rows)


def _chance(unit: LossType, lang: Lang) -> str:
    known = Known(
        name=unit.id, facts={**GIVEN, **{f"{name}.{unit.id}": value for name, value in OWN.items()}}
    )
    chance = unit.chance(known)
    if chance is not None:
        return f"`{chance.assumption.replace(unit.id, '<metric>')}`"
    return CONDITIONAL.of(lang) if unit.levels(known) else NONE.of(lang)


def kinds(lang: Lang) -> str:
    """Return the kinds of finding, each with its name and the check that finds it."""
    rows = []
    for kind, title in known_kinds().items():
        finders = ", ".join(f"`{unit.id}`" for unit in detectors() if kind in unit.yields)
        rows.append((f"`{kind}`", title.of(lang), finders))
    return table(lang, ("kind", "name", "check"), rows)


def settable(lang: Lang) -> str:
    """Return the thresholds that may be set, with their defaults and limits."""
    rows = [
        (
            f"`{name}`",
            f"{one.default:g}",
            LIMITS.of(lang).format(low=f"{one.low:g}", high=f"{one.high:g}"),
            one.meaning.of(lang),
        )
        for name, one in thresholds().items()
    ]
    return table(lang, ("threshold", "default", "limits", "decides"), rows)


# ----------------------------------------------------------------------------------------- commands
def options(lang: Lang) -> str:
    """Return every command with its usage, what it does, and a table of its options."""
    return "\n\n".join(_command(name, command, lang) for name, command in commands.commands.items())


def _command(name: str, command: click.Command, lang: Lang) -> str:
    context = click.Context(command, info_name=f"lossreport {name}")
    usage = " ".join(
        piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"
    )
    given = [param for param in command.params if isinstance(param, click.Option)]
    about = [
        f"### lossreport {name}",
        f"`lossreport {name} {usage}`".replace(" `", "`"),
        _translated(command.help or "", lang),
    ]
    rows = [_option(name, option, lang) for option in given]
    return "\n\n".join(
        [*about, *([table(lang, ("option", "value", "meaning", "variable"), rows)] if rows else [])]
    )


def _option(command: str, option: click.Option, lang: Lang) -> tuple[str, str, str, str]:
    value = SWITCH.of(lang) if option.is_flag else f"`{_value(option)}`"
    several = f" ({SEVERAL.of(lang)})" if lang == "en" else f"（{SEVERAL.of(lang)}）"
    variable = f"`LOSSREPORT_{command}_{option.name}`".upper()
    meaning = _translated(option.help or "", lang)
    return code(option.opts), value + (several if option.multiple else ""), meaning, variable


def _value(option: click.Option) -> str:
    return (
        "|".join(option.type.choices)
        if isinstance(option.type, click.Choice)
        else option.metavar or option.type.name
    )


@cache
def _chinese() -> Mapping[str, str]:
    return tomllib.loads(HELP.read_text(encoding="utf-8"))


def _translated(text: str, lang: Lang) -> str:
    """Return a help text in `lang`; raises KeyError, naming the text, where its Chinese is
    missing.
    """
    text = " ".join(text.split())
    if lang == "zh" and text not in _chinese():
        raise KeyError(f"{HELP.name} has no Chinese for: {text}")
    found = _chinese()[text] if lang == "zh" else text
    return re.sub(r"<(\w+)>", r"&lt;\1&gt;", found)


# --------------------------------------------------------------------------------------------- JSON
def fields(lang: Lang) -> str:
    """Return every object of the JSON Schema with its fields."""
    loaded = schema()
    objects = {
        TOP.of(lang): loaded,
        **{f"`{name}`": one for name, one in loaded["$defs"].items() if "properties" in one},
    }
    rows = [
        (
            name,
            code(one.get("required", ())),
            code(field for field in one["properties"] if field not in one.get("required", ()))
            or NONE.of(lang),
        )
        for name, one in objects.items()
    ]
    return table(lang, ("object", "always", "sometimes"), rows)


WRITERS: Final[Mapping[str, Callable[[Lang], str]]] = {
    "formats": formats,
    "format_ids": format_ids,
    "losses": losses,
    "kinds": kinds,
    "thresholds": settable,
    "options": options,
    "fields": fields,
    "gallery": entries,
}


def pages() -> Iterator[Path]:
    """Yield every page that may hold a generated part."""
    yield from sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "README.zh.md"])


def generated(page: Path) -> str:
    """Return the text of a page as it should be; raises KeyError for a marker that names
    nothing.
    """
    lang: Lang = "zh" if page.name.endswith(".zh.md") else "en"
    text = page.read_text(encoding="utf-8")
    return BLOCK.sub(lambda found: f"{found[1]}\n{WRITERS[found[2]](lang)}\n\n{found[3]}", text)


def main() -> None:
    """Bring every page up to date and name those that were not."""
    for page in pages():
        text = generated(page)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            print(page.relative_to(ROOT))


if __name__ == "__main__":
    main()
