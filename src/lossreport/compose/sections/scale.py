"""How large each loss is and what that means, as questions with their answers; behind a fold what
each kind of loss is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lossreport.compose.section import SectionWriter, Story, shown
from lossreport.knowledge.loss_type import LossType
from lossreport.model.analysis import Scale
from lossreport.model.report import Block, Callout, Column, Prose, Row, Section, Table
from lossreport.model.run import USER, Fact, Series
from lossreport.text import Join, Phrase, Text, Value, first_sentence, number, percent

MAX_CARDS: Final = 12
NO_KIND: Final = "generic"

TITLE = Text(zh="每个 loss 的尺度", en="The scale of each loss")
MOST_ASKED: Final = 3
"""Losses that get a question of their own; the table has all."""
APART: Final = 3.0
"""From so many times the other on, a reader asks why one loss is so much larger."""
WHY_APART = Text(
    zh="**为什么 `{large}`（{value}）比 `{small}`（{other}）大这么多？** **尺度不同，"
    "两个数不能比较大小。** {why} {why_other}",
    en="**Why is `{large}` ({value}) so much larger than `{small}` ({other})?**"
    " **They are on different scales and cannot be compared.** {why} {why_other}",
)
WHY = Text(zh="`{metric}`（{kind}）：{why}", en="`{metric}` ({kind}): {why}")
BETTER = Text(
    zh="**`{metric}` = {value} 算好吗？** **低于随机猜测水平**：是 {chance}（{assumption}）的 "
    "{share}。离好的模型还有多远，要与同数据、同口径的结果比。",
    en="**Is `{metric}` = {value} good?** **It is below the chance level**: {share} of "
    "{chance} ({assumption}). How good it is, only a result on the same data can tell.",
)
NO_BETTER = Text(
    zh="**`{metric}` = {value} 算好吗？** **单看这个数，不好**：它不低于随机猜测水平 "
    "{chance}（{assumption}）。",
    en="**Is `{metric}` = {value} good?** **Not by this number**: it is not below the chance "
    "level of {chance} ({assumption}).",
)
NO_LEVEL = Text(
    zh="**{metrics} 的数值算好吗？** **看不出来**：这个种类没有通用的基准，"
    "只能与自己之前的值或同数据的结果比。",
    en="**Are the values of {metrics} good?** **That cannot be told**: nothing is known to "
    "hold them against but their own course and results on the same data.",
)
UNKNOWN_KIND = Text(
    zh="**{metrics} 的数值算好吗？** **看不出来**：名字没有说明是哪一种 loss（可用 `--set "
    "type.名称=种类` 给出）。",
    en="**Are the values of {metrics} good?** **That cannot be told**: their names do not say "
    "which kind of loss they are (give it with `--set type.NAME=KIND`).",
)
CAPTION = Text(zh="末值与随机猜测水平", en="Last values against chance")
METRIC, KIND, VALUE = (
    Text(zh="loss", en="loss"),
    Text(zh="种类", en="kind"),
    Text(zh="末值", en="last value"),
)
CHANCE, ASSUMED = Text(zh="随机猜测水平", en="chance level"), Text(zh="假设", en="assumption")
SHARE, SOURCE = Text(zh="占随机猜测", en="of chance"), Text(zh="出处", en="source")
NAME = Text(zh="`{metric}`", en="`{metric}`")
UNKNOWN = Text(zh="未知", en="unknown")
CARD = Text(zh="`{metric}`：{kind}，单位 {unit}", en="`{metric}`: {kind}, in {unit}")
CARD_PLAIN = Text(zh="`{metric}`：{kind}", en="`{metric}`: {kind}")
AS_BEFORE = Text(
    zh="这一种类的含义见 `{metric}`。", en="What this kind means is told under `{metric}`."
)
FACTS = Text(zh="依据的设置：{facts}。", en="Settings used: {facts}.")
FACT = Text(zh="`{name}` = {value}（{place}）", en="`{name}` = {value} ({place})")
GIVEN = Text(zh="`{name}` = {value}（用户给出）", en="`{name}` = {value} (given by the user)")
NEEDS = Text(
    zh="还缺少：{needs}。用 `--set 名称=值` 或 lossreport.toml 给出后，可以判断得更具体。",
    en="Missing: {needs}. Given with `--set NAME=VALUE` or in lossreport.toml, more can be said.",
)


def write(story: Story) -> Section | None:
    """Write what a reader asks of the main losses and one table over all; folded, a card for
    each.
    """
    if not story.scales:
        return None
    blocks: list[Block] = [Prose(text=text) for text in _questions(story)]
    opened = len(blocks)
    if any(scale.chance is not None for scale in story.scales):
        opened += 1
    blocks.append(_table(story))
    told: dict[str, str] = {}
    for scale in story.scales[:MAX_CARDS]:
        blocks += _card(story, scale, told)
    return Section(id="scale", title=TITLE, blocks=tuple(blocks), opened=opened)


def _table(story: Story) -> Table:
    """Return the last values beside the chance levels; the source stands beside each where there is
    more than one.
    """
    titles = (METRIC, KIND, VALUE, CHANCE, SHARE, ASSUMED, SOURCE)
    files = {story.series(scale.series[0]).path for scale in story.scales}
    kept = len(titles) - (len(files) == 1)
    columns = tuple(
        Column(title=title, align="right" if title in (VALUE, CHANCE, SHARE) else "left")
        for title in titles[:kept]
    )
    rows = tuple(Row(cells=_row(story, scale).cells[:kept]) for scale in story.scales)
    return Table(caption=CAPTION(), columns=columns, rows=rows)


def _questions(story: Story) -> Iterator[Phrase]:
    """Yield the questions that a reader has of the main losses, each with its answer first."""
    losses = [scale for scale in story.scales if _kind(story, scale).role == "loss"]
    asked = [scale for scale in losses if story.series(scale.series[0]) in story.main] or losses
    if (apart := _apart(story, asked)) is not None:
        yield apart
    for scale in [one for one in asked if one.chance is not None][:MOST_ASKED]:
        yield _against_chance(story, scale)
    open_ones = [scale for scale in asked if scale.chance is None]
    unknown = [scale for scale in open_ones if _kind(story, scale).id == NO_KIND]
    for text, scales in (
        (UNKNOWN_KIND, unknown),
        (NO_LEVEL, [scale for scale in open_ones if scale not in unknown]),
    ):
        names = dict.fromkeys(story.name(story.series(scale.series[0])) for scale in scales)
        if names:
            yield text(
                metrics=Join(items=tuple(NAME(metric=name) for name in list(names)[:MOST_ASKED]))
            )


def _kind(story: Story, scale: Scale) -> LossType:
    return story.kind(story.series(scale.series[0]))


def _against_chance(story: Story, scale: Scale) -> Phrase:
    assert scale.chance is not None
    values: dict[str, Value] = {
        "metric": story.name(story.series(scale.series[0])),
        "value": number(scale.value, scale.unit),
        "chance": number(scale.chance, scale.unit),
        "assumption": scale.assumption,
    }
    if scale.value >= scale.chance or scale.normalised is None:
        return NO_BETTER(**values)
    return BETTER(**values, share=percent(scale.normalised))


def _apart(story: Story, scales: Sequence[Scale]) -> Phrase | None:
    """Return why the first of the main losses is so much larger or smaller than the next of another
    kind; None where it is not.
    """
    known = [scale for scale in scales if _kind(story, scale).id != NO_KIND and scale.value > 0]
    other = next((scale for scale in known[1:] if _are_apart(story, known[0], scale)), None)
    if other is None:
        return None
    large, small = sorted((known[0], other), key=lambda one: -one.value)
    if large.value < APART * small.value:
        return None
    kinds = [_kind(story, one) for one in (large, small)]
    names = [story.name(story.series(one.series[0])) for one in (large, small)]
    whys = [
        WHY(metric=name, kind=kind.title, why=first_sentence(Phrase(text=kind.why)))
        for name, kind in zip(names, kinds, strict=True)
    ]
    return WHY_APART(
        large=names[0],
        value=number(large.value, large.unit),
        small=names[1],
        other=number(small.value, small.unit),
        why=whys[0],
        why_other=whys[1],
    )


def _are_apart(story: Story, one: Scale, other: Scale) -> bool:
    """Return whether two losses are of different kinds and share no unit: nats are nats whatever
    they are the entropy of.
    """
    return _kind(story, one).id != _kind(story, other).id and not (
        one.unit and one.unit == other.unit
    )


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
    """Yield the card of one loss; `told` names, by kind, the loss whose card explains it
    already.
    """
    series = story.series(scale.series[0])
    kind = story.kind(series)
    head: Phrase = (
        CARD(metric=story.name(series), kind=kind.title, unit=scale.unit)
        if scale.unit
        else CARD_PLAIN(metric=story.name(series), kind=kind.title)
    )
    name = told.setdefault(kind.id, story.name(series))
    body = [
        Phrase(text=kind.why) if name == story.name(series) else AS_BEFORE(metric=name),
        *scale.notes,
    ]
    if series.type_ground is not None and series.type_ground.by != "name":
        body.insert(0, series.type_ground.text)
    known = _facts(story, series, scale)
    if known:
        body.append(FACTS(facts=Join(items=known)))
    if scale.needs:
        body.append(NEEDS(needs=Join(items=scale.needs)))
    yield Callout(tone="info", title=head, body=tuple(body))


def _facts(story: Story, series: Series, scale: Scale) -> tuple[Phrase, ...]:
    """Return the facts that the kind was told by, then those its parameters are from, each with
    where it stands.
    """
    ground = series.type_ground.facts if series.type_ground is not None else ()
    named = [fact for name in ground if (fact := story.run.fact(name)) is not None]
    return tuple(
        _fact(story, fact) for fact in {fact.name: fact for fact in (*named, *scale.facts)}.values()
    )


def _fact(story: Story, fact: Fact) -> Phrase:
    value = (
        Join(items=tuple(map(str, fact.value)))
        if isinstance(fact.value, tuple)
        else str(fact.value)
    )
    if fact.source == USER:
        return GIVEN(name=fact.name, value=value)
    path = story.run.source(fact.source).path
    return FACT(
        name=fact.name, value=value, place=path if fact.line is None else f"{path}:{fact.line}"
    )


SECTION = SectionWriter(id="scale", order=30, write=write)
