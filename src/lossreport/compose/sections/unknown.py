"""What the logs cannot tell: checks that could not run and what they would need, and what no
training log shows.
"""

from __future__ import annotations

from collections.abc import Iterator

from lossreport.compose.section import SectionWriter, Story
from lossreport.model.report import Block, Prose, Section
from lossreport.text import Phrase, Text

TITLE = Text(zh="日志无法回答的问题", en="What the logs cannot tell")
ANSWER = Text(
    zh="以下各点不是“没有问题”，而是“没有数据可判断”。",
    en="The points below do not mean “no problem”; they mean “no data to judge by”.",
)
POINT = Text(zh="• {text}", en="• {text}")
CAUSE = Text(
    zh="原因：训练日志只记录结果，报告里的原因都是带依据的假设，由所列的测量来判定。",
    en="Causes: a log records outcomes; every cause in this report is a hypothesis with its "
    "evidence, to be decided by the measurement named.",
)
TASK = Text(
    zh="模型是否够用：训练 loss 不等于任务指标（成功率、准确率等），需要单独评测。",
    en="Whether the model is good enough: a training loss is not the task metric (success "
    "rate, accuracy), which needs a separate evaluation.",
)
MASK = Text(
    zh="`{metric}` 统计了哪些 token（标签掩码、类别权重、各类 token 的比例），日志里没有；"
    "随机猜测水平的解读以此为前提。",
    en="Which tokens `{metric}` counts (label mask, class weights, mix of token kinds) is not "
    "in the logs; how the chance level is to be read depends on it.",
)
GRADIENT = Text(
    zh="各损失项的梯度各有多大：日志没有分项的梯度范数，占比只能按数值算。",
    en="How large the gradient of each term is: gradient norms per term are not logged, so "
    "the shares are shares of value.",
)


def write(story: Story) -> Section:
    """Write one point a check that did not apply, then what follows from the kinds of loss, then
    what holds for every log.
    """
    points = {text.plain("en"): text for text in _texts(story)}.values()
    blocks: list[Block] = [Prose(text=POINT(text=text)) for text in points]
    return Section(id="unknown", title=TITLE, answer=ANSWER(), blocks=tuple(blocks), opened=0)


def _texts(story: Story) -> Iterator[Phrase]:
    ids = {series.id for series in story.run.series}
    for item in story.analysis.not_applicable:
        if not item.series or ids & set(item.series):
            yield item.reason
    entropies = [
        story.series(s.series[0])
        for s in story.scales
        if story.series(s.series[0]).metric_type == "cross_entropy"
    ]
    for series in entropies[:2]:
        yield MASK(metric=story.name(series))
    if story.term_names:
        yield GRADIENT()
    yield CAUSE()
    goal = story.analysis.goal(story.run.id)
    if goal is None or story.kind(story.series(goal.series)).role == "loss":
        yield TASK()


SECTION = SectionWriter(id="unknown", order=100, write=write)
