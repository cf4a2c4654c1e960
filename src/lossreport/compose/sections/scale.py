"""How large each loss is and what that means: its unit, its chance level with the assumption, and why it is large or small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lossreport.compose.section import SectionWriter, Story, shown
from lossreport.model.analysis import Scale
from lossreport.model.report import Block, Callout, Column, Row, Section, Table
from lossreport.model.run import USER, Fact, Series
from lossreport.text import Join, Phrase, Text, Value, number, percent

MAX_CARDS: Final = 12

TITLE = Text(zh="每个 loss 的尺度", en="The scale of each loss")
ANSWER = Text(
    zh="不同种类的 loss 单位不同，数值大小不能互相比较；每个 loss 只能与它自己的机会水平和同口径的参考值比较。种类由指标名判断，另有依据时写在该 loss 之下。",
    en="Different kinds of loss have different units, so their values cannot be compared with each other; each can only be compared with its own chance level and with references of the same kind. The kind is read from the name unless another reason is given below the loss.",
)
CAPTION = Text(zh="最后的值与机会水平", en="Last values against chance")
METRIC, KIND, VALUE = Text(zh="loss", en="loss"), Text(zh="种类", en="kind"), Text(zh="最后的值", en="last value")
CHANCE, ASSUMED = Text(zh="机会水平", en="chance level"), Text(zh="假设", en="assumption")
SHARE, SOURCE = Text(zh="占机会水平", en="of chance"), Text(zh="出处", en="source")
NAME = Text(zh="`{metric}`", en="`{metric}`")
UNKNOWN = Text(zh="未知", en="unknown")
CARD = Text(zh="`{metric}`：{kind}，单位 {unit}", en="`{metric}`: {kind}, in {unit}")
CARD_PLAIN = Text(zh="`{metric}`：{kind}", en="`{metric}`: {kind}")
AS_BEFORE = Text(zh="这一种类的含义见 `{metric}`。", en="What this kind means is told under `{metric}`.")
FACTS = Text(zh="依据的设置：{facts}。", en="Settings used: {facts}.")
FACT = Text(zh="`{name}` = {value}（{place}）", en="`{name}` = {value} ({place})")
GIVEN = Text(zh="`{name}` = {value}（用户给出）", en="`{name}` = {value} (given by the user)")
NEEDS = Text(
    zh="还缺少：{needs}。用 `--set 名称=值` 或 lossreport.toml 给出后，可以判断得更具体。",
    en="Missing: {needs}. Given with `--set NAME=VALUE` or in lossreport.toml, more can be said.",
)


def write(story: Story) -> Section | None:
    """Write one table over all losses, then a card for each."""
    if not story.scales:
        return None
    rows = tuple(_row(story, scale) for scale in story.scales)
    columns = (
        Column(title=METRIC),
        Column(title=KIND),
        Column(title=VALUE, align="right"),
        Column(title=CHANCE, align="right"),
        Column(title=SHARE, align="right"),
        Column(title=ASSUMED),
        Column(title=SOURCE),
    )
    blocks: list[Block] = [Table(caption=CAPTION(), columns=columns, rows=rows)]
    told: dict[str, str] = {}
    for scale in story.scales[:MAX_CARDS]:
        blocks += _card(story, scale, told)
    return Section(id="scale", title=TITLE, answer=ANSWER(), blocks=tuple(blocks), opened=1)


def _row(story: Story, scale: Scale) -> Row:
    series = story.series(scale.series[0])
    known = scale.chance is not None
    cells: tuple[Value, ...] = (
        NAME(metric=story.name(series)),
        story.kind(series).title,
        number(scale.value, scale.unit),
        shown(scale.chance) if scale.chance is not None else UNKNOWN,
        percent(scale.normalised) if known and scale.normalised is not None else "",
        scale.assumption,
        series.path,
    )
    return Row(cells=cells)


def _card(story: Story, scale: Scale, told: dict[str, str]) -> Iterator[Block]:
    """Yield the card of one loss; `told` names, by kind, the loss whose card explains it already."""
    series = story.series(scale.series[0])
    kind = story.kind(series)
    head: Phrase = (
        CARD(metric=story.name(series), kind=kind.title, unit=scale.unit)
        if scale.unit
        else CARD_PLAIN(metric=story.name(series), kind=kind.title)
    )
    name = told.setdefault(kind.id, story.name(series))
    body = [Phrase(text=kind.why) if name == story.name(series) else AS_BEFORE(metric=name), *scale.notes]
    if series.type_ground is not None and series.type_ground.by != "name":
        body.insert(0, series.type_ground.text)
    known = _facts(story, series, scale)
    if known:
        body.append(FACTS(facts=Join(items=known)))
    if scale.needs:
        body.append(NEEDS(needs=Join(items=scale.needs)))
    yield Callout(tone="info", title=head, body=tuple(body))


def _facts(story: Story, series: Series, scale: Scale) -> tuple[Phrase, ...]:
    """Return the facts that the kind was told by, then those its parameters are from, each with where it stands."""
    ground = series.type_ground.facts if series.type_ground is not None else ()
    named = [fact for name in ground if (fact := story.run.fact(name)) is not None]
    return tuple(_fact(story, fact) for fact in {fact.name: fact for fact in (*named, *scale.facts)}.values())


def _fact(story: Story, fact: Fact) -> Phrase:
    value = Join(items=tuple(map(str, fact.value))) if isinstance(fact.value, tuple) else str(fact.value)
    if fact.source == USER:
        return GIVEN(name=fact.name, value=value)
    path = story.run.source(fact.source).path
    return FACT(name=fact.name, value=value, place=path if fact.line is None else f"{path}:{fact.line}")


SECTION = SectionWriter(id="scale", order=30, write=write)
